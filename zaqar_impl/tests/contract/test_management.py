# SPDX-License-Identifier: Apache-2.0
"""The management drivers keep their contract."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.management.contract import ManagementContract
from zaqar_impl.storage.management.interface import Management
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.management.mongodb import MongoManagement


class TestMemoryManagement(ManagementContract):
    """Every promise, over memory."""

    @pytest.fixture
    def management(self, clock: FakeClock) -> Management:
        return MemoryManagement(clock)


class TestMongoManagement(ManagementContract):
    """Every promise, over MongoDB."""

    @pytest.fixture
    async def peers(
        self, mongod: EmbeddedMongod, clock: FakeClock
    ) -> AsyncIterator[Sequence[Management]]:
        """Drivers that share nothing but a database of their own."""
        database = f"management-{secrets.token_hex(4)}"
        async with AsyncExitStack() as stack:
            drivers = [MongoManagement(mongod.uri, database, clock) for _ in range(3)]
            for driver in drivers:
                await driver.open()
                stack.push_async_callback(driver.close)
            yield drivers
            await drivers[0].connection.client.drop_database(database)

    @pytest.fixture
    def management(self, peers: Sequence[Management]) -> Management:
        return peers[0]
