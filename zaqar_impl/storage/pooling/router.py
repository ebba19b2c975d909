# SPDX-License-Identifier: Apache-2.0
"""Finds the store of each queue, and creates and deletes queues so that no process, stopped at any
point, leaves a queue where nobody finds it.

What is in a queue, only its pool knows; the catalogue only says which pool. So nothing is ever lost
as long as whatever was acknowledged is in the pool that the entry names.

To create a queue: (1) make an entry, or take the one there is; (2) create the queue in the pool
that the entry names; (3) read the entry again: if it is gone, or names another pool now, begin
anew. To delete one: (1) mark the entry, under a new revision; (2) delete the queue in its pool;
(3) remove the entry if it still has that revision. Whoever creates the queue meanwhile has taken
the mark away, and the entry stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import InvalidInput, StorageUnavailable
from zaqar_impl.domain.pools import Place, Pool, chosen
from zaqar_impl.domain.stored import QueueFrozen
from zaqar_impl.domain.values import Kind, Metadata, QueueRef
from zaqar_impl.storage.grouping import Grouping, shared
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.loader import open_driver
from zaqar_impl.storage.management.interface import Management
from zaqar_impl.storage.pooling.stores import Stores
from zaqar_impl.storage.pooling.thaw import drop_remnant, thaw

#: The name of the default store in the catalogue, where it stands in for pools.
DEFAULT = ""

_T = TypeVar("_T")


class NoPool(StorageUnavailable):
    """No pool may take the queue."""


class Router:
    """Where queues live.

    ``default`` is the message store of the configuration, for deployments in which queues may live
    there too (the virtual pool); None in others.
    """

    def __init__(
        self, management: Management, stores: Stores, default: Storage | None, clock: Clock
    ) -> None:
        self.management = management
        self.stores = stores
        self.default = default
        self._catalogue = management.catalogue
        self._clock = clock
        # Calls that ask the same of the register while it is answering wait for its next answer.
        self._places: Grouping[QueueRef, None, Place | None] = shared(self._find)
        self._members: Grouping[str | None, None, Sequence[Pool]] = shared(self._flavored)
        #: What a queue without an entry is in. Unless it is the default store it is empty, and
        #: answers as for any queue that does not exist.
        self._nowhere = default or open_driver("memory", "memory://", "", clock)

    async def call(self, ref: QueueRef, work: Callable[[Storage], Awaitable[_T]]) -> _T:
        """What ``work`` gives with the store that the queue lives in.

        Raises:
            QueueFrozen: the queue is being moved.
        """
        while True:
            try:
                return await work(self.at(await self.place(ref)))
            except QueueFrozen as frozen:
                await self.thaw(frozen)

    async def place(self, ref: QueueRef) -> Place | None:
        """Where the queue lives; None if the catalogue does not know."""
        return await self._places.submit(ref, None)

    async def home(self, ref: QueueRef) -> Place | None:
        """As :meth:`place`, for those who need to know: a queue of the default store that is older
        than the catalogue gets its entry. None if there is neither an entry nor a queue."""
        place = await self.place(ref)
        if place is None and self.default and await self.default.queues.get(ref) is not None:
            place = await self._catalogue.enter(ref, DEFAULT)
        return place

    def at(self, place: Place | None) -> Storage:
        """The store of a place."""
        pool = place.pool if place else None
        return self.stores.of(pool) if pool else self._nowhere

    async def thaw(self, frozen: QueueFrozen) -> None:
        """Return when it makes sense to try again what a frozen queue has refused.

        Raises:
            QueueFrozen: the move goes on.
        """
        place = await self.place(frozen.ref)
        await thaw(self._catalogue, self.at(place), place, frozen, self._clock())

    async def reserve(self, ref: QueueRef, place: Place) -> None:
        """Let the queue, when it is created, be in the pool of that place."""
        await self._catalogue.enter(ref, place.name)

    async def drain(self) -> None:
        """Return when nothing is being asked any more."""
        await self._places.drain()
        await self._members.drain()

    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        """Create the queue unless it exists."""
        made_in: Place | None = None
        while True:
            place = await self._entered(ref, metadata)
            if place is None:
                continue
            try:
                made = await self.at(place).queues.create(ref, metadata)
            except QueueFrozen as frozen:
                await self.thaw(frozen)
                continue
            if made:
                made_in = place
            if await self._stays(ref, place, made_in):
                return made_in is not None and made_in.name == place.name

    async def _entered(self, ref: QueueRef, metadata: Metadata) -> Place | None:
        """The live entry of the queue, a new one if need be; None if its pool went away."""
        place = await self.place(ref)
        if place is not None and place.deleting and await self._is_gone(ref, place):
            # Somebody has deleted it, and died before the last step.
            await self._catalogue.remove(ref, place.revision)
            place = await self.place(ref)
        if place is not None and not place.deleting:
            return place
        name = place.name if place else await self._choice(ref, metadata)
        return await self._catalogue.enter(ref, name)

    async def _is_gone(self, ref: QueueRef, place: Place) -> bool:
        return not place.apart and await self.at(place).queues.get(ref) is None

    async def _stays(self, ref: QueueRef, place: Place, made_in: Place | None) -> bool:
        """Whether the queue still lives where it was just found or made.

        If another process has put it elsewhere meanwhile, what was made in vain is noted, so that
        it goes with the queue.
        """
        now = await self.place(ref)
        if now is None or now.deleting:
            return False
        if now.name == place.name:
            return True
        if made_in is not None and made_in.name != now.name:
            await self._catalogue.note_leftover(ref, now.revision, made_in.name)
        return False

    async def delete(self, ref: QueueRef) -> None:
        """Delete the queue, and what remains of it elsewhere; a move of it ends."""
        place = await self._catalogue.begin_deletion(ref)
        if place is None:
            await self.call(ref, lambda store: store.queues.delete(ref))
            return
        for store in (await self.apart(place)).values():
            await drop_remnant(store, ref)
        while True:
            try:
                await self.at(place).queues.delete(ref)
                break
            except QueueFrozen as frozen:
                await self.thaw(frozen)
        await self._catalogue.remove(ref, place.revision)

    async def spread(self, project: str, kind: Kind) -> Sequence[tuple[Storage, frozenset[str]]]:
        """The stores in which queues of the project may live, each with the names of those that it
        may have remains of."""
        spread = await self._catalogue.spread(project, kind)
        stores = {pool.name: self.stores.of(pool) for pool in spread.pools}
        if self.default is not None:
            stores[DEFAULT] = self.default
        return [
            (store, frozenset(spread.elsewhere.get(name, ()))) for name, store in stores.items()
        ]

    async def everywhere(self) -> Mapping[str, Storage]:
        """The store of each pool, by its name; the default store has the empty name."""
        stores = {pool.name: self.stores.of(pool) for pool in await self.management.pools.list()}
        return stores if self.default is None else {**stores, DEFAULT: self.default}

    async def apart(self, place: Place) -> Mapping[str, Storage]:
        """The stores that may have remains of the queue, as far as there are such pools, by
        name."""
        names = [name for name in place.apart if name]
        pools = await asyncio.gather(*(self.management.pools.get(name) for name in names))
        stores = {pool.name: self.stores.of(pool) for pool in pools if pool is not None}
        return {**stores, DEFAULT: self._nowhere} if DEFAULT in place.apart else stores

    async def _choice(self, ref: QueueRef, metadata: Metadata) -> str:
        """The name of the pool that a new queue is put into.

        Raises:
            InvalidInput: there is no such flavor.
            NoPool: no pool takes it now.
        """
        pools = await self._pools_for(metadata)
        if self.default is not None and await self.default.queues.get(ref) is not None:
            return DEFAULT
        if pool := chosen(pools):
            return pool.name
        if self.default is not None and not metadata.get("_flavor"):
            return DEFAULT
        raise NoPool("No pool takes the queue now; the operator has to add one.")

    async def _pools_for(self, metadata: Metadata) -> Sequence[Pool]:
        """The pools that a queue with this metadata may live in."""
        return await self._members.submit(metadata.get("_flavor") or None, None)

    async def _find(
        self, ref: QueueRef, callers: Sequence[None]
    ) -> Sequence[Place | BaseException | None]:
        return [await self._catalogue.find(ref)] * len(callers)

    async def _flavored(
        self, flavor: str | None, callers: Sequence[None]
    ) -> Sequence[Sequence[Pool] | BaseException]:
        if flavor is not None and await self.management.flavors.get(flavor) is None:
            raise InvalidInput(f"_flavor is invalid: there is no flavor {flavor!r}.")
        return [await self.management.pools.of_flavor(flavor)] * len(callers)
