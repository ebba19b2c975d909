# SPDX-License-Identifier: Apache-2.0
"""The health document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zaqar_conformance import administer, arrange, match, paths
from zaqar_conformance.case import Unsupported, case
from zaqar_conformance.client import Api

_REACHABLE: Final = ("check-node-health.reachable",)
_MEMBERS: Final = ("storage_reachable", "catalog_reachable")
_OPERATIONS: Final = (
    "create_queue",
    "post_messages",
    "claim_messages",
    "list_messages",
    "delete_messages",
    "delete_claim",
    "bulk_delete_messages",
    "delete_queue",
)
_POSTED: Final = 12


def _health(api: Api) -> dict[str, Any]:
    administer.needs_health(api)
    answer = api.get(paths.HEALTH)
    match.status(answer, 200)
    return match.object_of(answer)


def _storages(api: Api) -> Iterator[dict[str, Any]]:
    """The documents of the storages: the whole one, or one for each pool."""
    health = _health(api)
    pooled = "catalog_reachable" in health
    pools = [value for key, value in health.items() if key != "catalog_reachable"]
    if pooled and not pools:
        raise Unsupported("the target has no pools whose health it could tell")
    for storage in pools if pooled else [health]:
        yield match.an_object("the health of a storage", storage)


@case("check-node-health.reachable")
def reachable(api: Api) -> None:
    """The health document says that the storage, or with pools the catalogue, is reachable."""
    health = _health(api)

    told = [health[member] for member in _MEMBERS if member in health]
    match.equal("what is reachable", told, [True])


@case("check-node-health.operations", needs=_REACHABLE)
def operations(api: Api) -> None:
    """Each of the eight operations has its status."""
    for storage in _storages(api):
        told = match.an_object("operation_status", storage.get("operation_status"))
        for name in _OPERATIONS:
            status = match.an_object(name, told.get(name))
            match.keys(name, status, ("succeeded", "seconds", "ref"))
            seconds = status["seconds"]
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            match.equal(f"whether seconds of {name} is a number", is_number, True)


@case("check-node-health.succeeds", needs=("check-node-health.operations",))
def succeeds(api: Api) -> None:
    """In a storage that is well, all operations succeed and none has a reference to a failure."""
    for storage in _storages(api):
        match.equal("storage_reachable", storage.get("storage_reachable"), True)
        statuses = match.an_object("operation_status", storage.get("operation_status"))
        for name in statuses:
            status = match.an_object(name, statuses[name])
            told = {key: status.get(key) for key in ("succeeded", "ref")}
            match.equal(name, told, {"succeeded": True, "ref": None})


@case("check-node-health.volume", needs=_REACHABLE)
def volume(api: Api) -> None:
    """Messages that were just posted count among all."""
    arrange.stocked(api, *range(_POSTED))

    told_by = [one["message_volume"] for one in _storages(api) if "message_volume" in one]
    volumes = match.objects("volumes", told_by)
    if not volumes:
        raise Unsupported("the target does not tell how many messages it has")
    for told in volumes:
        for figure in ("free", "claimed", "total"):
            match.between(figure, told.get(figure), 0, 2**53)
    total = sum(told["total"] for told in volumes)
    match.between("the total", total, _POSTED, 2**53)


@case("check-node-health.pools", needs=_REACHABLE)
def pools(api: Api) -> None:
    """A pool is in the health document with a document of its own."""
    [uri] = administer.uris(api, 1)
    name = administer.pool(api, uri)

    told = match.an_object(name, _health(api).get(name))

    match.equal("storage_reachable", told.get("storage_reachable"), True)
    match.an_object("operation_status", told.get("operation_status"))
