# SPDX-License-Identifier: Apache-2.0
"""Contract: watches, which follow queues as they grow."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import (
    ClaimTerms,
    DeadLetters,
    Kind,
    NewMessage,
    NewSubscription,
    QueueRef,
    SubscriptionChange,
)
from zaqar_impl.domain.watching import Event, Posted, Removed, Retimed
from zaqar_impl.storage.contract.base import (
    NO_IDS,
    ContractFixtures,
    bodies,
    claim,
    on_demand,
    post,
)
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.watching import Watch

#: Seconds that a watch may take to tell something.
SOON = 20.0
LAST = '"the last"'


async def hold(storage: Storage, ref: QueueRef, name: str = "websocket:1") -> str:
    """A subscription with a lease; its id."""
    new = NewSubscription(name, 600, {}, confirmed=True, lease=60)
    made, is_new = await on_demand(storage, ref, lambda: storage.subscriptions.create(ref, new))
    assert is_new
    return made.id


async def watched(
    watch: Watch, storage: Storage, ref: QueueRef, name: str = "websocket:1"
) -> tuple[str, int]:
    """A subscription that is watched now; its id, and the position after which it is."""
    subscription_id = await hold(storage, ref, name)
    return subscription_id, await watch.add(ref, subscription_id)


class Told:
    """What a watch has told, each message once."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._last: dict[QueueRef, int] = {}
        self.events: list[Event] = []
        self.texts: list[str] = []

    async def until(self, text: str) -> Sequence[str]:
        """Listen until a body is told; all bodies so far."""
        async with asyncio.timeout(SOON):
            while text not in self.texts:
                await self.listen()
        return self.texts

    async def until_removed(self, *subscription_ids: str) -> None:
        """Listen until these subscriptions are told to be gone."""
        async with asyncio.timeout(SOON):
            while not all(Removed(each) in self.events for each in subscription_ids):
                await self.listen()

    async def listen(self) -> None:
        """Listen to what is told next."""
        for event in await self._watch.next():
            self.events.append(event)
            if isinstance(event, Posted):
                last = self._last.get(event.ref, 0)
                new = [message for message in event.messages if message.position > last]
                self._last[event.ref] = max(last, event.messages[-1].position)
                self.texts += bodies(new)


class WatchContract(ContractFixtures):
    """What holds for watches."""

    @pytest.fixture
    async def watch(self, storage: Storage) -> AsyncIterator[Watch]:
        """A watch of the storage."""
        watch = storage.watch()
        yield watch
        await watch.close()

    async def test_watch_tells_what_is_posted_from_now_on(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """Nothing that was posted before; messages as a reader would find them."""
        await post(storage, ref, "1", "2")
        subscription_id, begin = await watched(watch, storage, ref)
        assert begin == 2
        ids = await post(storage, ref, "3", "4", ttl=120)

        told = Told(watch)
        await told.until("4")

        assert told.texts == ["3", "4"]
        messages = [
            one for each in told.events if isinstance(each, Posted) for one in each.messages
        ]
        assert [message.id for message in messages] == ids
        assert [message.position for message in messages] == [3, 4]
        assert messages == await storage.messages.get_many(ref, ids)
        assert {tuple(each.subscriptions) for each in told.events if isinstance(each, Posted)} == {
            (subscription_id,)
        }

    async def test_watch_keeps_the_order_of_many_producers(
        self, peers: Sequence[Storage], watch: Watch, ref: QueueRef
    ) -> None:
        """Whichever process they post through, each message comes once, as it is listed."""
        await watched(watch, peers[0], ref)

        async def produce(number: int, storage: Storage) -> None:
            for batch in range(10):
                await post(storage, ref, *(f'"{number} {batch} {one}"' for one in range(3)))

        told = Told(watch)
        producing = asyncio.gather(*(produce(n, each) for n, each in enumerate([*peers] * 2)))
        async with asyncio.timeout(SOON):
            while len(told.texts) < 180:
                await told.listen()
        await producing

        listed = await peers[0].messages.list(
            ref, after=0, limit=500, hide_producer=None, include_claimed=True, include_delayed=True
        )
        assert told.texts == bodies(listed)

    async def test_watch_tells_what_others_consume_at_once(
        self, peers: Sequence[Storage], watch: Watch, ref: QueueRef
    ) -> None:
        """Deleted, popped, purged or claimed, a message was posted."""
        await watched(watch, peers[0], ref)

        [message] = await post(peers[1], ref, "1")
        await peers[1].messages.delete(ref, message, claim_id=None)
        await post(peers[1], ref, "2")
        await peers[2].messages.pop(ref, 1)
        await post(peers[1], ref, "3")
        await peers[2].messages.purge(ref)
        await post(peers[1], ref, "4", LAST)
        await claim(peers[2], ref)

        assert await Told(watch).until(LAST) == ["1", "2", "3", "4", LAST]

    async def test_watch_tells_of_delayed_messages_at_once(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """A delay is for those who claim."""
        await watched(watch, storage, ref)
        await post(storage, ref, "1", delay=600)
        await post(storage, ref, LAST)

        assert await Told(watch).until(LAST) == ["1", LAST]

    async def test_watch_knows_no_other_queue(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """Neither of another name, nor of another project, nor of another kind."""
        topic = QueueRef(ref.project, ref.name, Kind.TOPIC)
        others = [QueueRef(ref.project, "other"), QueueRef(ref.project + "x", ref.name), topic]
        await watched(watch, storage, ref)
        for other in others:
            await post(storage, other, '"others"')
        await post(storage, ref, LAST)

        told = Told(watch)
        assert await told.until(LAST) == [LAST]

        await watched(watch, storage, topic)
        await post(storage, topic, '"topic"')
        await told.until('"topic"')
        [*_, last] = told.events
        assert isinstance(last, Posted)
        assert last.ref == topic

    async def test_watch_follows_several_queues_and_subscriptions(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """A queue tells which of the watched subscriptions it has, also such as came later."""
        other = QueueRef(ref.project, "other")
        one, _ = await watched(watch, storage, ref)
        elsewhere, _ = await watched(watch, storage, other)
        await post(storage, ref, "1")
        two, begin = await watched(watch, storage, ref, "websocket:2")
        assert begin == 1
        await post(storage, ref, "2")
        await post(storage, other, "3")

        told = Told(watch)
        for text in ("1", "2", "3"):
            await told.until(text)

        posted = [each for each in told.events if isinstance(each, Posted)]
        by_text = {one.body: set(each.subscriptions) for each in posted for one in each.messages}
        assert one in by_text[b"1"]
        assert (by_text[b"2"], by_text[b"3"]) == ({one, two}, {elsewhere})

    async def test_watch_tells_of_removal_in_its_place(
        self, peers: Sequence[Storage], watch: Watch, ref: QueueRef
    ) -> None:
        """What was posted before is told before, and nothing that is posted afterwards."""
        one, _ = await watched(watch, peers[0], ref)
        two, _ = await watched(watch, peers[0], ref, "websocket:2")
        await post(peers[1], ref, "1")
        await peers[2].subscriptions.delete(ref, one)
        await post(peers[1], ref, "2", LAST)

        told = Told(watch)
        await told.until(LAST)

        removed = told.events.index(Removed(one))
        for place, event in enumerate(told.events):
            if isinstance(event, Posted):
                assert (one in event.subscriptions) is (place < removed)
                assert two in event.subscriptions
        posted = [each for each in told.events[:removed] if isinstance(each, Posted)]
        assert [one.body for each in posted for one in each.messages] == [b"1"]

    async def test_watch_tells_that_all_subscriptions_are_removed(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """And watches the queue no more."""
        one, _ = await watched(watch, storage, ref)
        two, _ = await watched(watch, storage, ref, "websocket:2")
        await storage.subscriptions.purge(ref)

        told = Told(watch)
        await told.until_removed(one, two)

        await post(storage, ref, "1")
        other = QueueRef(ref.project, "other")
        await watched(watch, storage, other)
        await post(storage, other, LAST)
        assert await told.until(LAST) == [LAST]

    async def test_watch_tells_that_a_queue_is_gone(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """One of its name that is made later is another one."""
        one, _ = await watched(watch, storage, ref)
        await post(storage, ref, "1")
        await storage.queues.delete(ref)
        await post(storage, ref, "2")

        told = Told(watch)
        await told.until_removed(one)

        assert told.texts == ["1"]
        two, begin = await watched(watch, storage, ref)
        assert (begin, two == one) == (1, False)

    async def test_watch_tells_of_another_ttl(
        self, storage: Storage, watch: Watch, clock: FakeClock, ref: QueueRef
    ) -> None:
        """And not of what else is changed, a renewed lease among it."""
        one, _ = await watched(watch, storage, ref)
        clock.advance(5)
        store = storage.subscriptions
        await store.renew([one], seconds=60)
        await store.confirm(ref, one, False)
        await store.update(ref, one, SubscriptionChange(options={"a": 1}))
        await store.update(ref, one, SubscriptionChange(ttl=600))
        await post(storage, ref, LAST)

        told = Told(watch)
        await told.until(LAST)

        assert [each for each in told.events if not isinstance(each, Posted)] == [
            Retimed(one, clock() + 600)
        ]

    async def test_watch_does_not_tell_of_dead_letters(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """They were not posted to that queue."""
        dead = QueueRef(ref.project, "dead")
        await watched(watch, storage, dead)
        await post(storage, ref, "1")
        terms, letters = ClaimTerms(60, 60), DeadLetters("dead", 1, None)
        made = await storage.claims.create(ref, terms, 1, dead_letters=letters)
        assert made
        await storage.claims.release(ref, made.id)
        assert await storage.claims.create(ref, terms, 1, dead_letters=letters) is None
        await post(storage, dead, LAST)

        assert await Told(watch).until(LAST) == [LAST]

    async def test_watch_begins_after_a_position(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """Where somebody knows it: what is in the log behind it is told."""
        await post(storage, ref, *(str(number) for number in range(1, 251)))
        subscription_id = await hold(storage, ref)

        assert await watch.add(ref, subscription_id, after=120) == 120
        await post(storage, ref, LAST)

        texts = await Told(watch).until(LAST)
        assert texts == [*(str(number) for number in range(121, 251)), LAST]

    async def test_watch_ends_where_it_is_told_to(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """Nothing more of that subscription, and of others as before."""
        one, _ = await watched(watch, storage, ref)
        two, _ = await watched(watch, storage, ref, "websocket:2")
        watch.discard(one)
        for unknown in NO_IDS:
            watch.discard(unknown)
        await post(storage, ref, LAST)

        told = Told(watch)
        await told.until(LAST)
        [*_, last] = told.events
        assert isinstance(last, Posted)
        assert list(last.subscriptions) == [two]

    async def test_watch_needs_a_queue_and_a_subscription(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """Neither a subscription of another queue, nor one that is gone."""
        other = await hold(storage, QueueRef(ref.project, "other"))
        for _ in range(2):
            for unknown in (*NO_IDS, other):
                with pytest.raises(NotFound):
                    await watch.add(ref, unknown)
            await storage.queues.create(ref, {})

        one = await hold(storage, ref)
        await storage.subscriptions.delete(ref, one)
        with pytest.raises(NotFound):
            await watch.add(ref, one)

    async def test_watch_tells_sealed_messages_as_they_are(
        self, storage: Storage, watch: Watch, ref: QueueRef
    ) -> None:
        """With the id of their key."""
        await watched(watch, storage, ref)
        sealed = [NewMessage(b"\0sealed", 60, key_id="a")]
        await storage.messages.post(ref, sealed, producer="p")
        await post(storage, ref, LAST)

        told = Told(watch)
        async with asyncio.timeout(SOON):
            while not any(isinstance(event, Posted) for event in told.events):
                told.events += await watch.next()
        event = told.events[0]
        assert isinstance(event, Posted)
        assert (event.messages[0].body, event.messages[0].key_id) == (b"\0sealed", "a")
