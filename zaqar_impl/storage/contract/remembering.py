# SPDX-License-Identifier: Apache-2.0
"""Contract: what a driver may remember of queues, and that nobody is misled by it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from zaqar_impl.domain.stored import QueueChanged
from zaqar_impl.domain.values import ClaimTerms, NewMessage, Queue, QueueRef
from zaqar_impl.storage.contract.base import ContractFixtures, bodies, claim, ids, post, read
from zaqar_impl.storage.interface import Storage

NEW = [NewMessage(b'"new"', 300)]
TERMS = ClaimTerms(ttl=100, grace=60)


async def _seen(storage: Storage, ref: QueueRef) -> Queue:
    """The queue as this driver knows it, perhaps from memory."""
    seen = await storage.queues.recall(ref)
    assert seen is not None
    return seen


async def _change(storage: Storage, ref: QueueRef) -> None:
    await storage.queues.update(ref, lambda old: {**old, "changed": True})


async def _delete(storage: Storage, ref: QueueRef) -> None:
    await storage.queues.delete(ref)


async def _make_again(storage: Storage, ref: QueueRef) -> None:
    await storage.queues.delete(ref)
    await storage.queues.create(ref, {})


class RememberingContract(ContractFixtures):
    """What holds when queues change behind the back of a driver that has seen them; ``peers`` stand
    for several processes."""

    async def test_post_to_a_queue_as_it_was_seen(self, storage: Storage, ref: QueueRef) -> None:
        """The queue is as it was seen, however many messages came since."""
        await storage.queues.create(ref, {"a": 1})
        seen = await _seen(storage, ref)

        for _ in range(2):
            await storage.messages.post(ref, NEW, producer="me", seen=seen)

        assert seen == Queue(ref, {"a": 1})
        assert bodies(await read(storage, ref)) == ['"new"'] * 2

    @pytest.mark.parametrize("happens", [_change, _delete, _make_again])
    async def test_post_to_a_queue_that_is_not_as_it_was_seen(
        self,
        peers: Sequence[Storage],
        ref: QueueRef,
        happens: Callable[[Storage, QueueRef], Awaitable[None]],
    ) -> None:
        """Nothing is appended, and the queue looks new at once to the process that was told so."""
        await peers[0].queues.create(ref, {})
        seen = await _seen(peers[0], ref)
        await happens(peers[-1], ref)

        with pytest.raises(QueueChanged):
            await peers[0].messages.post(ref, NEW, producer="me", seen=seen)

        assert await read(peers[0], ref) == []
        assert await peers[0].queues.recall(ref) == await peers[-1].queues.get(ref)

    async def test_posts_that_meet_are_judged_one_by_one(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Of posts at the same moment those fail that go by what the queue was, and no others."""
        other = QueueRef(ref.project, "other")
        for one in (ref, other):
            await peers[0].queues.create(one, {})
        old, beside = await _seen(peers[0], ref), await _seen(peers[0], other)
        await _change(peers[-1], ref)
        now = await peers[0].queues.get(ref)

        answers = await asyncio.gather(
            *(
                peers[0].messages.post(seen.ref, NEW, producer="me", seen=seen)
                for seen in [old, now, beside, old, now, beside]
                if seen is not None
            ),
            return_exceptions=True,
        )

        failed = [isinstance(answer, QueueChanged) for answer in answers]
        assert failed == [True, False, False, True, False, False]
        assert [len(await read(peers[1], one)) for one in (ref, other)] == [2, 2]

    async def test_own_changes_show_at_once(self, storage: Storage, ref: QueueRef) -> None:
        """Nobody is told of a queue what this process itself has made otherwise."""
        seen = []
        for happens in (_change, _delete, _make_again):
            await storage.queues.create(ref, {})
            await storage.queues.recall(ref)
            await happens(storage, ref)
            queue = await storage.queues.recall(ref)
            seen.append(queue.metadata if queue else None)

        assert seen == [{"changed": True}, None, {}]

    async def test_queue_that_another_process_made_anew_is_seen_at_once(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """A process that knows the old one lists, reads, claims, pops and removes in the new
        one."""
        for _ in range(2):
            await _make_again(peers[-1], ref)
            await post(peers[-1], ref, "1", "2", "3", "4", "5")
            [first, second, third, *_] = ids(await read(peers[0], ref))
            assert len(await peers[0].messages.get_many(ref, [second])) == 1
            await peers[0].messages.delete(ref, first, claim_id=None)
            await peers[0].messages.delete_many(ref, [second], claim_ids=None)
            held = await claim(peers[0], ref, 1)
            assert ids(held.messages) == [third]
            assert bodies(await peers[0].messages.pop(ref, 1)) == ["4"]
            assert bodies(await read(peers[-1], ref)) == ["3", "5"]

    async def test_claim_in_a_queue_that_another_process_made_anew(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """A process that knows the old queue shows, renews and ends a claim of the new one."""
        await _make_again(peers[-1], ref)
        await post(peers[-1], ref, "1")
        assert len(await read(peers[0], ref)) == 1
        await _make_again(peers[-1], ref)
        await post(peers[-1], ref, "2")
        held = await claim(peers[-1], ref)

        assert await peers[0].claims.renew(ref, held.id, TERMS)
        shown = await peers[0].claims.get(ref, held.id)
        assert shown is not None
        assert ids(shown.messages) == ids(held.messages)
        await peers[0].claims.release(ref, held.id)

        assert await peers[-1].claims.get(ref, held.id) is None
