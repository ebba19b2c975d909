# SPDX-License-Identifier: Apache-2.0
"""Contract: in which pool each queue lives."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from zaqar_impl.domain.errors import Conflict, Forbidden, NotFound
from zaqar_impl.domain.pools import Place, PoolChange
from zaqar_impl.domain.values import Kind, QueueRef
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.management.contract.base import JOBS, ContractFixtures, pool, register
from zaqar_impl.storage.management.interface import Management, Spread


class CatalogueContract(ContractFixtures):
    """What holds for every driver's catalogue."""

    async def test_queue_is_found_in_its_pool(self, management: Management) -> None:
        """With the definition of the pool as it is now; names and projects are compared exactly,
        and topics are apart from queues."""
        await register(management, "a")
        entered = await management.catalogue.enter(JOBS, "a")
        changed = await management.pools.update("a", PoolChange(weight=7))

        found = await management.catalogue.find(JOBS)

        assert entered is not None
        assert found is not None
        assert (entered.pool, found.pool) == (pool("a"), changed)
        assert (found.revision, found.deleting, list(found.apart)) == (entered.revision, False, [])
        for other in (
            QueueRef("project", "Jobs"),
            QueueRef("Project", "jobs"),
            QueueRef("project", "jobs", Kind.TOPIC),
        ):
            assert await management.catalogue.find(other) is None

    async def test_first_pool_stays(self, management: Management) -> None:
        """An entry that is there is left alone."""
        await register(management, "a", "b")
        first = await management.catalogue.enter(JOBS, "a")

        assert await management.catalogue.enter(JOBS, "b") == first

    async def test_default_store_has_the_empty_name(self, management: Management) -> None:
        """It is there without being registered."""
        place = await management.catalogue.enter(JOBS, "")

        assert place is not None
        assert (place.pool, place.name) == (None, "")
        assert await management.catalogue.find(JOBS) == place

    async def test_no_entry_without_its_pool(self, management: Management) -> None:
        """None is given, and found."""
        assert await management.catalogue.enter(JOBS, "a") is None
        assert await management.catalogue.find(JOBS) is None

    async def test_deletion_has_two_steps(self, management: Management) -> None:
        """An entry that is marked is found, and goes by the revision of the mark only."""
        await register(management, "a")
        entered = await management.catalogue.enter(JOBS, "a")
        marked = await management.catalogue.begin_deletion(JOBS)

        assert entered is not None
        assert marked is not None
        assert marked.deleting
        assert await management.catalogue.find(JOBS) == marked
        assert await management.catalogue.remove(JOBS, entered.revision) is False
        assert await management.catalogue.remove(JOBS, marked.revision) is True
        assert await management.catalogue.remove(JOBS, marked.revision) is False
        assert await management.catalogue.find(JOBS) is None
        assert await management.catalogue.begin_deletion(JOBS) is None

    async def test_entering_takes_the_mark_away(self, management: Management) -> None:
        """The entry keeps its pool, and the deletion that began can't remove it any more."""
        await register(management, "a", "b")
        await management.catalogue.enter(JOBS, "a")
        marked = await management.catalogue.begin_deletion(JOBS)
        assert marked is not None

        again = await management.catalogue.enter(JOBS, "b")

        assert again is not None
        assert (again.name, again.deleting) == ("a", False)
        assert await management.catalogue.remove(JOBS, marked.revision) is False
        assert await management.catalogue.find(JOBS) == again

    async def test_leftovers_are_noted(self, management: Management) -> None:
        """Each once, and only while the entry has that revision."""
        await register(management, "a", "b")
        entered = await management.catalogue.enter(JOBS, "a")
        assert entered is not None

        for _ in range(2):
            assert await management.catalogue.note_leftover(JOBS, entered.revision, "b") is True
        marked = await management.catalogue.begin_deletion(JOBS)
        assert await management.catalogue.note_leftover(JOBS, entered.revision, "c") is False

        assert marked is not None
        assert list(marked.apart) == ["b"]

    async def test_move_turns_the_entry_in_one_step(self, management: Management) -> None:
        """Until then the queue lives where it was; then in the target, under a new revision."""
        before = await _moving(management, "a", "b")
        during = await management.catalogue.find(JOBS)

        assert during is not None
        assert (during.name, during.revision) == ("a", before.revision)
        assert list(during.apart) == ["b"]
        assert await management.catalogue.finish_move(JOBS, "nobody's") is False
        assert await management.catalogue.finish_move(JOBS, "token") is True
        assert await management.catalogue.finish_move(JOBS, "token") is False

        after = await management.catalogue.find(JOBS)
        assert after is not None
        assert (after.name, list(after.apart), after.arrived) == ("b", ["a"], "token")
        assert after.moving is None
        assert after.revision != before.revision
        await management.catalogue.forget(JOBS, "a")
        await management.catalogue.forget(JOBS, "b")
        assert await management.catalogue.find(JOBS) == replace(after, apart=[])

    async def test_one_move_at_a_time(self, management: Management, clock: FakeClock) -> None:
        """As long as it is alive; then it can be ended, and another one begin."""
        place = await _moving(management, "a", "b")
        clock.advance(9)
        assert await management.catalogue.keep_moving(JOBS, "token", 10) is True
        clock.advance(9)

        with pytest.raises(Conflict):
            await _begin(management, place, token="other")
        clock.advance(1)
        assert await _begin(management, place, token="other") is True

        assert await management.catalogue.keep_moving(JOBS, "token", 10) is False
        assert await management.catalogue.finish_move(JOBS, "token") is False
        assert await management.catalogue.cancel_move(JOBS, "token") is False
        assert await management.catalogue.cancel_move(JOBS, "other") is True
        assert await management.catalogue.finish_move(JOBS, "other") is False
        found = await management.catalogue.find(JOBS)
        assert found is not None
        assert (found.name, list(found.apart)) == ("a", ["b"])

    async def test_deletion_ends_a_move(self, management: Management) -> None:
        """And a queue that is being deleted is not moved."""
        place = await _moving(management, "a", "b")
        marked = await management.catalogue.begin_deletion(JOBS)

        assert marked is not None
        assert (marked.moving, list(marked.apart)) == (None, ["b"])
        assert await management.catalogue.finish_move(JOBS, "token") is False
        assert await _begin(management, place) is False
        assert await _begin(management, marked) is False

    async def test_target_of_a_move_stays(self, management: Management) -> None:
        """It is not deleted before the move has ended; an unknown one is told."""
        place = await _moving(management, "a", "b")
        with pytest.raises(Forbidden):
            await management.pools.delete("b")
        await management.catalogue.cancel_move(JOBS, "token")
        await management.pools.delete("b")

        with pytest.raises(NotFound, match="'b'"):
            await _begin(management, place)
        found = await management.catalogue.find(JOBS)
        assert found is not None
        assert found.moving is None

    async def test_dead_move_does_not_keep_its_target(
        self, management: Management, clock: FakeClock
    ) -> None:
        """A queue that nobody uses would keep the pool for ever, and the list of its queues is
        empty. The move ends first, so that it can't lead to a pool that is gone."""
        await _moving(management, "a", "b")
        clock.advance(10)

        await management.pools.delete("b")

        assert await management.catalogue.keep_moving(JOBS, "token", 10) is False
        assert await management.catalogue.finish_move(JOBS, "token") is False
        found = await management.catalogue.find(JOBS)
        assert found is not None
        assert (found.name, found.moving) == ("a", None)

    async def test_what_is_on_its_way_is_elsewhere(self, management: Management) -> None:
        """The target is not where the queue is listed."""
        await _moving(management, "a", "b")

        spread = await management.catalogue.spread("project", Kind.QUEUE)

        assert [one.name for one in spread.pools] == ["a"]
        assert spread.elsewhere == {"b": {"jobs"}}

    async def test_spread_of_a_project(self, management: Management) -> None:
        """The pools of its own queues of that kind, each once, without the default store; and what
        may be found where it does not live."""
        await register(management, "a", "b", "c")
        for name, where in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "")):
            await management.catalogue.enter(QueueRef("project", name), where)
        await management.catalogue.enter(QueueRef("project", "5", Kind.TOPIC), "c")
        await management.catalogue.enter(QueueRef("other", "6"), "c")
        place = await management.catalogue.find(QueueRef("project", "1"))
        assert place is not None
        await management.catalogue.note_leftover(QueueRef("project", "1"), place.revision, "c")

        spread = await management.catalogue.spread("project", Kind.QUEUE)

        assert sorted(one.name for one in spread.pools) == ["a", "b"]
        assert spread.elsewhere == {"c": {"1"}}
        assert await management.catalogue.spread("nobody", Kind.QUEUE) == Spread([], {})

    async def test_queues_of_a_pool(self, management: Management) -> None:
        """By project, name and kind; ``after`` is exclusive."""
        await register(management, "a", "b")
        inside = [
            QueueRef("p", "1"),
            QueueRef("p", "1", Kind.TOPIC),
            QueueRef("p", "2"),
            QueueRef("q", "0"),
        ]
        for ref in reversed(inside):
            await management.catalogue.enter(ref, "a")
        await management.catalogue.enter(QueueRef("p", "3"), "b")

        assert list(await management.catalogue.list("a", after=None, limit=3)) == inside[:3]
        assert list(await management.catalogue.list("a", after=inside[0], limit=2)) == inside[1:3]
        assert list(await management.catalogue.list("a", after=inside[-1], limit=2)) == []

    async def test_one_of_many_enters_first(self, peers: Sequence[Management]) -> None:
        """All the others get that one's pool."""
        await register(peers[0], "0", "1", "2")
        for number in range(10):
            ref = QueueRef("project", str(number))
            places = await asyncio.gather(
                *(peer.catalogue.enter(ref, str(n)) for n, peer in enumerate(peers))
            )

            assert len({place.name for place in places if place}) == 1
            assert None not in places


async def _moving(management: Management, source: str, target: str) -> Place:
    """A move that has begun; where the queue lives."""
    await register(management, source, target)
    place = await management.catalogue.enter(JOBS, source)
    assert place is not None
    assert await _begin(management, place) is True
    return place


async def _begin(management: Management, place: Place, token: str = "token") -> bool:
    return await management.catalogue.begin_move(
        JOBS, place.revision, target="b", token=token, seconds=10
    )
