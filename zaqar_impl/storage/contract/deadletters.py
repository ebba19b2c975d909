# SPDX-License-Identifier: Apache-2.0
"""Contract: counting claims, and moving messages that were claimed too often."""

import asyncio
from collections.abc import Sequence

import pytest

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import Claim, ClaimTerms, DeadLetters, QueueRef
from zaqar_impl.storage.contract.base import (
    ContractFixtures,
    bodies,
    claim,
    ids,
    on_demand,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

TERMS = ClaimTerms(60, 60)


async def claim_or_move(
    storage: Storage, ref: QueueRef, limit: int = 10, *, most: int = 1, ttl: int | None = None
) -> Claim | None:
    """Claim from a queue with the dead letter queue "dead"."""
    spent = DeadLetters("dead", most, ttl)
    return await on_demand(
        storage, dead(ref), lambda: storage.claims.create(ref, TERMS, limit, dead_letters=spent)
    )


async def spend(storage: Storage, ref: QueueRef) -> None:
    """Claim all messages once, and release them."""
    await storage.claims.release(ref, (await claim(storage, ref)).id)


def dead(ref: QueueRef) -> QueueRef:
    """The dead letter queue."""
    return QueueRef(ref.project, "dead")


class DeadLetterContract(ContractFixtures):
    """What a claim does with messages that it may not give out again."""

    async def test_every_hand_out_counts(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Release, renewal and expiry of the claim take nothing off the count."""
        await post(storage, ref, "1", ttl=600)
        await spend(storage, ref)
        second = await claim(storage, ref, ttl=60)
        await storage.claims.renew(ref, second.id, TERMS)
        clock.advance(60)

        [message] = (await claim(storage, ref)).messages

        assert message.claim_count == 3

    async def test_popped_message_tells_its_count(self, storage: Storage, ref: QueueRef) -> None:
        """It says how often it was handed out before."""
        await post(storage, ref, "1")
        await spend(storage, ref)

        [popped] = await storage.messages.pop(ref, 1)

        assert popped.claim_count == 1

    async def test_spent_messages_move(self, storage: Storage, ref: QueueRef) -> None:
        """They are in the dead letter queue, and nowhere else."""
        posted = await post(storage, ref, "1", "2")
        await spend(storage, ref)

        assert await claim_or_move(storage, ref) is None

        assert await read(storage, ref) == []
        moved = await read(storage, dead(ref))
        assert (list(ids(moved)), bodies(moved)) == (list(posted), ["1", "2"])
        assert [message.claim_count for message in moved] == [1, 1]
        assert await storage.messages.get_many(ref, posted) == []

    async def test_unknown_dead_letter_queue_is_told(self, storage: Storage, ref: QueueRef) -> None:
        """Where a message has to move; all stay as they are, and free."""
        await post(storage, ref, "1")
        await spend(storage, ref)
        await post(storage, ref, "2")

        with pytest.raises(NotFound, match="Queue 'dead' does not exist"):
            await storage.claims.create(ref, TERMS, 2, dead_letters=DeadLetters("dead", 1, None))

        assert await storage.queues.get(dead(ref)) is None
        assert bodies((await claim(storage, ref)).messages) == ["1", "2"]

    async def test_count_of_zero_moves_at_once(self, storage: Storage, ref: QueueRef) -> None:
        """So does a negative one."""
        for most in (0, -(2**63)):
            await post(storage, ref, str(most))
            assert await claim_or_move(storage, ref, most=most) is None

        assert await read(storage, ref) == []
        assert len(await read(storage, dead(ref))) == 2

    async def test_message_is_handed_out_as_often_as_allowed(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It moves at the attempt after the last."""
        await post(storage, ref, "1")
        for _ in range(3):
            made = await claim_or_move(storage, ref, most=3)
            assert made is not None
            await storage.claims.release(ref, made.id)

        assert await claim_or_move(storage, ref, most=3) is None
        assert bodies(await read(storage, dead(ref))) == ["1"]

    async def test_the_rest_is_claimed(self, storage: Storage, ref: QueueRef) -> None:
        """A claim goes on until it finds a message that it may give out."""
        await post(storage, ref, "1", "2", "3")
        await spend(storage, ref)
        await post(storage, ref, "4", "5")

        made = await claim_or_move(storage, ref, 2)

        assert made is not None
        assert set(bodies(made.messages)) <= {"4", "5"}
        assert bodies(await read(storage, dead(ref))) == ["1", "2", "3"]

    async def test_claimed_messages_stay(self, storage: Storage, ref: QueueRef) -> None:
        """Only what could be claimed moves."""
        await post(storage, ref, "1")
        held = await claim(storage, ref)

        assert await claim_or_move(storage, ref) is None

        assert (await storage.claims.get(ref, held.id)) is not None
        assert await read(storage, dead(ref)) == []

    async def test_moved_messages_are_at_the_end(self, storage: Storage, ref: QueueRef) -> None:
        """Their places follow all that were given out, so a reader does not pass over them."""
        await post(storage, dead(ref), "a", "b")
        await storage.messages.purge(dead(ref))
        await post(storage, ref, "1", "2")
        await claim_or_move(storage, ref, most=0)
        await post(storage, dead(ref), "c")

        moved = await read(storage, dead(ref))

        assert [(m.position, m.body) for m in moved] == [(3, b"1"), (4, b"2"), (5, b"c")]

    async def test_moved_messages_are_free(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """They bear no claim and no delay, can be claimed, and can be popped."""
        await post(storage, ref, "1", delay=60)
        await post(storage, ref, "2")
        clock.advance(60)
        await claim_or_move(storage, ref, most=0)

        stats = await storage.messages.stats(dead(ref))

        assert (stats.claimed, stats.free) == (0, 2)
        assert bodies((await claim(storage, dead(ref), 1)).messages) == ["1"]
        assert bodies(await storage.messages.pop(dead(ref), 5)) == ["2"]

    async def test_moved_messages_keep_their_life(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Unless a life is given, nothing of it changes."""
        await post(storage, ref, "1", ttl=100)
        clock.advance(50)
        await claim_or_move(storage, ref, most=0)

        [message] = await read(storage, dead(ref))
        assert (message.ttl, message.age(clock())) == (100, 50)
        clock.advance(50)

        assert await read(storage, dead(ref)) == []

    async def test_moved_messages_begin_a_new_life(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """With a life given, it begins when they move, be it longer or shorter than before."""
        await post(storage, ref, "short", ttl=60)
        await post(storage, ref, "long", ttl=1000)
        clock.advance(50)
        await claim_or_move(storage, ref, most=0, ttl=300)

        moved = await read(storage, dead(ref))
        assert [(m.ttl, m.age(clock())) for m in moved] == [(300, 0), (300, 0)]
        clock.advance(300)

        assert await read(storage, dead(ref)) == []

    async def test_moving_competes_with_nothing(
        self, storage: Storage, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """However many claim and post at once, no message is lost and none is there twice."""
        posted = await post(storage, ref, *map(str, range(30)))
        await spend(storage, ref)

        await asyncio.gather(
            *(claim_or_move(peer, ref, 5) for peer in [*peers, *peers]),
            *(post(peer, dead(ref), "other") for peer in peers),
        )

        moved = await read(storage, dead(ref))
        assert sorted(m.id for m in moved if m.body != b"other") == sorted(posted)
        assert [m.position for m in moved] == list(range(1, 31 + len(peers)))
        assert await read(storage, ref) == []
