# SPDX-License-Identifier: Apache-2.0
"""Moves a queue into another pool, with everything it has, while it is used.

(1) The move is noted in the catalogue, alive for a while, and kept alive. (2) The queue is frozen
where it is: reads go on, changes are told to come back. (3) When no change that began before can
have an effect any more, it is copied. (4) The entry in the catalogue is turned to the new pool, in
one step, if the move is still noted there. (5) The copy is thawed, and when no call that began
before can look there any more, the original is removed.

Whoever wants to change a queue whose move is not alive any more takes the note away and thaws the
queue (see ``thaw``), and the move can't be completed then. So a process that dies, at any point, or
only sleeps for too long, leaves the queue either here or there, and whole.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from zaqar_impl.domain.errors import InvalidInput, NotFound, StorageUnavailable, ZaqarError
from zaqar_impl.domain.pools import Move, Place
from zaqar_impl.domain.stored import Freeze, QueueFrozen, StoredQueue
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.management.interface import Catalogue
from zaqar_impl.storage.pooling.router import DEFAULT, Router
from zaqar_impl.storage.pooling.thaw import is_remnant
from zaqar_impl.storage.transfer import Movable

LOG = logging.getLogger(__name__)

#: Seconds that a move counts as alive after its last sign of life, and between these signs.
LEASE = 12.0
RENEW_EVERY = 3.0
#: Messages, and subscriptions, that are copied at once.
PAGE = 200


class MoveBroken(StorageUnavailable):
    """The move has ended before it was complete; the queue is where it was."""

    def __init__(self, ref: QueueRef) -> None:
        super().__init__(f"The move of {ref} was broken off; it is where it was. Try again.")


class Mover:
    """Moves queues, and clears up behind them."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._catalogue = router.management.catalogue
        self._clearing: set[asyncio.Task[None]] = set()

    async def move(self, ref: QueueRef, pool: str) -> Move:
        """Let the queue live in this pool.

        Raises:
            NotFound: there is no such queue, or no such pool.
            Conflict: the queue is being moved already, or the pool has one of its name.
            MoveBroken: somebody has broken the move off.
        """
        place = await self._living(ref)
        if place.name == pool:
            return Move(pool, pool, 0)
        token = secrets.token_hex(12)
        if not await self._catalogue.begin_move(
            ref, place.revision, target=pool, token=token, seconds=LEASE
        ):
            raise MoveBroken(ref)
        try:
            async with _alive(self._catalogue, ref, token):
                step = await self._step(ref, place, pool, token)
                moved = await step.copy(lambda: self._tidy(step, pool))
                if not await self._catalogue.finish_move(ref, token):
                    raise MoveBroken(ref)
        except BaseException:
            await asyncio.shield(self._undo(ref, place, pool, token))
            raise
        await self._clear_later(step, place)
        return Move(place.name, pool, moved)

    async def close(self) -> None:
        """Clear up no more; the catalogue knows what is left."""
        for task in self._clearing:
            task.cancel()
        await asyncio.gather(*self._clearing, return_exceptions=True)

    async def _living(self, ref: QueueRef) -> Place:
        """Where the queue lives that exists."""
        queue = await self._router.call(ref, lambda store: store.queues.get(ref))
        if queue is None:
            raise NotFound(f"{ref} does not exist.")
        place = await self._router.place(ref)
        if place is None or place.deleting:
            # As for a creation: it is older than the catalogue, or a deletion of it died.
            place = await self._catalogue.enter(ref, place.name if place else DEFAULT)
        if place is None:
            raise NotFound(f"{ref} does not exist.")
        return place

    async def _step(self, ref: QueueRef, place: Place, pool: str, token: str) -> "_Copying":
        target = await self._router.management.pools.get(pool)
        if target is None:
            raise NotFound(f"Pool {pool!r} does not exist.")
        source, new = self._router.at(place), self._router.stores.of(target)
        return _Copying(ref, token, _movable(source), source, _movable(new), place)

    async def _tidy(self, step: "_Copying", target: str) -> None:
        """Remove what earlier moves have left in other pools. This move has the queue to itself, so
        nothing is on its way to them; a pool that is down is left for later."""
        for name, store in (await self._router.apart(step.place)).items():
            if name != target and isinstance(store, Movable):
                with contextlib.suppress(StorageUnavailable):
                    await step.remove_remnant(store)
                    if await store.queues.get(step.ref) is None:
                        await self._catalogue.forget(step.ref, name)

    async def _undo(self, ref: QueueRef, place: Place, pool: str, token: str) -> None:
        """End the move, unless it came to its end, and leave the queue where it was.

        What can't be done now is done by whoever next wants to change the queue.
        """
        with contextlib.suppress(ZaqarError):
            await self._catalogue.cancel_move(ref, token)
            now = await self._router.place(ref)
            if now is not None and now.arrived == token:
                return
            await _movable(self._router.at(place)).transfer.unfreeze(ref, Freeze(token))
            target = await self._router.management.pools.get(pool)
            if target is not None:
                arriving = Freeze(token, arriving=True)
                await _movable(self._router.stores.of(target)).transfer.drop(ref, arriving)
            await self._catalogue.forget(ref, pool)

    async def _clear_later(self, step: "_Copying", place: Place) -> None:
        """Thaw the queue at its new place, and remove the original when nobody reads it."""
        with contextlib.suppress(StorageUnavailable):
            await step.thaw()
        task = asyncio.create_task(self._clear(step, place))
        self._clearing.add(task)
        task.add_done_callback(self._clearing.discard)

    async def _clear(self, step: "_Copying", place: Place) -> None:
        try:
            await step.remove_original()
            await self._catalogue.forget(step.ref, place.name)
        except StorageUnavailable as error:
            LOG.warning("what a move left in pool %s stays for now: %s", place.name, error)


@dataclass(frozen=True, slots=True)
class _Copying:
    """The part of a move that has to do with the two stores."""

    ref: QueueRef
    token: str
    source: Movable
    original: Storage
    target: Movable
    place: Place

    async def copy(self, meanwhile: Callable[[], Awaitable[None]]) -> int:
        """Freeze the queue, wait, and copy it; how many messages it had.

        ``meanwhile`` is done while nothing else can be.
        """
        await self._freeze()
        await self.remove_remnant(self.target)
        await asyncio.gather(asyncio.sleep(self.source.transfer.settle_seconds), meanwhile())
        queue = await self._freeze()
        await self.target.transfer.receive(self.ref, queue, self.token)
        copied = await self._copy_messages()
        await self._copy_subscriptions()
        return copied

    async def thaw(self) -> None:
        """Let the queue be changed at its new place."""
        await self.target.transfer.unfreeze(self.ref, Freeze(self.token, arriving=True))

    async def remove_original(self) -> None:
        """Remove it once no call can look there that has asked the catalogue before."""
        await asyncio.sleep(self.source.transfer.settle_seconds)
        await self.source.transfer.drop(self.ref, Freeze(self.token))

    async def _freeze(self) -> StoredQueue:
        while True:
            try:
                queue = await self.source.transfer.freeze(self.ref, self.token)
            except QueueFrozen as frozen:
                # By an earlier move, which has ended, for this one has the note in the catalogue.
                if is_remnant(frozen.freeze, self.place):
                    raise
                await self.source.transfer.unfreeze(self.ref, frozen.freeze)
                continue
            if queue is None:
                raise NotFound(f"{self.ref} does not exist.")
            return queue

    async def remove_remnant(self, store: Movable) -> None:
        """Remove what an earlier move has left in the store.

        Only what is frozen by another move: this store might be the original under another name,
        and that is frozen by this one.
        """
        freeze = await store.transfer.frozen(self.ref)
        if freeze is not None and freeze.token != self.token:
            await store.transfer.drop(self.ref, freeze)

    async def _copy_messages(self) -> int:
        after = copied = 0
        while page := await self.source.transfer.page(self.ref, after=after, limit=PAGE):
            await self.target.transfer.put_messages(self.ref, page, self.token)
            after, copied = page[-1].position, copied + len(page)
        return copied

    async def _copy_subscriptions(self) -> None:
        after: str | None = None
        subscriptions = self.original.subscriptions
        while page := await subscriptions.list(self.ref, after=after, limit=PAGE):
            await self.target.transfer.put_subscriptions(self.ref, page, self.token)
            after = page[-1].id


@asynccontextmanager
async def _alive(catalogue: Catalogue, ref: QueueRef, token: str) -> AsyncIterator[None]:
    """Keep the move alive while what is inside goes on."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            with contextlib.suppress(StorageUnavailable):
                if not await catalogue.keep_moving(ref, token, LEASE):
                    return

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing


def _movable(store: Storage) -> Movable:
    if not isinstance(store, Movable):
        raise InvalidInput("This store can't give queues away, nor take them.")
    return store
