# SPDX-License-Identifier: Apache-2.0
"""Contract: what time does to messages and claims, to the millisecond."""

import pytest

from zaqar_impl.domain.values import ClaimTerms, QueueRef, QueueStats
from zaqar_impl.storage.contract.base import ContractFixtures, bodies, claim, ids, post, read
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

MILLISECOND = 0.001


class ExpiryContract(ContractFixtures):
    """What holds at the very moment at which something ends, and just before."""

    async def test_message_lives_until_its_time(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A millisecond before its end it is there for everybody."""
        posted = await post(storage, ref, "1", ttl=60)
        clock.advance(60 - MILLISECOND)

        assert bodies(await read(storage, ref)) == ["1"]
        assert bodies(await storage.messages.get_many(ref, posted)) == ["1"]
        assert (await storage.messages.stats(ref)).total == 1
        assert bodies(await storage.messages.pop(ref, 1)) == ["1"]

    async def test_expired_message_does_not_exist(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """At its end it is gone for everybody, whether it has been removed or not."""
        posted = await post(storage, ref, "1", ttl=60)
        clock.advance(60)

        assert await read(storage, ref) == []
        assert await storage.messages.get_many(ref, posted) == []
        assert await storage.messages.stats(ref) == QueueStats(0, 0, None, None)
        assert await storage.messages.pop(ref, 1) == []
        assert await storage.claims.create(ref, ClaimTerms(60, 60), 1) is None

    async def test_deleting_an_expired_message_does_nothing(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """It is an unknown message, so that no claim rule applies to it."""
        posted = await post(storage, ref, "1", ttl=60)
        clock.advance(60)

        await storage.messages.delete(ref, posted[0], claim_id="0" * 24)
        await storage.messages.delete_many(ref, posted, claim_ids=["0" * 24])
        await storage.messages.delete_many(ref, posted, claim_ids=None)

        assert await read(storage, ref) == []

    async def test_each_message_has_its_own_time(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The order of the log does not matter."""
        await post(storage, ref, "long", ttl=300)
        await post(storage, ref, "short", ttl=60)
        clock.advance(30)
        await post(storage, ref, "late", ttl=60)

        clock.advance(30)
        assert bodies(await read(storage, ref)) == ["long", "late"]
        clock.advance(30)
        assert bodies(await read(storage, ref)) == ["long"]

    async def test_claim_lives_until_its_time(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A millisecond before its end it holds its messages."""
        await post(storage, ref, "1")
        made = await claim(storage, ref, ttl=60)
        clock.advance(60 - MILLISECOND)

        assert await storage.claims.get(ref, made.id) == made
        assert await storage.claims.create(ref, ClaimTerms(60, 60), 1) is None
        assert await storage.messages.pop(ref, 1) == []
        assert await storage.claims.renew(ref, made.id, ClaimTerms(60, 60)) is True

    async def test_expired_claim_does_not_exist(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """At its end it can be neither read nor renewed, and no message names it."""
        await post(storage, ref, "1")
        made = await claim(storage, ref, ttl=60)
        clock.advance(60)

        assert await storage.claims.get(ref, made.id) is None
        assert await storage.claims.renew(ref, made.id, ClaimTerms(60, 60)) is False
        [message] = await read(storage, ref, include_claimed=False)
        assert (message.claim_id, message.claim_count) == (None, 1)
        assert [m.claim_id for m in await storage.messages.get_many(ref, [message.id])] == [None]
        stats = await storage.messages.stats(ref)
        assert (stats.claimed, stats.free, stats.oldest) == (0, 1, message)

    async def test_messages_of_an_expired_claim_can_be_claimed(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Nobody has to do anything for it; releasing the old claim takes nothing from the new."""
        await post(storage, ref, "1")
        old = await claim(storage, ref, ttl=60)
        clock.advance(60)

        new = await claim(storage, ref, ttl=60)
        await storage.claims.release(ref, old.id)

        assert ids(new.messages) == ids(old.messages)
        assert await storage.claims.get(ref, new.id) == new

    async def test_messages_of_an_expired_claim_can_be_popped(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """As if they never had been claimed, but for the count."""
        await post(storage, ref, "1", "2")
        await claim(storage, ref, 1, ttl=60)
        clock.advance(60)

        popped = await storage.messages.pop(ref, 5)

        assert bodies(popped) == ["1", "2"]
        assert [(m.claim_id, m.claim_count) for m in popped] == [(None, 1), (None, 0)]

    @pytest.mark.parametrize(
        ("ttl", "life"),
        [
            pytest.param(60, 160, id="ends-before-the-claim"),
            pytest.param(100, 160, id="ends-with-the-claim"),
            pytest.param(130, 160, id="ends-within-the-grace"),
            pytest.param(160, 160, id="ends-with-the-grace"),
            pytest.param(161, 161, id="ends-later"),
        ],
    )
    async def test_claimed_message_outlives_the_claim_by_the_grace(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, ttl: int, life: int
    ) -> None:
        """Its life is lengthened where it would be too short, and never shortened."""
        await post(storage, ref, "1", ttl=ttl)

        made = await claim(storage, ref, ttl=100, grace=60)

        [message] = made.messages
        assert message.ttl == life
        assert message.expires == clock() + life
        assert await read(storage, ref) == [message]

    async def test_lengthened_life_counts_from_the_claim(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """So the ttl less the age is what remains, and the message ends with that."""
        await post(storage, ref, "1", ttl=60)
        clock.advance(50.5)
        made = await claim(storage, ref, ttl=100, grace=60)

        [message] = made.messages
        assert message.ttl == 211
        assert message.age(clock()) == 50
        clock.advance(160 - MILLISECOND)
        assert bodies(await read(storage, ref)) == ["1"]
        clock.advance(MILLISECOND)
        assert await read(storage, ref) == []

    async def test_renewal_lengthens_lives_again(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """By the new terms, from the moment of renewal."""
        await post(storage, ref, "1", ttl=60)
        made = await claim(storage, ref, ttl=60, grace=60)
        clock.advance(30)

        await storage.claims.renew(ref, made.id, ClaimTerms(200, 100))

        renewed = await storage.claims.get(ref, made.id)
        assert renewed is not None
        assert renewed.messages[0].expires == clock() + 300

    async def test_release_keeps_lengthened_lives(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A message that was claimed does not expire earlier because it was let go."""
        await post(storage, ref, "1", ttl=60)
        made = await claim(storage, ref, ttl=100, grace=60)
        await storage.claims.release(ref, made.id)

        clock.advance(160 - MILLISECOND)

        assert bodies(await read(storage, ref)) == ["1"]
