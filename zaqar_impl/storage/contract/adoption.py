# SPDX-License-Identifier: Apache-2.0
"""Contract: messages that come from another store, one by one, as dead letters do. For drivers that
can; the others leave it out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.stored import Freeze, StoredMessage
from zaqar_impl.domain.values import QueueRef
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
from zaqar_impl.storage.transfer import Movable, TransferStore


def transfer(storage: Storage) -> TransferStore:
    """What is tested here."""
    assert isinstance(storage, Movable)
    return storage.transfer


async def everything(storage: Storage, ref: QueueRef) -> Sequence[StoredMessage]:
    """All messages as they are stored, a page at a time."""
    found: list[StoredMessage] = []
    while page := await transfer(storage).page(
        ref, after=found[-1].position if found else 0, limit=2
    ):
        found += page
    return found


class AdoptionContract(ContractFixtures):
    """What holds of messages that a queue adopts."""

    @pytest.fixture
    def other(self, ref: QueueRef) -> QueueRef:
        """Another queue that does not exist."""
        return replace(ref, name="elsewhere")

    async def test_adopted_messages_leave_what_else_has_them(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """Who hands them over removes them where they were: what a move has left there, in this
        store, must not count as their new place."""
        posted = await post(storage, ref, "1", "2")
        letters = await transfer(storage).read(ref, posted[:1])
        await transfer(storage).freeze(ref, "done")
        await storage.queues.create(other, {})

        for _ in range(2):
            await transfer(storage).adopt(other, letters, ttl=None)

        assert ids(await read(storage, other)) == posted[:1]
        assert ids(await read(storage, ref)) == posted[1:]

    async def test_adopted_messages_come_last(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, other: QueueRef
    ) -> None:
        """In their order, at the next positions, held by nothing; those that are there already are
        not appended again."""
        await post(storage, ref, "1", "2")
        held = await claim(storage, ref, 1)
        letters = await transfer(storage).read(ref, ids(await read(storage, ref)))
        assert letters[0].claim is not None
        assert letters[0].claim.id == held.id
        await storage.queues.delete(ref)
        await post(storage, other, "0")
        clock.advance(10)

        for _ in range(2):
            await transfer(storage).adopt(other, letters, ttl=500)

        found = await read(storage, other, include_claimed=False)
        assert (bodies(found), positions(found)) == (["0", "1", "2"], [1, 2, 3])
        assert [(m.claim_count, m.ttl, m.age(clock())) for m in found[1:]] == [
            (1, 500, 0),
            (0, 500, 0),
        ]

    async def test_undone_claim_does_not_count(self, storage: Storage, ref: QueueRef) -> None:
        """Its messages are claimable at once, and a claim that is unknown changes nothing."""
        await post(storage, ref, "1", "2")
        other = await claim(storage, ref, 1)
        undone = await claim(storage, ref, 1)

        for claim_id in (undone.id, undone.id, "unknown"):
            await transfer(storage).unclaim(ref, claim_id)

        assert await storage.claims.get(ref, undone.id) is None
        assert await storage.claims.get(ref, other.id) == other
        again = await claim(storage, ref)
        assert [(m.id, m.claim_count) for m in again.messages] == [(undone.messages[0].id, 1)]

    @pytest.mark.parametrize("arriving", [False, True])
    async def test_adopted_messages_outlive_what_a_move_leaves(
        self, storage: Storage, ref: QueueRef, other: QueueRef, arriving: bool
    ) -> None:
        """A copy of them in a queue that has moved away, or has not come, is not where they live:
        it goes with that queue."""
        await post(storage, ref, "1", "2")
        queue = await transfer(storage).freeze(ref, "move")
        assert queue is not None
        letters = await everything(storage, ref)
        if arriving:
            await transfer(storage).drop(ref, Freeze("move"))
            await transfer(storage).receive(ref, queue, "move")
            await transfer(storage).put_messages(ref, letters, "move")
        await storage.queues.create(other, {})

        await transfer(storage).adopt(other, letters[:1], ttl=None)
        assert await transfer(storage).drop(ref, Freeze("move", arriving=arriving))

        assert bodies(await read(storage, other)) == ["1"]
        await transfer(storage).adopt(other, letters, ttl=None)
        assert bodies(await read(storage, other)) == ["1", "2"]

    async def test_adopting_needs_a_queue(self, storage: Storage, ref: QueueRef) -> None:
        """It is not made."""
        letter = StoredMessage("a" * 24, 1, b"1", "me", 2e9, 2e9 + 60, 0.0, None, 3)

        with pytest.raises(NotFound):
            await transfer(storage).adopt(ref, [letter], ttl=None)
        assert await storage.queues.get(ref) is None
