# SPDX-License-Identifier: Apache-2.0
"""The contract of storage drivers as tests, for the drivers here and for those of others.

Every test states a promise of :mod:`zaqar_impl.storage.interface` in its docstring. To run all of
them over a driver, give a subclass the fixture that opens it, and let pytest collect it (with
``asyncio_mode = "auto"`` of pytest-asyncio)::

    class TestMyDriver(StorageContract):
        @pytest.fixture
        async def storage(self, clock):
            storage = MyStorage("...", clock)
            await storage.open()
            yield storage
            await storage.close()

A driver whose data can be shared by several processes overrides ``peers`` as well. One that can
give queues to other stores, and take theirs, is a subclass of ``TransferContract`` too.
"""

import pytest

# Before they are imported, so that a failing assert in them shows its values.
for _topic in ("base", "queues", "messages", "order", "removal", "expiry", "claims", "delay"):
    pytest.register_assert_rewrite(f"{__name__}.{_topic}")
for _topic in ("concurrency", "isolation", "deadletters", "subscriptions"):
    pytest.register_assert_rewrite(f"{__name__}.{_topic}")
for _topic in ("sealed", "health", "adoption", "transfer", "remembering"):
    pytest.register_assert_rewrite(f"{__name__}.{_topic}")
for _topic in ("leases", "watching"):
    pytest.register_assert_rewrite(f"{__name__}.{_topic}")

from zaqar_impl.storage.contract.claims import ClaimContract  # noqa: E402
from zaqar_impl.storage.contract.clock import FakeClock  # noqa: E402
from zaqar_impl.storage.contract.concurrency import ConcurrencyContract  # noqa: E402
from zaqar_impl.storage.contract.deadletters import DeadLetterContract  # noqa: E402
from zaqar_impl.storage.contract.delay import DelayContract  # noqa: E402
from zaqar_impl.storage.contract.expiry import ExpiryContract  # noqa: E402
from zaqar_impl.storage.contract.health import HealthContract  # noqa: E402
from zaqar_impl.storage.contract.isolation import IsolationContract  # noqa: E402
from zaqar_impl.storage.contract.leases import LeaseContract  # noqa: E402
from zaqar_impl.storage.contract.messages import MessageContract  # noqa: E402
from zaqar_impl.storage.contract.order import OrderContract  # noqa: E402
from zaqar_impl.storage.contract.queues import QueueContract  # noqa: E402
from zaqar_impl.storage.contract.remembering import RememberingContract  # noqa: E402
from zaqar_impl.storage.contract.removal import RemovalContract  # noqa: E402
from zaqar_impl.storage.contract.sealed import SealedContract  # noqa: E402
from zaqar_impl.storage.contract.subscriptions import SubscriptionContract  # noqa: E402
from zaqar_impl.storage.contract.transfer import TransferContract  # noqa: E402
from zaqar_impl.storage.contract.watching import WatchContract  # noqa: E402

__all__ = ["FakeClock", "StorageContract", "TransferContract"]


class StorageContract(
    QueueContract,
    MessageContract,
    OrderContract,
    RemovalContract,
    ExpiryContract,
    ClaimContract,
    DelayContract,
    DeadLetterContract,
    IsolationContract,
    ConcurrencyContract,
    SubscriptionContract,
    SealedContract,
    HealthContract,
    RememberingContract,
    LeaseContract,
    WatchContract,
):
    """All topics."""
