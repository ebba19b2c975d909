# SPDX-License-Identifier: Apache-2.0
"""Notifications of connections: a subscription that is a connection's, and what is sent to it."""

from __future__ import annotations

import threading
from typing import Any

from .actions import Actions
from .lines import Line
from .reading import Refusal
from .state import Call, Message, Queue, Subscription
from .wire import Answer

_KIND = "websocket:"


class Notices(Actions):
    """Subscribing connections, and notifying them of what is posted."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.RLock()
        self.lines: dict[str, Line] = {}

    def hear(self, line: Line, kind: str, payload: bytes) -> None:
        """Answers a message; one is answered at a time."""
        with self._turn:
            super().hear(line, kind, payload)

    def subscribed_line(self, call: Call, line: Line) -> Answer:
        """Subscribes the connection to a queue, once."""
        body = self.object_of(call.request)
        subscriber = f"{_KIND}{id(line)}"
        ttl = self.checked_ttl(body.get("ttl", self.default_subscription_ttl))
        options = self.checked_options(body.get("options"))
        if self.of_subscriber(call, subscriber):
            raise Refusal(409, "the connection is subscribed")
        new = Subscription(self.new_id(), subscriber, ttl, options, self.time, self.end_of(ttl))
        new.confirmed = self.confirmed_at_once()
        self.keep(call, new)
        self.lines[subscriber] = line
        line.notes["form"] = self.form_of_notices(line)
        return Answer(201, {"subscription_id": new.id})

    def confirmed_at_once(self) -> bool:
        """A connection has asked for itself."""
        return True

    def form_of_notices(self, line: Line) -> str:
        """Notifications come in the form of the request that asked for them."""
        return str(line.notes["asked"])

    def refusal_of(self, refusal: Refusal) -> tuple[int, Any]:
        """A conflict of subscriptions is told as a text."""
        if refusal.status == 409 and "subscribed" in str(refusal):
            return 409, str(refusal)
        return super().refusal_of(refusal)

    def gone(self, line: Line) -> None:
        """The subscriptions of a connection go with it."""
        with self._turn:
            self.lines = {key: one for key, one in self.lines.items() if one is not line}
            for queue in (*self.queues.values(), *self.topics.values()):
                for one in list(queue.subscriptions.values()):
                    if self.ends_with(one, line):
                        del queue.subscriptions[one.id]

    def ends_with(self, one: Subscription, line: Line) -> bool:
        """Whether a subscription ends with a connection."""
        return one.subscriber == f"{_KIND}{id(line)}"

    def stored(self, call: Call, body: Any, ttl: int, delay: int) -> Message:
        """Stores a message, and tells connections of it."""
        message = super().stored(call, body, ttl, delay)
        queue = self.find(call)
        for one in self.listeners(call, queue) if queue else ():
            if line := self.lines.get(one.subscriber):
                self.notify(line, self.notice(call, message, delay))
        return message

    def listeners(self, call: Call, queue: Queue) -> list[Subscription]:
        """The subscriptions that are told of what is posted."""
        return [one for one in queue.subscriptions.values() if self.lives(one)]

    def notice(self, call: Call, message: Message, delay: int) -> dict[str, Any]:
        """What a connection is told."""
        told = {
            "body": message.body,
            "ttl": message.ttl,
            "Message_Type": "Notification",
            "queue_name": call.queue,
        }
        return {**told, "delay": delay} if delay else told

    def notify(self, line: Line, notice: dict[str, Any]) -> None:
        """Sends a notification."""
        form = str(line.notes["form"])
        line.send(form, self.encoded(form, notice))
