# SPDX-License-Identifier: Apache-2.0
"""Contract: bodies that only some can open keep their mark, and are in nobody's way."""

from collections.abc import Sequence

from zaqar_impl.domain.values import ClaimTerms, DeadLetters, Message, NewMessage, QueueRef
from zaqar_impl.storage.contract.base import ContractFixtures, bodies, claim, ids, post, read
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import PASSED_OVER, Storage

KEY = "00c0ffee00c0ffee"
SEALED = b"\x00\xff sealed \x80"
TERMS = ClaimTerms(PASSED_OVER * 2, 60)
LONG = PASSED_OVER * 10


async def post_mixed(storage: Storage, ref: QueueRef) -> Sequence[str]:
    """A clear message between two that are sealed."""
    sealed = NewMessage(SEALED, LONG, key_id=KEY)
    await storage.queues.create(ref, {})
    new = [sealed, NewMessage(b"clear", LONG), sealed]
    return await storage.messages.post(ref, new, producer="producer")


def is_clear(message: Message) -> bool:
    """Accepts clear messages only."""
    return message.key_id is None


def marks(messages: Sequence[Message]) -> Sequence[tuple[bytes, str | None]]:
    """The bodies with the ids of their keys."""
    return [(message.body, message.key_id) for message in messages]


MIXED = [(SEALED, KEY), (b"clear", None), (SEALED, KEY)]


class SealedContract(ContractFixtures):
    """The driver keeps the mark of a sealed body with it, and passes over what is not accepted."""

    async def test_mark_is_kept_with_its_message(self, storage: Storage, ref: QueueRef) -> None:
        """Whichever way it is read, each message has its own, or none."""
        posted = await post_mixed(storage, ref)

        assert marks(await read(storage, ref)) == MIXED
        assert marks(await storage.messages.get_many(ref, posted)) == MIXED
        made = await claim(storage, ref)
        assert marks(made.messages) == MIXED
        held = await storage.claims.get(ref, made.id)
        assert held is not None
        assert marks(held.messages) == MIXED
        await storage.claims.release(ref, made.id)
        assert marks(await storage.messages.pop(ref, 5)) == MIXED

    async def test_mark_moves_with_its_message(self, storage: Storage, ref: QueueRef) -> None:
        """A dead letter is sealed as it was."""
        await post_mixed(storage, ref)
        dead = QueueRef(ref.project, "dead")
        await storage.queues.create(dead, {})

        moving = DeadLetters(dead.name, 0, None)
        assert await storage.claims.create(ref, TERMS, 5, dead_letters=moving) is None

        assert marks(await read(storage, dead)) == MIXED

    async def test_pop_passes_over_what_is_not_accepted(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It removes what is, and the rest is still there."""
        first, _, last = await post_mixed(storage, ref)

        assert bodies(await storage.messages.pop(ref, 1, accept=is_clear)) == ["clear"]

        assert list(ids(await read(storage, ref))) == [first, last]
        assert await storage.messages.pop(ref, 5, accept=is_clear) == []
        assert list(ids(await storage.messages.get_many(ref, [first, last]))) == [first, last]

    async def test_claim_passes_over_what_is_not_accepted(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It holds what is; the rest is under no claim and was not counted."""
        await post_mixed(storage, ref)

        made = await storage.claims.create(ref, TERMS, 1, accept=is_clear)

        assert made is not None
        assert bodies(made.messages) == ["clear"]
        found = await read(storage, ref)
        assert [message.claim_id for message in found] == [None, made.id, None]
        assert [message.claim_count for message in found] == [0, 1, 0]
        assert await storage.claims.create(ref, TERMS, 5, accept=is_clear) is None
        held = await storage.claims.get(ref, made.id)
        assert held == made

    async def test_passed_over_lives_as_long_as_before(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A claim extends what it holds, and nothing else."""
        await storage.queues.create(ref, {})
        new = [NewMessage(SEALED, 60, key_id=KEY), NewMessage(b"clear", 60)]
        await storage.messages.post(ref, new, producer="producer")

        made = await storage.claims.create(ref, TERMS, 5, accept=is_clear)

        assert made is not None
        ttls = [message.ttl for message in await read(storage, ref)]
        assert ttls == [60, TERMS.ttl + TERMS.grace]
        clock.advance(60)
        assert bodies(await read(storage, ref)) == ["clear"]

    async def test_passed_over_is_delayed(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Until that time is over nobody comes upon it, who would accept it neither."""
        await post_mixed(storage, ref)
        await storage.messages.pop(ref, 5, accept=is_clear)

        assert await storage.messages.pop(ref, 5) == []
        assert await storage.claims.create(ref, TERMS, 5) is None
        assert await read(storage, ref, include_delayed=False) == []
        stats = await storage.messages.stats(ref)
        assert (stats.claimed, stats.free) == (0, 2)

        clock.advance(PASSED_OVER)
        assert marks(await storage.messages.pop(ref, 5)) == [(SEALED, KEY)] * 2

    async def test_claimed_after_it_was_passed_over(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """It can be claimed like any other when its time has come."""
        await post_mixed(storage, ref)
        await storage.claims.create(ref, TERMS, 5, accept=is_clear)
        clock.advance(PASSED_OVER)

        made = await storage.claims.create(ref, TERMS, 5)

        assert made is not None
        assert [message.claim_count for message in made.messages] == [1, 1]

    async def test_many_are_passed_over_at_once(self, storage: Storage, ref: QueueRef) -> None:
        """However many stand before it, the first call gets what is accepted."""
        await storage.queues.create(ref, {})
        sealed = [NewMessage(SEALED, LONG, key_id=KEY)] * 25
        for accepted in ("claimed", "popped"):
            await storage.messages.post(ref, sealed, producer="producer")
            await post(storage, ref, accepted, ttl=LONG)

        made = await storage.claims.create(ref, TERMS, 1, accept=is_clear)
        popped = await storage.messages.pop(ref, 1, accept=is_clear)

        assert made is not None
        assert bodies([*made.messages, *popped]) == ["claimed", "popped"]
        assert len(await read(storage, ref)) == 51
