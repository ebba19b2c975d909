# SPDX-License-Identifier: Apache-2.0
"""Pools: list, create, show, change, delete; the queues that live in one, and moving a queue into
it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zaqar_impl.domain.errors import InvalidInput, NotFound
from zaqar_impl.domain.pools import (
    Move,
    Pool,
    PoolChange,
    check_options,
    check_uri,
    is_masked,
    masked,
)
from zaqar_impl.domain.values import Caller, Kind, QueueRef
from zaqar_impl.handlers.service import Service

__all__ = [
    "pool_create",
    "pool_delete",
    "pool_get",
    "pool_list",
    "pool_queue_list",
    "pool_queue_move",
    "pool_update",
]

#: Means something else in the health document.
RESERVED_NAME = "catalog_reachable"


@dataclass(frozen=True, slots=True)
class ShownPool:
    """A pool as it is shown: the URI without secrets, and options only when they were asked for."""

    name: str
    uri: str
    weight: int
    flavor: str | None
    options: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PoolPage:
    """A page of pools; ``marker`` leads to the next one and is None on an empty page."""

    pools: Sequence[ShownPool]
    marker: str | None


@dataclass(frozen=True, slots=True)
class PoolQueue:
    """A queue that lives in a pool, and how many live messages are in it."""

    ref: QueueRef
    messages: int


@dataclass(frozen=True, slots=True)
class PoolQueuePage:
    """A page of them, with ``marker`` as in :class:`PoolPage`."""

    queues: Sequence[PoolQueue]
    marker: str | None


async def pool_list(
    service: Service,
    caller: Caller,
    *,
    limit: int,
    marker: str | None = None,
    detailed: bool = False,
) -> PoolPage:
    """A page of the pools by name."""
    found = await service.pooled.management.pools.list(after=marker, limit=limit)
    return PoolPage(
        [_shown(pool, detailed=detailed) for pool in found], found[-1].name if found else None
    )


async def pool_get(
    service: Service, caller: Caller, *, pool_name: str, detailed: bool = False
) -> ShownPool:
    """The pool.

    Raises:
        NotFound: there is none of this name.
    """
    return _shown(await _known(service, pool_name), detailed=detailed)


async def pool_create(
    service: Service,
    caller: Caller,
    *,
    pool_name: str,
    uri: str,
    weight: int,
    flavor: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Register the pool, or replace it as a whole, once its store has answered.

    Raises:
        InvalidInput: the store does not answer, or can't be a pool.
        Conflict: another pool has the URI.
    """
    if pool_name == RESERVED_NAME:
        raise InvalidInput(f"pool_name is invalid: {RESERVED_NAME} is reserved.")
    before = await service.pooled.management.pools.get(pool_name)
    pool = Pool(pool_name, _real(uri, before), weight, flavor or None, options or {})
    await _check(service, pool, before)
    await service.pooled.management.pools.put(pool)


async def pool_update(
    service: Service,
    caller: Caller,
    *,
    pool_name: str,
    uri: str | None = None,
    weight: int | None = None,
    flavor: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> ShownPool:
    """Change what is given, and give the pool as it is then; the empty text is no flavor.

    Raises:
        NotFound: there is no such pool.
        InvalidInput: nothing is given, or the store does not answer, or can't be a pool.
        Conflict: another pool has the new URI.
    """
    if uri is None and weight is None and flavor is None and options is None:
        raise InvalidInput("Give at least one of uri, weight, flavor and options.")
    before = await _known(service, pool_name)
    change = PoolChange(None if uri is None else _real(uri, before), weight, flavor, options)
    await _check(service, before.changed(change), before)
    after = await service.pooled.management.pools.update(pool_name, change)
    if after is None:
        raise _unknown(pool_name)
    return _shown(after, detailed=False)


async def pool_delete(service: Service, caller: Caller, *, pool_name: str) -> None:
    """Forget the pool; an unknown one is as good as forgotten.

    Raises:
        Forbidden: queues live in it, or it is the only pool of its flavor.
    """
    await service.pooled.management.pools.delete(pool_name)


async def pool_queue_list(
    service: Service, caller: Caller, *, pool_name: str, limit: int, marker: str | None = None
) -> PoolQueuePage:
    """A page of the queues and topics of all projects that live in the pool.

    Raises:
        NotFound: there is no such pool.
    """
    await _known(service, pool_name)
    after = None if marker is None else _queue_of(marker)
    refs = await service.pooled.management.catalogue.list(pool_name, after=after, limit=limit)
    stats = await asyncio.gather(*(service.pooled.messages.stats(ref) for ref in refs))
    queues = [PoolQueue(ref, one.total) for ref, one in zip(refs, stats, strict=True)]
    return PoolQueuePage(queues, _marker_of(refs[-1]) if refs else None)


async def pool_queue_move(
    service: Service,
    caller: Caller,
    *,
    pool_name: str,
    project: str,
    name: str,
    kind: str = "queue",
) -> Move:
    """Let the queue live in this pool, with everything it has; returns when it does.

    Raises:
        NotFound: there is no such queue, or no such pool.
        Conflict: the queue is being moved already.
    """
    await _known(service, pool_name)
    return await service.pooled.move(QueueRef(project, name, Kind(kind)), pool_name)


async def _check(service: Service, pool: Pool, before: Pool | None) -> None:
    """Ask the store whether it can be this pool, unless it is already: so a pool whose store is
    down can be given another weight."""
    check_options(pool.options)
    if before is None or (before.uri, before.options) != (pool.uri, pool.options):
        await service.pooled.check(pool)


def _real(uri: str, before: Pool | None) -> str:
    """The URI that is meant: what a pool shows means the URI that it has."""
    if is_masked(uri) and before is not None and masked(before.uri) == uri:
        return before.uri
    check_uri(uri)
    return uri


async def _known(service: Service, pool_name: str) -> Pool:
    pool = await service.pooled.management.pools.get(pool_name)
    if pool is None:
        raise _unknown(pool_name)
    return pool


def _unknown(pool_name: str) -> NotFound:
    return NotFound(f"Pool {pool_name!r} does not exist.")


def _shown(pool: Pool, *, detailed: bool) -> ShownPool:
    options = pool.options if detailed else None
    return ShownPool(pool.name, masked(pool.uri), pool.weight, pool.flavor, options)


def _marker_of(ref: QueueRef) -> str:
    return f"{ref.project}/{ref.name}/{ref.kind.value}"


def _queue_of(marker: str) -> QueueRef:
    """Where a page begins; what is no marker of ours is taken for the name of a project."""
    project, _, rest = marker.rpartition("/")
    if rest in [kind.value for kind in Kind]:
        project, _, name = project.rpartition("/")
        return QueueRef(project, name, Kind(rest))
    return QueueRef(marker, "")
