# SPDX-License-Identifier: Apache-2.0
"""Moving queues between pools: what holds while it goes on, and wherever it is broken off."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from zaqar_impl.domain.errors import Conflict, NotFound, StorageUnavailable
from zaqar_impl.domain.pools import Pool, PoolChange
from zaqar_impl.domain.stored import QueueFrozen
from zaqar_impl.domain.values import (
    ClaimTerms,
    DeadLetters,
    Kind,
    NewMessage,
    NewSubscription,
    QueueRef,
)
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.contract.base import bodies, claim, positions, post, read
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.pooling import PooledStorage
from zaqar_impl.storage.pooling.moving import LEASE
from zaqar_impl.storage.transfer import Movable

JOBS = QueueRef("project", "jobs")
DEAD = QueueRef("project", "dead")


class Killed(BaseException):
    """The process that moves dies here; nothing of it runs any more."""


class Mortal:
    """A store, or the catalogue, of the process that moves: at one of its calls, before or after it
    has its effect, the process dies; from then on every call of it is as if it was never made."""

    def __init__(self, real: Any, life: "Life") -> None:
        self._real = real
        self._life = life

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if asyncio.iscoroutinefunction(value):
            return self._life.lived(value)
        if isinstance(value, (int, float, str)) or value is None:
            return value
        return Mortal(value, self._life)


class Life:
    """Counts the calls of a process, and ends it at one of them."""

    def __init__(self, last: int | None = None, *, effective: bool = False) -> None:
        self.calls = 0
        self._last = last
        self._effective = effective

    def lived(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self._last is None or self.calls < self._last:
                return await method(*args, **kwargs)
            if self.calls == self._last and self._effective:
                await method(*args, **kwargs)
            raise Killed

        return call


class World:
    """Two pools in memory, and processes on them, which share the register and the stores."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.management = MemoryManagement(clock)
        self.one = self.process()
        self._processes = [self.one]

    def process(self, life: Life | None = None) -> PooledStorage:
        management: Any = self.management if life is None else Mortal(self.management, life)
        made = PooledStorage(management, database="", default=None, clock=self.clock)
        if hasattr(self, "one"):
            stores = self.one._stores
            of = stores.of if life is None else lambda pool: _mortal(stores.of(pool), life)
            made._stores.of = of  # type: ignore[method-assign]
            self._processes.append(made)
        return made

    async def prepare(self) -> None:
        """A queue in pool a, with all that a queue may have."""
        await self.management.pools.put(Pool("a", "memory://a", 1))
        await self.one.queues.create(JOBS, {"team": "blue"})
        await post(self.one, JOBS, "1", "2", "3", ttl=3000)
        await self.management.pools.put(Pool("b", "memory://b", 1))

    async def close(self) -> None:
        for process in self._processes:
            with contextlib.suppress(Killed, asyncio.CancelledError):
                await process.close()


def _mortal(store: Storage, life: Life) -> Any:
    """Real enough for ``isinstance``: protocols look for the members."""
    made = Mortal(store, life)
    made.transfer = Mortal(store.transfer, life) if isinstance(store, Movable) else None  # type: ignore[attr-defined]
    return made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def world(clock: FakeClock) -> AsyncIterator[World]:
    world = World(clock)
    await world.prepare()
    yield world
    await world.close()


async def where(world: World) -> str:
    place = await world.management.catalogue.find(JOBS)
    assert place is not None
    return place.name


async def settled() -> None:
    """What goes on in the background has been done."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_moved_queue_goes_on(world: World) -> None:
    """Order, markers, claims and subscriptions are as they were; what was left is cleared."""
    held = await claim(world.one, JOBS, 1)
    hook = NewSubscription("http://hooks.example.org", 300, {})
    subscribed, _ = await world.one.subscriptions.create(JOBS, hook)
    before = await read(world.one, JOBS)

    moved = await world.one.move(JOBS, "b")

    assert (moved.source, moved.target, moved.messages) == ("a", "b", 3)
    assert await read(world.one, JOBS) == before
    assert await world.one.claims.get(JOBS, held.id) == held
    assert await world.one.subscriptions.get(JOBS, subscribed.id) == subscribed
    await post(world.one, JOBS, "4")
    assert positions(await read(world.one, JOBS)) == [1, 2, 3, 4]
    await settled()
    stores = await world.one.stores()
    assert await stores["a"].queues.get(JOBS) is None
    await world.management.pools.delete("a")


async def test_move_back_and_forth(world: World) -> None:
    """Also when the clearing up has not been done yet."""
    for target in ("b", "a", "b", "a"):
        assert (await world.one.move(JOBS, target)).messages == 3
        assert await where(world) == target
        assert bodies(await read(world.one, JOBS)) == ["1", "2", "3"]


async def test_next_move_clears_what_the_last_one_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whichever pool it is; one that is down is left for later, and nobody waits for it."""
    stores = await world.one.stores()

    async def nothing(*_args: object) -> None: ...

    async def down(*_args: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(world.one._mover, "_clear", nothing)
    await world.one.move(JOBS, "b")
    await world.management.pools.put(Pool("c", "memory://c", 1))
    assert await stores["a"].queues.get(JOBS) is not None

    with monkeypatch.context() as patch:
        assert isinstance(stores["a"], Movable)
        patch.setattr(stores["a"].transfer, "frozen", down)
        await world.one.move(JOBS, "c")
    place = await world.management.catalogue.find(JOBS)
    assert place is not None
    assert sorted(place.apart) == ["a", "b"]
    assert await world.one.queues.count("project", lambda _: True) == 1

    await world.one.move(JOBS, "b")
    place = await world.management.catalogue.find(JOBS)
    assert place is not None
    assert list(place.apart) == ["c"]
    assert await stores["a"].queues.get(JOBS) is None
    assert bodies(await read(world.one, JOBS)) == ["1", "2", "3"]


async def test_dead_letters_go_where_the_queue_came_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once after the move, when the original is still there, and has the same messages."""

    async def nothing(*_args: object) -> None: ...

    monkeypatch.setattr(world.one._mover, "_clear", nothing)
    stores = await world.one.stores()
    await world.management.catalogue.enter(DEAD, "a")
    await world.one.queues.create(DEAD, {})
    await world.one.move(JOBS, "b")
    assert await stores["a"].queues.get(JOBS) is not None

    spent = DeadLetters("dead", 0, None)
    assert await world.one.claims.create(JOBS, ClaimTerms(100, 60), 10, dead_letters=spent) is None

    assert bodies(await read(world.one, DEAD)) == ["1", "2", "3"]
    assert await read(world.one, JOBS) == []
    await world.one.move(DEAD, "b")
    assert bodies(await read(world.one, DEAD)) == ["1", "2", "3"]


async def test_dead_letters_follow_to_where_the_queue_came_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likewise when they were moved within the new pool, and their queue comes after."""

    async def nothing(*_args: object) -> None: ...

    monkeypatch.setattr(world.one._mover, "_clear", nothing)
    await world.management.catalogue.enter(DEAD, "b")
    await world.one.queues.create(DEAD, {})
    await world.one.move(JOBS, "b")
    spent = DeadLetters("dead", 0, None)
    assert await world.one.claims.create(JOBS, ClaimTerms(100, 60), 10, dead_letters=spent) is None

    await world.one.move(DEAD, "a")

    assert bodies(await read(world.one, DEAD)) == ["1", "2", "3"]


async def test_nothing_is_lost_under_load(world: World) -> None:
    """Posts, claims, deletions and readers go on from other processes while the queue moves."""
    other, reader = world.process(), world.process()
    acknowledged: list[str] = []
    seen: list[str] = []

    async def produce() -> None:
        for number in range(10, 210):
            while True:
                try:
                    await post(other, JOBS, str(number), ttl=3000)
                    break
                except QueueFrozen:
                    await asyncio.sleep(0)
            acknowledged.append(str(number))
            await asyncio.sleep(0)

    async def follow() -> None:
        last = 0
        while len(seen) < 203:
            for message in await read(reader, JOBS, after=last):
                seen.append(message.body.decode())
                last = message.position
            await asyncio.sleep(0)

    async def move() -> None:
        for target in ("b", "a", "b"):
            await asyncio.sleep(0.001)
            await world.one.move(JOBS, target)

    await asyncio.wait_for(asyncio.gather(produce(), follow(), move()), 20)

    assert seen == ["1", "2", "3", *acknowledged]
    assert bodies(await read(world.one, JOBS)) == seen


async def _calls_of_a_move(clock: FakeClock) -> int:
    world, life = World(clock), Life()
    await world.prepare()
    await world.process(life).move(JOBS, "b")
    await settled()
    await world.close()
    return life.calls


@pytest.mark.parametrize("effective", [False, True], ids=["before", "after"])
async def test_mover_dies_at_any_step(clock: FakeClock, effective: bool) -> None:
    """The queue is whole, wherever it is then, works again when the move counts as dead, and can be
    moved again, deleted, and made anew."""
    steps = await _calls_of_a_move(clock)
    assert steps > 10
    for last in range(1, steps + 1):
        world = World(clock)
        await world.prepare()
        with contextlib.suppress(Killed, asyncio.CancelledError):
            await world.process(Life(last, effective=effective)).move(JOBS, "b")
        await settled()

        assert bodies(await read(world.one, JOBS)) == ["1", "2", "3"], last
        clock.advance(LEASE)
        await post(world.one, JOBS, "4")
        [popped] = await world.one.messages.pop(JOBS, 1)
        assert popped.body == b"1"
        listed = await world.one.queues.list("project", after=None, limit=9, accept=lambda _: True)
        assert [queue.ref for queue in listed] == [JOBS], last
        assert await world.one.queues.count("project", lambda _: True) == 1
        target = random.choice(["a", "b"])
        await world.one.move(JOBS, target)
        assert await where(world) == target
        assert bodies(await read(world.one, JOBS)) == ["2", "3", "4"], last

        await world.one.queues.delete(JOBS)
        await settled()
        assert await world.one.queues.create(JOBS, {}) is True
        assert await read(world.one, JOBS) == []
        assert await world.one.queues.count("project", lambda _: True) == 1
        await world.close()


async def test_queue_of_a_dead_move_can_be_deleted(clock: FakeClock) -> None:
    """At any step, and without waiting; nothing of it is left in either pool."""
    steps = await _calls_of_a_move(clock)
    for last in range(1, steps + 1):
        world = World(clock)
        await world.prepare()
        with contextlib.suppress(Killed, asyncio.CancelledError):
            await world.process(Life(last, effective=True)).move(JOBS, "b")
        await settled()

        await world.one.queues.delete(JOBS)

        assert await world.management.catalogue.find(JOBS) is None
        for store in (await world.one.stores()).values():
            assert await store.queues.get(JOBS) is None, last
        await world.close()


async def test_slow_mover_cannot_complete_a_move_that_counts_as_dead(
    world: World, clock: FakeClock
) -> None:
    """Who posted meanwhile keeps the message; the move tells that it was broken off."""
    mover = world.process()
    copied, go_on = asyncio.Event(), asyncio.Event()
    real = mover.management.catalogue.finish_move

    async def late(*args: Any) -> bool:
        copied.set()
        await go_on.wait()
        return await real(*args)

    mover._mover._catalogue = _With(mover.management.catalogue, finish_move=late)
    moving = asyncio.create_task(mover.move(JOBS, "b"))
    await copied.wait()
    with pytest.raises(QueueFrozen):
        await post(world.one, JOBS, "x")
    clock.advance(LEASE)
    await post(world.one, JOBS, "4")
    go_on.set()

    with pytest.raises(StorageUnavailable, match="broken off"):
        await moving
    assert await where(world) == "a"
    assert bodies(await read(world.one, JOBS)) == ["1", "2", "3", "4"]
    assert (await world.one.move(JOBS, "b")).messages == 4


class _With:
    """An object with some members replaced."""

    def __init__(self, real: Any, **members: Any) -> None:
        self._real = real
        self.__dict__.update(members)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


async def test_one_move_at_a_time(world: World) -> None:
    """The other is told; both calls leave the queue whole."""
    results = await asyncio.gather(
        world.one.move(JOBS, "b"), world.process().move(JOBS, "b"), return_exceptions=True
    )

    assert [type(result).__name__ for result in results].count("Move") >= 1
    assert all(
        isinstance(result, (Conflict, StorageUnavailable)) or not isinstance(result, Exception)
        for result in results
    )
    assert await where(world) == "b"
    assert bodies(await read(world.one, JOBS)) == ["1", "2", "3"]


async def test_what_cannot_be_moved(world: World) -> None:
    """An unknown queue or pool; and the queue stays as it was."""
    with pytest.raises(NotFound):
        await world.one.move(QueueRef("project", "none"), "b")
    with pytest.raises(NotFound):
        await world.one.move(QueueRef("project", "jobs", Kind.TOPIC), "b")
    with pytest.raises(NotFound):
        await world.one.move(JOBS, "none")

    await post(world.one, JOBS, "4")
    assert await where(world) == "a"


async def test_two_names_of_one_store_do_no_harm(world: World) -> None:
    """A queue is not copied over itself, nor removed with the copy."""
    stores = world.one._stores
    same = stores.of(Pool("a", "memory://a", 1))
    other = world.process()
    other._stores.of = lambda pool: same  # type: ignore[method-assign]

    with pytest.raises(Conflict):
        await other.move(JOBS, "b")

    await post(other, JOBS, "4")
    assert bodies(await read(other, JOBS)) == ["1", "2", "3", "4"]


async def test_topics_move_too(world: World) -> None:
    """They are queues of another kind."""
    topic = QueueRef("project", "jobs", Kind.TOPIC)
    await world.management.pools.update("b", PoolChange(weight=0))
    await world.one.queues.create(topic, {})
    await world.one.messages.post(topic, [NewMessage(b'"t"', 300)], producer="me")

    await world.one.move(topic, "b")

    assert bodies(await read(world.one, topic)) == ['"t"']
    assert bodies(await read(world.one, JOBS)) == ["1", "2", "3"]
    assert await where(world) == "a"


async def test_page_of_a_copy_holds_many(world: World) -> None:
    """Queues larger than a page come along whole."""
    for _ in range(3):
        await post(world.one, JOBS, *(str(number) for number in range(150)))

    assert (await world.one.move(JOBS, "b")).messages == 453
    assert len(await read(world.one, JOBS)) == 453
