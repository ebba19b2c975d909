# SPDX-License-Identifier: Apache-2.0
"""Pools and flavors for the cases that are about them, and what a target has to have for those.

Pools of the kit never serve queues of others: they have weight 0, or a flavor that only the case
knows. Whatever is made here is removed after the case.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from zaqar_conformance import arrange, match, paths
from zaqar_conformance.case import Unsupported, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

#: Where no store answers, and a target that waits for one need not wait for long.
NOBODY: Final = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=500&connectTimeoutMS=500"
#: Of a kind that no store is of.
NO_KIND: Final = "kit-of-no-kind://127.0.0.1/"
#: No names of pools and flavors, as they stand in a path.
BAD_NAMES: Final = ("a" * 65, "a%20b", "a%0A", "caf%C3%A9", "a%3Ab")

_OFF: Final = {
    404: "the target has no {what} (404): it is switched off, or not there",
    403: "the caller is no administrator (403): give a token, or a header that makes it one",
    401: "the caller is not known (401): give a token",
}


def needs_health(api: Api) -> None:
    """Ends the case where the target does not tell its health."""
    _needs(api.get(paths.HEALTH), "health document")


def needs_pools(api: Api) -> None:
    """Ends the case where the target has no pools, or none for this caller."""
    _needs(api.get(paths.POOLS), "pools")


def needs_queues_of_pools(api: Api, pool: str) -> None:
    """Ends the case where the target does not list what lives in a pool, which is an extension."""
    _needs(api.get(paths.pool_queues(pool)), "list of the queues in a pool")


def _needs(answer: Exchange, what: str) -> None:
    if answer.status in _OFF:
        raise Unsupported(_OFF[answer.status].format(what=what))


def uris(api: Api, count: int) -> Sequence[str]:
    """So many stores that may become pools of the target; else the case ends."""
    needs_pools(api)
    if len(api.target.pool_uris) < count:
        raise Unsupported(f"pools are made of stores: give --pool-uri {count} times")
    return api.target.pool_uris[:count]


def new_name(api: Api) -> str:
    """A name of a pool or flavor that nobody has."""
    return f"kit-{secrets.token_hex(6)}"


def pool_name(api: Api) -> str:
    """A name of a pool that does not exist yet; it is removed after the case."""
    name = new_name(api)
    api.afterwards("DELETE", paths.pool(name))
    api.afterwards("PATCH", paths.pool(name), {"flavor": ""})
    return name


def flavor_name(api: Api) -> str:
    """A name of a flavor that does not exist yet; it is removed after the case."""
    name = new_name(api)
    api.afterwards("DELETE", paths.flavor(name))
    return name


@setup()
def pool(api: Api, uri: str, weight: int = 0, **more: Any) -> str:
    """The name of a new pool of that store."""
    name = pool_name(api)
    body = {"uri": uri, "weight": weight, **more}
    match.status(api.put(paths.pool(name), json=body), 201)
    return name


def one_pool(api: Api) -> str:
    """The name of a new pool."""
    [uri] = uris(api, 1)
    return pool(api, uri)


def two_pools(api: Api) -> list[str]:
    """The names of two new pools."""
    return [pool(api, uri) for uri in uris(api, 2)]


@setup()
def flavor(api: Api, *pools: str) -> str:
    """The name of a new flavor of those pools."""
    name = flavor_name(api)
    match.status(api.put(paths.flavor(name), json={"pool_list": list(pools)}), 201)
    return name


@setup()
def changed(api: Api, path: str, body: Mapping[str, Any]) -> None:
    """Changes a pool or a flavor."""
    match.status(api.patch(path, json=body), 200)


def flavored(api: Api, uri: str, weight: int = 1) -> tuple[str, str]:
    """A new pool of that store, and a new flavor that is all its own."""
    made = pool(api, uri, weight)
    return made, flavor(api, made)


def queue_of(api: Api, flavor: str, *bodies: Any) -> str:
    """The name of a new queue of that flavor, with those messages."""
    name = arrange.queue(api, {"_flavor": flavor})
    if bodies:
        arrange.posted(api, name, *bodies)
    return name


def seen(api: Api, name: str, **params: str) -> dict[str, Any]:
    """What is shown of a pool."""
    answer = api.get(paths.pool(name), params=params)
    match.status(answer, 200)
    return match.object_of(answer)


def flavor_of(api: Api, name: str) -> Any:
    """The flavor that a pool shows."""
    return match.member("a pool", seen(api, name), "flavor")


def seen_flavor(api: Api, name: str) -> dict[str, Any]:
    """What is shown of a flavor."""
    answer = api.get(paths.flavor(name))
    match.status(answer, 200)
    return match.object_of(answer)


def pools_of(api: Api, flavor: str) -> Any:
    """The pools that a flavor shows."""
    return match.member("a flavor", seen_flavor(api, flavor), "pool_list")


def listed_flavor(api: Api, name: str, **params: str) -> list[dict[str, Any]]:
    """How the flavor is listed: once, if all is well."""
    given = {"marker": name[:-1], "limit": api.limits.max_flavors_per_page, **params}
    flavors = listed(api.get(paths.FLAVORS, params=given), "flavors")
    return [flavor for flavor in flavors if flavor.get("name") == name]


def no_flavors(pool: str) -> Iterator[Any]:
    """Bodies of no flavor, none of which names the pool in a list."""
    yield from ([], "text", {}, {"pool_list": []}, {"pool_list": pool}, {"pool_list": [1]})
    yield {"pool_list": None}


def listed(answer: Exchange, what: str) -> list[dict[str, Any]]:
    """The pools, flavors or queues of a page."""
    match.status(answer, 200)
    return match.objects(what, match.member("the body", match.object_of(answer), what))


def names(pages: Iterable[Exchange], what: str) -> list[str]:
    """The names of the pools, flavors or queues of all pages."""
    items = [item for page in pages for item in listed(page, what)]
    return [str(match.member(f"an entry of {what}", item, "name")) for item in items]


def masked(uri: str) -> str:
    """The URI as it may be shown."""
    scheme, _, rest = uri.partition("://")
    authority, slash, tail = rest.partition("/")
    _user, at, host = authority.rpartition("@")
    return f"{scheme}://{'***@' if at else ''}{host}{slash}{tail}"
