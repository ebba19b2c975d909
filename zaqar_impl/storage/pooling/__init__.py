# SPDX-License-Identifier: Apache-2.0
"""A storage over many: each queue lives in one pool, and each pool is a storage of its own.

``router`` finds the pool of a queue, and creates and deletes queues; ``stores`` keeps the pools'
storages; ``queues``, ``messages``, ``claims`` and ``subscriptions`` are the four stores;
``watching`` follows queues wherever they go; ``moving`` brings a queue into another pool, and
``thaw`` clears up after a move that died; ``probe`` asks a store whether it can be a pool.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.health import MessageVolume
from zaqar_impl.domain.pools import Move, Pool, check_acknowledgement
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.interface import (
    ClaimStore,
    MessageStore,
    QueueStore,
    Storage,
    SubscriptionStore,
)
from zaqar_impl.storage.management.interface import Management
from zaqar_impl.storage.pooling.claims import PooledClaims
from zaqar_impl.storage.pooling.messages import PooledMessages
from zaqar_impl.storage.pooling.moving import Mover
from zaqar_impl.storage.pooling.probe import check_store
from zaqar_impl.storage.pooling.queues import PooledQueues
from zaqar_impl.storage.pooling.router import Router
from zaqar_impl.storage.pooling.stores import Stores
from zaqar_impl.storage.pooling.subscriptions import PooledSubscriptions
from zaqar_impl.storage.pooling.watching import PooledWatch
from zaqar_impl.storage.watching import Watch

#: Seconds between looks at which pools have gone, to close what was opened for them.
TIDY_EVERY = 30.0


class PooledStorage:
    """:class:`~zaqar_impl.storage.interface.Storage` over the pools that ``management`` knows.

    ``database`` is for pools that name none. ``default`` is the storage of queues for which there
    is no pool, if they are to have one. With ``unreliable``, a pool may acknowledge what only one
    of its servers has.
    """

    def __init__(
        self,
        management: Management,
        *,
        database: str,
        default: Storage | None,
        clock: Clock,
        unreliable: bool = False,
    ) -> None:
        self.management = management
        self._database = database
        self._unreliable = unreliable
        self._default = default
        self._clock = clock
        self._stores = Stores(database, clock)
        self._tidying: asyncio.Task[None] | None = None
        router = self._router = Router(management, self._stores, default, clock)
        self.queues: QueueStore = PooledQueues(router)
        self.messages: MessageStore = PooledMessages(router)
        self.claims: ClaimStore = PooledClaims(router)
        self.subscriptions: SubscriptionStore = PooledSubscriptions(router)
        self._mover = Mover(router)

    async def open(self) -> None:
        """Open the register, and the default store; pools are opened when they are needed."""
        await self.management.open()
        if self._default is not None:
            await self._default.open()
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy())

    async def ping(self) -> None:
        """Ask the register and every pool; one that does not answer fails all."""
        await self.management.ping()
        await asyncio.gather(*(store.ping() for store in (await self.stores()).values()))

    async def writable(self) -> None:
        await self.management.ping()
        await asyncio.gather(*(store.writable() for store in (await self.stores()).values()))

    async def volume(self) -> MessageVolume | None:
        """The sum of all pools', if each tells its own."""
        stores = (await self.stores()).values()
        volumes = await asyncio.gather(*(store.volume() for store in stores))
        known = [volume for volume in volumes if volume is not None]
        if len(known) < len(volumes):
            return None
        return MessageVolume(
            claimed=sum(volume.claimed for volume in known),
            total=sum(volume.total for volume in known),
        )

    async def stores(self) -> Mapping[str, Storage]:
        """The store of each pool, by its name; the default store has the empty name."""
        return await self._router.everywhere()

    def store_of(self, pool: Pool) -> Storage:
        """The store of one pool.

        Raises:
            StorageUnavailable: no driver that is here can work with it.
        """
        return self._stores.of(pool)

    async def check(self, pool: Pool) -> None:
        """Return when the store that the pool means answers, and has been made ready.

        Raises:
            InvalidInput: it does not within seconds, or no driver can work with it, or it would
                acknowledge what a failover can lose.
        """
        if not self._unreliable:
            check_acknowledgement(pool.uri)
        await check_store(pool, self._database, self._clock)

    async def move(self, ref: QueueRef, pool: str) -> Move:
        """Let the queue live in this pool, with everything it has.

        Raises:
            NotFound: there is no such queue, or no such pool.
            Conflict: the queue is being moved already, or the pool has one of its name.
        """
        return await self._mover.move(ref, pool)

    def watch(self) -> Watch:
        return PooledWatch(self._router)

    async def close(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
        await self._mover.close()
        await self._router.drain()
        closing = [self._stores.close(), self.management.close()]
        if self._default is not None:
            closing.append(self._default.close())
        await asyncio.gather(*closing)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY)
            with contextlib.suppress(StorageUnavailable):
                self._stores.keep_only(await self.management.pools.list())
