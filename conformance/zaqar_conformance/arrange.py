# SPDX-License-Identifier: Apache-2.0
"""Brings the target into the state that a case is about.

Everything here runs as set-up: if it does not work, the case that called it has found nothing.
What a case is *about* it does itself, through the client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from zaqar_conformance import match, paths
from zaqar_conformance.case import setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

#: A webhook on a host that never exists, whatever a target may try to send there.
HOOK: Final = "https://hooks.kit.invalid/in"


@dataclass(frozen=True)
class Claim:
    """A claim as its creator knows it."""

    id: str
    path: str
    messages: Sequence[Mapping[str, Any]] = field(repr=False)


@setup()
def queue(api: Api, metadata: Mapping[str, Any] | None = None) -> str:
    """The name of a new queue with that metadata."""
    name = api.queue_name()
    created(api, name, metadata)
    return name


@setup()
def topic(api: Api, metadata: Mapping[str, Any] | None = None) -> paths.Topic:
    """The name of a new topic with that metadata; what fills a queue fills it too."""
    name = api.topic_name()
    created(api, name, metadata)
    return name


@setup()
def created(api: Api, name: str, metadata: Mapping[str, Any] | None = None) -> None:
    """Creates the queue or topic of that name."""
    body = {} if metadata is None else {"json": dict(metadata)}
    match.status(api.put(paths.queue(name), **body), 201)


@setup()
def posted(
    api: Api, name: str, *bodies: Any, ttl: int | None = None, delay: int | None = None
) -> list[str]:
    """The ids of new messages with those bodies, in one post."""
    told = {key: value for key, value in (("ttl", ttl), ("delay", delay)) if value is not None}
    messages = [{"body": body, **told} for body in bodies]
    return ids_of(api.post(paths.messages(name), json={"messages": messages}), len(bodies))


@setup()
def stocked(api: Api, *bodies: Any, ttl: int | None = None) -> tuple[str, list[str]]:
    """A new queue with those messages: its name and their ids."""
    name = queue(api)
    return name, posted(api, name, *bodies, ttl=ttl)


@setup()
def claimed(
    api: Api, name: str, *, limit: int | None = None, ttl: int = 60, grace: int = 60
) -> Claim:
    """A new claim on messages of the queue."""
    params = {} if limit is None else {"limit": limit}
    answer = api.post(paths.claims(name), json={"ttl": ttl, "grace": grace}, params=params)
    messages = match.messages(answer, 201)
    match.equal("the claim holds messages", bool(messages), True)
    path = match.header_like(answer, "Location", r"/v2/\S+", "the path of the claim")
    return Claim(path.rpartition("/")[2], path, messages)


@setup()
def subscribed(api: Api, name: str, subscriber: str = HOOK, **more: Any) -> str:
    """The id of a new subscription of the queue."""
    answer = api.post(paths.subscriptions(name), json={"subscriber": subscriber, **more})
    return match.subscription_id(answer)


@setup()
def confirmed(api: Api, name: str, subscription_id: str) -> None:
    """Confirms a subscription."""
    match.status(api.put(paths.confirm(name, subscription_id), json={"confirmed": True}), 204)


@setup()
def deleted(api: Api, path: str) -> None:
    """Deletes whatever the path names."""
    match.status(api.delete(path), 204)


def ids_of(answer: Exchange, count: int) -> list[str]:
    """The message ids in the answer to a post of so many: the last segments of its hrefs."""
    match.status(answer, 201)
    hrefs = match.an_array("resources", match.object_of(answer).get("resources"))
    match.equal("the number of resources", len(hrefs), count)
    return [str(href).rpartition("/")[2] for href in hrefs]
