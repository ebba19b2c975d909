# SPDX-License-Identifier: Apache-2.0
"""Brings the target into the state that a case of the WebSocket is about, over the WebSocket.

As in `arrange`, whatever goes wrong here is no finding of the case.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch, setup
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import replies
from zaqar_conformance.websocket.actions import Action
from zaqar_conformance.websocket.connection import Connection, Reply

#: A webhook on a host that never exists, whatever a target may try to send there.
HOOK: Final = "https://hooks.kit.invalid/ws"

#: Everything in a queue, whoever posted it.
ALL: Final = {"echo": True, "include_claimed": True}


@setup()
def queue(api: Api, line: Connection, metadata: Mapping[str, Any] | None = None) -> str:
    """The name of a new queue with that metadata."""
    name = api.queue_name()
    body = {"queue_name": name, **({"metadata": dict(metadata)} if metadata else {})}
    replies.status(line.ask("queue_create", body), 201)
    return name


@setup()
def posted(line: Connection, name: str, *bodies: Any, **told: Any) -> list[str]:
    """The ids of new messages with those bodies, in one post."""
    messages = [{"body": body, **told} for body in bodies]
    reply = line.ask("message_post", {"queue_name": name, "messages": messages})
    return replies.ids(reply, len(bodies))


def stocked(api: Api, line: Connection, *bodies: Any, **told: Any) -> tuple[str, list[str]]:
    """A new queue with those messages: its name and their ids."""
    name = queue(api, line)
    return name, posted(line, name, *bodies, **told)


@setup()
def claimed(line: Connection, name: str) -> tuple[str, list[dict[str, Any]]]:
    """The id of a new claim and its messages."""
    reply = line.ask("claim_create", {"queue_name": name, "ttl": 60, "grace": 60})
    return str(replies.member(reply, "claim_id", 201)), replies.messages(reply, 201)


@setup()
def subscribed(
    line: Connection, name: str, action: str = "subscription_create", **more: Any
) -> str:
    """The id of a new subscription of the connection."""
    named = "topic_name" if action.startswith("topic") else "queue_name"
    reply = line.ask(action, {named: name, **more})
    return str(replies.member(reply, "subscription_id", 201))


def hooked(line: Connection, name: str, subscriber: str = HOOK) -> str:
    """The id of a new subscription of a webhook."""
    return subscribed(line, name, subscriber=subscriber)


# -- requests of every action


def body_of(api: Api, action: Action) -> dict[str, Any]:
    """A right body of the action, about a queue or topic of this case."""
    if not action.names:
        return action.body()
    return action.body(**{action.names: api.queue_name()})


def asked(api: Api, line: Connection, action: Action, **options: Any) -> Reply:
    """The reply to a right request of the action."""
    return line.ask(action.name, body_of(api, action), **options)


def each(api: Api, actions: Iterable[Action], check: Callable[[Connection, Action], None]) -> None:
    """The check holds for every action, each tried on a connection of its own."""

    def tried(action: Action) -> None:
        line = api.connect()
        try:
            check(line, action)
        finally:
            line.wire.drop()

    replies.each(actions, tried)


# -- states


def all_of(line: Connection, name: str, **more: Any) -> Reply:
    """Everything that is listed of a queue."""
    return line.ask("message_list", {"queue_name": name, **ALL, **more})


def names_with(api: Api, line: Connection, name: str, **options: Any) -> list[str]:
    """The names of the page of queues on which a name stands, if there is such a queue."""
    body = {"marker": name[:-1], "limit": api.limits.max_queues_per_page}
    return replies.names(line.ask("queue_list", body, **options))


def exists(api: Api, line: Connection, name: str) -> bool:
    """Whether a queue is listed."""
    return name in names_with(api, line, name)


def still_answers(line: Connection) -> None:
    """The connection answers a right request."""
    replies.status(line.ask("queue_list"), 200)


def soon(api: Api, seconds: float, what: str, holds: Callable[[], bool]) -> None:
    """It comes to hold within that time."""
    began = time.monotonic()
    waited = 0.0
    while not holds():
        if waited > seconds or time.monotonic() - began > seconds:
            raise Mismatch(what, f"not within {seconds:g} s")
        time.sleep(api.target.silence / 10)
        api.wait(1)
        waited += 1


def waiting(api: Api, seconds: int, *lines: Connection) -> None:
    """Lets time pass on the target; the connections answer its pings meanwhile."""
    for _ in range(seconds):
        api.wait(1)
        for line in lines:
            line.wire.breathe()


def no_messages(line: Connection, name: str) -> None:
    """Nothing is listed of a queue."""
    match.equal("the messages", replies.messages(all_of(line, name)), [])
