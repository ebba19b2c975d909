# SPDX-License-Identifier: Apache-2.0
"""Changing and deleting flavors."""

from __future__ import annotations

from typing import Final

from zaqar_conformance import administer, arrange, match, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_SHOWN: Final = ("flavor-get.shown",)
_MARKING: Final = ("flavor-create.marks-pools",)
_CHANGED: Final = ("flavor-update.changed",)


@case("flavor-update.changed", needs=_SHOWN)
def changed(api: Api) -> None:
    """A patch of a flavor gives it other pools, and is answered with the flavor."""
    first, second = administer.two_pools(api)
    name = administer.flavor(api, first)

    answer = api.patch(paths.flavor(name), json={"pool_list": [first, second]})

    match.status(answer, 200)
    match.equal("the answer", match.object_of(answer), administer.seen_flavor(api, name))
    match.same_items("pool_list", administer.pools_of(api, name), [first, second])


@case("flavor-update.body", needs=_CHANGED)
def body(api: Api) -> None:
    """A patch of a flavor needs a list of pools."""
    pool = administer.one_pool(api)
    name = administer.flavor(api, pool)

    for given in (*administer.no_flavors(pool), {"capabilities": {}}):
        match.status(api.patch(paths.flavor(name), json=given), 400)

    match.equal("pool_list", administer.pools_of(api, name), [pool])


@case("flavor-update.unknown-members", needs=_CHANGED)
def unknown_members(api: Api) -> None:
    """A patch of a flavor with a member that is not known changes nothing."""
    first, second = administer.two_pools(api)
    name = administer.flavor(api, first)

    answer = api.patch(paths.flavor(name), json={"pool_list": [second], "pool": second})

    match.status(answer, 400)
    match.equal("pool_list", administer.pools_of(api, name), [first])


@case("flavor-update.unknown-pool", needs=_CHANGED)
def unknown_pool(api: Api) -> None:
    """A flavor is not given pools that do not exist."""
    pool = administer.one_pool(api)
    name = administer.flavor(api, pool)

    for pools in ([administer.new_name(api)], [pool, administer.new_name(api)]):
        match.status(api.patch(paths.flavor(name), json={"pool_list": pools}), 400)

    match.equal("pool_list", administer.pools_of(api, name), [pool])


@case("flavor-update.unknown", needs=("flavor-create.created",))
def unknown(api: Api) -> None:
    """An unknown flavor cannot be patched."""
    given = {"pool_list": [administer.one_pool(api)]}

    match.status(api.patch(paths.flavor(administer.flavor_name(api)), json=given), 404)


@case("flavor-update.frees-pools", needs=(*_MARKING, *_CHANGED))
def left_out(api: Api) -> None:
    """A pool that a flavor no longer lists is free."""
    first, second = administer.two_pools(api)
    name = administer.flavor(api, first, second)

    administer.changed(api, paths.flavor(name), {"pool_list": [second]})

    match.equal("flavor of the one", administer.flavor_of(api, first), None)
    match.equal("flavor of the other", administer.flavor_of(api, second), name)


@case("flavor-delete.deleted", needs=_SHOWN)
def deleted(api: Api) -> None:
    """A deleted flavor is neither shown nor listed, and may be deleted again."""
    name = administer.flavor(api, administer.one_pool(api))

    for _ in range(2):
        answer = api.delete(paths.flavor(name))
        match.status(answer, 204)
        match.no_body(answer)

    match.status(api.get(paths.flavor(name)), 404)
    match.equal("how often it is listed", len(administer.listed_flavor(api, name)), 0)


@case("flavor-delete.frees-pools", needs=_MARKING)
def frees_pools(api: Api) -> None:
    """The pools of a deleted flavor are free."""
    pool = administer.one_pool(api)
    name = administer.flavor(api, pool)

    arrange.deleted(api, paths.flavor(name))

    match.equal("flavor of the pool", administer.flavor_of(api, pool), None)
