# SPDX-License-Identifier: Apache-2.0
"""The contract of management drivers as tests, as :mod:`zaqar_impl.storage.contract` is that of
storage drivers. Give a subclass the fixture that opens the driver, empty, and let pytest collect
it::

    class TestMyManagement(ManagementContract):
        @pytest.fixture
        async def management(self):
            management = MyManagement("...")
            await management.open()
            yield management
            await management.close()

A driver whose data can be shared by several processes overrides ``peers`` as well.
"""

import pytest

# Before they are imported, so that a failing assert in them shows its values.
for _topic in ("base", "pools", "flavors", "catalogue"):
    pytest.register_assert_rewrite(f"{__name__}.{_topic}")

from zaqar_impl.storage.management.contract.catalogue import CatalogueContract  # noqa: E402
from zaqar_impl.storage.management.contract.flavors import FlavorContract  # noqa: E402
from zaqar_impl.storage.management.contract.pools import PoolContract  # noqa: E402

__all__ = ["ManagementContract"]


class ManagementContract(PoolContract, FlavorContract, CatalogueContract):
    """All topics."""
