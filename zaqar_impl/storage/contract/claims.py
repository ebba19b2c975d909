# SPDX-License-Identifier: Apache-2.0
"""Contract: making, reading, renewing and releasing claims."""

import dataclasses

from zaqar_impl.domain.values import ClaimTerms, QueueRef
from zaqar_impl.storage.contract.base import (
    NO_IDS,
    ContractFixtures,
    bodies,
    claim,
    ids,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

TERMS = ClaimTerms(ttl=100, grace=60)


class ClaimContract(ContractFixtures):
    """What holds for every driver's claims, while nobody competes."""

    async def test_claim_takes_the_oldest_messages(self, storage: Storage, ref: QueueRef) -> None:
        """Up to the limit, in order of position."""
        await post(storage, ref, "1", "2", "3")

        made = await claim(storage, ref, 2)

        assert bodies(made.messages) == ["1", "2"]

    async def test_claim_shows_its_terms_and_messages(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The messages are as they are now: marked, and counted as handed out."""
        await post(storage, ref, "1")
        [before] = await read(storage, ref)
        clock.advance(10)

        made = await claim(storage, ref, ttl=100)

        assert (made.ttl, made.created, made.age(clock() + 7)) == (100, clock(), 7)
        assert made.messages == [
            dataclasses.replace(before, claim_id=made.id, claim_count=1),
        ]

    async def test_nothing_to_claim_gives_none(self, storage: Storage, ref: QueueRef) -> None:
        """In an unknown queue, which is not made, in an empty one, and when all is claimed."""
        assert await storage.claims.create(ref, TERMS, 5) is None
        assert await storage.queues.get(ref) is None
        await storage.queues.create(ref, {})
        assert await storage.claims.create(ref, TERMS, 5) is None
        await post(storage, ref, "1")
        await claim(storage, ref)
        assert await storage.claims.create(ref, TERMS, 5) is None

    async def test_claims_share_no_message(self, storage: Storage, ref: QueueRef) -> None:
        """The second claim gets what the first has left."""
        await post(storage, ref, "1", "2", "3")

        first, second = await claim(storage, ref, 2), await claim(storage, ref, 2)

        assert bodies(first.messages) == ["1", "2"]
        assert bodies(second.messages) == ["3"]
        assert first.id != second.id

    async def test_claim_can_be_read(self, storage: Storage, ref: QueueRef) -> None:
        """It is the same as when it was made, also while other claims come."""
        await post(storage, ref, "1", "2", "3")
        made = await claim(storage, ref, 2)
        await claim(storage, ref, 1)

        assert await storage.claims.get(ref, made.id) == made

    async def test_unknown_claims_are_none(self, storage: Storage, ref: QueueRef) -> None:
        """They cannot be renewed, and releasing them does nothing."""
        for round_ in range(2):
            for unknown in NO_IDS:
                assert await storage.claims.get(ref, unknown) is None
                assert await storage.claims.renew(ref, unknown, TERMS) is False
                await storage.claims.release(ref, unknown)
            if round_ == 0:
                assert await storage.queues.get(ref) is None
                await post(storage, ref, "1")

        assert len((await claim(storage, ref)).messages) == 1

    async def test_claim_ends_with_its_last_message(self, storage: Storage, ref: QueueRef) -> None:
        """Until then it shows the messages that are left."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref)
        first, second = ids(made.messages)

        await storage.messages.delete(ref, first, claim_id=made.id)
        left = await storage.claims.get(ref, made.id)
        await storage.messages.delete(ref, second, claim_id=made.id)

        assert left is not None
        assert ids(left.messages) == [second]
        assert await storage.claims.get(ref, made.id) is None
        assert await storage.claims.renew(ref, made.id, TERMS) is False

    async def test_renewal_starts_the_claim_anew(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Age and ttl are those of the renewal; the messages stay, and are not counted again."""
        await post(storage, ref, "1", "2", ttl=1000)
        made = await claim(storage, ref, ttl=100)
        clock.advance(90)

        assert await storage.claims.renew(ref, made.id, ClaimTerms(50, 60)) is True
        clock.advance(49)

        renewed = await storage.claims.get(ref, made.id)
        assert renewed is not None
        assert (renewed.ttl, renewed.age(clock())) == (50, 49)
        assert renewed.messages == made.messages
        clock.advance(1)
        assert await storage.claims.get(ref, made.id) is None

    async def test_renewal_may_shorten_a_claim(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The new terms count from now, whatever was left."""
        await post(storage, ref, "1", ttl=1000)
        made = await claim(storage, ref, ttl=500)
        await storage.claims.renew(ref, made.id, ClaimTerms(60, 60))

        clock.advance(60)

        assert len((await claim(storage, ref)).messages) == 1

    async def test_released_messages_can_be_claimed_at_once(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """The claim is gone; doing it again takes nothing from the next claim."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref)

        await storage.claims.release(ref, made.id)

        assert await storage.claims.get(ref, made.id) is None
        assert await storage.claims.renew(ref, made.id, TERMS) is False
        assert [message.claim_id for message in await read(storage, ref)] == [None, None]
        again = await claim(storage, ref)
        await storage.claims.release(ref, made.id)
        assert await storage.claims.get(ref, again.id) == again
        assert ids(again.messages) == ids(made.messages)

    async def test_returned_messages_come_first(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Oldest first means by position, whether a message is new, released or left over."""
        await post(storage, ref, "1", "2", "3", "4", "5")
        expiring = await claim(storage, ref, 1, ttl=60)
        released = await claim(storage, ref, 2, ttl=60)
        keeping = await claim(storage, ref, 1, ttl=600)
        await storage.claims.release(ref, released.id)
        clock.advance(60)

        made = await claim(storage, ref)

        assert bodies(expiring.messages) == ["1"]
        assert bodies(keeping.messages) == ["4"]
        assert bodies(made.messages) == ["1", "2", "3", "5"]

    async def test_every_hand_out_is_counted(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Whether the claim before was released, renewed, or has expired."""
        await post(storage, ref, "1", ttl=1000)
        first = await claim(storage, ref)
        await storage.claims.renew(ref, first.id, TERMS)
        await storage.claims.release(ref, first.id)
        second = await claim(storage, ref, ttl=60)
        clock.advance(60)
        third = await claim(storage, ref)

        counts = [made.messages[0].claim_count for made in (first, second, third)]
        assert counts == [1, 2, 3]
        assert [message.claim_count for message in await read(storage, ref)] == [3]
