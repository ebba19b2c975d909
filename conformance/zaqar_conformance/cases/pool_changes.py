# SPDX-License-Identifier: Apache-2.0
"""Changing and deleting pools."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import administer, arrange, match, paths
from zaqar_conformance.administer import NO_KIND, NOBODY
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_SHOWN: Final = ("pool-get.shown",)
_CHANGED: Final = ("pool-update.changed",)
_DELETED: Final = ("pool-delete.deleted",)


def _patched(api: Api, name: str, body: Any, status: int = 200) -> dict[str, Any]:
    """The object that a patch is answered with."""
    answer = api.patch(paths.pool(name), json=body)
    match.status(answer, status)
    return match.object_of(answer)


@case("pool-update.changed", needs=_SHOWN)
def changed(api: Api) -> None:
    """A patch of a pool changes what it names, and is answered with the pool."""
    first, second = administer.uris(api, 2)
    name = administer.pool(api, first, 0, options={"a": 1})
    flavor = administer.new_name(api)

    for change in ({"flavor": flavor}, {"weight": 2}, {"options": {"b": 2}}, {"uri": second}):
        answered = _patched(api, name, change)
        match.equal("the answer", answered, administer.seen(api, name))

    found = administer.seen(api, name, detailed="true")
    told = {key: found.get(key) for key in ("flavor", "weight", "options")}
    match.equal("the pool", told, {"flavor": flavor, "weight": 2, "options": {"b": 2}})
    match.equal("uri", administer.masked(str(found.get("uri"))), administer.masked(second))


@case("pool-update.needs-a-change", needs=_SHOWN)
def needs_a_change(api: Api) -> None:
    """A patch of a pool that changes nothing is refused."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)

    for body in ({}, {"name": "other"}):
        _patched(api, name, body, 400)


@case("pool-update.body", needs=_CHANGED)
def body(api: Api) -> None:
    """A patch of a pool keeps the bounds of its members."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)

    wrong: list[Any] = [{"weight": -1}, {"weight": 2**32}, {"weight": "1"}, {"uri": 7}]
    for given in ([], "text", *wrong):
        _patched(api, name, given, 400)
    match.status(api.patch(paths.pool(name), data=b"{"), 400)
    match.equal("weight", administer.seen(api, name).get("weight"), 0)


@case("pool-update.unknown-members", needs=_CHANGED)
def unknown_members(api: Api) -> None:
    """A patch of a pool with a member that is not known changes nothing."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 0, flavor=administer.new_name(api))

    _patched(api, name, {"weight": 7, "wieght": 8}, 400)

    match.equal("weight", administer.seen(api, name).get("weight"), 0)


@case("pool-update.clears-flavor", needs=_CHANGED)
def clears_flavor(api: Api) -> None:
    """The empty text takes a pool out of its flavor."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri, 0, flavor=administer.new_name(api))

    answered = _patched(api, name, {"flavor": ""})

    match.equal("flavor in the answer", answered.get("flavor", "absent"), None)
    match.equal("flavor", administer.flavor_of(api, name), None)


@case("pool-update.uri-unreachable", needs=_CHANGED)
def unreachable(api: Api) -> None:
    """A pool does not move to where no store answers."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)
    before = administer.seen(api, name)

    for other in (NOBODY, NO_KIND):
        _patched(api, name, {"uri": other}, 400)

    match.equal("the pool", administer.seen(api, name), before)


@case("pool-update.uri-taken", needs=_CHANGED)
def taken(api: Api) -> None:
    """A pool does not take the store of another one."""
    first, second = administer.uris(api, 2)
    name = administer.pool(api, first)
    administer.pool(api, second)

    _patched(api, name, {"uri": second}, 409)

    shown = administer.masked(str(administer.seen(api, name).get("uri")))
    match.equal("uri", shown, administer.masked(first))


@case("pool-update.unknown")
def unknown(api: Api) -> None:
    """An unknown pool cannot be patched."""
    administer.needs_pools(api)

    match.status(api.patch(paths.pool(administer.new_name(api)), json={"weight": 1}), 404)


@case("pool-delete.deleted", needs=_SHOWN)
def deleted(api: Api) -> None:
    """A deleted pool is neither shown nor listed."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)

    answer = api.delete(paths.pool(name))

    match.status(answer, 204)
    match.no_body(answer)
    match.status(api.get(paths.pool(name)), 404)
    page = administer.listed(api.get(paths.POOLS, params={"marker": name[:-1]}), "pools")
    match.absent("the names", name, [pool.get("name") for pool in page])


@case("pool-delete.unknown")
def delete_unknown(api: Api) -> None:
    """An unknown pool is as good as deleted."""
    administer.needs_pools(api)

    match.status(api.delete(paths.pool(administer.new_name(api))), 204)


@case("pool-delete.only-of-flavor", needs=("flavor-create.marks-pools", *_DELETED))
def only_of_flavor(api: Api) -> None:
    """The last pool of a flavor stays, and goes once the flavor is gone."""
    [uri] = administer.uris(api, 1)
    name, flavor = administer.flavored(api, uri)

    match.status(api.delete(paths.pool(name)), 403)
    administer.seen(api, name)

    arrange.deleted(api, paths.flavor(flavor))
    match.status(api.delete(paths.pool(name)), 204)


@case("pool-delete.has-queues", needs=("flavor.chosen-by-queues", *_DELETED))
def has_queues(api: Api) -> None:
    """A pool with queues stays, and goes once they are gone."""
    [uri] = administer.uris(api, 1)
    name, flavor = administer.flavored(api, uri)
    queue = administer.queue_of(api, flavor, 1)
    arrange.deleted(api, paths.flavor(flavor))

    match.status(api.delete(paths.pool(name)), 403)
    administer.seen(api, name)

    arrange.deleted(api, paths.queue(queue))
    match.status(api.delete(paths.pool(name)), 204)
