# SPDX-License-Identifier: Apache-2.0
"""Listing, showing and creating pools."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Final

from zaqar_conformance import administer, match, observe, paths
from zaqar_conformance.administer import NO_KIND, NOBODY
from zaqar_conformance.case import Unsupported, case, setup
from zaqar_conformance.client import Api

_CREATED: Final = ("pool-create.created",)
_SHOWN: Final = ("pool-get.shown",)
_SHOWN_KEYS: Final = ("name", "href", "uri", "weight", "flavor")
_HEAVIEST: Final = 2**32 - 1
_PROMPT_SECONDS: Final = 5.5


def _names(api: Api) -> list[str]:
    """The names of all pools, page by page."""
    pages = observe.pages(api, paths.POOLS, {"limit": api.limits.max_pools_per_page})
    return administer.names(pages, "pools")


def _refused(api: Api, body: Any, *statuses: int) -> None:
    """Creating a pool like that is refused, and there is no such pool."""
    name = administer.pool_name(api)
    match.status(api.put(paths.pool(name), json=body), *(statuses or (400,)))
    match.status(api.get(paths.pool(name)), 404)


@case("pool-create.created")
def created(api: Api) -> None:
    """A new pool is answered with 201 and its path, and is shown."""
    [uri] = administer.uris(api, 1)
    name = administer.pool_name(api)

    answer = api.put(paths.pool(name), json={"uri": uri, "weight": 0})

    match.status(answer, 201)
    match.no_body(answer)
    match.header(answer, "Location", paths.pool(name))
    match.equal("name", administer.seen(api, name).get("name"), name)


@case("pool-get.shown", needs=_CREATED)
def shown(api: Api) -> None:
    """A pool is shown with what it was made of."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 0, options={"max_retry_sleep": 1})

    expected = {
        "name": name,
        "href": paths.pool(name),
        "uri": administer.masked(uri),
        "weight": 0,
        "flavor": None,
    }
    found = administer.seen(api, name)
    match.equal("the pool", {**found, "uri": administer.masked(str(found.get("uri")))}, expected)


@case("pool-get.unknown")
def unknown(api: Api) -> None:
    """Of an unknown pool there is nothing to show."""
    administer.needs_pools(api)

    match.status(api.get(paths.pool(administer.new_name(api))), 404)


@case("pool-list.entry", needs=_SHOWN)
def entry(api: Api) -> None:
    """A listed pool has what a shown one has."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 0, flavor=administer.new_name(api))

    params = {"marker": name[:-1], "limit": api.limits.max_pools_per_page}
    pools = administer.listed(api.get(paths.POOLS, params=params), "pools")

    found = [pool for pool in pools if pool.get("name") == name]
    match.equal("the pool in the list", found, [administer.seen(api, name)])
    match.keys("a listed pool", found[0], _SHOWN_KEYS)


@case("pool-list.detailed", needs=_SHOWN)
def detailed(api: Api) -> None:
    """Options are shown to those who ask for details, and to nobody else."""
    [uri] = administer.uris(api, 1)
    options = {"max_retry_sleep": 1}
    name = administer.pool(api, uri, options=options)

    for asked in (False, True):
        params = {"detailed": str(asked).lower()}
        page = api.get(paths.POOLS, params={"marker": name[:-1], **params})
        pools = [pool for pool in administer.listed(page, "pools") if pool.get("name") == name]
        for pool in [*pools, administer.seen(api, name, **params)]:
            match.keys("the pool", pool, (*_SHOWN_KEYS, *(["options"] if asked else [])))
            match.equal("options", pool.get("options"), options if asked else None)
        match.equal("how often it is listed", len(pools), 1)


@case("pool-list.order", needs=_SHOWN)
def order(api: Api) -> None:
    """Pools are listed by name in byte order."""
    made = [
        _named(api, uri, first) for uri, first in zip(administer.uris(api, 2), "aB", strict=True)
    ]

    names = [name for name in _names(api) if name in made]

    match.equal("the names", names, sorted(made))


def _named(api: Api, uri: str, first: str) -> str:
    """A pool whose name begins like that."""
    name = f"{first}{administer.new_name(api)}"
    api.afterwards("DELETE", paths.pool(name))
    with setup():
        match.status(api.put(paths.pool(name), json={"uri": uri, "weight": 0}), 201)
    return name


@case("pool-list.paging", needs=_SHOWN)
def paging(api: Api) -> None:
    """Next links lead to every pool once, and to an empty page in the end."""
    made = [administer.pool(api, uri) for uri in administer.uris(api, 2)]

    pages = list(observe.pages(api, paths.POOLS, {"limit": 1}))

    sizes = [len(administer.listed(page, "pools")) for page in pages]
    match.equal("the sizes of the pages", sizes, [1] * (len(pages) - 1) + [0])
    names = administer.names(pages, "pools")
    match.distinct("names", names)
    for name in made:
        match.present("names", name, names)


@case("pool-list.limit-range")
def limit_range(api: Api) -> None:
    """A limit out of its range is refused for pools."""
    administer.needs_pools(api)

    for limit in (0, -1, api.limits.max_pools_per_page + 1, "many"):
        match.status(api.get(paths.POOLS, params={"limit": limit}), 400)
    match.status(api.get(paths.POOLS, params={"limit": api.limits.max_pools_per_page}), 200)


@case("pool-list.content-location")
def content_location(api: Api) -> None:
    """The list of pools says with path and query what it is."""
    administer.needs_pools(api)

    answer = api.get(f"{paths.POOLS}?limit=3&detailed=true")

    match.status(answer, 200)
    match.header(answer, "Content-Location", f"{paths.POOLS}?limit=3&detailed=true")


@case("pool-create.replaced", needs=_SHOWN)
def replaced(api: Api) -> None:
    """PUT of a pool that exists is answered with 201, and nothing of the old one is left."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 3, flavor=administer.new_name(api), options={"a": 1})

    answer = api.put(paths.pool(name), json={"uri": uri, "weight": 0})

    match.status(answer, 201)
    match.header(answer, "Location", paths.pool(name))
    found = administer.seen(api, name, detailed="true")
    told = {key: found.get(key) for key in ("weight", "flavor", "options")}
    match.equal("the pool", told, {"weight": 0, "flavor": None, "options": {}})


@case("pool-create.body", needs=_CREATED)
def body(api: Api) -> None:
    """A pool needs a body with a uri and a weight in their bounds."""
    [uri] = administer.uris(api, 1)

    for given in _bad_bodies(uri):
        _refused(api, given)
    name = administer.pool_name(api)
    match.status(api.put(paths.pool(name), data=b"{"), 400)


def _bad_bodies(uri: str) -> Iterator[Any]:
    """Bodies of no pool, though a store answers."""
    yield from ([], "text", {}, {"uri": uri}, {"weight": 0})
    yield {"uri": f"{uri}{'&' if '?' in uri else '?'}appName={'a' * 255}", "weight": 0}
    yield {"uri": 7, "weight": 0}
    for weight in (-1, _HEAVIEST + 1, "0", 0.5, None, False):
        yield {"uri": uri, "weight": weight}
    yield {"uri": uri, "weight": 0, "options": []}
    yield {"uri": uri, "weight": 0, "flavor": 5}


@case("pool-create.unknown-members", needs=_CREATED)
def unknown_members(api: Api) -> None:
    """A pool with a member that is not known is refused."""
    [uri] = administer.uris(api, 1)

    for member in ("group", "pool_group", "wieght"):
        _refused(api, {"uri": uri, "weight": 0, member: "a"})


@case("pool-create.uri-unreachable")
def unreachable(api: Api) -> None:
    """A pool where no store answers, or of no known kind, is refused."""
    administer.needs_pools(api)

    for uri in (NOBODY, NO_KIND):
        _refused(api, {"uri": uri, "weight": 0})


@case("pool-create.uri-prompt")
def prompt(api: Api) -> None:
    """That no store answers is found out within 5 seconds."""
    administer.needs_pools(api)
    name = administer.pool_name(api)

    answer = api.put(paths.pool(name), json={"uri": "mongodb://127.0.0.1:1/", "weight": 0})

    match.status(answer, 400)
    match.equal("whether it took 5 seconds", answer.seconds <= _PROMPT_SECONDS, True)


@case("pool-create.uri-taken", needs=_SHOWN)
def taken(api: Api) -> None:
    """One store is not made two pools."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)

    _refused(api, {"uri": uri, "weight": 0}, 409)
    match.status(api.put(paths.pool(name), json={"uri": uri, "weight": 0}), 201)


@case("pool-create.uri-masked", needs=_SHOWN)
def masked(api: Api) -> None:
    """Three stars are no user, but what a pool shows may be sent back to it."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)
    shown = str(administer.seen(api, name).get("uri"))

    _refused(api, {"uri": "mongodb://***@127.0.0.1:1/", "weight": 0})
    if "***" in shown:
        match.status(api.put(paths.pool(name), json={"uri": shown, "weight": 0}), 201)
        match.equal("uri", administer.seen(api, name).get("uri"), shown)


@case("pool-create.name-rules", needs=_CREATED)
def name_rules(api: Api) -> None:
    """A pool has a name like a queue."""
    [uri] = administer.uris(api, 1)

    for name in administer.BAD_NAMES:
        api.afterwards("DELETE", paths.pool(name))
        match.status(api.put(paths.pool(name), json={"uri": uri, "weight": 0}), 400)
    longest = f"_.-{secrets.token_hex(31)}"[:64]
    api.afterwards("DELETE", paths.pool(longest))
    match.status(api.put(paths.pool(longest), json={"uri": uri, "weight": 0}), 201)


@case("pool-create.name-reserved", needs=_CREATED)
def name_reserved(api: Api) -> None:
    """No pool is called as the catalogue is in the health document."""
    [uri] = administer.uris(api, 1)
    api.afterwards("DELETE", paths.pool("catalog_reachable"))

    answer = api.put(paths.pool("catalog_reachable"), json={"uri": uri, "weight": 0})

    match.status(answer, 400)


@case("pool-create.rejected-changes-nothing", needs=_SHOWN)
def rejected(api: Api) -> None:
    """A PUT that is refused leaves the pool that was there."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 0, options={"a": 1})
    before = administer.seen(api, name, detailed="true")

    for given in ({"uri": NOBODY, "weight": 5}, {"uri": uri, "weight": -1}, {"weight": 5}):
        match.status(api.put(paths.pool(name), json=given), 400)

    match.equal("the pool", administer.seen(api, name, detailed="true"), before)


@case("pool.credentials")
def credentials_refused(api: Api) -> None:
    """A refusal does not repeat the password of a uri."""
    administer.needs_pools(api)
    name, secret = administer.pool_name(api), secrets.token_hex(8)
    uri = NOBODY.replace("://", f"://kit:{secret}@")

    for given in ({"uri": uri, "weight": 0}, {"uri": uri}, {"uri": uri, "weight": "heavy"}):
        answer = api.put(paths.pool(name), json=given)
        match.status(answer, 400)
        match.equal("whether the password is told", secret in answer.text, False)


@case("pool.credentials/shown", needs=_SHOWN)
def credentials_shown(api: Api) -> None:
    """No answer shows user or password of a pool."""
    known = [uri for uri in administer.uris(api, 1) if "@" in uri]
    if not known:
        raise Unsupported("the store of --pool-uri has no user, so there is nothing to hide")
    user = known[0].partition("://")[2].rpartition("@")[0]
    secrets_of_it = (f"//{user}@", user.partition(":")[2] or f"{user}@")
    name = administer.pool(api, known[0])

    for answer in (
        api.get(paths.pool(name), params={"detailed": "true"}),
        api.get(paths.POOLS, params={"marker": name[:-1]}),
        api.patch(paths.pool(name), json={"weight": 0}),
        api.put(paths.pool(administer.pool_name(api)), json={"uri": known[0], "weight": 0}),
    ):
        told = any(secret in answer.text for secret in secrets_of_it)
        match.equal("whether user or password is told", told, False)
