# SPDX-License-Identifier: Apache-2.0
"""Following queues that move from pool to pool."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.pools import Pool, PoolChange
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.domain.watching import Posted, Removed
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.contract.base import bodies, post, read
from zaqar_impl.storage.contract.watching import Told, watched
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.pooling import PooledStorage, stores
from zaqar_impl.storage.pooling.probe import check_store


@pytest.fixture(params=["memory", "mongodb"])
async def storage(
    request: pytest.FixtureRequest, mongod: EmbeddedMongod
) -> AsyncIterator[PooledStorage]:
    """Two pools, in memory or in MongoDB."""
    clock = FakeClock()
    management = MemoryManagement(clock)
    for name in ("a", "b"):
        uri = "memory://" + name
        if request.param == "mongodb":
            # A move waits until no call can have an effect that has begun before.
            uri = f"{mongod.uri}&appName={name}&timeoutMS=2000"
        pool = Pool(name, uri, 1, None, {"database": f"watching-{name}"})
        await check_store(pool, "x", clock)
        await management.pools.put(pool)
    storage = PooledStorage(management, database="x", default=None, clock=clock)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
def ref() -> QueueRef:
    return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


async def produce(storage: PooledStorage, ref: QueueRef, over: asyncio.Event) -> None:
    """Post until it is over; a queue that is being moved takes nothing for a while."""
    count = 0
    while not over.is_set():
        new = [NewMessage(f'"{count} {one}"'.encode(), 3600) for one in range(3)]
        try:
            await storage.messages.post(ref, new, producer="p")
            count += 1
        except StorageUnavailable:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.01)


def reached(told: Told, body: bytes) -> set[str]:
    """Which subscriptions were told of this."""
    posted = [event for event in told.events if isinstance(event, Posted)]
    with_it = [event for event in posted if body in [one.body for one in event.messages]]
    return {one for event in with_it for one in event.subscriptions}


async def listen(told: Told) -> None:
    """Listen until the end."""
    while '"end"' not in told.texts:
        await told.listen()


async def test_moved_queue_is_followed(storage: PooledStorage, ref: QueueRef) -> None:
    """To and fro, while it is posted to; nothing is lost, and the subscriptions are the same."""
    await storage.queues.create(ref, {})
    watch = storage.watch()
    one, _ = await watched(watch, storage, ref)
    two, _ = await watched(watch, storage, ref, "websocket:2")
    told, over = Told(watch), asyncio.Event()
    listening = asyncio.create_task(listen(told))
    producing = asyncio.create_task(produce(storage, ref, over))

    for pool in ("a", "b", "a"):
        await asyncio.sleep(0.2)
        await storage.move(ref, pool)
        await post(storage, ref, f'"in {pool}"')
        async with asyncio.timeout(4):  # long before the original is removed
            while f'"in {pool}"' not in told.texts:
                await asyncio.sleep(0.01)
    over.set()
    await producing
    await post(storage, ref, '"end"')
    await listening

    assert told.texts == bodies(await read(storage, ref, limit=100_000))
    async with asyncio.timeout(10):
        while reached(told, b'"end"') != {one, two}:
            await told.listen()
    assert Removed(one) not in told.events
    assert await storage.subscriptions.renew([one, two], seconds=60) == {one, two}

    await storage.subscriptions.delete(ref, one)
    await told.until_removed(one)
    await storage.queues.delete(ref)
    await told.until_removed(two)
    await watch.close()


async def test_queue_is_followed_when_its_pool_is_opened_anew(
    storage: PooledStorage, ref: QueueRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is when an operator changes how the pool is reached."""
    pools = {pool.name: pool for pool in await storage.management.pools.list()}
    if pools["a"].uri.startswith("memory:"):
        pytest.skip("what is in memory is gone when it is closed")
    monkeypatch.setattr(stores, "CLOSE_AFTER", 0.1)
    await storage.queues.create(ref, {})
    watch = storage.watch()
    await watched(watch, storage, ref)
    told = Told(watch)
    await post(storage, ref, "1")
    await told.until("1")

    for name, pool in pools.items():
        await storage.management.pools.update(name, PoolChange(uri=pool.uri + "&maxPoolSize=9"))
    await post(storage, ref, "2")
    await asyncio.sleep(0.5)
    await post(storage, ref, "3")

    assert await told.until("3") == ["1", "2", "3"]
    await watch.close()
