# SPDX-License-Identifier: Apache-2.0
"""What the topics of the contract share."""

from collections.abc import Sequence

import pytest

from zaqar_impl.domain.pools import Pool
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.management.interface import Management

JOBS = QueueRef("project", "jobs")


class ContractFixtures:
    """A driver overrides ``management``, and ``peers`` if several processes can share its data."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        """The clock that the driver is opened with."""
        return FakeClock()

    @pytest.fixture
    def management(self) -> Management:
        """The opened driver, with nothing in it."""
        raise NotImplementedError("the test class of a driver has a fixture `management`")

    @pytest.fixture
    def peers(self, management: Management) -> Sequence[Management]:
        """Three drivers on the same data, as three processes would have them."""
        return [management] * 3


def pool(name: str, *, flavor: str | None = None, weight: int = 1) -> Pool:
    """A pool with a URI of its own."""
    return Pool(name, f"memory://{name}", weight, flavor)


async def register(management: Management, *names: str, flavor: str | None = None) -> None:
    """Register pools of these names."""
    for name in names:
        await management.pools.put(pool(name, flavor=flavor))
