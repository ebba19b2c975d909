# SPDX-License-Identifier: Apache-2.0
"""Processes that follow queues in one MongoDB, and die."""

import asyncio
import os
import secrets
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from zaqar_impl.domain.clock import system_clock
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.handlers.service import Service
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.push import Deliver, Follower, Notice
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.mongodb import MongoStorage

DATABASE = "pushing"
#: A lease for those who have no time, in seconds.
LEASE = 3
SOON = 30.0

# A process whose connections follow a queue and print what they are told, until it ends.
SCRIPT = """
import asyncio, sys
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.push import follower
from zaqar_impl.tests.contract.test_push_processes import service_of, LEASE

follower.LEASE, follower.RENEW_EVERY = LEASE, LEASE / 3

async def main(uri, project, name, count):
    async with service_of(uri) as service, follower.Follower(service) as pushing:
        def deliver(notice):
            for message in notice.messages:
                print(message.body.decode(), flush=True)
        for number in range(int(count)):
            await pushing.subscribe(
                QueueRef(project, "jobs"), f"{name}-{number}",
                deliver=deliver if number == 0 else lambda notice: None,
            )
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def service_of(uri: str) -> AsyncIterator[Service]:
    """What a process works with."""
    storage = MongoStorage(uri, DATABASE, system_clock)
    await storage.open()
    yield Service(storage, Limits(), system_clock, Shape({}, {}), {})
    await storage.close()


@pytest.fixture
def ref() -> QueueRef:
    return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


async def start(uri: str, ref: QueueRef, name: str, count: int) -> Process:
    """A process that follows the queue by so many connections."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, uri, ref.project, name, str(count), stdin=PIPE, stdout=PIPE
    )
    assert await line_of(started) == "ready"
    return started


async def line_of(process: Process) -> str:
    assert process.stdout
    async with asyncio.timeout(SOON):
        return (await process.stdout.readline()).decode().strip()


async def subscribers(service: Service, ref: QueueRef) -> Sequence[str]:
    found = await service.storage.subscriptions.list(ref, after=None, limit=100)
    return [one.subscriber for one in found]


@pytest.mark.long
async def test_killed_process_leaves_others_undisturbed(
    mongod: EmbeddedMongod, ref: QueueRef
) -> None:
    """After its lease nothing of it is left; what others follow is told to them meanwhile."""
    async with service_of(mongod.uri) as service:
        dying = await start(mongod.uri, ref, "dying", 5)
        living = await start(mongod.uri, ref, "living", 2)
        await asyncio.sleep(1.5 * LEASE)
        assert len(await subscribers(service, ref)) == 7

        os.kill(dying.pid, signal.SIGKILL)
        killed = time.monotonic()
        await dying.wait()
        new = [NewMessage(b"1", 300), NewMessage(b"2", 300)]
        await service.storage.messages.post(ref, new, producer="p")
        assert [await line_of(living), await line_of(living)] == ["1", "2"]
        while len(await subscribers(service, ref)) > 2:
            assert time.monotonic() < killed + LEASE + 1
            await asyncio.sleep(0.1)

        assert await subscribers(service, ref) == ["websocket:living-0", "websocket:living-1"]
        assert living.stdin
        living.stdin.close()
        await living.wait()
        assert await subscribers(service, ref) == []


async def test_each_process_is_told_of_what_all_post(mongod: EmbeddedMongod, ref: QueueRef) -> None:
    """In one order, that of the queue, each message once for each connection."""
    async with (
        service_of(mongod.uri) as one,
        service_of(mongod.uri) as two,
        Follower(one) as first,
        Follower(two) as second,
    ):
        told: list[list[int]] = [[] for _ in range(6)]

        def taking(place: list[int]) -> Deliver:
            def deliver(notice: Notice) -> None:
                place.extend(message.position for message in notice.messages)

            return deliver

        for number, place in enumerate(told):
            pushing = first if number % 2 else second
            assert await pushing.subscribe(ref, str(number), deliver=taking(place))
        new = [NewMessage(b"1", 300)] * 4
        posting = [
            service.storage.messages.post(ref, new, producer="p")
            for service in (one, two)
            for _ in range(25)
        ]
        await asyncio.gather(*posting)
        async with asyncio.timeout(SOON):
            while any(len(place) < 200 for place in told):
                await asyncio.sleep(0.01)

    assert told == [list(range(1, 201))] * 6
