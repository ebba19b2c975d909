# SPDX-License-Identifier: Apache-2.0
"""The MongoDB driver keeps the contract, over a real mongod."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock, StorageContract, TransferContract
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.mongodb import MongoStorage

DATABASE = "contract"


class TestMongodb(StorageContract, TransferContract):
    """Every promise, over MongoDB."""

    @pytest.fixture
    async def storage(self, mongod: EmbeddedMongod, clock: FakeClock) -> AsyncIterator[Storage]:
        storage = MongoStorage(mongod.uri, DATABASE, clock)
        await storage.open()
        yield storage
        await storage.close()

    @pytest.fixture
    async def peers(
        self, mongod: EmbeddedMongod, storage: Storage, clock: FakeClock
    ) -> AsyncIterator[Sequence[Storage]]:
        """Drivers that share nothing but the database, as processes do."""
        async with AsyncExitStack() as stack:
            others = [MongoStorage(mongod.uri, DATABASE, clock) for _ in range(2)]
            for other in others:
                await other.open()
                stack.push_async_callback(other.close)
            yield [storage, *others]
