# SPDX-License-Identifier: Apache-2.0
"""Contract: carrying messages and queues between stores. For drivers that can; the others leave it
out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from zaqar_impl.domain.errors import Conflict, NotFound
from zaqar_impl.domain.stored import Freeze, QueueFrozen, StoredMessage, StoredQueue
from zaqar_impl.domain.values import (
    ClaimTerms,
    DeadLetters,
    NewMessage,
    NewSubscription,
    QueueRef,
    SubscriptionChange,
)
from zaqar_impl.domain.watching import Frozen, Removed
from zaqar_impl.storage.contract.adoption import AdoptionContract, everything, transfer
from zaqar_impl.storage.contract.base import (
    bodies,
    claim,
    ids,
    positions,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.contract.watching import Told
from zaqar_impl.storage.interface import Storage

TERMS = ClaimTerms(ttl=100, grace=60)
HOOK = NewSubscription("https://hooks.example.org/in", 300, {"post_headers": {"X": "1"}})


async def carry(storage: Storage, ref: QueueRef, other: QueueRef) -> None:
    """Move a queue to another name, as it would be moved to another store: there is just one
    here, so the original has to make room first."""
    queue = await transfer(storage).freeze(ref, "move")
    assert queue is not None
    messages = await everything(storage, ref)
    subscriptions = await storage.subscriptions.list(ref, after=None, limit=100)
    assert await transfer(storage).drop(ref, Freeze("move"))
    for _ in range(2):
        await transfer(storage).receive(other, queue, "move")
        await transfer(storage).put_messages(other, messages, "move")
        await transfer(storage).put_subscriptions(other, subscriptions, "move")
    assert await transfer(storage).unfreeze(other, Freeze("move", arriving=True))


class TransferContract(AdoptionContract):
    """What holds for every driver that can carry queues."""

    async def test_carried_queue_is_the_same(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, other: QueueRef
    ) -> None:
        """Metadata, messages and subscriptions, and the position that comes next."""
        await storage.queues.create(ref, {"team": "blue", "$a.b": [2**64 - 1]})
        posted = await post(storage, ref, "1", '"two"', "[3]", producer="me")
        await storage.messages.delete(ref, posted[0], claim_id=None)
        await storage.messages.delete(ref, posted[2], claim_id=None)
        subscribed, _ = await storage.subscriptions.create(ref, HOOK)
        await storage.subscriptions.confirm(ref, subscribed.id, True)
        before = await read(storage, ref)
        clock.advance(10)

        await carry(storage, ref, other)

        queue = await storage.queues.get(other)
        assert queue is not None
        assert queue.metadata == {"team": "blue", "$a.b": [2**64 - 1]}
        assert await read(storage, other) == before
        assert await read(storage, other, hide_producer="me") == []
        moved = await storage.subscriptions.list(other, after=None, limit=10)
        assert list(moved) == [replace(subscribed, confirmed=True)]
        assert await storage.queues.get(ref) is None
        await post(storage, other, "4")
        assert positions(await read(storage, other)) == [2, 4]

    async def test_leases_go_along(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, other: QueueRef
    ) -> None:
        """With what is left of them, and they are renewed where they are now."""
        await storage.queues.create(ref, {})
        held, _ = await storage.subscriptions.create(ref, replace(HOOK, lease=60))
        clock.advance(10)

        await carry(storage, ref, other)

        assert await storage.subscriptions.get(other, held.id) == held
        assert await storage.subscriptions.renew([held.id], seconds=60) == {held.id}
        clock.advance(59)
        assert await storage.subscriptions.get(other, held.id) is not None
        clock.advance(1)
        assert await storage.subscriptions.get(other, held.id) is None

    async def test_watch_tells_of_a_freeze_in_its_place(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """After all that was posted before, and before the queue is gone."""
        await storage.queues.create(ref, {})
        held, _ = await storage.subscriptions.create(ref, replace(HOOK, lease=60))
        watch = storage.watch()
        await watch.add(ref, held.id)
        await post(storage, ref, "1")
        await transfer(storage).freeze(ref, "move")
        await transfer(storage).drop(ref, Freeze("move"))

        told = Told(watch)
        await told.until_removed(held.id)
        await watch.close()

        assert told.texts == ["1"]
        assert told.events[-2:] == [Frozen(ref), Removed(held.id)]

    async def test_sealed_bodies_keep_their_mark(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """Whoever has the key can open them where they are now."""
        await storage.queues.create(ref, {})
        sealed = NewMessage(b"\x00sealed", 300, key_id="00c0ffee00c0ffee")
        await storage.messages.post(ref, [sealed, NewMessage(b"1", 300)], producer="me")

        await carry(storage, ref, other)

        moved = [(message.body, message.key_id) for message in await read(storage, other)]
        assert moved == [(b"\x00sealed", "00c0ffee00c0ffee"), (b"1", None)]

    async def test_claims_and_delays_go_along(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, other: QueueRef
    ) -> None:
        """A claim goes on under its id, until its end; a delay until its own; counts stay."""
        await post(storage, ref, "1")
        await storage.claims.release(ref, (await claim(storage, ref)).id)
        held = await claim(storage, ref, ttl=100)
        await post(storage, ref, "2", delay=50)
        await post(storage, ref, "3")
        before = await read(storage, ref)

        await carry(storage, ref, other)

        assert await read(storage, other) == before
        assert await storage.claims.get(other, held.id) == held
        assert bodies(await read(storage, other, include_delayed=False)) == ["1", "3"]
        assert bodies((await claim(storage, other)).messages) == ["3"]
        clock.advance(50)
        assert bodies((await claim(storage, other)).messages) == ["2"]
        assert await storage.claims.renew(other, held.id, TERMS)
        await storage.claims.release(other, held.id)
        [message] = (await claim(storage, other, 1)).messages
        assert (message.body, message.claim_count) == (b"1", 3)

    async def test_expired_things_stay_behind(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, other: QueueRef
    ) -> None:
        """Messages, claims and subscriptions alike."""
        await post(storage, ref, "1", ttl=60)
        await post(storage, ref, "2", ttl=600)
        await claim(storage, ref, ttl=100, grace=60)
        await storage.subscriptions.create(ref, replace(HOOK, ttl=60))
        clock.advance(200)

        await carry(storage, ref, other)

        assert bodies((await claim(storage, other)).messages) == ["2"]
        assert list(await storage.subscriptions.list(other, after=None, limit=10)) == []

    async def test_frozen_queue_does_not_change(self, storage: Storage, ref: QueueRef) -> None:
        """Whatever would change it raises, also when there is nothing to change; reads go on."""
        [posted] = await post(storage, ref, "1")
        held = await claim(storage, ref)
        subscribed, _ = await storage.subscriptions.create(ref, HOOK)
        await transfer(storage).freeze(ref, "move")
        before = await everything(storage, ref)

        for change in _changes(storage, ref, posted, held.id, subscribed.id):
            with pytest.raises(QueueFrozen) as frozen:
                await change()
            assert (frozen.value.ref, frozen.value.freeze) == (ref, Freeze("move"))

        assert await everything(storage, ref) == before
        assert bodies(await read(storage, ref)) == ["1"]
        assert await storage.claims.get(ref, held.id) == held
        assert await storage.subscriptions.get(ref, subscribed.id) == subscribed
        assert (await storage.messages.stats(ref)).claimed == 1
        assert await storage.queues.create(ref, {}) is False
        assert await transfer(storage).unfreeze(ref, Freeze("move"))
        await storage.messages.delete(ref, posted, claim_id=held.id)
        assert await read(storage, ref) == []

    async def test_frozen_dead_letter_queue_takes_nothing(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """A claim that has to move a message there raises, and moves nothing."""
        await post(storage, ref, "1")
        await storage.queues.create(other, {})
        await transfer(storage).freeze(other, "move")

        with pytest.raises(QueueFrozen):
            await storage.claims.create(
                ref, TERMS, 10, dead_letters=DeadLetters("elsewhere", 0, None)
            )

        assert bodies(await read(storage, ref)) == ["1"]
        assert await read(storage, other) == []

    async def test_freeze_is_of_one_move(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """Of the same move it may be repeated; nobody takes away, or drops by, another one."""
        assert await transfer(storage).freeze(ref, "a") is None
        await storage.queues.create(ref, {"a": 1})
        await post(storage, ref, "1", "2")

        for _ in range(2):
            assert await transfer(storage).freeze(ref, "a") == StoredQueue({"a": 1}, 2)
        with pytest.raises(QueueFrozen):
            await transfer(storage).freeze(ref, "b")
        for wrong in (Freeze("b"), Freeze("a", arriving=True)):
            assert await transfer(storage).unfreeze(ref, wrong) is False
            assert await transfer(storage).drop(ref, wrong) is False
        assert await transfer(storage).frozen(ref) == Freeze("a")
        assert await transfer(storage).frozen(other) is None
        assert await transfer(storage).unfreeze(ref, Freeze("a")) is True
        assert await transfer(storage).frozen(ref) is None
        assert await transfer(storage).drop(ref, Freeze("a")) is False

    async def test_queue_arrives_by_one_move(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """While it does, it can't be created nor changed by others; and never where there is
        one."""
        queue = StoredQueue({}, 5)
        await transfer(storage).receive(ref, queue, "a")
        await transfer(storage).receive(ref, queue, "a")

        with pytest.raises(QueueFrozen):
            await transfer(storage).receive(ref, queue, "b")
        with pytest.raises(QueueFrozen):
            await storage.queues.create(ref, {})
        with pytest.raises(QueueFrozen):
            await storage.messages.post(ref, [NewMessage(b"1", 60)], producer="me")
        with pytest.raises(NotFound):
            await transfer(storage).put_messages(ref, [], "b")
        assert await transfer(storage).drop(ref, Freeze("a", arriving=True)) is True
        with pytest.raises(NotFound):
            await transfer(storage).put_messages(ref, [], "a")
        await storage.queues.create(other, {})
        with pytest.raises(Conflict):
            await transfer(storage).receive(other, queue, "a")

    async def test_arriving_message_leaves_other_queues_alone(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """One that lives in another queue of the store, as a dead letter, stays there."""
        [posted] = await post(storage, ref, "1")
        stored = await transfer(storage).read(ref, [posted])
        await transfer(storage).receive(other, StoredQueue({}, 9), "a")

        await transfer(storage).put_messages(other, stored, "a")

        assert ids(await read(storage, ref)) == [posted]
        assert await everything(storage, other) == []

    async def test_what_a_move_has_left_makes_room(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """A frozen original that nobody has removed yet keeps no message from arriving."""
        [posted] = await post(storage, ref, "1")
        stored = await transfer(storage).read(ref, [posted])
        await transfer(storage).freeze(ref, "done")
        await transfer(storage).receive(other, StoredQueue({}, 9), "a")

        for _ in range(2):
            await transfer(storage).put_messages(other, stored, "a")

        assert [one.id for one in await everything(storage, other)] == [posted]
        assert await everything(storage, ref) == []

    async def test_arriving_messages_outlive_what_another_move_leaves(
        self, storage: Storage, ref: QueueRef, other: QueueRef
    ) -> None:
        """They were in that queue, and then, elsewhere, in this one."""
        await post(storage, ref, "1", "2")
        queue = await transfer(storage).freeze(ref, "left")
        assert queue is not None
        messages = await everything(storage, ref)

        await transfer(storage).receive(other, queue, "move")
        for _ in range(2):
            await transfer(storage).put_messages(other, messages, "move")
        assert await transfer(storage).unfreeze(other, Freeze("move", arriving=True))
        assert await transfer(storage).drop(ref, Freeze("left"))

        assert bodies(await read(storage, other)) == ["1", "2"]


def _changes(
    storage: Storage, ref: QueueRef, message: str, held: str, subscription: str
) -> Sequence[Callable[[], Awaitable[object]]]:
    """Everything that could change a queue."""
    letter = StoredMessage("b" * 24, 1, b"1", "me", 2e9, 2e9 + 60, 0.0, None, 0)
    return [
        lambda: storage.queues.update(ref, lambda old: {}),
        lambda: storage.queues.delete(ref),
        lambda: storage.messages.post(ref, [NewMessage(b"2", 60)], producer="me"),
        lambda: storage.messages.delete(ref, message, claim_id=held),
        lambda: storage.messages.delete_many(ref, [message], claim_ids=None),
        lambda: storage.messages.delete_many(ref, [message], claim_ids=[held]),
        lambda: storage.messages.pop(ref, 1),
        lambda: storage.messages.purge(ref),
        lambda: storage.claims.create(ref, TERMS, 1),
        lambda: storage.claims.renew(ref, held, TERMS),
        lambda: storage.claims.release(ref, held),
        lambda: storage.subscriptions.create(ref, replace(HOOK, subscriber="mailto:a@b.example")),
        lambda: storage.subscriptions.update(ref, subscription, SubscriptionChange(ttl=600)),
        lambda: storage.subscriptions.confirm(ref, subscription, True),
        lambda: storage.subscriptions.delete(ref, subscription),
        lambda: storage.subscriptions.purge(ref),
        lambda: transfer(storage).adopt(ref, [letter], ttl=None),
        lambda: transfer(storage).unclaim(ref, held),
    ]
