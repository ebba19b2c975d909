# SPDX-License-Identifier: Apache-2.0
"""The driver keeps the contract, and tells the time."""

from collections.abc import AsyncIterator

import pytest

from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.contract import FakeClock, StorageContract
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.loader import open_driver


class TestStopwatch(StorageContract):
    """Every promise that Zaqar needs a driver to keep."""

    @pytest.fixture
    async def storage(self, clock: FakeClock) -> AsyncIterator[Storage]:
        storage = open_driver("stopwatch", "", "zaqar", clock)
        await storage.open()
        yield storage
        await storage.close()


async def test_calls_are_timed(caplog: pytest.LogCaptureFixture) -> None:
    """When the driver is closed, each method that was called has a line in the log."""
    storage = open_driver("", "stopwatch+memory:", "zaqar", FakeClock())
    await storage.queues.create(QueueRef("demo", "jobs"), {})
    await storage.close()

    assert "queues.create: 1 calls" in caplog.text
