# SPDX-License-Identifier: Apache-2.0
"""Connections that follow a queue of a replica set whose primary steps down, is killed, and stands
still, while two processes post: each is told of each message once, in the order of the queue."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from zaqar_impl.domain.clock import system_clock
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.handlers.service import Service
from zaqar_impl.push import Follower, Notice
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.mongodb import MongoStorage
from zaqar_impl.tests.acceptance.replicas import Member, ReplicaSet

REF = QueueRef("project", "jobs")
CONNECTIONS = 5
#: Seconds until everybody must have been told, on a busy machine.
SOON = 60.0


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    with ReplicaSet(tmp_path_factory.mktemp("push") / "set") as running:
        yield running


@asynccontextmanager
async def service_of(replicas: ReplicaSet) -> AsyncIterator[Service]:
    """What a process works with."""
    storage = MongoStorage(replicas.uri, "push", system_clock)
    await storage.open()
    yield Service(storage, Limits(), system_clock, Shape({}, {}), {})
    await storage.close()


async def produce(service: Service, over: asyncio.Event) -> None:
    while not over.is_set():
        try:
            new = [NewMessage(b"1", 3600)] * 3
            await service.storage.messages.post(REF, new, producer="p")
        except StorageUnavailable:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.02)


async def positions(service: Service) -> list[int]:
    """What is in the queue."""
    listed = await service.storage.messages.list(
        REF,
        after=0,
        limit=1_000_000,
        hide_producer=None,
        include_claimed=True,
        include_delayed=True,
    )
    return [message.position for message in listed]


def kill(replicas: ReplicaSet) -> None:
    primary = replicas.primary()
    primary.kill()
    primary.start()
    replicas.wait_whole()


def freeze(replicas: ReplicaSet) -> None:
    primary: Member = replicas.primary()
    primary.freeze()
    try:
        replicas.primary()
    finally:
        primary.thaw()
    replicas.wait_whole()


def step_down(replicas: ReplicaSet) -> None:
    replicas.step_down()
    replicas.wait_whole()


@pytest.mark.long
async def test_failing_primaries_lose_no_notification(replicas: ReplicaSet, tmp_path: Path) -> None:
    """Nor repeat one, nor change the order; and the subscriptions are still there."""
    told: list[list[int]] = [[] for _ in range(CONNECTIONS)]
    async with (
        service_of(replicas) as one,
        service_of(replicas) as two,
        Follower(one) as pushing,
    ):
        for number, place in enumerate(told):

            def deliver(notice: Notice, place: list[int] = place) -> None:
                place.extend(message.position for message in notice.messages)

            assert await pushing.subscribe(REF, str(number), deliver=deliver)
        over = asyncio.Event()
        producing = [asyncio.create_task(produce(each, over)) for each in (one, two)]
        for fault in (step_down, kill, freeze):
            before = len(told[0])
            await asyncio.to_thread(fault, replicas)
            async with asyncio.timeout(SOON):
                while len(told[0]) < before + 30:
                    await asyncio.sleep(0.05)
        over.set()
        await asyncio.gather(*producing)

        listed = await positions(two)
        async with asyncio.timeout(SOON):
            while any(len(place) < len(listed) for place in told):
                await asyncio.sleep(0.05)
        assert told == [listed] * CONNECTIONS
        assert listed == list(range(1, len(listed) + 1))
        assert len(await two.storage.subscriptions.list(REF, after=None, limit=9)) == CONNECTIONS
