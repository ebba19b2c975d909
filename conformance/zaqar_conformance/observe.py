# SPDX-License-Identifier: Apache-2.0
"""Looks at the state of the target after an act, in the one way that leaves it as it is.

Unlike `arrange`, what goes wrong here is a finding of the case that looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from zaqar_conformance import match, paths
from zaqar_conformance.case import Mismatch
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

#: A reader that has followed so many links is going round in circles.
_MOST_PAGES: Final = 200

_EVERYTHING: Final = {"echo": "true", "include_claimed": "true"}


def bodies(api: Api, name: str, **params: Any) -> list[Any]:
    """The bodies of the live messages of a queue (one page), whoever posted or claimed them."""
    params = {**_EVERYTHING, "limit": api.limits.max_messages_per_page, **params}
    return match.bodies(api.get(paths.messages(name), params=params))


def metadata(api: Api, name: str) -> dict[str, Any]:
    """What the queue shows of itself."""
    answer = api.get(paths.queue(name))
    match.status(answer, 200)
    return match.object_of(answer)


def message(api: Api, name: str, message_id: str) -> dict[str, Any]:
    """One message."""
    answer = api.get(paths.message(name, message_id))
    match.status(answer, 200)
    return match.object_of(answer)


def claim(api: Api, path: str) -> dict[str, Any]:
    """One claim."""
    answer = api.get(path)
    match.status(answer, 200)
    return match.object_of(answer)


def subscription(api: Api, name: str, subscription_id: str) -> dict[str, Any]:
    """One subscription."""
    return match.subscription(api.get(paths.subscription(name, subscription_id)))


def subscribers(api: Api, name: str) -> list[Any]:
    """Who is subscribed to a queue (one page)."""
    params = {"limit": api.limits.max_subscriptions_per_page}
    answer = api.get(paths.subscriptions(name), params=params)
    return [one["subscriber"] for one in match.subscriptions(answer)]


def exists(api: Api, name: str) -> bool:
    """Whether the queue or topic is listed. Showing it does not tell: that works for any name."""
    params = {"marker": name[:-1], "limit": api.limits.max_queues_per_page}
    answer = api.get(paths.collection(name), params=params)
    topic = isinstance(name, paths.Topic)
    return name in (match.topic_names(answer) if topic else match.queue_names(answer))


def no_queue(api: Api, name: str) -> None:
    """The queue or topic is not listed."""
    if exists(api, name):
        raise Mismatch(f"{name} not in the list of {paths.collection(name)}", "it is listed")


def a_queue(api: Api, name: str) -> None:
    """The queue or topic is listed."""
    if not exists(api, name):
        raise Mismatch(f"{name} in the list of {paths.collection(name)}", "it is not listed")


def no_message(api: Api, name: str, message_id: str) -> None:
    """The message is gone."""
    match.status(api.get(paths.message(name, message_id)), 404)


def pages(api: Api, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Exchange]:
    """The pages of a list, each by the next link of the one before; the last one has no link."""
    answer = api.get(path, params=params)
    for _ in range(_MOST_PAGES):
        yield answer
        link = match.next_link(answer)
        if link is None:
            return
        answer = api.get(link)
    raise Mismatch(f"an end of the pages of {path}", f"more than {_MOST_PAGES} pages")
