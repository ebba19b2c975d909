# SPDX-License-Identifier: Apache-2.0
"""Contract: leases of subscriptions."""

import pytest

from zaqar_impl.domain.values import NewSubscription, QueueRef, Subscription, SubscriptionChange
from zaqar_impl.storage.contract.base import NO_IDS, ContractFixtures, on_demand
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage


async def lease(
    storage: Storage, ref: QueueRef, *, ttl: int = 600, seconds: int | None = 60, name: str = "w:1"
) -> Subscription:
    """A new subscription with a lease, or with none."""
    new = NewSubscription(name, ttl, {}, confirmed=True, lease=seconds)
    made, is_new = await on_demand(storage, ref, lambda: storage.subscriptions.create(ref, new))
    assert is_new
    return made


class LeaseContract(ContractFixtures):
    """What holds for subscriptions that somebody holds."""

    async def test_held_subscription_comes_back_as_made(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """With its own end, and that of its lease."""
        made = await lease(storage, ref)

        expected = Subscription(
            made.id, "w:1", 600, {}, clock(), clock() + 600, confirmed=True, lease=clock() + 60
        )
        assert made == expected
        assert await storage.subscriptions.get(ref, made.id) == expected
        assert await storage.subscriptions.list(ref, after=None, limit=5) == [expected]
        assert (await lease(storage, ref, seconds=None, name="w:2")).lease is None

    async def test_lease_ends_exactly(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """From that moment the subscription is nothing, and the subscriber may subscribe again."""
        made = await lease(storage, ref)
        clock.advance(59.999)
        assert await storage.subscriptions.get(ref, made.id) == made
        clock.advance(0.001)

        assert await storage.subscriptions.get(ref, made.id) is None
        assert await storage.subscriptions.list(ref, after=None, limit=5) == []
        assert not await storage.subscriptions.confirm(ref, made.id, False)
        assert (await lease(storage, ref)).id != made.id

    async def test_renewed_lease_ends_later(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """As often as it is renewed, and not without that; age and ttl are as they were."""
        made = await lease(storage, ref)
        for _ in range(3):
            clock.advance(45)
            assert await storage.subscriptions.renew([made.id], seconds=60) == {made.id}
        clock.advance(59)

        found = await storage.subscriptions.get(ref, made.id)
        assert found
        assert (found.created, found.expires) == (made.created, made.expires)
        assert found.lease == clock() + 1
        clock.advance(1)
        assert await storage.subscriptions.get(ref, made.id) is None

    async def test_lease_does_not_outlive_the_ttl(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """However often it is renewed."""
        made = await lease(storage, ref, ttl=90)
        clock.advance(45)
        assert await storage.subscriptions.renew([made.id], seconds=60) == {made.id}
        clock.advance(44.999)
        assert await storage.subscriptions.get(ref, made.id) is not None
        clock.advance(0.001)

        assert await storage.subscriptions.get(ref, made.id) is None
        assert await storage.subscriptions.renew([made.id], seconds=60) == set()

    @pytest.mark.parametrize("ttl", [70, 6000])
    async def test_another_ttl_leaves_the_lease(
        self, storage: Storage, clock: FakeClock, ref: QueueRef, ttl: int
    ) -> None:
        """Whichever of them ends first ends the subscription."""
        made = await lease(storage, ref, ttl=65)
        clock.advance(30)
        assert await storage.subscriptions.renew([made.id], seconds=80) == {made.id}
        assert await storage.subscriptions.update(ref, made.id, SubscriptionChange(ttl=ttl))

        found = await storage.subscriptions.get(ref, made.id)
        assert found
        assert (found.expires, found.lease) == (clock() + ttl, clock() + 80)
        clock.advance(min(ttl, 80) - 0.001)
        assert await storage.subscriptions.get(ref, made.id) is not None
        clock.advance(0.001)
        assert await storage.subscriptions.get(ref, made.id) is None

    async def test_holder_that_was_away_comes_back(
        self, storage: Storage, clock: FakeClock, ref: QueueRef
    ) -> None:
        """It may not have reached the storage for a while."""
        made = await lease(storage, ref)
        clock.advance(90)
        assert await storage.subscriptions.get(ref, made.id) is None
        if await storage.subscriptions.renew([made.id], seconds=60):
            assert await storage.subscriptions.get(ref, made.id) is not None

    async def test_renewal_tells_what_is_there(self, storage: Storage, ref: QueueRef) -> None:
        """Of several queues; neither what was removed, nor what has no lease, nor what never
        was."""
        other = QueueRef(ref.project, "other")
        one, two = await lease(storage, ref), await lease(storage, other)
        gone = await lease(storage, ref, name="w:2")
        await storage.subscriptions.delete(ref, gone.id)
        plain = await lease(storage, ref, seconds=None, name="w:3")
        asked = [one.id, two.id, gone.id, plain.id, *NO_IDS]

        assert await storage.subscriptions.renew(asked, seconds=60) == {one.id, two.id}
        assert await storage.subscriptions.get(ref, plain.id) == plain
        assert await storage.subscriptions.renew([], seconds=60) == set()

    async def test_lease_is_given_back(self, storage: Storage, ref: QueueRef) -> None:
        """With no seconds left the subscription is nothing at once."""
        made, stays = await lease(storage, ref), await lease(storage, ref, name="w:2")

        await storage.subscriptions.renew([made.id], seconds=0)

        assert await storage.subscriptions.get(ref, made.id) is None
        assert await storage.subscriptions.list(ref, after=None, limit=5) == [stays]
