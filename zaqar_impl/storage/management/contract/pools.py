# SPDX-License-Identifier: Apache-2.0
"""Contract: pools."""

import asyncio
from collections.abc import Sequence

import pytest

from zaqar_impl.domain.errors import Conflict, Forbidden
from zaqar_impl.domain.pools import Pool, PoolChange
from zaqar_impl.storage.management.contract.base import JOBS, ContractFixtures, pool, register
from zaqar_impl.storage.management.interface import Management


class PoolContract(ContractFixtures):
    """What holds for every driver's pools."""

    async def test_pool_comes_back_as_given(self, management: Management) -> None:
        """The first put gives True; names, weights and options of any kind are kept."""
        given = Pool("a", "memory://u:p@a", 2**32 - 1, "fast", {"$a.b": [1, {"c": None}], "": "x"})

        assert await management.pools.put(given) is True
        assert await management.pools.get("a") == given
        assert await management.pools.get("b") is None

    async def test_put_replaces(self, management: Management) -> None:
        """Whatever was there; the second put gives False."""
        await management.pools.put(Pool("a", "memory://a", 5, "fast", {"database": "x"}))
        new = Pool("a", "memory://b", 1)

        assert await management.pools.put(new) is False
        assert await management.pools.get("a") == new

    async def test_uri_belongs_to_one_pool(self, management: Management) -> None:
        """Neither put nor update gives it to a second; the same pool may be given it again."""
        await register(management, "a", "b")

        with pytest.raises(Conflict):
            await management.pools.put(Pool("c", "memory://a", 1))
        with pytest.raises(Conflict):
            await management.pools.put(Pool("b", "memory://a", 1))
        with pytest.raises(Conflict):
            await management.pools.update("b", PoolChange(uri="memory://a", weight=7))
        await management.pools.put(Pool("a", "memory://a", 3))

        assert await management.pools.get("b") == pool("b")
        assert await management.pools.get("c") is None

    async def test_list_is_by_name_in_byte_order(self, management: Management) -> None:
        """``after`` is exclusive, and need not be the name of a pool."""
        await register(management, "b", "B", "_", "0", ".", "a-", "a")

        async def names(after: str | None, limit: int | None) -> list[str]:
            return [one.name for one in await management.pools.list(after=after, limit=limit)]

        assert await names(None, None) == [".", "0", "B", "_", "a", "a-", "b"]
        assert await names("A", 2) == ["B", "_"]
        assert await names("b", 2) == []

    async def test_update_changes_what_it_names(self, management: Management) -> None:
        """The rest stays; the empty text takes the flavor away; an unknown pool is None."""
        await management.pools.put(Pool("a", "memory://a", 5, "fast", {"database": "x"}))

        changed = await management.pools.update("a", PoolChange(weight=0))
        assert changed == Pool("a", "memory://a", 0, "fast", {"database": "x"})
        changed = await management.pools.update("a", PoolChange(flavor="", options={}))
        assert changed == Pool("a", "memory://a", 0)
        assert await management.pools.get("a") == changed
        assert await management.pools.update("b", PoolChange(weight=1)) is None

    async def test_pools_of_a_flavor(self, management: Management) -> None:
        """Compared exactly; None means those without."""
        await register(management, "c", "a", flavor="fast")
        await register(management, "b")

        assert [one.name for one in await management.pools.of_flavor("fast")] == ["a", "c"]
        assert [one.name for one in await management.pools.of_flavor(None)] == ["b"]
        assert list(await management.pools.of_flavor("Fast")) == []

    async def test_deleted_pool_is_gone(self, management: Management) -> None:
        """Deleting it again does nothing, and its URI is free."""
        await register(management, "a")
        await management.pools.delete("a")
        await management.pools.delete("a")

        assert await management.pools.get("a") is None
        assert await management.pools.put(Pool("b", "memory://a", 1)) is True

    async def test_pool_with_queues_stays(self, management: Management) -> None:
        """Until the last of them has left."""
        await register(management, "a")
        place = await management.catalogue.enter(JOBS, "a")
        assert place is not None

        with pytest.raises(Forbidden, match="Queues live in pool 'a'"):
            await management.pools.delete("a")
        assert await management.pools.get("a") == pool("a")

        await management.catalogue.remove(JOBS, place.revision)
        await management.pools.delete("a")
        assert await management.pools.get("a") is None

    async def test_last_pool_of_a_flavor_stays(self, management: Management) -> None:
        """Others of the flavor may go."""
        await register(management, "a", "b", flavor="fast")
        await management.pools.delete("a")

        with pytest.raises(Forbidden, match="'b' is the only one of flavor 'fast'"):
            await management.pools.delete("b")

    async def test_no_queue_is_left_in_a_pool_that_goes(self, peers: Sequence[Management]) -> None:
        """Of a deletion and queues that are put into the pool at the same moment, either the one or
        the others come about."""
        for attempt in range(20):
            await register(peers[0], "a")
            refs = [type(JOBS)("project", f"{attempt}-{number}") for number in range(4)]
            results = await asyncio.gather(
                *(peers[n % 2].catalogue.enter(ref, "a") for n, ref in enumerate(refs)),
                peers[2].pools.delete("a"),
                return_exceptions=True,
            )

            places, deletion = results[:-1], results[-1]
            stays = await peers[0].pools.get("a") is not None
            assert isinstance(deletion, Forbidden) == stays
            assert not any(isinstance(place, BaseException) for place in places)
            for ref, place in zip(refs, places, strict=True):
                found = await peers[0].catalogue.find(ref)
                assert (found is not None) == (place is not None)
                assert found is None or stays
                if found is not None:
                    await peers[0].catalogue.remove(ref, found.revision)
