# SPDX-License-Identifier: Apache-2.0
"""Contract: subscriptions of queues."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from zaqar_impl.domain.errors import Conflict, NotFound
from zaqar_impl.domain.values import (
    NewSubscription,
    QueueRef,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.storage.contract.base import (
    ALL,
    NO_IDS,
    ContractFixtures,
    bodies,
    on_demand,
    post,
    read,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

HOOK = "https://hooks.example.org/in"


async def subscribe(
    storage: Storage,
    ref: QueueRef,
    subscriber: str = HOOK,
    *,
    ttl: int = 300,
    options: dict[str, Any] | None = None,
) -> Subscription:
    """Make a subscription that must be new."""
    subscription = NewSubscription(subscriber, ttl, options or {})
    made, new = await on_demand(
        storage, ref, lambda: storage.subscriptions.create(ref, subscription)
    )
    assert new
    return made


async def subscribers(storage: Storage, ref: QueueRef) -> Sequence[str]:
    """Who is subscribed."""
    found = await storage.subscriptions.list(ref, after=None, limit=ALL)
    return [one.subscriber for one in found]


class SubscriptionContract(ContractFixtures):
    """What holds for subscriptions."""

    async def test_subscription_comes_back_as_made(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """Everything that was given, and the time; nobody has confirmed it yet."""
        options = {"post_headers": {"X-a.b": "$c"}, "deep": [1, {"nul\0": None}, -(2**63)]}
        made = await subscribe(storage, ref, ttl=120, options=options)

        assert made == Subscription(made.id, HOOK, 120, options, clock(), clock() + 120, False)
        assert await storage.subscriptions.get(ref, made.id) == made
        assert await storage.subscriptions.list(ref, after=None, limit=5) == [made]

    async def test_unknown_queue_has_no_subscribers(self, storage: Storage, ref: QueueRef) -> None:
        """Subscribing to it is refused, and does not make it."""
        with pytest.raises(NotFound, match="Queue 'jobs' does not exist"):
            await storage.subscriptions.create(ref, NewSubscription(HOOK, 300, {}))

        assert await storage.queues.get(ref) is None

    async def test_subscriber_has_one_subscription_of_a_queue(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The one that exists stays as it is, confirmed or not."""
        first = await subscribe(storage, ref, ttl=120, options={"a": 1})
        clock.advance(5)

        for confirmed in (False, True):
            await storage.subscriptions.confirm(ref, first.id, confirmed)
            again, new = await storage.subscriptions.create(ref, NewSubscription(HOOK, 600, {}))
            assert (new, again.id, again.confirmed) == (False, first.id, confirmed)
            assert (again.ttl, again.options) == (120, {"a": 1})
            assert again.expires == first.expires

    async def test_subscribers_are_compared_exactly(self, storage: Storage, ref: QueueRef) -> None:
        """Letter case, a slash or a blank more makes another one, and so does another queue."""
        spelled = [HOOK, HOOK.upper(), HOOK + "/", HOOK + " ", "$subscriber", "ü", "u\u0308"]
        for subscriber in spelled:
            await subscribe(storage, ref, subscriber)
        await subscribe(storage, QueueRef(ref.project, "other"))

        assert await subscribers(storage, ref) == spelled

    async def test_one_of_many_subscribes(self, peers: Sequence[Storage], ref: QueueRef) -> None:
        """Of concurrent creations with one subscriber exactly one is new; all have its id."""
        new = NewSubscription(HOOK, 300, {})
        await peers[0].queues.create(ref, {})
        made = await asyncio.gather(*(p.subscriptions.create(ref, new) for p in [*peers] * 3))

        assert [is_new for _, is_new in made].count(True) == 1
        assert len({subscription.id for subscription, _ in made}) == 1

    async def test_subscriptions_page_by_id(self, storage: Storage, ref: QueueRef) -> None:
        """``after`` is exclusive; what is no id leads nowhere."""
        for number in range(7):
            await subscribe(storage, ref, f"http://host/{number}")
        every = await storage.subscriptions.list(ref, after=None, limit=ALL)
        assert [one.id for one in every] == sorted(one.id for one in every)
        assert len(every) == 7

        first = await storage.subscriptions.list(ref, after=None, limit=3)
        assert first == every[:3]
        await storage.subscriptions.delete(ref, first[-1].id)
        assert await storage.subscriptions.list(ref, after=first[-1].id, limit=9) == every[3:]
        assert await storage.subscriptions.list(ref, after=every[-1].id, limit=9) == []
        for strange in ("", "x", "0" * 25, "\N{SNOWMAN}", "{}"):
            assert await storage.subscriptions.list(ref, after=strange, limit=9) == []

    async def test_unknown_subscriptions_are_nothing(self, storage: Storage, ref: QueueRef) -> None:
        """Neither shown, nor changed, nor confirmed, nor a fault to delete, queue or no queue."""
        for _ in range(2):
            for unknown in NO_IDS:
                store = storage.subscriptions
                assert await store.get(ref, unknown) is None
                assert not await store.update(ref, unknown, SubscriptionChange(ttl=60))
                assert not await store.confirm(ref, unknown, True)
                await store.delete(ref, unknown)
            await storage.subscriptions.purge(ref)
            assert await storage.subscriptions.list(ref, after=None, limit=5) == []
            await storage.queues.create(ref, {})

    async def test_update_changes_what_is_given(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """A new ttl starts the lifetime anew, and nothing makes it younger."""
        made = await subscribe(storage, ref, ttl=120, options={"a": 1})
        clock.advance(50)
        store = storage.subscriptions

        assert await store.update(ref, made.id, SubscriptionChange(ttl=2**33))
        assert await store.update(ref, made.id, SubscriptionChange(options={"$b": "$$NOW"}))
        assert await store.update(ref, made.id, SubscriptionChange(subscriber="$ttl"))

        expected = Subscription(
            made.id, "$ttl", 2**33, {"$b": "$$NOW"}, made.created, clock() + 2**33, False
        )
        assert await store.get(ref, made.id) == expected

    async def test_update_to_a_subscriber_that_exists_conflicts(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Nothing changes then, the ttl neither; its own subscriber is no conflict."""
        one, two = await subscribe(storage, ref, "http://1"), await subscribe(storage, ref)

        with pytest.raises(Conflict):
            await storage.subscriptions.update(ref, one.id, SubscriptionChange(HOOK, 600))
        assert await storage.subscriptions.get(ref, one.id) == one
        assert await storage.subscriptions.update(ref, two.id, SubscriptionChange(HOOK))
        assert await storage.subscriptions.get(ref, two.id) == two

    async def test_confirmation_is_of_one_subscriber(self, storage: Storage, ref: QueueRef) -> None:
        """It can be taken back, and does not hold for another subscriber."""
        made = await subscribe(storage, ref)
        store = storage.subscriptions
        told = []
        for confirmed in (True, False, True):
            assert await store.confirm(ref, made.id, confirmed)
            told.append(await store.get(ref, made.id))
        assert [one.confirmed for one in told if one] == [True, False, True]

        for subscriber, stays in ((HOOK, True), ("http://other", False), (HOOK, False)):
            await store.update(ref, made.id, SubscriptionChange(subscriber, 600, {}))
            found = await store.get(ref, made.id)
            assert found is not None
            assert found.confirmed is stays

    async def test_subscription_expires_exactly(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """From that moment it is nothing, and its subscriber may subscribe again."""
        made = await subscribe(storage, ref, ttl=60)
        other = await subscribe(storage, ref, "http://other", ttl=600)
        store = storage.subscriptions
        clock.advance(59.999)
        assert await store.get(ref, made.id) == made
        clock.advance(0.001)

        assert await store.get(ref, made.id) is None
        assert await store.list(ref, after=None, limit=5) == [other]
        assert not await store.update(ref, made.id, SubscriptionChange(ttl=60))
        assert not await store.confirm(ref, made.id, True)
        assert await store.update(ref, other.id, SubscriptionChange(HOOK))
        assert (await subscribe(storage, ref, "http://other")).id != other.id

    async def test_expired_subscriber_subscribes_anew(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """The new subscription has nothing of the old one."""
        old = await subscribe(storage, ref, ttl=60, options={"a": 1})
        await storage.subscriptions.confirm(ref, old.id, True)
        clock.advance(60)

        new = await subscribe(storage, ref)

        assert new.id != old.id
        assert (new.options, new.confirmed, new.created) == ({}, False, clock())
        assert await storage.subscriptions.list(ref, after=None, limit=5) == [new]

    async def test_subscriptions_go_one_by_one_or_all(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Messages and queue stay; purging messages leaves subscriptions."""
        made = [await subscribe(storage, ref, f"http://host/{n}") for n in range(25)]
        await post(storage, ref, "1")

        await storage.subscriptions.delete(ref, made[3].id)
        assert len(await subscribers(storage, ref)) == 24
        await storage.subscriptions.purge(ref)
        assert await subscribers(storage, ref) == []
        assert bodies(await read(storage, ref)) == ["1"]

        await subscribe(storage, ref)
        await storage.messages.purge(ref)
        assert await subscribers(storage, ref) == [HOOK]

    async def test_subscriptions_go_with_their_queue(self, storage: Storage, ref: QueueRef) -> None:
        """A queue of the same name that is made later has none of them."""
        made = await subscribe(storage, ref)
        await storage.queues.delete(ref)

        await storage.queues.create(ref, {})

        assert await subscribers(storage, ref) == []
        assert await storage.subscriptions.get(ref, made.id) is None
        assert (await subscribe(storage, ref)).id != made.id

    @pytest.mark.parametrize("apart", ["project", "queue"])
    async def test_subscriptions_of_a_stranger_are_not_touched(
        self, storage: Storage, ref: QueueRef, apart: str
    ) -> None:
        """Neither seen, nor changed, nor removed, by another project or from another queue."""
        made = await subscribe(storage, ref)
        stranger = {
            "project": QueueRef(ref.project + "x", ref.name),
            "queue": QueueRef(ref.project, "other"),
        }[apart]
        store = storage.subscriptions
        await storage.queues.create(stranger, {})

        assert await store.get(stranger, made.id) is None
        assert await store.list(stranger, after=None, limit=5) == []
        assert not await store.update(stranger, made.id, SubscriptionChange(ttl=60))
        assert not await store.confirm(stranger, made.id, True)
        await store.delete(stranger, made.id)
        await store.purge(stranger)
        await storage.queues.delete(stranger)

        assert await store.get(ref, made.id) == made
