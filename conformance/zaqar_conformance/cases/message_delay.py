# SPDX-License-Identifier: Apache-2.0
"""Delay: what does not see a message for some time after its post, and what does."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_POSTED: Final = ("message-post.created",)
_DELAYED: Final = ("message-delay.queue-default",)
#: A delay that ends while a case waits, one that does not end while it runs.
_SHORT, _LONG = 6, 100
_PAST_DELAY: Final = 8
_PAST_END: Final = 63


def _delay_queue(api: Api, delay: int = _LONG) -> str:
    return arrange.queue(api, {"_default_message_delay": delay})


def _listed(api: Api, name: str, **params: Any) -> list[Any]:
    """The bodies of a page; without more said, of what is neither claimed nor delayed."""
    return match.bodies(api.get(paths.messages(name), params={"echo": "true", **params}))


def _post(api: Api, name: str, **members: Any) -> Exchange:
    return api.post(paths.messages(name), json={"messages": [{"body": 1, **members}]})


def _withheld(api: Api, name: str) -> None:
    """Nothing is listed and nothing can be claimed."""
    match.equal("the listed bodies", _listed(api, name), [])
    match.status(api.post(paths.claims(name)), 204)


@case("message-delay.queue-default", needs=_POSTED, wait=_PAST_DELAY)
def queue_default(api: Api) -> None:
    """A message of a delay queue is withheld, and then like any other."""
    name = _delay_queue(api, _SHORT)
    arrange.posted(api, name, "a")

    _withheld(api, name)
    api.wait(_PAST_DELAY)

    match.equal("the listed bodies", _listed(api, name), ["a"])
    match.equal("the claimed bodies", match.bodies(api.post(paths.claims(name)), 201), ["a"])


@case("message-delay.own", needs=_DELAYED, wait=_PAST_DELAY)
def own(api: Api) -> None:
    """What a message says of its delay counts, and not what its queue says."""
    name = _delay_queue(api)
    arrange.posted(api, name, "at once", delay=0)
    arrange.posted(api, name, "soon", delay=_SHORT)
    arrange.posted(api, name, "late")

    match.equal("the bodies at first", _listed(api, name), ["at once"])
    api.wait(_PAST_DELAY)

    match.equal("the bodies afterwards", _listed(api, name), ["at once", "soon"])


@case("message-delay.any-queue", needs=_POSTED, wait=_PAST_DELAY)
def any_queue(api: Api) -> None:
    """A single message can be delayed in a queue that delays nothing."""
    plain, zero = arrange.queue(api), _delay_queue(api, 0)
    for name in (plain, zero):
        arrange.posted(api, name, "a", delay=_SHORT)
        _withheld(api, name)

    api.wait(_PAST_DELAY)

    for name in (plain, zero):
        match.equal("the listed bodies", _listed(api, name), ["a"])


@case("message-delay.range", needs=_DELAYED)
def delay_range(api: Api) -> None:
    """A delay is an integer from 0 to as much as this deployment allows."""
    name, most = _delay_queue(api), api.limits.max_message_delay

    for delay in (-1, most + 1, None, "5", 5.5):
        match.status(_post(api, name, delay=delay), 400)
    for delay in (0, most):
        match.status(_post(api, name, delay=delay), 201)


@case("message-delay.range-in-any-queue", needs=("message-delay.range",))
def range_in_any_queue(api: Api) -> None:
    """A delay that no message can have is refused where the queue delays nothing, too."""
    name = arrange.queue(api)

    for delay in (-1, api.limits.max_message_delay + 1, "5"):
        match.status(_post(api, name, delay=delay), 400)


@case("message-delay.include-delayed", needs=_DELAYED)
def include_delayed(api: Api) -> None:
    """A reader who asks for delayed messages has them on every page."""
    name = _delay_queue(api)
    arrange.posted(api, name, "a")
    arrange.posted(api, name, "b", delay=0)
    arrange.posted(api, name, "c")

    params = {"echo": "true", "include_delayed": "true", "limit": 2}
    pages = list(observe.pages(api, paths.messages(name), params))

    bodies = [body for page in pages for body in match.bodies(page)]
    match.equal("the bodies on all pages", bodies, ["a", "b", "c"])


@case("message-delay.by-id", needs=_DELAYED)
def by_id(api: Api) -> None:
    """Who knows the id of a delayed message can read it and delete it."""
    name = _delay_queue(api)
    ids = arrange.posted(api, name, "a", "b")

    message = observe.message(api, name, ids[0])
    match.message_shape(message)
    told = [message["body"], message["href"]]
    match.equal("body and href", told, ["a", paths.message(name, ids[0])])
    found = api.get(paths.messages(name), params={"ids": ids})
    match.same_items("the bodies by ids", match.bodies(found), ["a", "b"])
    match.status(api.delete(paths.message(name, ids[0])), 204)
    observe.no_message(api, name, ids[0])


@case("message-delay.life", needs=("message-delay.by-id",), wait=_PAST_END)
def life(api: Api) -> None:
    """The life of a message runs while it is delayed."""
    name = _delay_queue(api)
    [message_id] = arrange.posted(api, name, "a", ttl=60)

    match.equal("ttl", observe.message(api, name, message_id).get("ttl"), 60)
    api.wait(_PAST_END)

    observe.no_message(api, name, message_id)


@case("message-pop.delayed", needs=(*_DELAYED, "message-pop.removes"))
def pop_delayed(api: Api) -> None:
    """What is delayed is not popped."""
    name = _delay_queue(api)
    arrange.posted(api, name, "a")
    arrange.posted(api, name, "b", delay=0)

    popped = api.delete(paths.messages(name), params={"pop": 5})

    match.equal("the popped bodies", match.bodies(popped), ["b"])
    match.equal("the bodies left", _listed(api, name, include_delayed="true"), ["a"])


@case("queue-purge.delayed-messages", needs=("message-delay.by-id", "queue-purge.everything"))
def purge_delayed(api: Api) -> None:
    """Nothing is left after a purge, not even what nobody has seen."""
    name = _delay_queue(api)
    [message_id] = arrange.posted(api, name, "a")

    match.status(api.post(paths.purge(name)), 204)

    observe.no_message(api, name, message_id)


@case("queue-get-stats.delayed", needs=(*_DELAYED, "queue-get-stats.counts"))
def stats_delayed(api: Api) -> None:
    """Delayed messages are counted, and are no end of the queue."""
    name = _delay_queue(api)
    arrange.posted(api, name, "a")
    [first, last] = arrange.posted(api, name, "b", "c", delay=0)
    arrange.posted(api, name, "d")

    told = _statistics(api, name)

    match.equal("claimed, free, total", [told.get(k) for k in _COUNTS], [0, 4, 4])
    ends = [match.an_object(end, told.get(end)).get("href") for end in ("oldest", "newest")]
    expected = [paths.message(name, first), paths.message(name, last)]
    match.equal("hrefs of oldest and newest", ends, expected)


@case("queue-get-stats.all-delayed", needs=("queue-get-stats.delayed",))
def stats_all_delayed(api: Api) -> None:
    """A queue of which nothing is given out yet has statistics."""
    name = _delay_queue(api)
    arrange.posted(api, name, "a", "b")

    told = _statistics(api, name)

    match.equal("the statistics", told, {"claimed": 0, "free": 2, "total": 2})


_COUNTS: Final = ("claimed", "free", "total")


def _statistics(api: Api, name: str) -> dict[str, Any]:
    answer = api.get(paths.stats(name))
    match.status(answer, 200)
    return match.an_object("messages", match.object_of(answer).get("messages"))
