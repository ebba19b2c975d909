# SPDX-License-Identifier: Apache-2.0
"""The operations on subscriptions."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .queues import Queues
from .reading import Refusal
from .state import Call, Subscription
from .wire import Answer

_SCHEMES = ("http", "https", "mailto", "trust+http", "trust+https")
_TEXTS = ("post_data", "from", "subject")
_YEAR_10000 = 253_402_300_800


class Subscribers(Queues):
    """Who can be subscribed, and how."""

    subscription_ttl = (60, 10**15)
    default_subscription_ttl = 3600

    def check_subscriber(self, subscriber: object) -> str:
        """A URI that can be notified."""
        if not isinstance(subscriber, str) or not subscriber:
            raise Refusal(400, "subscriber is no text")
        if self.scheme(subscriber) not in _SCHEMES:
            raise Refusal(400, "subscriber has no known scheme")
        if self.scheme(subscriber) == "mailto":
            self.check_mail(subscriber)
        else:
            self.check_webhook(subscriber)
        return subscriber

    def scheme(self, subscriber: str) -> str:
        """The part before the first colon, in small letters."""
        return subscriber.partition(":")[0].lower() if ":" in subscriber else ""

    def check_mail(self, subscriber: str) -> None:
        """A mail address."""
        if not re.fullmatch(r"[^@?\s]+@[^@?\s]+", subscriber.partition(":")[2].partition("?")[0]):
            raise Refusal(400, "subscriber has no mail address")

    def check_webhook(self, subscriber: str) -> None:
        """A host, without a user, and a port that exists."""
        try:
            parts = urlsplit(subscriber)
            port = parts.port
        except ValueError:
            raise Refusal(400, "subscriber is no URI") from None
        self.check_user(parts.netloc)
        if not parts.hostname or port == 0 or re.search(r"[\s\x00-\x1f]", subscriber):
            raise Refusal(400, "subscriber has no host, port 0 or a blank")

    def check_user(self, netloc: str) -> None:
        """Nothing stands before the host."""
        if "@" in netloc:
            raise Refusal(400, "subscriber has a user")

    def checked_ttl(self, ttl: object) -> int:
        """A lifetime that ends in time."""
        seconds = self.ranged("ttl", ttl, *self.subscription_ttl)
        if self.end_of(seconds) >= _YEAR_10000:
            raise Refusal(400, "ttl is too long")
        return seconds

    def end_of(self, seconds: int) -> float:
        """When a lifetime is over that begins now."""
        raise NotImplementedError

    def checked_options(self, options: object) -> dict[str, Any]:
        """An object with known members of their types; null is an empty one."""
        if options is None:
            return {}
        if not isinstance(options, dict):
            raise Refusal(400, "options is not an object")
        self.check_types_of(options)
        self.check_retry_policy(options.get("_retry_policy", {}))
        return options

    def check_types_of(self, options: dict[str, Any]) -> None:
        """Texts, and an object of texts."""
        headers = options.get("post_headers", {})
        if not isinstance(headers, dict):
            raise Refusal(400, "post_headers is not an object")
        texts = [options.get(key, "") for key in _TEXTS] + list(headers.values())
        if not all(isinstance(text, str) for text in texts):
            raise Refusal(400, "an option is not a text")


class Subscriptions(Subscribers):
    """Listing, creating, showing, changing, deleting, confirming."""

    most_subscriptions = 20

    def end_of(self, seconds: int) -> float:
        """When a lifetime is over that begins now."""
        return self.time + seconds

    # -- what is there

    def subscribed(self, call: Call) -> list[Subscription]:
        """The subscriptions of the queue that are not over, by id."""
        queue = self.find(call)
        kept = queue.subscriptions.values() if queue else ()
        return sorted((one for one in kept if self.lives(one)), key=lambda one: one.id)

    def lives(self, subscription: Subscription) -> bool:
        """Whether its time is not over."""
        return self.time < subscription.expires

    def the_subscription(self, call: Call) -> Subscription:
        """The subscription that is asked for."""
        for one in self.subscribed(call):
            if one.id == call.id:
                return one
        raise Refusal(404, "there is no such subscription")

    def confirmable(self, call: Call) -> Subscription:
        """The subscription that is to be confirmed."""
        return self.the_subscription(call)

    def of_subscriber(self, call: Call, subscriber: str) -> Subscription | None:
        """The subscription that the subscriber has of the queue."""
        same = (one for one in self.subscribed(call) if self.same(one.subscriber, subscriber))
        return next(same, None)

    def same(self, one: str, other: str) -> bool:
        """Whether two texts are one subscriber."""
        return one == other

    def shown_subscription(self, call: Call, one: Subscription) -> dict[str, Any]:
        """A subscription as lists and fetches give it."""
        return {
            "id": one.id,
            "source": call.queue,
            "subscriber": one.subscriber,
            "ttl": one.ttl,
            "age": self.age(one.created),
            "options": one.options,
            "confirmed": one.confirmed,
        }

    # -- operations

    def subscription_list(self, call: Call) -> Answer:
        """A page of subscriptions."""
        most = self.most_subscriptions
        limit = self.integer(call.query, "limit", self.default_page, 1, most)
        page = [one for one in self.subscribed(call) if self.is_behind(call, one)][:limit]
        links = self.next_links(call.path, self.told_queues(call), [one.id for one in page])
        shown = [self.shown_subscription(call, one) for one in page]
        return Answer(200, {"subscriptions": shown, "links": links})

    def is_behind(self, call: Call, subscription: Subscription) -> bool:
        """Whether it is on the page that is asked for."""
        marker = call.query.last("marker")
        return marker is None or (self.is_an_id(marker) and subscription.id > marker)

    def is_an_id(self, text: str) -> bool:
        """Whether it has the form of an id."""
        return len(text) == len(self.new_id())

    def subscription_create(self, call: Call) -> Answer:
        """Subscribes, unless it is done."""
        body = self.object_of(call.request)
        new = self.new_subscription(body)
        self.made(call)
        place = {"Location": call.path}
        if found := self.of_subscriber(call, new.subscriber):
            if found.confirmed:
                raise Refusal(409, "the subscriber is subscribed", **place)
            return Answer(201, {"subscription_id": self.again(found, new)}, place)
        self.keep(call, new)
        return Answer(201, {"subscription_id": new.id}, place)

    def new_subscription(self, body: dict[str, Any]) -> Subscription:
        """What is to be stored."""
        subscriber = self.check_subscriber(body.get("subscriber"))
        ttl = self.checked_ttl(body.get("ttl", self.default_subscription_ttl))
        options = self.checked_options(body.get("options"))
        return Subscription(self.new_id(), subscriber, ttl, options, self.time, self.end_of(ttl))

    def again(self, found: Subscription, new: Subscription) -> str:
        """The id that is told of one that waits for its confirmation."""
        return found.id

    def keep(self, call: Call, new: Subscription) -> None:
        """Stores a subscription."""
        self.made(call).subscriptions[new.id] = new

    def subscription_get(self, call: Call) -> Answer:
        """A subscription."""
        return Answer(200, self.shown_subscription(call, self.the_subscription(call)))

    def subscription_update(self, call: Call) -> Answer:
        """Changes what is given."""
        body = self.object_of(call.request)
        self.check_members(body)
        given = {
            key: body[key] for key in ("subscriber", "ttl", "options") if self.given(body, key)
        }
        if not given:
            raise Refusal(400, "nothing is to be changed")
        if "subscriber" in given:
            self.check_subscriber(given["subscriber"])
        if "ttl" in given:
            self.checked_ttl(given["ttl"])
        self.checked_options(given.get("options"))
        self.change_subscription(call, self.the_subscription(call), given)
        return Answer(204, headers={"Location": call.path})

    def given(self, body: dict[str, Any], key: str) -> bool:
        """Whether a member says anything."""
        return body.get(key) is not None

    def check_members(self, body: dict[str, Any]) -> None:
        """All members are taken, known or not."""

    def change_subscription(self, call: Call, one: Subscription, given: dict[str, Any]) -> None:
        """Changes a subscription, if nobody else has its new subscriber."""
        subscriber = given.get("subscriber", one.subscriber)
        if self.of_subscriber(call, subscriber) not in (None, one):
            raise Refusal(409, "the subscriber has another subscription")
        if subscriber != one.subscriber:
            self.unconfirm(one)
        one.subscriber = subscriber
        one.options = given.get("options", one.options)
        if "ttl" in given:
            self.restart(one, given["ttl"])

    def unconfirm(self, one: Subscription) -> None:
        """A new subscriber has agreed to nothing."""
        one.confirmed = False

    def restart(self, one: Subscription, ttl: int) -> None:
        """Lets the lifetime begin anew."""
        one.ttl, one.expires = ttl, self.end_of(ttl)

    def subscription_delete(self, call: Call) -> Answer:
        """Removes a subscription."""
        if queue := self.find(call):
            queue.subscriptions.pop(call.id, None)
        return Answer(204)

    def subscription_confirm(self, call: Call) -> Answer:
        """Notes whether the subscriber agrees."""
        confirmed = self.object_of(call.request).get("confirmed")
        if not self.is_flag(confirmed):
            raise Refusal(400, "confirmed is not a boolean")
        self.confirmable(call).confirmed = bool(confirmed)
        return Answer(204, headers={"Location": call.path})

    def is_flag(self, value: object) -> bool:
        """Whether a value is true or false."""
        return isinstance(value, bool)
