# SPDX-License-Identifier: Apache-2.0
"""Contract: deleting messages, and what claims have to say about it."""

import pytest

from zaqar_impl.domain.errors import Forbidden, InvalidInput
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.contract.base import (
    NO_IDS,
    NOBODYS_ID,
    ContractFixtures,
    bodies,
    claim,
    ids,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage


class RemovalContract(ContractFixtures):
    """What holds when messages are deleted by id."""

    async def test_delete_removes_an_unclaimed_message(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Only that one; doing it again is no error."""
        one, _two = await post(storage, ref, "1", "2")

        await storage.messages.delete(ref, one, claim_id=None)
        await storage.messages.delete(ref, one, claim_id=None)

        assert bodies(await read(storage, ref)) == ["2"]

    @pytest.mark.parametrize("claim_id", [None, NOBODYS_ID, "x"])
    async def test_delete_of_an_unknown_message_does_nothing(
        self, storage: Storage, ref: QueueRef, claim_id: str | None
    ) -> None:
        """Whatever claim is named, the queue existing or not."""
        await storage.messages.delete(ref, NOBODYS_ID, claim_id=claim_id)
        await post(storage, ref, "1")
        for unknown in NO_IDS:
            await storage.messages.delete(ref, unknown, claim_id=claim_id)

        assert bodies(await read(storage, ref)) == ["1"]

    async def test_delete_of_a_claimed_message_needs_its_claim(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Without a claim, with another one and with an unknown one it is forbidden."""
        await post(storage, ref, "1", "2")
        made, other = await claim(storage, ref, 1), await claim(storage, ref, 1)
        [message] = ids(made.messages)

        for named in (None, other.id, NOBODYS_ID, "x", ""):
            with pytest.raises(Forbidden):
                await storage.messages.delete(ref, message, claim_id=named)

        assert bodies(await read(storage, ref)) == ["1", "2"]

    async def test_holder_deletes_claimed_messages(self, storage: Storage, ref: QueueRef) -> None:
        """The claim goes on with the messages that are left."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref)

        await storage.messages.delete(ref, made.messages[0].id, claim_id=made.id)

        left = await storage.claims.get(ref, made.id)
        assert left is not None
        assert bodies(left.messages) == ["2"]
        assert bodies(await read(storage, ref)) == ["2"]

    async def test_claim_named_for_an_unclaimed_message_is_invalid(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Also when it is a live claim on other messages."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref, 1)
        unclaimed = (await read(storage, ref))[1].id

        for named in (made.id, NOBODYS_ID, "x"):
            with pytest.raises(InvalidInput):
                await storage.messages.delete(ref, unclaimed, claim_id=named)

        assert bodies(await read(storage, ref)) == ["1", "2"]

    async def test_expired_claim_authorises_nothing(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Once it is over its message is an unclaimed one, and is deleted like one."""
        await post(storage, ref, "1")
        made = await claim(storage, ref, ttl=60)
        [message] = ids(made.messages)
        clock.advance(60)

        with pytest.raises(InvalidInput):
            await storage.messages.delete(ref, message, claim_id=made.id)
        with pytest.raises(InvalidInput):
            await storage.messages.delete_many(ref, [message], claim_ids=[made.id])
        await storage.messages.delete(ref, message, claim_id=None)

        assert await read(storage, ref) == []

    async def test_claim_that_was_taken_over_authorises_nothing(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The message belongs to the claim that came after."""
        await post(storage, ref, "1")
        old = await claim(storage, ref, ttl=60)
        clock.advance(60)
        new = await claim(storage, ref)
        [message] = ids(new.messages)

        with pytest.raises(Forbidden):
            await storage.messages.delete(ref, message, claim_id=old.id)

        await storage.messages.delete(ref, message, claim_id=new.id)
        assert await read(storage, ref) == []

    async def test_delete_many_ignores_claims_unless_told(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It removes what exists, and passes over what does not."""
        posted = await post(storage, ref, "1", "2", "3")
        await claim(storage, ref, 1)

        await storage.messages.delete_many(
            ref, [posted[0], *NO_IDS, posted[1], posted[1]], claim_ids=None
        )
        await storage.messages.delete_many(ref, [], claim_ids=None)

        assert bodies(await read(storage, ref)) == ["3"]

    async def test_delete_many_of_an_unknown_queue_does_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """With claims or without."""
        await storage.messages.delete_many(ref, [NOBODYS_ID], claim_ids=None)
        await storage.messages.delete_many(ref, [NOBODYS_ID], claim_ids=[NOBODYS_ID])

        assert await storage.queues.get(ref) is None

    async def test_delete_many_with_claims_takes_messages_of_all_of_them(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Claims that are not needed, and unknown messages, do no harm."""
        posted = await post(storage, ref, "1", "2", "3")
        first, second = await claim(storage, ref, 1), await claim(storage, ref, 1)

        await storage.messages.delete_many(
            ref, [*posted[:2], *NO_IDS], claim_ids=[second.id, NOBODYS_ID, "x", first.id]
        )

        assert bodies(await read(storage, ref)) == ["3"]

    async def test_delete_many_with_claims_is_all_or_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """One message of another claim, or one without a claim, and nothing is removed."""
        posted = await post(storage, ref, "1", "2", "3")
        made, _other = await claim(storage, ref, 1), await claim(storage, ref, 1)

        with pytest.raises(Forbidden):
            await storage.messages.delete_many(ref, posted[:2], claim_ids=[made.id])
        with pytest.raises(InvalidInput):
            await storage.messages.delete_many(
                ref, [posted[0], posted[2]], claim_ids=[made.id, "x"]
            )

        assert bodies(await read(storage, ref)) == ["1", "2", "3"]

    async def test_delete_many_with_no_claim_at_all_removes_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """An empty list of claims is not the same as no list."""
        posted = await post(storage, ref, "1", "2")
        await claim(storage, ref, 1)

        with pytest.raises(Forbidden):
            await storage.messages.delete_many(ref, posted[:1], claim_ids=[])
        with pytest.raises(InvalidInput):
            await storage.messages.delete_many(ref, posted[1:], claim_ids=[])

        assert bodies(await read(storage, ref)) == ["1", "2"]
