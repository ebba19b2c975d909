# SPDX-License-Identifier: Apache-2.0
"""Servers that notify connections wrongly, and those that take the wrong shares for right."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature
from ..miniature.lines import Line
from ..miniature.state import Message, Queue, Subscription
from . import lie

_KIND = "websocket:"


def _noting(**changed: Any) -> Any:
    """An override of `notice`: notifications with other members."""

    def notice(self: Miniature, call: Call, message: Message, delay: int) -> dict[str, Any]:
        told = {**Miniature.notice(self, call, message, delay), **changed}
        return {key: value for key, value in told.items() if value is not None}

    return notice


def _all_queues(self: Miniature, call: Call, queue: Queue) -> list[Subscription]:
    return [
        one
        for any_queue in (*self.queues.values(), *self.topics.values())
        for one in any_queue.subscriptions.values()
    ]


def _in_pairs(self: Miniature, line: Line, notice: dict[str, Any]) -> None:
    held = line.notes.pop("held notice", None)
    if held is None:
        line.notes["held notice"] = notice
        return
    for one in (notice, held):
        Miniature.notify(self, line, one)  # type: ignore[arg-type]


def _twice(self: Miniature, line: Line, notice: dict[str, Any]) -> None:
    for _ in range(2):
        Miniature.notify(self, line, notice)


def _with_the_past(self: Miniature, call: Call, line: Line) -> Answer:
    answer = Miniature.subscribed_line(self, call, line)
    for message in self.live(call):
        self.notify(line, self.notice(call, message, 0))
    return answer


def _one_queue(self: Miniature, call: Call, line: Line) -> Answer:
    for queue in self.queues.values():
        for one in [one for one in queue.subscriptions.values() if self.ends_with(one, line)]:
            del queue.subscriptions[one.id]
    return Miniature.subscribed_line(self, call, line)


def _own(self: Miniature, call: Call) -> list[Subscription]:
    found = Miniature.subscribed(self, call)
    return [one for one in found if not one.subscriber.startswith(_KIND)]


lie(
    "notifies nobody",
    "websocket-push.own-post",
    "websocket-push.other-connection",
    "websocket-push.before-the-reply",
    listeners=lambda self, call, queue: [],
)
lie(
    "does not hear of what is posted over REST",
    "websocket-push.over-rest",
    listeners=lambda self, call, queue: (
        [] if "Host" in call.request.headers else Miniature.listeners(self, call, queue)
    ),
)
lie(
    "does not say that it notifies",
    "websocket-push.members",
    notice=_noting(Message_Type=None),
)
lie(
    "notifies of another lifetime",
    "websocket-push.values",
    notice=_noting(ttl=1),
)
lie(
    "notifies in JSON always",
    "websocket-push.encoding",
    form_of_notices=lambda self, line: "text",
)
lie("notifies of the second of two first", "websocket-push.order", notify=_in_pairs)
lie("notifies twice", "websocket-push.once", notify=_twice)
lie(
    "notifies of the past",
    "websocket-push.from-the-reply",
    subscribed_line=_with_the_past,
)
lie("notifies of all queues", "websocket-push.own-queue-only", listeners=_all_queues)
lie("subscribes to one queue only", "websocket-push.several-queues", subscribed_line=_one_queue)
lie(
    "subscribes a connection twice",
    "websocket-push.again",
    of_subscriber=lambda self, call, subscriber: None,
)
lie(
    "keeps subscriptions of connections that are gone",
    "websocket-push.ends-with-connection",
    ends_with=lambda self, one, line: False,
)
lie(
    "ends all subscriptions with a connection",
    "websocket-push.others-remain",
    ends_with=lambda self, one, line: True,
)
lie("hides subscriptions of connections", "websocket-push.listed", subscribed=_own)
lie(
    "waits for connections to confirm",
    "websocket-push.confirmed",
    confirmed_at_once=lambda self: False,
)
lie("notifies for ever", "websocket-push.ttl", lives=lambda self, one: True)
lie(
    "notifies of queues only",
    "websocket-extension.topic-push",
    listeners=lambda self, call, queue: (
        [] if call.collection == "topics" else Miniature.listeners(self, call, queue)
    ),
)

# -- shares


def _texts_too(self: Miniature, headers: dict[str, Any]) -> None:
    for name in ("URL-Methods", "URL-Paths"):
        if isinstance(headers.get(name), str):
            headers[name] = headers[name].split(",")
    Miniature.check_header_types(self, headers)


lie(
    "takes no signatures",
    "websocket-signed.opens",
    is_open=lambda self, request, path: False,
)
lie("takes texts for arrays", "websocket-signed.lists", check_header_types=_texts_too)
lie("knows one order of paths", "websocket-signed.lists", shown_order=lambda self, texts: texts)
lie(
    "opens every path with a share",
    "websocket-signed.other-queue",
    "websocket-signed.other-action",
    covers=lambda self, shared, path: True,
)
lie(
    "opens a path for all methods",
    "websocket-signed.other-method",
    is_for_method=lambda self, methods, method: True,
)
lie("takes any signature", "websocket-signed.changed", is_same=lambda self, shown, wanted: True)
lie("takes shares that have expired", "websocket-signed.expired", is_ahead=lambda self, end: True)
lie(
    "takes an empty signature for none over the WebSocket",
    "websocket-signed.incomplete",
    shows_signature=lambda self, headers: bool(headers.get("URL-Signature")),
)
lie(
    "shares messages and nothing else",
    "websocket-signed.claims",
    covers=lambda self, shared, path: (
        "/messages" in shared and Miniature.covers(self, shared, path)
    ),
)
