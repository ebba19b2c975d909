# SPDX-License-Identifier: Apache-2.0
"""The memory driver keeps the contract."""

import pytest

from zaqar_impl.storage.contract import FakeClock, StorageContract, TransferContract
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.memory import MemoryStorage


class TestMemory(StorageContract, TransferContract):
    """Every promise, over memory."""

    @pytest.fixture
    def storage(self, clock: FakeClock) -> Storage:
        return MemoryStorage(clock)
