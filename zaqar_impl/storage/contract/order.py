# SPDX-License-Identifier: Apache-2.0
"""Contract: positions, and reading a queue by them."""

from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.contract.base import (
    ContractFixtures,
    bodies,
    claim,
    positions,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage


class OrderContract(ContractFixtures):
    """What holds for the order of a queue's messages."""

    async def test_positions_begin_at_one_without_gaps(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Batches take neighbouring positions, in the order of the posts."""
        await post(storage, ref, "1", "2")
        await post(storage, ref, "3")
        await post(storage, ref, "4", "5", "6")

        assert positions(await read(storage, ref)) == [1, 2, 3, 4, 5, 6]
        assert bodies(await read(storage, ref)) == ["1", "2", "3", "4", "5", "6"]

    async def test_each_queue_has_positions_of_its_own(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """What is posted elsewhere leaves no gap."""
        other = QueueRef(ref.project, "other")
        for number in range(3):
            await post(storage, ref, str(number))
            await post(storage, other, str(number))

        assert positions(await read(storage, ref)) == [1, 2, 3]
        assert positions(await read(storage, other)) == [1, 2, 3]

    async def test_reading_goes_on_after_a_position(self, storage: Storage, ref: QueueRef) -> None:
        """``after`` is exclusive, and its message need not exist any more."""
        posted = await post(storage, ref, "1", "2", "3", "4")
        await storage.messages.delete(ref, posted[1], claim_id=None)

        assert positions(await read(storage, ref, after=1)) == [3, 4]
        assert positions(await read(storage, ref, after=2, limit=1)) == [3]
        assert positions(await read(storage, ref, after=3)) == [4]

    async def test_pages_make_up_the_whole(self, storage: Storage, ref: QueueRef) -> None:
        """A reader that goes on after the last position of each page sees everything once."""
        await post(storage, ref, *(str(number) for number in range(150)))

        seen: list[str] = []
        after = 0
        while page := await read(storage, ref, after=after, limit=20):
            seen += bodies(page)
            after = page[-1].position

        assert seen == [str(number) for number in range(150)]

    async def test_drained_reader_sees_what_comes_later(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """A position at the end of the log stays good."""
        await post(storage, ref, "1")
        assert await read(storage, ref, after=1) == []

        await post(storage, ref, "2")

        assert bodies(await read(storage, ref, after=1)) == ["2"]

    async def test_position_beyond_the_end_gives_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """However large the number is."""
        await post(storage, ref, "1")

        for after in (2, 2**31, 2**63 - 1, 2**63, 2**64, 10**30):
            assert await read(storage, ref, after=after) == []

    async def test_position_before_the_beginning_gives_all(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """There are no positions below 1."""
        await post(storage, ref, "1")

        for after in (0, -1, -(10**30)):
            assert bodies(await read(storage, ref, after=after)) == ["1"]

    async def test_positions_never_go_back_in_an_emptied_queue(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Whether its messages were deleted, popped, purged, or have expired."""
        await storage.messages.delete_many(ref, await post(storage, ref, "1", "2"), claim_ids=None)
        await post(storage, ref, "3")
        await storage.messages.pop(ref, 1)
        await post(storage, ref, "4")
        await storage.messages.purge(ref)
        await post(storage, ref, "5", ttl=60)
        clock.advance(60)
        assert await read(storage, ref) == []

        await post(storage, ref, "6")

        assert positions(await read(storage, ref)) == [6]

    async def test_claims_change_no_position(self, storage: Storage, ref: QueueRef) -> None:
        """Neither a live one, nor one that was released."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref)
        assert positions(await read(storage, ref)) == [1, 2]

        await storage.claims.release(ref, made.id)

        assert positions(await read(storage, ref)) == [1, 2]
