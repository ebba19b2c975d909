# SPDX-License-Identifier: Apache-2.0
"""The operations on messages."""

from __future__ import annotations

from typing import Any

from .queues import Queues
from .reading import Refusal
from .state import Call, Message, Queue
from .wire import Answer


class Messages(Queues):
    """Posting, reading, deleting, popping."""

    message_ttl = (60, 1209600)
    message_delay = (0, 900)
    most_posted = 262144
    most_messages = 20
    most_popped = 20

    # -- post

    def message_post(self, call: Call) -> Answer:
        """Stores messages, all or none."""
        queue = self.find(call) or Queue({})
        self.check_post_size(call, queue)
        wanted = self.object_of(call.request).get("messages")
        self.check_messages(wanted)
        drafts = [self.draft(queue, one) for one in wanted or ()]
        stored = [self.stored(call, *draft) for draft in drafts]
        ids = self.told_ids([message.id for message in stored])
        hrefs = [f"{call.path}/{one}" for one in ids]
        location = f"{call.path}?ids={','.join(ids)}"
        return Answer(201, {"resources": hrefs}, {"Location": location})

    def check_post_size(self, call: Call, queue: Queue) -> None:
        """The queue's limit or the deployment's, whichever is smaller."""
        own = queue.metadata.get("_max_messages_post_size") or self.most_posted
        self.check_size(call, min(own, self.most_posted))

    def check_messages(self, wanted: Any) -> None:
        """Messages are an array that is not empty."""
        if not isinstance(wanted, list) or not wanted:
            raise Refusal(400, "messages is not an array with messages")

    def draft(self, queue: Queue, wanted: Any) -> tuple[Any, int, int]:
        """Body, lifetime and delay of one message."""
        self.check_message(wanted)
        delay = self.delay_of(queue, wanted)
        if "ttl" in wanted:
            return wanted["body"], self.ranged("ttl", wanted["ttl"], *self.message_ttl), delay
        return wanted["body"], self.lifetime_of(queue), delay

    def delay_of(self, queue: Queue, wanted: dict[str, Any]) -> int:
        """How long a message is withheld: as long as it says, or else the queue."""
        if "delay" in wanted:
            return self.ranged("delay", wanted["delay"], *self.message_delay)
        return int(queue.metadata.get("_default_message_delay") or 0)

    def check_message(self, wanted: Any) -> None:
        """A message is an object with a body."""
        if not isinstance(wanted, dict) or "body" not in wanted:
            raise Refusal(400, "a message is an object with a body")

    def lifetime_of(self, queue: Queue) -> int:
        """How long a message lives that does not say."""
        return int(self.shown_metadata(queue.metadata)["_default_message_ttl"])

    def stored(self, call: Call, body: Any, ttl: int, delay: int) -> Message:
        """A new message at the end of the queue."""
        queue = self.made(call)
        message = Message(
            self.new_id(),
            self.next_position(),
            body,
            ttl,
            self.time,
            self.time + ttl,
            call.client,
            begins=self.time + delay,
            sealed=queue.metadata.get("_enable_encrypt_messages") is True,
        )
        self.insert(queue, message)
        return message

    def next_position(self) -> int:
        """The place of a new message, behind all others."""
        return next(self.numbers)

    def insert(self, queue: Queue, message: Message) -> None:
        """Puts a message into the queue."""
        queue.messages.append(message)

    def told_ids(self, ids: list[str]) -> list[str]:
        """The ids as the answer gives them."""
        return ids

    # -- read

    def message_list(self, call: Call) -> Answer:
        """A page of messages, or those of the ids."""
        if "ids" in call.query.values:
            return self.message_get_many(call)
        limit = self.integer(call.query, "limit", self.default_page, 1, self.most_messages)
        echo = self.boolean(call.query, "echo")
        claimed = self.boolean(call.query, "include_claimed")
        delayed = self.boolean(call.query, "include_delayed")
        after = self.position_of(call)
        page = [
            message
            for message in self.live(call)
            if message.position > after
            and self.is_listed(call, message, echo)
            and (claimed or not self.is_claimed(message))
            and (delayed or not self.is_delayed(message))
        ][:limit]
        told = self.told_messages(call)
        links = self.next_links(call.path, told, [self.marker(message) for message in page])
        return Answer(
            200, {"messages": [self.shown(call, message) for message in page], "links": links}
        )

    def is_listed(self, call: Call, message: Message, echo: bool) -> bool:
        """Whether the caller is told of a message, given who posted it."""
        return echo or message.author != call.client

    def marker(self, message: Message) -> str:
        """What the page after a message begins behind."""
        return f"m{message.position}"

    def position_of(self, call: Call) -> float:
        """Where a marker leads; one from nowhere leads behind the end."""
        marker = call.query.last("marker")
        if marker is None:
            return 0
        return int(marker[1:]) if marker[:1] == "m" and marker[1:].isdecimal() else float("inf")

    def told_messages(self, call: Call) -> dict[str, str]:
        """The parameters that the next page is asked for with."""
        known = ("limit", "echo", "include_claimed", "include_delayed")
        return {key: values[-1] for key, values in call.query.values.items() if key in known}

    def ids_of(self, call: Call) -> list[str]:
        """The ids in the query, not too many."""
        ids = call.query.values.get("ids", [])
        if len(ids) > self.most_messages:
            raise Refusal(400, f"ids are more than {self.most_messages}")
        return ids

    def named(self, call: Call, ids: list[str]) -> list[Message]:
        """The live messages with those ids."""
        return [message for message in self.live(call) if message.id in ids]

    def message_get_many(self, call: Call) -> Answer:
        """The messages of the ids, whoever posted them."""
        found = self.named(call, self.ids_of(call))
        if not found:
            raise Refusal(404, "no message has one of these ids")
        return Answer(200, {"messages": [self.shown(call, message) for message in found]})

    def message_get(self, call: Call) -> Answer:
        """One message."""
        for message in self.named(call, [call.id]):
            return Answer(200, self.shown(call, message))
        raise Refusal(404, "there is no such message")

    # -- delete

    def message_delete(self, call: Call) -> Answer:
        """Removes one message, if it is not somebody else's work."""
        found = self.named(call, [call.id])
        for message in found:
            self.check_claim(message, call.query.last("claim_id"))
        self.remove(call, found)
        return Answer(204)

    def check_claim(self, message: Message, claim: str | None) -> None:
        """A claimed message needs its claim, another one none."""
        if self.is_claimed(message):
            if message.claim != claim:
                raise Refusal(403, "the message is claimed")
        elif claim is not None:
            raise Refusal(400, "the message is not claimed")

    def message_delete_many(self, call: Call) -> Answer:
        """Removes the messages of the ids, or pops."""
        if ("ids" in call.query.values) == ("pop" in call.query.values):
            raise Refusal(400, "either ids or pop")
        if "pop" in call.query.values:
            return self.message_pop(call)
        self.remove(call, self.named(call, self.ids_of(call)))
        return Answer(204)

    def message_pop(self, call: Call) -> Answer:
        """Removes and gives the oldest messages that are free."""
        count = self.integer(call.query, "pop", 1, 1, self.most_popped)
        free = [message for message in self.live(call) if self.is_poppable(message)]
        popped = self.popped(free, count)
        self.remove(call, popped)
        return Answer(200, {"messages": [self.shown_popped(call, message) for message in popped]})

    def is_poppable(self, message: Message) -> bool:
        """Whether nothing holds a message."""
        return not self.is_claimed(message) and not self.is_delayed(message)

    def popped(self, free: list[Message], count: int) -> list[Message]:
        """Which messages a pop takes."""
        return free[:count]

    def shown_popped(self, call: Call, message: Message) -> dict[str, Any]:
        """A message as a pop gives it."""
        shown = self.shown(call, message)
        del shown["href"]
        return {**shown, "claim_id": None, "claim_count": message.claims}
