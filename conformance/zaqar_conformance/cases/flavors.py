# SPDX-License-Identifier: Apache-2.0
"""Listing, showing and creating flavors."""

from __future__ import annotations

import secrets
from typing import Final

from zaqar_conformance import administer, match, observe, paths
from zaqar_conformance.case import case, setup
from zaqar_conformance.client import Api

_CREATED: Final = ("flavor-create.created",)
_SHOWN: Final = ("flavor-get.shown",)
_KEYS: Final = ("name", "href", "pool_list")


@case("flavor-create.created", needs=("pool-create.created",))
def created(api: Api) -> None:
    """A new flavor is answered with 201 and its path, and is shown."""
    pool, name = administer.one_pool(api), administer.flavor_name(api)

    answer = api.put(paths.flavor(name), json={"pool_list": [pool]})

    match.status(answer, 201)
    match.no_body(answer)
    match.header(answer, "Location", paths.flavor(name))
    match.equal("name", administer.seen_flavor(api, name).get("name"), name)


@case("flavor-get.shown", needs=_CREATED)
def shown(api: Api) -> None:
    """A flavor is shown with its pools, and what they can do."""
    pool = administer.one_pool(api)
    name = administer.flavor(api, pool)

    found = administer.seen_flavor(api, name)

    match.keys("the flavor", found, (*_KEYS, "capabilities"))
    expected = {"name": name, "href": paths.flavor(name), "pool_list": [pool]}
    match.equal("the rest", {key: found[key] for key in _KEYS}, expected)
    capabilities = match.an_array("capabilities", found["capabilities"])
    match.present("capabilities", "CLAIMS", capabilities)


@case("flavor-get.unknown")
def unknown(api: Api) -> None:
    """Of an unknown flavor there is nothing to show."""
    administer.needs_pools(api)

    match.status(api.get(paths.flavor(administer.new_name(api))), 404)


@case("flavor-list.entry", needs=_CREATED)
def entry(api: Api) -> None:
    """A listed flavor says what its pools are."""
    pool = administer.one_pool(api)
    name = administer.flavor(api, pool)

    expected = {"name": name, "href": paths.flavor(name), "pool_list": [pool]}
    match.equal("the flavor in the list", administer.listed_flavor(api, name), [expected])


@case("flavor-list.detailed", needs=("flavor-list.entry",))
def detailed(api: Api) -> None:
    """Capabilities are listed for those who ask for details."""
    name = administer.flavor(api, administer.one_pool(api))

    for asked in (False, True):
        found = administer.listed_flavor(api, name, detailed=str(asked).lower())
        match.equal("how often it is listed", len(found), 1)
        match.keys("the flavor", found[0], (*_KEYS, *(["capabilities"] if asked else [])))


def _two(api: Api, firsts: str = "aB") -> list[str]:
    """Two flavors whose names begin like that."""
    made = []
    for first, pool in zip(firsts, administer.two_pools(api), strict=True):
        made.append(f"{first}{administer.new_name(api)}")
        api.afterwards("DELETE", paths.flavor(made[-1]))
        with setup():
            match.status(api.put(paths.flavor(made[-1]), json={"pool_list": [pool]}), 201)
    return made


@case("flavor-list.order", needs=("flavor-list.entry",))
def order(api: Api) -> None:
    """Flavors are listed by name in byte order."""
    made = _two(api)

    pages = observe.pages(api, paths.FLAVORS, {"limit": api.limits.max_flavors_per_page})
    names = administer.names(pages, "flavors")

    match.equal("the names", [name for name in names if name in made], sorted(made))


@case("flavor-list.paging", needs=("flavor-list.entry",))
def paging(api: Api) -> None:
    """Next links lead to every flavor once, and to an empty page in the end."""
    made = _two(api)

    pages = list(observe.pages(api, paths.FLAVORS, {"limit": 1}))

    sizes = [len(administer.listed(page, "flavors")) for page in pages]
    match.equal("the sizes of the pages", sizes, [1] * (len(pages) - 1) + [0])
    names = administer.names(pages, "flavors")
    match.distinct("names", names)
    for name in made:
        match.present("names", name, names)


@case("flavor-list.limit-range")
def limit_range(api: Api) -> None:
    """A limit out of its range is refused for flavors."""
    administer.needs_pools(api)

    for limit in (0, -1, api.limits.max_flavors_per_page + 1, "many"):
        match.status(api.get(paths.FLAVORS, params={"limit": limit}), 400)
    match.status(api.get(paths.FLAVORS, params={"limit": api.limits.max_flavors_per_page}), 200)


@case("flavor-create.replaced", needs=_SHOWN)
def replaced(api: Api) -> None:
    """PUT of a flavor that exists is answered with 201, and gives it the pools."""
    first, second = administer.two_pools(api)
    name = administer.flavor(api, first)

    answer = api.put(paths.flavor(name), json={"pool_list": [second]})

    match.status(answer, 201)
    match.header(answer, "Location", paths.flavor(name))
    match.present("pool_list", second, administer.pools_of(api, name))
    match.equal("flavor of the pool", administer.flavor_of(api, second), name)


@case("flavor-create.others-freed", needs=("flavor-create.replaced",))
def others_freed(api: Api) -> None:
    """A pool that is left out when a flavor is made again is free."""
    first, second = administer.two_pools(api)
    name = administer.flavor(api, first)

    match.status(api.put(paths.flavor(name), json={"pool_list": [second]}), 201)

    match.equal("pool_list", administer.pools_of(api, name), [second])
    match.equal("flavor of the pool", administer.flavor_of(api, first), None)


@case("flavor-create.body", needs=_CREATED)
def body(api: Api) -> None:
    """A flavor needs a body with a list of pools."""
    pool = administer.one_pool(api)

    for given in administer.no_flavors(pool):
        name = administer.flavor_name(api)
        match.status(api.put(paths.flavor(name), json=given), 400)
        match.status(api.get(paths.flavor(name)), 404)


@case("flavor-create.unknown-members", needs=_CREATED)
def unknown_members(api: Api) -> None:
    """A flavor with a member that is not known is refused."""
    pool = administer.one_pool(api)

    for member in ("pool", "pool_group", "pools"):
        name = administer.flavor_name(api)
        given = {"pool_list": [pool], member: pool}
        match.status(api.put(paths.flavor(name), json=given), 400)
        match.status(api.get(paths.flavor(name)), 404)


@case("flavor-create.unknown-pool", needs=_CREATED)
def unknown_pool(api: Api) -> None:
    """A flavor is not made of pools that do not exist."""
    pool = administer.one_pool(api)

    for pools in ([administer.new_name(api)], [pool, administer.new_name(api)]):
        name = administer.flavor_name(api)
        match.status(api.put(paths.flavor(name), json={"pool_list": pools}), 400)
        match.status(api.get(paths.flavor(name)), 404)
    match.equal("flavor of the pool", administer.flavor_of(api, pool), None)


@case("flavor-create.name-rules", needs=_CREATED)
def name_rules(api: Api) -> None:
    """A flavor has a name like a queue."""
    given = {"pool_list": [administer.one_pool(api)]}

    for name in administer.BAD_NAMES:
        api.afterwards("DELETE", paths.flavor(name))
        match.status(api.put(paths.flavor(name), json=given), 400)
    longest = f"_.-{secrets.token_hex(31)}"[:64]
    api.afterwards("DELETE", paths.flavor(longest))
    match.status(api.put(paths.flavor(longest), json=given), 201)


@case("flavor-create.marks-pools", needs=_CREATED)
def marks_pools(api: Api) -> None:
    """The pools of a flavor show it."""
    pools = administer.two_pools(api)

    name = administer.flavor(api, *pools)

    for pool in pools:
        match.equal("flavor of a pool", administer.flavor_of(api, pool), name)


@case("flavor-create.pool-taken", needs=("flavor-create.marks-pools",))
def pool_taken(api: Api) -> None:
    """A pool of one flavor is not taken by another one."""
    first, second = administer.two_pools(api)
    holder, other = administer.flavor(api, first), administer.flavor(api, second)
    new = administer.flavor_name(api)

    match.status(api.put(paths.flavor(new), json={"pool_list": [first]}), 409)
    match.status(api.patch(paths.flavor(other), json={"pool_list": [first, second]}), 409)

    match.status(api.get(paths.flavor(new)), 404)
    match.equal("pools of the one", administer.pools_of(api, holder), [first])
    match.equal("pools of the other", administer.pools_of(api, other), [second])


@case("flavor-create.capabilities-ignored", needs=_SHOWN)
def capabilities_ignored(api: Api) -> None:
    """What clients say of capabilities is taken and has no effect."""
    name = administer.flavor(api, administer.one_pool(api))
    before = administer.seen_flavor(api, name)

    for given in ({}, {"FIFO": False}):
        body = {"pool_list": before.get("pool_list"), "capabilities": given}
        match.status(api.put(paths.flavor(name), json=body), 201)
        match.equal("the flavor", administer.seen_flavor(api, name), before)


@case("flavor.every-project", needs=_SHOWN)
def every_project(api: Api) -> None:
    """A flavor is there for every project."""
    other = api.other_project()
    name = administer.flavor(api, administer.one_pool(api))

    match.equal("the flavor", administer.seen_flavor(other, name).get("name"), name)
    match.equal("how often it is listed", len(administer.listed_flavor(other, name)), 1)
