# SPDX-License-Identifier: Apache-2.0
"""A storage over pools keeps the contract of any storage."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from zaqar_impl.domain.pools import Pool
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock, StorageContract
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.management.mongodb import MongoManagement
from zaqar_impl.storage.pooling import PooledStorage
from zaqar_impl.storage.pooling.probe import check_store

DATABASE = "pooled"


class TestPoolsInMemory(StorageContract):
    """Every promise, over three pools in memory."""

    @pytest.fixture
    async def storage(self, clock: FakeClock) -> AsyncIterator[Storage]:
        management = MemoryManagement(clock)
        for name in ("a", "b", "c"):
            await management.pools.put(Pool(name, f"memory://{name}", 1))
        storage = PooledStorage(management, database="", default=None, clock=clock)
        await storage.open()
        yield storage
        await storage.close()


@pytest.fixture(scope="module")
def registered(mongod: EmbeddedMongod) -> None:
    """See :func:`register`."""
    asyncio.run(register(mongod))


class TestPoolsInMongodb(StorageContract):
    """Every promise, over two databases of a real mongod."""

    @pytest.fixture
    async def storage(
        self, mongod: EmbeddedMongod, registered: None, clock: FakeClock
    ) -> AsyncIterator[Storage]:
        async with opened(mongod, clock) as storage:
            yield storage

    @pytest.fixture
    async def peers(
        self, mongod: EmbeddedMongod, storage: Storage, clock: FakeClock
    ) -> AsyncIterator[Sequence[Storage]]:
        """Drivers that share nothing but the register and the pools, as processes do."""
        async with opened(mongod, clock) as second, opened(mongod, clock) as third:
            yield [storage, second, third]


@asynccontextmanager
async def opened(mongod: EmbeddedMongod, clock: FakeClock) -> AsyncIterator[PooledStorage]:
    """A process's storage."""
    management = MongoManagement(mongod.uri, DATABASE, clock)
    storage = PooledStorage(management, database=DATABASE, default=None, clock=clock)
    await storage.open()
    yield storage
    await storage.close()


async def register(mongod: EmbeddedMongod) -> None:
    """Let two databases be pools, made ready as the operator's request would."""
    management = MongoManagement(mongod.uri, DATABASE, FakeClock())
    await management.open()
    for name in ("a", "b"):
        options = {"database": f"{DATABASE}-{name}"}
        pool = Pool(name, f"{mongod.uri}&appName={name}", 1, None, options)
        await check_store(pool, DATABASE, FakeClock())
        await management.pools.put(pool)
    await management.close()
