# SPDX-License-Identifier: Apache-2.0
"""Queues in pools."""

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable, Sequence

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import Kind, Metadata, Queue, QueueRef
from zaqar_impl.storage.interface import QueueFilter
from zaqar_impl.storage.pooling.router import Router


class _FlavorChanges(Exception):
    """The metadata would get this flavor, and nobody has looked whether it exists."""


class PooledQueues:
    """:class:`~zaqar_impl.storage.interface.QueueStore` over pools.

    Besides what that promises, ``create`` and ``update`` say when there is no flavor of the name in
    the metadata: ``create`` by InvalidInput, ``update`` by NotFound.
    """

    def __init__(self, router: Router) -> None:
        self._router = router

    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        return await self._router.create(ref, metadata)

    async def get(self, ref: QueueRef) -> Queue | None:
        return await self._router.call(ref, lambda store: store.queues.get(ref))

    async def recall(self, ref: QueueRef, *, seconds: float = math.inf) -> Queue | None:
        return await self._router.call(ref, lambda store: store.queues.recall(ref, seconds=seconds))

    async def list(
        self,
        project: str,
        *,
        after: str | None,
        limit: int,
        accept: QueueFilter,
        kind: Kind = Kind.QUEUE,
    ) -> Sequence[Queue]:
        pages = await asyncio.gather(
            *(
                store.queues.list(
                    project, after=after, limit=limit, accept=_without(names, accept), kind=kind
                )
                for store, names in await self._router.spread(project, kind)
            )
        )
        merged = heapq.merge(*pages, key=lambda queue: queue.ref.name)
        return list(itertools.islice(merged, limit))

    async def count(self, project: str, accept: QueueFilter, *, kind: Kind = Kind.QUEUE) -> int:
        counts = await asyncio.gather(
            *(
                store.queues.count(project, _without(names, accept), kind=kind)
                for store, names in await self._router.spread(project, kind)
            )
        )
        return sum(counts)

    async def update(
        self, ref: QueueRef, change: Callable[[Metadata], Metadata]
    ) -> Metadata | None:
        checked: set[str] = set()

        def changed(metadata: Metadata) -> Metadata:
            result = change(metadata)
            flavor = result.get("_flavor")
            if flavor and flavor != metadata.get("_flavor") and flavor not in checked:
                raise _FlavorChanges(flavor)
            return result

        while True:
            try:
                return await self._router.call(ref, lambda store: store.queues.update(ref, changed))
            except _FlavorChanges as news:
                [flavor] = news.args
            if await self._router.management.flavors.get(flavor) is None:
                raise NotFound(f"Flavor {flavor!r} does not exist.")
            checked.add(flavor)

    async def delete(self, ref: QueueRef) -> None:
        await self._router.delete(ref)


def _without(names: frozenset[str], accept: QueueFilter) -> QueueFilter:
    """Leave out the queues that live elsewhere."""
    if not names:
        return accept
    return lambda queue: queue.ref.name not in names and accept(queue)
