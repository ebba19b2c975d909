# SPDX-License-Identifier: Apache-2.0
"""Contract: messages that are withheld for a while after their post."""

import pytest

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import ClaimTerms, QueueRef
from zaqar_impl.storage.contract.base import (
    ContractFixtures,
    bodies,
    claim,
    ids,
    positions,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

MILLISECOND = 0.001
TERMS = ClaimTerms(60, 60)


class DelayContract(ContractFixtures):
    """What passes over delayed messages, and what does not."""

    async def test_delayed_message_is_passed_over(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Until a millisecond before the end of its delay it is not listed, claimed or popped."""
        await post(storage, ref, "1", delay=60)
        clock.advance(60 - MILLISECOND)

        assert await read(storage, ref, include_delayed=False) == []
        assert await storage.claims.create(ref, TERMS, 10) is None
        assert await storage.messages.pop(ref, 10) == []

    async def test_delay_ends_by_itself(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """At its end the message is listed, claimed and popped like any other."""
        await post(storage, ref, "1", "2", delay=60)
        clock.advance(60)

        assert bodies(await read(storage, ref, include_delayed=False)) == ["1", "2"]
        assert bodies((await claim(storage, ref, 1)).messages) == ["1"]
        assert bodies(await storage.messages.pop(ref, 10)) == ["2"]

    async def test_list_includes_delayed_messages_when_asked(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Delayed and claimed messages are included or left out each for themselves."""
        await post(storage, ref, "claimed")
        made = await claim(storage, ref)
        await post(storage, ref, "delayed", delay=60)
        await post(storage, ref, "free")

        async def seen(claimed: bool, delayed: bool) -> list[str]:
            page = read(storage, ref, include_claimed=claimed, include_delayed=delayed)
            return list(bodies(await page))

        assert await seen(True, True) == ["claimed", "delayed", "free"]
        assert await seen(True, False) == ["claimed", "free"]
        assert await seen(False, True) == ["delayed", "free"]
        assert await seen(False, False) == ["free"]
        assert [m.claim_id for m in await read(storage, ref)] == [made.id, None, None]

    async def test_delay_does_not_change_the_order(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A message has its place from its post on; a page is filled with others meanwhile."""
        await post(storage, ref, "1", delay=60)
        await post(storage, ref, "2", "3", "4")

        assert bodies(await read(storage, ref, include_delayed=False, limit=2)) == ["2", "3"]
        clock.advance(60)

        assert positions(await read(storage, ref, include_delayed=False)) == [1, 2, 3, 4]
        assert bodies((await claim(storage, ref, 2)).messages) == ["1", "2"]

    async def test_each_message_of_a_post_has_its_own_delay(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Claims take what is there."""
        await post(storage, ref, "long", delay=100)
        await post(storage, ref, "short", delay=50)
        clock.advance(50)

        assert bodies((await claim(storage, ref)).messages) == ["short"]

    async def test_delayed_message_is_read_by_id(self, storage: Storage, ref: QueueRef) -> None:
        """It bears no claim."""
        posted = await post(storage, ref, "1", delay=60)

        [message] = await storage.messages.get_many(ref, posted)

        assert (message.body, message.claim_id, message.claim_count) == (b"1", None, 0)

    async def test_delayed_message_is_removed(self, storage: Storage, ref: QueueRef) -> None:
        """Deletion and purge do not wait for the end of a delay."""
        one, two, _ = await post(storage, ref, "1", "2", "3", delay=60)

        await storage.messages.delete(ref, one, claim_id=None)
        await storage.messages.delete_many(ref, [two], claim_ids=None)
        assert bodies(await read(storage, ref)) == ["3"]
        await storage.messages.purge(ref)

        assert await read(storage, ref) == []

    async def test_delayed_message_is_not_claimed(self, storage: Storage, ref: QueueRef) -> None:
        """Who names a claim to delete it is told so."""
        await post(storage, ref, "1")
        made = await claim(storage, ref)
        [delayed] = await post(storage, ref, "2", delay=60)

        with pytest.raises(InvalidInput):
            await storage.messages.delete(ref, delayed, claim_id=made.id)
        with pytest.raises(InvalidInput):
            await storage.messages.delete_many(ref, [delayed], claim_ids=[made.id])

        assert delayed in ids(await read(storage, ref))

    async def test_delay_does_not_extend_life(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A message whose life is shorter than its delay is never seen."""
        posted = await post(storage, ref, "1", ttl=60, delay=100)
        clock.advance(60)

        assert await storage.messages.get_many(ref, posted) == []
        assert (await storage.messages.stats(ref)).total == 0

    async def test_statistics_count_delayed_messages_as_free(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The ends of the queue are those of the messages that are not delayed."""
        await post(storage, ref, "1", delay=60)
        alone = await storage.messages.stats(ref)
        middle = await post(storage, ref, "2", "3")
        await claim(storage, ref, 1)
        await post(storage, ref, "4", delay=100)

        stats = await storage.messages.stats(ref)

        assert (alone.claimed, alone.free, alone.oldest, alone.newest) == (0, 1, None, None)
        assert (stats.claimed, stats.free) == (1, 3)
        assert stats.oldest is not None
        assert stats.newest is not None
        assert [stats.oldest.id, stats.newest.id] == list(middle)
        clock.advance(100)
        ended = await storage.messages.stats(ref)
        assert (ended.claimed, ended.free) == (0, 4)

    async def test_message_that_was_delayed_is_released(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """After its delay it is claimed, released and counted as if it never had one."""
        await post(storage, ref, "1", ttl=600, delay=60)
        clock.advance(60)
        first = await claim(storage, ref, ttl=60)
        assert (await storage.messages.stats(ref)).claimed == 1
        await storage.claims.release(ref, first.id)

        second = await claim(storage, ref)

        assert [message.claim_count for message in second.messages] == [2]
