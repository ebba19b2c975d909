# SPDX-License-Identifier: Apache-2.0
"""Following queues in MongoDB while it fails: what was posted is told, once and in order."""

import asyncio
import contextlib
import itertools
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.mongod import EmbeddedMongod, embedded
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.contract.base import bodies, post, read
from zaqar_impl.storage.contract.watching import Told, hold, watched
from zaqar_impl.storage.mongodb import MongoStorage

DATABASE = "watching"
#: The name by which the process that follows is known to the server.
NAME = "follower"
PRODUCERS = 4
SOON = 60.0


@pytest.fixture
def ref() -> QueueRef:
    return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


@asynccontextmanager
async def opened(uri: str, name: str) -> AsyncIterator[MongoStorage]:
    """A process's storage."""
    storage = MongoStorage(f"{uri}&appName={name}", DATABASE, FakeClock())
    await storage.open()
    yield storage
    await storage.close()


class Producing:
    """Producers of two processes that post until they are told to stop, whatever fails."""

    def __init__(self, storages: Sequence[MongoStorage], ref: QueueRef) -> None:
        self._ref = ref
        self._over = False
        self.posted = 0
        self._tasks = [
            asyncio.create_task(self._produce(number, storages[number % len(storages)]))
            for number in range(PRODUCERS)
        ]

    async def stop(self) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)

    async def until(self, more: int) -> None:
        """Return when so many more are posted."""
        wanted = self.posted + more
        async with asyncio.timeout(SOON):
            while self.posted < wanted:
                await asyncio.sleep(0.01)

    async def _produce(self, number: int, storage: MongoStorage) -> None:
        for count in itertools.count():
            if self._over:
                return
            new = [NewMessage(f'"{number} {count} {one}"'.encode(), 3600) for one in range(3)]
            try:
                await storage.messages.post(self._ref, new, producer="p")
                self.posted += 3
            except StorageUnavailable:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.005)


async def all_told(
    uri: str, ref: QueueRef, fail: Callable[[Producing], Awaitable[None]]
) -> Sequence[str]:
    """What is told while producers post and ``fail`` does its work, which must be what is listed in
    the end."""
    async with opened(uri, NAME) as one, opened(uri, "a") as two, opened(uri, "b") as three:
        watch = one.watch()
        await watched(watch, one, ref)
        told = Told(watch)
        producing = Producing([two, three], ref)
        listening = asyncio.create_task(told.until('"end"'))
        await producing.until(30)
        await fail(producing)
        await producing.until(30)
        await producing.stop()
        await post(two, ref, '"end"')
        async with asyncio.timeout(SOON):
            await listening
        listed = bodies(await read(two, ref, limit=100_000))
        await watch.close()
    assert told.texts == listed
    return told.texts


@contextlib.asynccontextmanager
async def failing(mongod: EmbeddedMongod, times: int, **how: Any) -> AsyncIterator[None]:
    """Let commands of the process that follows fail so often."""
    async with AsyncMongoClient[Any](mongod.uri) as client:
        data = {**how, "appName": NAME}
        await client.admin.command(
            {"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data}
        )
        yield
        await client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"failCommands": ["getMore"], "closeConnection": True}, id="cut-off"),
        pytest.param({"failCommands": ["getMore"], "errorCode": 43}, id="cursor-killed"),
        pytest.param(
            {"failCommands": ["getMore", "aggregate"], "errorCode": 11602}, id="no-primary"
        ),
        pytest.param(
            {"failCommands": ["getMore", "aggregate"], "errorCode": 11601}, id="interrupted"
        ),
        pytest.param({"failCommands": ["aggregate"], "errorCode": 286}, id="history-lost"),
        pytest.param({"failCommands": ["getMore"], "errorCode": 286}, id="history-lost-on-the-way"),
        pytest.param({"failCommands": ["getMore"], "errorCode": 280}, id="token-lost"),
    ],
)
async def test_stream_that_fails_loses_nothing(
    mongod: EmbeddedMongod, ref: QueueRef, how: dict[str, Any]
) -> None:
    """It goes on from where it was, or from the log where the server has forgotten that."""

    async def fail(producing: Producing) -> None:
        for _ in range(3):
            async with failing(mongod, 3, **how):
                await producing.until(30)

    await all_told(mongod.uri, ref, fail)


async def test_what_is_watched_may_change_under_way(mongod: EmbeddedMongod, ref: QueueRef) -> None:
    """Each change opens the stream anew, and none loses or repeats anything for those that
    stay."""
    async with opened(mongod.uri, NAME) as one, opened(mongod.uri, "a") as two:
        watch = one.watch()
        await watched(watch, one, ref)
        told = Told(watch)
        producing = Producing([one, two], ref)
        listening = asyncio.create_task(told.until('"end"'))
        others = [QueueRef(ref.project, f"other-{number}") for number in range(20)]
        for other in others:
            subscription_id, _ = await watched(watch, one, other)
            await post(two, other, f'"{other.name}"')
            await told_soon(told, f'"{other.name}"')
            watch.discard(subscription_id)
        await producing.stop()
        await post(two, ref, '"end"')
        await listening
        await watch.close()

        listed = bodies(await read(one, ref, limit=100_000))
    assert [text for text in told.texts if "other" not in text] == listed


async def told_soon(told: Told, text: str) -> None:
    """Return when somebody who listens was told this."""
    async with asyncio.timeout(SOON):
        while text not in told.texts:
            await asyncio.sleep(0.01)


async def test_each_subscription_is_told_from_its_beginning(
    mongod: EmbeddedMongod, ref: QueueRef
) -> None:
    """However many come at once, while others post: each has all that is behind its position."""
    async with opened(mongod.uri, NAME) as one, opened(mongod.uri, "a") as two:
        watch = one.watch()
        await two.queues.create(ref, {})
        producing = Producing([two], ref)
        begins = dict(
            await asyncio.gather(*(watched(watch, one, ref, f"w:{n}") for n in range(50)))
        )
        await producing.stop()
        await post(two, ref, '"end"')
        told = Told(watch)
        await told.until('"end"')
        await watch.close()

        listed = await read(one, ref, limit=100_000)
    first = min(begins.values())
    assert told.texts == bodies([message for message in listed if message.position > first])


@pytest.mark.long
async def test_stepping_down_loses_nothing(mongod: EmbeddedMongod, ref: QueueRef) -> None:
    """There is no primary for some seconds, and what it had not acknowledged may be gone."""

    async def fail(producing: Producing) -> None:
        async with AsyncMongoClient[Any](mongod.uri) as client:
            for _ in range(2):
                await client.admin.command("replSetStepDown", 2, force=True)
                await producing.until(30)

    await all_told(mongod.uri, ref, fail)


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedMongod]:
    """A mongod that keeps its port when it is started again."""
    port = embedded._free_port()
    monkeypatch.setattr(embedded, "_free_port", lambda: port)
    with EmbeddedMongod(tmp_path / "mortal") as running:
        yield running


@pytest.mark.long
async def test_killing_the_server_loses_nothing(mortal: EmbeddedMongod, ref: QueueRef) -> None:
    """It is away for a while, and comes back with what it has acknowledged."""

    async def fail(producing: Producing) -> None:
        for _ in range(2):
            os.kill(mortal.pid, signal.SIGKILL)
            await asyncio.sleep(1)
            await asyncio.to_thread(mortal.stop)
            await asyncio.to_thread(mortal.start)
            await producing.until(30)

    await all_told(mortal.uri, ref, fail)


async def test_removal_is_told_though_the_stream_is_away(
    mongod: EmbeddedMongod, ref: QueueRef
) -> None:
    """Nothing that was posted after it is told, also where the history of it is lost."""
    for code in (11601, 286):
        async with opened(mongod.uri, NAME) as one, opened(mongod.uri, "a") as two:
            watch = one.watch()
            gone = await hold(one, ref, f"w:{code}")
            await watch.add(ref, gone)
            told = Told(watch)
            await post(two, ref, f'"before {code}"')
            await told.until(f'"before {code}"')
            async with failing(mongod, 1, failCommands=["getMore"], errorCode=code):
                await two.subscriptions.delete(ref, gone)
                await post(two, ref, '"after"')
                await told.until_removed(gone)
            await watch.close()
        assert '"after"' not in told.texts
