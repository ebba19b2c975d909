# SPDX-License-Identifier: Apache-2.0
"""Actions that are about the connection itself, which no other transport has."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from zaqar_impl.domain.values import Kind, QueueRef, Subscription
from zaqar_impl.websocket.request import WebSocketRequest


class Connection(Protocol):
    """What a request may ask of the connection that it came over."""

    async def subscribe(
        self, ref: QueueRef, request: WebSocketRequest
    ) -> tuple[Subscription, bool]:
        """Let the connection be notified of the messages of a queue or topic, in the encoding of
        the request; the subscription, and whether it is new."""


#: What serves a request instead of the handler; None where the handler does.
Instead = Callable[[Connection, WebSocketRequest], Awaitable[Any] | None]


def authenticate(_connection: Connection, _request: WebSocketRequest) -> Awaitable[Any]:
    """Where nobody is authenticated every token is taken, and nothing depends on it."""
    return _welcome()


async def _welcome() -> Any:
    return {"message": "This deployment authenticates nobody; the token was not looked at."}


def subscribe(connection: Connection, request: WebSocketRequest) -> Awaitable[Any] | None:
    """Without a subscriber it is the connection that is notified."""
    if "subscriber" in request.body:
        return None
    assert request.caller is not None
    kind = Kind.TOPIC if "topic_name" in request.body else Kind.QUEUE
    ref = QueueRef(request.caller.project, request.holder, kind)
    return connection.subscribe(ref, request)
