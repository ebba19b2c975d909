# SPDX-License-Identifier: Apache-2.0
"""Contract: posting, reading, popping, purging and counting messages."""

import pytest

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import Message, NewMessage, Queue, QueueRef, QueueStats
from zaqar_impl.storage.contract.base import (
    NO_IDS,
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

NOTHING = QueueStats(claimed=0, free=0, oldest=None, newest=None)


class MessageContract(ContractFixtures):
    """What holds for every driver's messages, while nothing expires and nobody competes."""

    async def test_message_comes_back_as_posted(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A new message has its body and times, no claim, and was never handed out."""
        [posted] = await post(storage, ref, '{"a": 1}', ttl=300)

        assert await read(storage, ref) == [
            Message(
                id=posted,
                position=1,
                body=b'{"a": 1}',
                created=clock(),
                expires=clock() + 300,
                claim_id=None,
                claim_count=0,
            )
        ]

    @pytest.mark.parametrize(
        "body",
        [
            b"null",
            b'{"a.b":{"$set":1},"a.b":2,"nul":"\\u0000","":[]}',
            b"[1234567890123456789012345678901234567890,1.0,1e2,0.1e-7]",
            '{ "\N{SNOWMAN}" : "\N{PILE OF POO}" , \'x\' }'.encode(),
            b"[" * 5000 + b"]" * 5000,
            b'"' + b"x" * 300_000 + b'"',
        ],
        ids=["null", "marks", "numbers", "unicode", "deep", "large"],
    )
    async def test_body_is_kept_byte_for_byte(
        self, storage: Storage, ref: QueueRef, body: bytes
    ) -> None:
        """The driver does not look into bodies."""
        await storage.queues.create(ref, {})
        await storage.messages.post(ref, [NewMessage(body, 60)], producer="producer")

        assert [message.body for message in await read(storage, ref)] == [body]

    async def test_post_to_an_unknown_queue_is_told(self, storage: Storage, ref: QueueRef) -> None:
        """The error says which one; it is not made, and nothing is kept for it."""
        with pytest.raises(NotFound, match="Queue 'jobs' does not exist"):
            await storage.messages.post(ref, [NewMessage(b"1", 60)], producer="producer")

        assert await storage.queues.get(ref) is None
        await storage.queues.create(ref, {})
        assert await read(storage, ref) == []

    async def test_post_keeps_the_metadata(self, storage: Storage, ref: QueueRef) -> None:
        """Posting to a queue that exists does not touch it."""
        await storage.queues.create(ref, {"team": "blue"})
        await post(storage, ref, "1")

        assert await storage.queues.get(ref) == Queue(ref, {"team": "blue"})

    async def test_ids_are_given_in_order_of_the_batch(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """The n-th id belongs to the n-th message, and no id is given twice."""
        posted = [*await post(storage, ref, "1", "2", "3"), *await post(storage, ref, "4")]

        assert ids(await read(storage, ref)) == posted
        assert bodies(await read(storage, ref)) == ["1", "2", "3", "4"]
        assert len(set(posted)) == 4

    async def test_reading_an_unknown_queue_gives_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Nor does it make the queue."""
        assert await read(storage, ref) == []
        assert await storage.messages.get_many(ref, NO_IDS) == []
        assert await storage.messages.pop(ref, 5) == []
        assert await storage.messages.stats(ref) == NOTHING
        assert await storage.queues.get(ref) is None

    async def test_list_hides_one_producers_messages(self, storage: Storage, ref: QueueRef) -> None:
        """Only those of that producer; a page is filled with others."""
        for number in range(6):
            await post(storage, ref, str(number), producer=f"client-{number % 3}")

        shown = await read(storage, ref, hide_producer="client-1", limit=3)

        assert bodies(shown) == ["0", "2", "3"]
        assert len(await read(storage, ref, hide_producer="client")) == 6

    async def test_list_hides_claimed_messages_unless_asked(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """A page is filled with unclaimed ones; claimed ones name their claim."""
        await post(storage, ref, "1", "2", "3", "4")
        made = await claim(storage, ref, 2)

        assert bodies(await read(storage, ref, include_claimed=False, limit=1)) == ["3"]
        assert [message.claim_id for message in await read(storage, ref)] == [
            made.id,
            made.id,
            None,
            None,
        ]

    async def test_get_many_gives_each_message_once_in_order(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Whatever the order of the ids, and however often each is named."""
        one, two, three = await post(storage, ref, "1", "2", "3")

        found = await storage.messages.get_many(ref, [three, one, three, one])

        assert ids(found) == [one, three]
        assert two not in ids(found)

    async def test_get_many_passes_over_unknown_ids(self, storage: Storage, ref: QueueRef) -> None:
        """Deleted messages, and texts that could never be an id, are as if not named."""
        one, two = await post(storage, ref, "1", "2")
        await storage.messages.delete(ref, one, claim_id=None)
        alike = {two.upper(), two + "0", two + "\n", " " + two, two[:-1]} - {two}

        found = await storage.messages.get_many(ref, [one, *NO_IDS, two])

        assert ids(found) == [two]
        assert await storage.messages.get_many(ref, sorted(alike)) == []
        assert await storage.messages.get_many(ref, []) == []

    async def test_get_many_gives_claimed_and_own_messages(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Claims do not matter to it, but are shown."""
        posted = await post(storage, ref, "1", "2")
        made = await claim(storage, ref, 1)

        found = await storage.messages.get_many(ref, posted)

        assert [message.claim_id for message in found] == [made.id, None]
        assert [message.claim_count for message in found] == [1, 0]

    async def test_pop_takes_the_oldest(self, storage: Storage, ref: QueueRef) -> None:
        """In order of position; they are gone afterwards, the others are not."""
        await post(storage, ref, "1", "2", "3")

        popped = await storage.messages.pop(ref, 2)

        assert bodies(popped) == ["1", "2"]
        assert positions(popped) == [1, 2]
        assert bodies(await read(storage, ref)) == ["3"]

    async def test_pop_gives_what_there_is(self, storage: Storage, ref: QueueRef) -> None:
        """Fewer than asked for, in the end none."""
        await post(storage, ref, "1")

        assert bodies(await storage.messages.pop(ref, 5)) == ["1"]
        assert await storage.messages.pop(ref, 5) == []

    async def test_pop_passes_over_claimed_messages(self, storage: Storage, ref: QueueRef) -> None:
        """The claim keeps its messages."""
        await post(storage, ref, "1", "2")
        made = await claim(storage, ref, 1)

        assert bodies(await storage.messages.pop(ref, 5)) == ["2"]
        assert bodies(await read(storage, ref)) == ["1"]
        assert await storage.claims.get(ref, made.id) == made

    async def test_popped_message_tells_how_often_it_was_claimed(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It is under no claim itself, and popping is not counted."""
        await post(storage, ref, "1")
        await storage.claims.release(ref, (await claim(storage, ref)).id)

        [popped] = await storage.messages.pop(ref, 1)

        assert (popped.claim_id, popped.claim_count) == (None, 1)

    async def test_purge_removes_all_messages(self, storage: Storage, ref: QueueRef) -> None:
        """Claimed ones too; the queue and its metadata stay."""
        await storage.queues.create(ref, {"team": "blue"})
        await post(storage, ref, "1", "2", "3")
        made = await claim(storage, ref, 2)

        await storage.messages.purge(ref)

        assert await read(storage, ref) == []
        assert await storage.claims.get(ref, made.id) is None
        assert await storage.queues.get(ref) == Queue(ref, {"team": "blue"})

    async def test_purge_of_an_unknown_queue_does_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It does not make the queue either."""
        await storage.messages.purge(ref)

        assert await storage.queues.get(ref) is None

    async def test_stats_count_and_show_both_ends(self, storage: Storage, ref: QueueRef) -> None:
        """Claimed messages count, and may be the oldest."""
        await post(storage, ref, "1", "2", "3")
        await claim(storage, ref, 2)

        stats = await storage.messages.stats(ref)

        shown = await read(storage, ref)
        assert stats == QueueStats(claimed=2, free=1, oldest=shown[0], newest=shown[2])

    async def test_stats_of_an_empty_queue_show_no_ends(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """A queue that was emptied is like one that never had messages."""
        await storage.queues.create(ref, {})
        assert await storage.messages.stats(ref) == NOTHING

        await post(storage, ref, "1")
        await storage.messages.pop(ref, 1)
        assert await storage.messages.stats(ref) == NOTHING
