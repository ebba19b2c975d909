# SPDX-License-Identifier: Apache-2.0
"""Listing what lives in a pool, and moving queues from pool to pool: an extension."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from zaqar_conformance import administer, arrange, match, observe, paths
from zaqar_conformance.case import Mismatch, case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_LISTED: Final = ("pool-queue-list.entry",)
_MOVED: Final = ("pool-queue-move.moved",)
_CHOSEN: Final = ("flavor.chosen-by-queues",)
_BODIES: Final = ["a", "b", "c"]
_CROWD: Final = 60
#: Seconds that a move may take, and who posts meanwhile may be held up.
_LONGEST_MOVE: Final = 120.0


@dataclass(frozen=True)
class _Places:
    """Two pools, and the flavor of the first, which new queues go by."""

    here: str
    there: str
    flavor: str


def _places(api: Api) -> _Places:
    first, second = administer.uris(api, 2)
    here, flavor = administer.flavored(api, first)
    administer.needs_queues_of_pools(api, here)
    return _Places(here, administer.pool(api, second), flavor)


def _which(api: Api, name: str) -> dict[str, str]:
    return {"project": api.target.project, "kind": "queue", "name": name}


def _move(api: Api, name: str, pool: str) -> Exchange:
    return api.patient(_LONGEST_MOVE).post(paths.pool_queues(pool), json=_which(api, name))


@setup()
def _moved(api: Api, name: str, pool: str) -> None:
    """Has the queue moved."""
    match.status(_move(api, name, pool), 200)


def _living(api: Api, pool: str) -> list[dict[str, Any]]:
    """All that lives in a pool."""
    pages = observe.pages(api, paths.pool_queues(pool))
    return [queue for page in pages for queue in administer.listed(page, "queues")]


@case("pool-queue-list.entry", needs=_CHOSEN)
def entry(api: Api) -> None:
    """A queue is listed in its pool with the number of its messages."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)

    match.equal("here", _living(api, places.here), [{**_which(api, name), "messages": 3}])
    match.equal("there", _living(api, places.there), [])


@case("pool-queue-list.paging", needs=_LISTED)
def paging(api: Api) -> None:
    """Next links lead to every queue of a pool once, and to an empty page in the end."""
    places = _places(api)
    made = [administer.queue_of(api, places.flavor) for _ in range(3)]

    pages = list(observe.pages(api, paths.pool_queues(places.here), {"limit": 2}))

    seen = [administer.names([page], "queues") for page in pages]
    match.equal("the sizes of the pages", [len(page) for page in seen], [2, 1, 0])
    match.same_items("the names", [name for page in seen for name in page], made)


@case("pool-queue-list.limit-range", needs=_LISTED)
def limit_range(api: Api) -> None:
    """A limit out of its range is refused for the queues of a pool."""
    pool = _places(api).here

    for limit in (0, -1, api.limits.max_queues_per_page + 1, "many"):
        match.status(api.get(paths.pool_queues(pool), params={"limit": limit}), 400)


@case("pool-queue-list.unknown-pool", needs=_LISTED)
def unknown_pool(api: Api) -> None:
    """In an unknown pool nothing can live."""
    _places(api)

    match.status(api.get(paths.pool_queues(administer.new_name(api))), 404)


@case("pool-queue-move.moved", needs=_LISTED)
def moved(api: Api) -> None:
    """A queue that is moved lives in the other pool, and only there."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)

    answer = _move(api, name, places.there)

    match.status(answer, 200)
    told = {"from": places.here, "to": places.there, "messages": 3}
    match.equal("the answer", match.object_of(answer), told)
    match.equal("here", _living(api, places.here), [])
    match.equal("there", _living(api, places.there), [{**_which(api, name), "messages": 3}])


@case("pool-queue-move.order", needs=_MOVED)
def order(api: Api) -> None:
    """Messages, their ids and their order, and the markers of readers outlast a move."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)
    params = {"echo": "true", "limit": 2}
    before = api.get(paths.messages(name), params=params)
    rest = match.next_link(before)

    _moved(api, name, places.there)

    arrange.posted(api, name, "d")
    match.equal("a page", _unaged(api.get(paths.messages(name), params=params)), _unaged(before))
    match.equal("behind the marker", match.bodies(api.get(str(rest))), ["c", "d"])
    match.equal("the bodies", observe.bodies(api, name), [*_BODIES, "d"])


def _unaged(page: Exchange) -> list[dict[str, Any]]:
    return [{**message, "age": 0} for message in match.messages(page)]


@case("pool-queue-move.claims", needs=("claim-create.created", *_MOVED))
def claims(api: Api) -> None:
    """A claim holds its messages after a move as before."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)
    claim = arrange.claimed(api, name, limit=2)
    held = [str(message.get("id")) for message in claim.messages]

    _moved(api, name, places.there)

    shown = match.objects("messages", observe.claim(api, claim.path).get("messages"))
    match.equal("the claimed messages", [message.get("id") for message in shown], held)
    others = match.bodies(api.post(paths.claims(name), json={"ttl": 60, "grace": 60}), 201)
    match.equal("what others can claim", others, ["c"])
    match.status(api.delete(paths.message(name, held[0]), params={"claim_id": claim.id}), 204)
    match.status(api.delete(paths.message(name, held[1])), 403)


@case("pool-queue-move.subscriptions", needs=("subscription-create.created", *_MOVED))
def subscriptions(api: Api) -> None:
    """Subscriptions go along with their queue."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor)
    id = arrange.subscribed(api, name, ttl=600)
    before = observe.subscription(api, name, id)

    _moved(api, name, places.there)

    match.equal("the subscription", {**observe.subscription(api, name, id), "age": 0}, {
        **before, "age": 0,
    })  # fmt: skip


@case("pool-queue-move.metadata", needs=_MOVED)
def metadata(api: Api) -> None:
    """Metadata goes along with its queue."""
    places = _places(api)
    name = arrange.queue(api, {"_flavor": places.flavor, "colour": "red"})
    before = observe.metadata(api, name)

    _moved(api, name, places.there)

    match.equal("the metadata", observe.metadata(api, name), before)
    observe.a_queue(api, name)


@case("pool-queue-move.goes-on", needs=("pool-queue-move.order",))
def goes_on(api: Api) -> None:
    """What is posted during a move is refused for a moment, or kept."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, "first")

    with _meanwhile(api, lambda mover: _move(mover, name, places.there)) as move:
        for number in range(_CROWD):
            _post_patiently(api, name, number)
        match.status(move.result(_LONGEST_MOVE), 200)

    pages = observe.pages(api, paths.messages(name), {"echo": "true"})
    found = [body for page in pages for body in match.bodies(page)]
    match.equal("the bodies", found, ["first", *range(_CROWD)])


class _meanwhile:
    """Something that a caller of its own does while the case goes on."""

    def __init__(self, api: Api, act: Callable[[Api], Exchange]) -> None:
        self._api = api
        self._other = api.beside(_LONGEST_MOVE)
        self._thread = ThreadPoolExecutor(1)
        self._act = act

    def __enter__(self) -> Future[Exchange]:
        return self._thread.submit(self._act, self._other)

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        self._api.exchanges.extend(self._other.exchanges)
        self._other.cleanup()


def _post_patiently(api: Api, name: str, body: object) -> None:
    """Posts, and again when it is asked to wait."""
    deadline = time.monotonic() + _LONGEST_MOVE
    while True:
        answer = api.post(paths.messages(name), json={"messages": [{"body": body}]})
        if answer.status != 503:
            match.status(answer, 201)
            return
        match.header_like(answer, "Retry-After", "[0-9]+", "the seconds to wait")
        if time.monotonic() > deadline:
            raise Mismatch(f"an end of the move within {_LONGEST_MOVE:g} s", "status 503")
        time.sleep(0.05)


@case("pool-queue-move.same-pool", needs=_MOVED)
def same_pool(api: Api) -> None:
    """A queue that is there already is not moved."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)

    answer = _move(api, name, places.here)

    match.status(answer, 200)
    told = {"from": places.here, "to": places.here, "messages": 0}
    match.equal("the answer", match.object_of(answer), told)
    match.equal("the bodies", observe.bodies(api, name), _BODIES)


@case("pool-queue-move.unknown", needs=_MOVED)
def unknown(api: Api) -> None:
    """Neither an unknown queue is moved, nor any into an unknown pool."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)

    match.status(_move(api, api.queue_name(), places.there), 404)
    match.status(_move(api, name, administer.new_name(api)), 404)

    match.equal("the bodies", observe.bodies(api, name), _BODIES)


@case("pool-queue-move.body", needs=_MOVED)
def move_body(api: Api) -> None:
    """A move says which queue of which project it is about."""
    places = _places(api)
    which = _which(api, administer.queue_of(api, places.flavor))

    for member in ("project", "name"):
        given = {key: value for key, value in which.items() if key != member}
        match.status(api.post(paths.pool_queues(places.there), json=given), 400)
    wrong: list[Any] = [[], "text", {**which, "kind": "stack"}, {**which, "name": 5}]
    for body in wrong:
        match.status(api.post(paths.pool_queues(places.there), json=body), 400)


@case("pool-queue-move.others-stay", needs=_MOVED)
def others_stay(api: Api) -> None:
    """The queue of that name in another project stays where it is."""
    places, other = _places(api), api.other_project()
    name = administer.queue_of(api, places.flavor, *_BODIES)
    arrange.created(other, other.remember(name), {"_flavor": places.flavor})
    arrange.posted(other, name, "other")

    _moved(api, name, places.there)

    match.equal("here", _living(api, places.here), [{**_which(other, name), "messages": 1}])
    match.equal("the bodies", observe.bodies(other, name), ["other"])


@case("pool-queue-move.frees-pool", needs=("pool-delete.has-queues", *_MOVED))
def frees_pool(api: Api) -> None:
    """A pool is deleted once its queues live elsewhere, and they do not mind."""
    places = _places(api)
    name = administer.queue_of(api, places.flavor, *_BODIES)
    arrange.deleted(api, paths.flavor(places.flavor))

    match.status(api.delete(paths.pool(places.here)), 403)
    _moved(api, name, places.there)
    match.status(api.delete(paths.pool(places.here)), 204)

    match.equal("the bodies", observe.bodies(api, name), _BODIES)
