# SPDX-License-Identifier: Apache-2.0
"""Following queues over pools: a watch of each store that has some of them.

A queue that is moved to another pool is frozen where it is first, and removed from there in the
end. From the former moment on the catalogue is asked where it lives, and it is followed there from
the last position that was told on. The latter is for those who were not there in between.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from zaqar_impl.domain.errors import NotFound, StorageUnavailable
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.domain.watching import Event, Frozen, Posted, Removed
from zaqar_impl.storage.ending import ended
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.pooling.router import Router
from zaqar_impl.storage.watching import Watch

LOG = logging.getLogger(__name__)

#: Seconds between attempts to find a queue that is no more where it was.
LOOK_AGAIN = 1.0


@dataclass(slots=True)
class _Held:
    """A subscription: its queue, the store that this is followed in, and the last position told."""

    ref: QueueRef
    store: Storage
    last: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What is followed in one store."""

    watch: Watch
    pump: "asyncio.Task[None]"


class PooledWatch:
    """:class:`~zaqar_impl.storage.watching.Watch` over pools."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._held: dict[str, _Held] = {}
        self._parts: dict[Storage, _Part] = {}
        # One only: what is not taken yet keeps the stores' watches from going on.
        self._events: asyncio.Queue[Sequence[Event]] = asyncio.Queue(maxsize=1)
        self._chases: dict[QueueRef, asyncio.Task[None]] = {}

    async def add(self, ref: QueueRef, subscription_id: str, *, after: int | None = None) -> int:
        place = await self._router.place(ref)
        store = self._router.at(place)
        held = _Held(ref, store, after or 0)
        begin = await self._part(store).watch.add(ref, subscription_id, after=after)
        held.last = max(held.last, begin)
        self._held[subscription_id] = held
        if place is not None and place.moving is not None:
            self._chase(ref, store)
        return begin

    def discard(self, subscription_id: str) -> None:
        if (held := self._held.pop(subscription_id, None)) and held.store in self._parts:
            self._parts[held.store].watch.discard(subscription_id)

    async def next(self) -> Sequence[Event]:
        return await self._events.get()

    async def close(self) -> None:
        parts, self._parts = list(self._parts.values()), {}
        await ended([*(part.pump for part in parts), *self._chases.values()])
        await asyncio.gather(*(part.watch.close() for part in parts))

    def _part(self, store: Storage) -> _Part:
        if store not in self._parts:
            watch = store.watch()
            pump = asyncio.create_task(self._pump(store, watch))
            self._parts[store] = _Part(watch, pump)
        return self._parts[store]

    async def _pump(self, store: Storage, watch: Watch) -> None:
        """Pass on what happens in a store, as long as it is open."""
        with contextlib.suppress(StorageUnavailable):
            while True:
                for event in await watch.next():
                    await self._pass(store, event)
        self._parts.pop(store, None)
        for subscription_id in [one for one, held in self._held.items() if held.store is store]:
            await self._pass(store, Removed(subscription_id))

    async def _pass(self, store: Storage, event: Event) -> None:
        if isinstance(event, Posted):
            for subscription_id in event.subscriptions:
                if held := self._held.get(subscription_id):
                    held.last = max(held.last, event.messages[-1].position)
        elif isinstance(event, Frozen):
            self._chase(event.ref, store)
            return
        elif isinstance(event, Removed):
            held = self._held.get(event.subscription_id)
            if held is None or held.store is not store:
                return
            if await self._follow(event.subscription_id, held):
                return
            self._held.pop(event.subscription_id, None)
        await self._events.put([event])

    def _chase(self, ref: QueueRef, store: Storage) -> None:
        """Follow the queue from this store to where its move leads it."""
        if ref not in self._chases:
            chase = self._chases[ref] = asyncio.create_task(self._wait_for_move(ref, store))
            chase.add_done_callback(lambda _: self._chases.pop(ref, None))

    async def _wait_for_move(self, ref: QueueRef, store: Storage) -> None:
        while left := [
            one for one, held in self._held.items() if held.ref == ref and held.store is store
        ]:
            await asyncio.sleep(LOOK_AGAIN)
            with contextlib.suppress(StorageUnavailable):
                place = await self._router.place(ref)
                if place is None or (self._router.at(place) is store and place.moving is None):
                    return
                if self._router.at(place) is not store:
                    for subscription_id in left:
                        await self._pass(store, Removed(subscription_id))

    async def _follow(self, subscription_id: str, held: _Held) -> bool:
        """Whether the subscription lives on in another store, where it is followed then."""
        while self._held.get(subscription_id) is held:
            try:
                place = await self._router.place(held.ref)
                if self._router.at(place) is held.store:
                    return False
                await self.add(held.ref, subscription_id, after=held.last)
                if (part := self._parts.get(held.store)) is not None:
                    part.watch.discard(subscription_id)
                return True
            except NotFound:
                return False
            except StorageUnavailable as error:
                LOG.warning("%s can't be followed yet: %s", held.ref, error.__cause__ or error)
            await asyncio.sleep(LOOK_AGAIN)
        return True
