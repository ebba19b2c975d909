# SPDX-License-Identifier: Apache-2.0
"""What is particular to a storage over pools: where queues go, dead letters between pools, pools
that change, and stores that can't be pools."""

import asyncio
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from zaqar_impl.domain.errors import InvalidInput, StorageUnavailable
from zaqar_impl.domain.pools import Pool, PoolChange
from zaqar_impl.domain.values import ClaimTerms, DeadLetters, NewMessage, QueueRef
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.mongod.embedded import find_mongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.contract.base import bodies, claim, post, read
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.management.mongodb import MongoManagement
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.storage.pooling import PooledStorage
from zaqar_impl.storage.pooling.probe import check_store
from zaqar_impl.storage.transfer import Movable

JOBS = QueueRef("project", "jobs")
DEAD = QueueRef("project", "dead")
TERMS = ClaimTerms(100, 60)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def pools(clock: FakeClock) -> AsyncIterator[PooledStorage]:
    """In memory, without a pool."""
    storage = PooledStorage(MemoryManagement(clock), database="", default=None, clock=clock)
    await storage.open()
    yield storage
    await storage.close()


async def queue_in(pools: PooledStorage, ref: QueueRef, pool: str, weight: int = 0) -> None:
    """A queue in a pool that takes no other."""
    await pools.management.pools.put(Pool(pool, f"memory://{pool}", 1))
    await pools.queues.create(ref, {})
    await pools.management.pools.update(pool, PoolChange(weight=weight))


async def pool_of(pools: PooledStorage, ref: QueueRef) -> str | None:
    place = await pools.management.catalogue.find(ref)
    return place.name if place else None


async def test_queues_are_spread_by_weight(pools: PooledStorage) -> None:
    """A pool of weight 0 gets none, the others about their part."""
    for name, weight in (("a", 3), ("b", 1), ("c", 0)):
        await pools.management.pools.put(Pool(name, f"memory://{name}", weight))
    for number in range(400):
        await pools.queues.create(QueueRef("project", str(number)), {})

    sizes = {
        name: len(await pools.management.catalogue.list(name, after=None, limit=1000))
        for name in "abc"
    }
    assert sizes["a"] + sizes["b"] == 400
    assert 240 < sizes["a"] < 360  # six deviations off
    assert sizes["c"] == 0


async def test_new_dead_letter_queue_is_beside_its_queue(pools: PooledStorage) -> None:
    """Whatever the weights say, and though somebody else creates it."""
    await queue_in(pools, JOBS, "a")
    await pools.management.pools.put(Pool("b", "memory://b", 1))
    await post(pools, JOBS, "1")
    dead_letters = DeadLetters("dead", 0, None)

    with pytest.raises(Exception, match="dead"):
        await pools.claims.create(JOBS, TERMS, 1, dead_letters=dead_letters)
    await pools.queues.create(DEAD, {})
    assert await pools.claims.create(JOBS, TERMS, 1, dead_letters=dead_letters) is None

    assert await pool_of(pools, DEAD) == "a"
    assert bodies(await read(pools, DEAD)) == ["1"]


async def test_dead_letters_cross_pools(pools: PooledStorage, clock: FakeClock) -> None:
    """They keep id, body, producer and count, come in order, and begin their new life; the others
    are claimed."""
    await queue_in(pools, JOBS, "a")
    await queue_in(pools, DEAD, "b")
    spent = await post(pools, JOBS, "1", "2", producer="me")
    await pools.claims.release(JOBS, (await claim(pools, JOBS)).id)
    await post(pools, JOBS, "3")
    clock.advance(10)

    made = await pools.claims.create(JOBS, TERMS, 10, dead_letters=DeadLetters("dead", 1, 500))

    assert made is not None
    assert bodies(made.messages) == ["3"]
    assert bodies(await read(pools, JOBS)) == ["3"]
    letters = await read(pools, DEAD, include_claimed=False)
    assert [(letter.id, letter.claim_count, letter.ttl) for letter in letters] == [
        (spent[0], 1, 500),
        (spent[1], 1, 500),
    ]
    assert await read(pools, DEAD, hide_producer="me") == []


async def test_dead_letters_between_two_names_of_one_store(
    mongod: EmbeddedMongod, clock: FakeClock
) -> None:
    """Two pools of one database are a mistake that costs no message."""
    management = MongoManagement(mongod.uri, "apart-same", clock)
    storage = PooledStorage(management, database="apart-same", default=None, clock=clock)
    await storage.open()
    for name, ref in (("a", JOBS), ("b", DEAD)):
        pool = Pool(name, f"{mongod.uri}&appName={name}", 1)
        await check_store(pool, "apart-same", clock)
        await management.pools.put(pool)
        await storage.queues.create(ref, {})
        await management.pools.update(name, PoolChange(weight=0))
    await post(storage, JOBS, "1", "2")

    dead_letters = DeadLetters("dead", 0, None)
    assert await storage.claims.create(JOBS, TERMS, 1, dead_letters=dead_letters) is None

    assert bodies(await read(storage, DEAD)) == ["1", "2"]
    assert await read(storage, JOBS) == []
    await storage.close()


async def test_pool_of_dead_letters_that_is_down_keeps_no_message(
    pools: PooledStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim that was needed to see it ends at once."""
    await queue_in(pools, JOBS, "a")
    await queue_in(pools, DEAD, "b")
    await post(pools, JOBS, "1")
    store = (await pools.stores())["b"]

    async def fail(*_args: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(store.claims, "get", fail)
    with pytest.raises(StorageUnavailable):
        await pools.claims.create(JOBS, TERMS, 1, dead_letters=DeadLetters("dead", 0, None))

    assert bodies((await claim(pools, JOBS)).messages) == ["1"]


async def test_claim_goes_on_past_dead_letters(pools: PooledStorage) -> None:
    """Also when a whole claim consists of them."""
    await queue_in(pools, JOBS, "a")
    await queue_in(pools, DEAD, "b")
    await post(pools, JOBS, "1", "2", "3")
    await pools.claims.release(JOBS, (await claim(pools, JOBS)).id)
    await post(pools, JOBS, "4")

    made = await pools.claims.create(JOBS, TERMS, 1, dead_letters=DeadLetters("dead", 1, None))

    assert made is not None
    assert bodies(made.messages) == ["4"]
    assert bodies(await read(pools, DEAD)) == ["1", "2", "3"]


async def test_claims_count_for_nobody_while_dead_letters_can_not_go(
    pools: PooledStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else messages that no consumer has ever seen would become dead letters, too."""
    await queue_in(pools, JOBS, "a")
    await queue_in(pools, DEAD, "b")
    await post(pools, JOBS, "1")
    await pools.claims.release(JOBS, (await claim(pools, JOBS)).id)
    await post(pools, JOBS, "2")
    store = (await pools.stores())["b"]
    assert isinstance(store, Movable)
    spent = DeadLetters("dead", 1, None)

    async def down(*_args: object, **_kwargs: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(store.transfer, "adopt", down)
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                await pools.claims.create(JOBS, TERMS, 10, dead_letters=spent)

    made = await pools.claims.create(JOBS, TERMS, 10, dead_letters=spent)
    assert made is not None
    assert [(message.body, message.claim_count) for message in made.messages] == [(b"2", 1)]
    letters = await read(pools, DEAD)
    assert [(letter.body, letter.claim_count) for letter in letters] == [(b"1", 1)]


async def test_dead_letters_are_not_lost_when_the_claimant_dies(
    pools: PooledStorage, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that was copied and not removed is copied once, and removed at the next attempt."""
    await queue_in(pools, JOBS, "a")
    await queue_in(pools, DEAD, "b")
    await post(pools, JOBS, "1", ttl=3000)
    store = (await pools.stores())["a"]

    async def die(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.messages, "delete_many", die)
        with pytest.raises(KeyboardInterrupt):
            await pools.claims.create(JOBS, TERMS, 1, dead_letters=DeadLetters("dead", 0, None))
    assert len(await read(pools, JOBS)) == len(await read(pools, DEAD)) == 1

    clock.advance(TERMS.ttl)
    assert (
        await pools.claims.create(JOBS, TERMS, 1, dead_letters=DeadLetters("dead", 0, None)) is None
    )
    assert await read(pools, JOBS) == []
    assert bodies(await read(pools, DEAD)) == ["1"]


async def test_dead_letters_outlive_the_original_of_a_moved_queue(
    pools: PooledStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move leaves a copy of them in the very pool of the dead letter queue, for a while."""
    await queue_in(pools, JOBS, "a", weight=1)
    await pools.queues.create(DEAD, {})
    await pools.management.pools.put(Pool("b", "memory://b", 1))
    await post(pools, JOBS, "1")
    # While it lasts: readers that have asked before may still look there.
    monkeypatch.setattr((await pools.stores())["a"].transfer, "settle_seconds", 0.2)  # type: ignore[attr-defined]
    await pools.move(JOBS, "b")
    dead_letters = DeadLetters("dead", 0, None)

    assert await pools.claims.create(JOBS, TERMS, 1, dead_letters=dead_letters) is None
    await asyncio.sleep(0.3)

    assert bodies(await read(pools, DEAD)) == ["1"]
    assert await read(pools, JOBS) == []


@pytest.mark.parametrize("old", [JOBS, DEAD], ids=["queue", "dead letters"])
async def test_dead_letters_of_queues_older_than_pools(clock: FakeClock, old: QueueRef) -> None:
    """A queue of the virtual pool that has no entry yet is found, whichever of the two it is: what
    it had stays to be seen, and the claim comes to its end."""
    default = MemoryStorage(clock)
    await post(default, old, "0")
    management = MemoryManagement(clock)
    await management.pools.put(Pool("a", "memory://a", 1))
    pools = PooledStorage(management, database="", default=default, clock=clock)
    await pools.queues.create(DEAD if old == JOBS else JOBS, {})
    await post(pools, JOBS, "1")

    dead_letters = DeadLetters("dead", 0, None)
    assert await pools.claims.create(JOBS, TERMS, 10, dead_letters=dead_letters) is None

    assert bodies(await read(pools, DEAD)) == ["0", "1"]
    assert await pool_of(pools, old) == ""
    await pools.close()


async def test_pool_that_is_down_harms_its_queues_only(
    mongod: EmbeddedMongod, clock: FakeClock
) -> None:
    """Listings of projects without queues there go on, and quickly."""
    management = MongoManagement(mongod.uri, "apart-down", clock)
    async with asyncio.timeout(60):
        storage = PooledStorage(management, database="apart-down", default=None, clock=clock)
        await storage.open()
        nowhere = "mongodb://127.0.0.1:1/?replicaSet=x&timeoutMS=500"
        await management.pools.put(Pool("down", nowhere, 1))
        with pytest.raises(StorageUnavailable):
            await storage.queues.create(JOBS, {})
        await management.pools.update("down", PoolChange(weight=0))
        up = Pool("up", mongod.uri, 1, None, {"database": "apart-up"})
        await check_store(up, "x", clock)
        await management.pools.put(up)
        other = QueueRef("healthy", "jobs")

        began = time.monotonic()
        await storage.queues.create(other, {})
        await post(storage, other, "1")
        assert bodies(await read(storage, other)) == ["1"]
        assert await storage.queues.count("healthy", lambda _: True) == 1
        assert time.monotonic() - began < 5
        for call in (read(storage, JOBS), storage.queues.count("project", lambda _: True)):
            with pytest.raises(StorageUnavailable):
                await call
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        await storage.close()


async def test_changed_pool_is_opened_anew(mongod: EmbeddedMongod, clock: FakeClock) -> None:
    """With the next call, in other processes too; and options are of one pool only (D-84)."""
    options = [{"database": f"apart-{name}"} for name in ("one", "two")]
    for option in options:
        await check_store(Pool("p", mongod.uri, 1, None, option), "x", clock)
    management = MongoManagement(mongod.uri, "apart-changed", clock)
    first = PooledStorage(management, database="apart-one", default=None, clock=clock)
    second = PooledStorage(
        MongoManagement(mongod.uri, "apart-changed", clock),
        database="apart-one",
        default=None,
        clock=clock,
    )
    await first.open()
    await second.open()
    await management.pools.put(Pool("p", mongod.uri, 1, None, options[1]))
    await management.pools.put(Pool("q", mongod.uri + "&appName=q", 0))
    ref = QueueRef("changed", "jobs")
    await first.queues.create(ref, {"in": "two"})
    assert await second.queues.get(ref) is not None

    await management.pools.update("p", PoolChange(options={}))
    for storage in (first, second):
        assert await storage.queues.get(ref) is None
    await management.pools.update("p", PoolChange(options=options[1]))
    for storage in (second, first):
        found = await storage.queues.get(ref)
        assert found is not None
        assert found.metadata == {"in": "two"}

    await first.close()
    await second.close()


async def test_projects_do_not_wait_for_each_others_pools(pools: PooledStorage) -> None:
    """A store is opened once, whoever asks."""
    await queue_in(pools, JOBS, "a", weight=1)
    stores = [(await pools.stores())["a"] for _ in range(3)]

    assert len({id(store) for store in stores}) == 1


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mongod that is in no replica set."""
    path: Path = tmp_path_factory.mktemp("standalone")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(find_mongod()), "--dbpath", str(path), "--port", str(port), "--bind_ip", "127.0.0.1",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    yield f"mongodb://127.0.0.1:{port}/"
    process.terminate()
    process.wait()


async def test_store_that_is_no_replica_set_is_told(standalone: str, clock: FakeClock) -> None:
    """400, by its reason."""
    for _ in range(20):  # it takes a while to come up
        with pytest.raises(InvalidInput) as refused:
            await check_store(Pool("p", standalone, 1), "x", clock)
        if "replica set" in str(refused.value):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(str(refused.value))


async def test_host_that_answers_nothing_is_told_in_time(clock: FakeClock) -> None:
    """Within five seconds, also when it takes connections and then keeps silent."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        uri = f"mongodb://user:pw@127.0.0.1:{silent.getsockname()[1]}/?replicaSet=rs"
        began = time.monotonic()
        with pytest.raises(InvalidInput, match="no store answers"):
            await check_store(Pool("p", uri, 1), "x", clock)
        assert time.monotonic() - began < 5


async def test_host_that_drops_packets_is_told_in_time(clock: FakeClock) -> None:
    """Likewise for an address that leads nowhere (of the range for documentation)."""
    began = time.monotonic()
    with pytest.raises(InvalidInput):
        await check_store(Pool("p", "mongodb://192.0.2.1/?replicaSet=rs", 1), "x", clock)
    assert time.monotonic() - began < 5


async def test_deleted_pool_is_let_go(pools: PooledStorage) -> None:
    """Its store is closed when the register does not have it any more."""
    await queue_in(pools, JOBS, "a")
    await pools.queues.delete(JOBS)
    await pools.management.pools.delete("a")

    pools._stores.keep_only(await pools.management.pools.list())

    assert list(pools._stores._kept) == []


async def test_racing_creations_and_deletions_lose_nothing(pools: PooledStorage) -> None:
    """What was acknowledged after the last deletion is there, wherever the queue came to live."""
    for name in ("a", "b", "c"):
        await pools.management.pools.put(Pool(name, f"memory://{name}", 1))

    async def create_and_post(number: int) -> None:
        await pools.queues.create(JOBS, {})
        new = [NewMessage(str(number).encode(), 300)]
        while True:
            try:
                await pools.messages.post(JOBS, new, producer="me")
                return
            except Exception:
                await pools.queues.create(JOBS, {})

    for _ in range(30):
        await asyncio.gather(
            *(create_and_post(number) for number in range(3)),
            *(pools.queues.delete(JOBS) for _ in range(3)),
        )
        await create_and_post(99)
        assert "99" in bodies(await read(pools, JOBS))
        await pools.queues.delete(JOBS)
        assert [await s.queues.get(JOBS) for s in (await pools.stores()).values()] == [None] * 3
