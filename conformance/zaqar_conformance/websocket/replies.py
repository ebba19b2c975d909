# SPDX-License-Identifier: Apache-2.0
"""The matchers of replies, as `match` has those of answers over REST; all wording is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch
from zaqar_conformance.websocket.actions import Action
from zaqar_conformance.websocket.connection import Reply

_MESSAGE_KEYS: Final = frozenset({"id", "claim_id", "ttl", "age", "body"})


def status(reply: Reply, *expected: int) -> Reply:
    """The reply has one of these statuses."""
    if reply.status not in expected:
        wanted = " or ".join(map(str, expected))
        raise Mismatch(f"status {wanted} for {reply.action}", reply.said)
    return reply


def refused(reply: Reply, expected: int = 400) -> Reply:
    """The request was refused in that way."""
    return status(reply, expected)


def body(reply: Reply, *expected: int) -> dict[str, Any]:
    """The body of a reply with one of these statuses or 200, which is an object."""
    status(reply, *(expected or (200,)))
    return match.an_object(f"the body of the reply to {reply.action}", reply.body)


def member(reply: Reply, key: str, *expected: int) -> Any:
    """A member of the body of a reply with one of these statuses or 200."""
    return match.member(f"the body of the reply to {reply.action}", body(reply, *expected), key)


def ids(reply: Reply, count: int) -> list[str]:
    """The ids of so many new messages."""
    found = match.an_array("message_ids", member(reply, "message_ids", 201))
    match.equal("the number of message_ids", len(found), count)
    for one in found:
        match.like("an id", one, ".+", "a text")
    return found


def messages(reply: Reply, *expected: int) -> list[dict[str, Any]]:
    """The messages of a reply."""
    return match.objects("messages", member(reply, "messages", *expected))


def bodies(reply: Reply, *expected: int) -> list[Any]:
    """The bodies of the messages of a reply."""
    return [match.member("a message", one, "body") for one in messages(reply, *expected)]


def entry(message: Mapping[str, Any], claim_id: str | None) -> None:
    """A message as the WebSocket gives it, in that claim."""
    match.keys("a message", message, _MESSAGE_KEYS, "checksum")
    match.equal("the claim_id of a message", message["claim_id"], claim_id)


def text(reply: Reply, *expected: int) -> None:
    """The body is a text."""
    status(reply, *expected)
    match.like(f"the body of the reply to {reply.action}", reply.body, "(?s).*", "a text")


def without(reply: Reply, secret: str) -> None:
    """The secret is nowhere in the reply."""
    if secret.encode() in reply.raw:
        raise Mismatch(
            f"a reply to {reply.action} without the secret of its request", "it is there"
        )


def names(reply: Reply, what: str = "queues") -> list[str]:
    """The names of the queues or topics of a page."""
    found = match.objects(what, member(reply, what))
    return [str(match.member(f"an entry of {what}", one, "name")) for one in found]


def marker(reply: Reply) -> str | None:
    """The marker of the one link of a page, if it has links."""
    links = match.objects("links", member(reply, "links"))
    if not links:
        return None
    match.equal("the number of links", len(links), 1)
    match.keys("a link", links[0], ("rel", "marker"))
    match.equal("rel of the link", links[0]["rel"], "next")
    match.like("the marker of the link", links[0]["marker"], "(?s).+", "a text")
    return str(links[0]["marker"])


def each(actions: Iterable[Action], check: Callable[[Action], None]) -> None:
    """The check holds for every action; all for which it does not are told together."""
    failed: dict[str, Mismatch] = {}
    for action in actions:
        try:
            check(action)
        except Mismatch as error:
            failed[action.name] = error
    if failed:
        first = next(iter(failed.values()))
        others = f" (so, or otherwise wrong: {', '.join(failed)})" if len(failed) > 1 else ""
        raise Mismatch(first.expected, first.observed + others)
