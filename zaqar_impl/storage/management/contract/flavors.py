# SPDX-License-Identifier: Apache-2.0
"""Contract: flavors."""

import asyncio
from collections.abc import Sequence

import pytest

from zaqar_impl.domain.errors import Conflict, InvalidInput
from zaqar_impl.domain.pools import Flavor, PoolChange
from zaqar_impl.storage.management.contract.base import ContractFixtures, register
from zaqar_impl.storage.management.interface import Management


async def _flavors(management: Management) -> dict[str, str | None]:
    return {pool.name: pool.flavor for pool in await management.pools.list()}


class FlavorContract(ContractFixtures):
    """What holds for every driver's flavors."""

    async def test_flavor_has_its_pools(self, management: Management) -> None:
        """The first put gives True, and the pools bear the name; one that stands twice counts
        once."""
        await register(management, "a", "b", "c")

        assert await management.flavors.put("fast", ["c", "a", "c"]) is True
        assert await management.flavors.get("fast") == Flavor("fast", ["a", "c"])
        assert await management.flavors.get("Fast") is None
        assert await _flavors(management) == {"a": "fast", "b": None, "c": "fast"}

    async def test_put_and_update_replace(self, management: Management) -> None:
        """Pools that are not named any more have no flavor."""
        await register(management, "a", "b", "c")
        await management.flavors.put("fast", ["a"])

        assert await management.flavors.put("fast", ["b", "c"]) is False
        assert await _flavors(management) == {"a": None, "b": "fast", "c": "fast"}
        assert await management.flavors.update("fast", ["a", "c"]) is True
        assert await _flavors(management) == {"a": "fast", "b": None, "c": "fast"}

    async def test_update_makes_no_flavor(self, management: Management) -> None:
        """It gives False, and the pools stay as they are."""
        await register(management, "a")

        assert await management.flavors.update("fast", ["a"]) is False
        assert await management.flavors.get("fast") is None
        assert await _flavors(management) == {"a": None}

    async def test_unknown_pool_is_refused(self, management: Management) -> None:
        """By put and update, and nothing has changed then."""
        await register(management, "a", "b")
        await management.flavors.put("fast", ["a"])

        for call in (management.flavors.put, management.flavors.update):
            with pytest.raises(InvalidInput, match="there is no pool 'x'"):
                await call("fast", ["b", "x"])
        with pytest.raises(InvalidInput):
            await management.flavors.put("slow", ["x"])

        assert await management.flavors.get("slow") is None
        assert await _flavors(management) == {"a": "fast", "b": None}

    async def test_pool_of_another_flavor_is_refused(self, management: Management) -> None:
        """It stays with the flavor that it has; one that does not exist holds nothing."""
        await register(management, "a")
        await register(management, "b", flavor="slow")
        await management.flavors.put("fast", ["a"])

        with pytest.raises(Conflict, match="Pool 'a' belongs to flavor 'fast'"):
            await management.flavors.put("new", ["a", "b"])
        assert await management.flavors.get("new") is None
        assert await _flavors(management) == {"a": "fast", "b": "slow"}
        await management.flavors.put("new", ["b"])
        assert await _flavors(management) == {"a": "fast", "b": "new"}

    async def test_list_is_by_name_in_byte_order(self, management: Management) -> None:
        """``after`` is exclusive; each flavor comes with its pools, which may all have left it."""
        await register(management, "a", "b", "c")
        await management.flavors.put("y", ["a"])
        await management.flavors.put("X", ["b"])
        await management.flavors.put("z", ["c"])
        await management.pools.update("c", PoolChange(flavor=""))

        found = await management.flavors.list(after=None, limit=2)
        assert list(found) == [Flavor("X", ["b"]), Flavor("y", ["a"])]
        assert list(await management.flavors.list(after="y", limit=2)) == [Flavor("z", [])]

    async def test_deleted_flavor_frees_its_pools(self, management: Management) -> None:
        """Deleting it again does nothing."""
        await register(management, "a", "b")
        await management.flavors.put("fast", ["a", "b"])
        await management.flavors.delete("fast")
        await management.flavors.delete("fast")

        assert await management.flavors.get("fast") is None
        assert await _flavors(management) == {"a": None, "b": None}

    async def test_pool_ends_in_one_flavor(self, peers: Sequence[Management]) -> None:
        """Of flavors that want a pool at the same moment, one gets it, and all that it asked
        for."""
        await register(peers[0], "a", "b")
        results = await asyncio.gather(
            *(peer.flavors.put(f"f{n}", ["a", "b"]) for n, peer in enumerate(peers)),
            return_exceptions=True,
        )

        [winner] = [n for n, result in enumerate(results) if result is True]
        assert await _flavors(peers[0]) == {"a": f"f{winner}", "b": f"f{winner}"}
        assert sum(isinstance(result, Conflict) for result in results) == len(peers) - 1
