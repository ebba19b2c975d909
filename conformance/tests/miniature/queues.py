# SPDX-License-Identifier: Apache-2.0
"""The operations on queues, and the rules of their metadata."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from .reading import Query, Reading, Refusal
from .state import Call, Queue, State
from .wire import Answer

_LIST_PARAMETERS = ("marker", "limit", "detailed", "name", "with_count")
_OF_TOPICS = ("_max_messages_post_size", "_default_message_ttl", "_default_message_delay")
_BACKOFFS = ("linear", "arithmetic", "geometric", "exponential")
_DELAYS = {"minimum_delay": 5, "maximum_delay": 30}
_COUNTS = ("retries_with_no_delay", "minimum_delay_retries", "maximum_delay_retries")


class Metadata(Reading):
    """What a queue may say of itself."""

    most_metadata = 65536
    has_key = True
    ranges: dict[str, tuple[int, int]] = {  # noqa: RUF012 - replaced as a whole, never changed
        "_default_message_ttl": (60, 1209600),
        "_dead_letter_queue_messages_ttl": (60, 1209600),
        "_max_messages_post_size": (1, 262144),
        "_default_message_delay": (0, 900),
    }

    def defaults(self) -> dict[str, Any]:
        """What is always shown."""
        return {
            "_max_messages_post_size": 262144,
            "_default_message_ttl": 3600,
            "_default_message_delay": 0,
            "_dead_letter_queue": None,
            "_dead_letter_queue_messages_ttl": None,
            "_max_claim_count": None,
            "_enable_encrypt_messages": False,
        }

    def shown_metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The metadata with what is always shown filled in."""
        stored = {key: value for key, value in metadata.items() if self.is_set(key, value)}
        return {**self.defaults(), **stored}

    def is_set(self, key: str, value: object) -> bool:
        """Whether a stored value shows: null for a reserved key does not."""
        return value is not None or key not in self.defaults()

    def check_name(self, name: str) -> None:
        """A name of a queue."""
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            raise Refusal(400, "a queue name is 1 to 64 of A-Z a-z 0-9 _ - .")

    def check_metadata(self, metadata: dict[str, Any]) -> None:
        """The rules of the reserved keys, and the size of all keys together."""
        self.check_stored_size(metadata)
        self.check_integers(metadata)
        for key, (low, high) in self.ranges.items():
            if metadata.get(key) is not None:
                self.ranged(key, metadata[key], low, high)
        self.check_claim_count(metadata.get("_max_claim_count"))
        self.check_encryption(metadata.get("_enable_encrypt_messages", False))
        if metadata.get("_dead_letter_queue") is not None:
            self.check_dead_letter_queue(metadata["_dead_letter_queue"])
        self.check_retry_policy(metadata.get("_retry_policy", {}))

    def check_stored_size(self, metadata: dict[str, Any]) -> None:
        """All keys together have a largest size."""
        if len(json.dumps(metadata)) > self.most_metadata:
            raise Refusal(400, f"metadata is larger than {self.most_metadata} bytes")

    def check_integers(self, value: object) -> None:
        """Integers fit into 64 bits, wherever they are."""
        if (
            isinstance(value, int)
            and not -self.largest_integer - 1 <= value <= self.largest_integer
        ):
            raise Refusal(400, "an integer does not fit into 64 bits")
        for one in value.values() if isinstance(value, dict) else ():
            self.check_integers(one)
        for one in value if isinstance(value, list) else ():
            self.check_integers(one)

    def check_claim_count(self, count: object) -> None:
        """Any integer, or null."""
        if count is not None and not self.is_integer(count):
            raise Refusal(400, "_max_claim_count is not an integer")

    def check_encryption(self, flag: object) -> None:
        """A boolean, and not true where there is no key."""
        if not isinstance(flag, bool):
            raise Refusal(400, "_enable_encrypt_messages is not a boolean")
        if flag and not self.has_key:
            raise Refusal(400, "_enable_encrypt_messages needs a key")

    def check_dead_letter_queue(self, name: object) -> None:
        """A name of a queue."""
        if not isinstance(name, str):
            raise Refusal(400, "_dead_letter_queue is not a name")
        self.check_name(name)

    def check_retry_policy(self, policy: object) -> None:
        """The fields of a retry policy, each of its type, and delays that are apart."""
        if not isinstance(policy, dict):
            raise Refusal(400, "_retry_policy is not an object")
        for key in (*_COUNTS, *_DELAYS):
            self.ranged(key, policy.get(key, 0), 0, 2**31)
        if policy.get("retry_backoff_function", "linear") not in _BACKOFFS:
            raise Refusal(400, "retry_backoff_function is unknown")
        if not isinstance(policy.get("ignore_subscription_override", False), bool):
            raise Refusal(400, "ignore_subscription_override is not a boolean")
        delays = {**_DELAYS, **policy}
        if delays["maximum_delay"] - delays["minimum_delay"] < 10:
            raise Refusal(400, "maximum_delay is not 10 above minimum_delay")
        self.check_growth(policy)
        self.check_fields(policy)

    def check_growth(self, policy: dict[str, Any]) -> None:
        """By a factor nothing comes of 0."""
        if policy.get("minimum_delay") == 0 and (
            policy.get("retry_backoff_function") in ("geometric", "exponential")
        ):
            raise Refusal(400, "minimum_delay can't grow")

    def check_fields(self, policy: dict[str, Any]) -> None:
        """No field is misspelt."""
        known = {*_COUNTS, *_DELAYS, "retry_backoff_function", "ignore_subscription_override"}
        if policy.keys() - known:
            raise Refusal(400, "_retry_policy has an unknown field")


class Queues(State, Metadata):
    """The operations on queues."""

    default_page = 10
    most_queues = 20

    # -- list

    def queue_list(self, call: Call) -> Answer:
        """A page of the queues of a project."""
        limit = self.integer(call.query, "limit", self.default_page, 1, self.most_queues)
        detailed = self.boolean(call.query, "detailed")
        with_count = self.boolean(call.query, "with_count")
        matching = self.matching(call)
        after = call.query.last("marker") or ""
        page = [name for name in matching if self.is_after(name, after)][:limit]
        content: dict[str, Any] = {
            call.collection: [self.entry(call, name, detailed) for name in page],
            "links": self.next_links(call.path, self.told_queues(call), page),
        }
        if with_count:
            content["count"] = self.counted(call, matching)
        return Answer(200, content)

    def matching(self, call: Call) -> list[str]:
        """The names in the project that the filters leave, in order."""
        part = call.query.last("name") or ""
        names = [
            name
            for (project, name), queue in self.holders(call).items()
            if self.same_project(project, call.project)
            and self.name_matches(name, part)
            and self.passes(call.query, queue.metadata)
        ]
        return self.sorted_names(names)

    def sorted_names(self, names: list[str]) -> list[str]:
        """Byte order."""
        return sorted(names)

    def same_project(self, project: str, asked: str) -> bool:
        """Whether a queue of the one is a queue of the other."""
        return project == asked

    def name_matches(self, name: str, part: str) -> bool:
        """Whether the name contains the text."""
        return part in name

    def is_after(self, name: str, marker: str) -> bool:
        """Whether the name is on a later page."""
        return name > marker

    def passes(self, query: Query, metadata: dict[str, Any]) -> bool:
        """Whether the metadata is what all other parameters say."""
        filters = {key: one for key, one in query.values.items() if key not in _LIST_PARAMETERS}
        if any(len(values) > 1 for values in filters.values()):
            raise Refusal(400, "a filter is given twice")
        return all(self.passes_filter(metadata, key, one[0]) for key, one in filters.items())

    def passes_filter(self, metadata: Any, key: str, text: str) -> bool:
        """Whether what is at the dotted key equals the text, or the integer that it is."""
        value = metadata
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return self.passes_boolean(value, text)
        return bool(value == self.filter_value(text))

    def passes_boolean(self, value: bool, text: str) -> bool:
        """Whether a boolean is what the text says."""
        return text == ("true" if value else "false")

    def filter_value(self, text: str) -> int | str:
        """What a filter compares with: an integer as an integer."""
        return int(text) if re.fullmatch(r"0|-?[1-9][0-9]*", text) else text

    def entry(self, call: Call, name: str, detailed: bool) -> dict[str, Any]:
        """A queue in a list."""
        plain: dict[str, Any] = {"name": name, "href": f"/v2/{call.collection}/{name}"}
        if detailed:
            stored = self.holders(call)[call.project, name].metadata
            plain["metadata"] = self.seen(call, stored, self.shown_metadata(stored))
        return plain

    def counted(self, call: Call, matching: list[str]) -> int:
        """The number of queues that the filters leave."""
        return len(matching)

    def told_queues(self, call: Call) -> dict[str, str]:
        """The parameters that the next page is asked for with."""
        return {key: values[-1] for key, values in call.query.values.items()}

    def next_links(self, path: str, told: dict[str, str], page: list[Any]) -> list[dict[str, str]]:
        """The link to the next page, unless this one is empty."""
        if not page:
            return []
        told = {**told, "marker": str(page[-1])}
        return [{"rel": "next", "href": f"{path}?{urlencode(told, quote_via=quote)}"}]

    # -- create, show, delete

    def queue_create(self, call: Call) -> Answer:
        """Makes a queue, unless it exists."""
        self.check_size(call, self.most_metadata)
        metadata = self.object_of(call.request, {})
        self.check_metadata(metadata)
        self.check_not_own(call, metadata)
        new = self.find(call) is None
        self.store_new(call, metadata)
        return Answer(201 if new else 204, headers={"Location": self.path_of(call)})

    def store_new(self, call: Call, metadata: dict[str, Any]) -> None:
        """Keeps the metadata of a queue that is new."""
        self.made(call, metadata)

    def check_size(self, call: Call, most: int) -> None:
        """A body has at most so many bytes."""
        if len(call.request.body) > most:
            raise Refusal(400, f"the body is larger than {most} bytes")

    def check_not_own(self, call: Call, metadata: dict[str, Any]) -> None:
        """A queue is not its own dead letter queue."""
        if call.collection == "queues" and metadata.get("_dead_letter_queue") == call.queue:
            raise Refusal(400, "_dead_letter_queue is the queue itself")

    def queue_get(self, call: Call) -> Answer:
        """The metadata, or the defaults."""
        queue = self.find(call)
        stored = queue.metadata if queue else {}
        return Answer(200, self.seen(call, stored, self.shown_metadata(stored)))

    def seen(self, call: Call, stored: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        """What is shown, without those defaults that a topic does not have."""
        if call.collection == "queues":
            return shown
        return {key: one for key, one in shown.items() if key in stored or self.is_of_topics(key)}

    def is_of_topics(self, key: str) -> bool:
        """Whether a topic always shows a key."""
        return key in _OF_TOPICS

    def queue_get_head(self, call: Call) -> Answer:
        """Whether there is such a queue."""
        if self.find(call) is None:
            raise Refusal(404, "there is no such queue")
        return self.queue_get(call)

    def queue_delete(self, call: Call) -> Answer:
        """Removes a queue with all that is in it."""
        self.holders(call).pop(self.key(call), None)
        return Answer(204)

    # -- statistics, purge

    def queue_get_stats(self, call: Call) -> Answer:
        """The number of messages."""
        live = self.live(call)
        claimed = sum(self.is_claimed(message) for message in live)
        told: dict[str, Any] = {
            "claimed": claimed,
            "free": len(live) - claimed,
            "total": len(live),
        }
        if ends := self.ends(live):
            told |= {"oldest": self.end(call, ends[0]), "newest": self.end(call, ends[-1])}
        return Answer(200, {"messages": told})

    def topic_get_stats(self, call: Call) -> Answer:
        """The number of messages, which nobody claims."""
        content = self.queue_get_stats(call).content
        assert isinstance(content, dict)
        told = {k: v for k, v in content["messages"].items() if k not in ("claimed", "free")}
        return Answer(200, {"messages": told})

    def ends(self, live: list[Any]) -> list[Any]:
        """Those whose first and last are the ends of the queue."""
        return [message for message in live if not self.is_delayed(message)]

    def end(self, call: Call, message: Any) -> dict[str, Any]:
        """The first or last message in the statistics."""
        href = f"{self.path_of(call)}/messages/{message.id}"
        return {"age": self.age(message.created), "created": "2023-11-14T22:13:20Z", "href": href}

    def queue_purge(self, call: Call) -> Answer:
        """Removes messages, claimed or not, and subscriptions."""
        body = self.object_of(call.request, {"resource_types": ["messages", "subscriptions"]})
        types = body.get("resource_types")
        self.check_types(types)
        queue = self.find(call)
        if queue and isinstance(types, list) and "messages" in types:
            self.purge(queue)
        if queue and isinstance(types, list) and "subscriptions" in types:
            self.purge_subscriptions(queue)
        return Answer(204)

    def check_types(self, types: object) -> None:
        """Messages and subscriptions are what can be purged."""
        if not isinstance(types, list) or not all(
            one in ("messages", "subscriptions") for one in types
        ):
            raise Refusal(400, "resource_types is not an array of messages and subscriptions")

    def purge(self, queue: Queue) -> None:
        """Removes the messages."""
        queue.messages.clear()

    def purge_subscriptions(self, queue: Queue) -> None:
        """Removes the subscriptions."""
        queue.subscriptions.clear()
