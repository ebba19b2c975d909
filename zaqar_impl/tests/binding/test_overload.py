# SPDX-License-Identifier: Apache-2.0
"""What a worker does when there is more to do than it takes on, and with clients that are slow to
take their answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp

from zaqar_impl.config import load
from zaqar_impl.rest import workload
from zaqar_impl.rest.crowd import BoundedProtocol, Crowd, crowd_of
from zaqar_impl.rest.workload import Bodies, Turns, Workload
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.tests.binding.conftest import HEADERS, Clock, application_of

BIG = 8 * 1024 * 1024
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

Ask = Callable[..., Any]


class HeldStorage(MemoryStorage):
    """A storage whose queues answer only when they may."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.may = asyncio.Event()
        self.asked = 0
        look = self.messages.list

        async def held(*args: Any, **kwargs: Any) -> Any:
            self.asked += 1
            await self.may.wait()
            return await look(*args, **kwargs)

        self.messages.list = held  # type: ignore[method-assign]


@pytest.fixture
async def storage(clock: Clock) -> HeldStorage:
    return HeldStorage(clock)


def client(storage: HeldStorage, clock: Clock, work: Workload) -> httpx.AsyncClient:
    """A client of the application that takes on so much."""
    app = application_of(load([], {(None, "admin_mode"): True}), storage, clock, workload=work)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://zaqar", headers=HEADERS
    )


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_excess_is_refused_at_once(storage: HeldStorage, clock: Clock) -> None:
    """It is told when to come again; what asks whether the server lives is answered; and those who
    were there before get their answers."""
    async with client(storage, clock, Workload(2)) as zaqar:
        lists = [asyncio.create_task(zaqar.get("/v2/queues/q/messages")) for _ in range(2)]
        await until(lambda: storage.asked == 2)

        refused = await zaqar.put("/v2/queues/q")
        alive = [await zaqar.get("/v2/ping"), await zaqar.get("/v2/health")]
        storage.may.set()
        answers = [await answer for answer in lists]
        later = await zaqar.put("/v2/queues/q")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.json()["title"] == "Service Unavailable"
    assert [answer.status_code for answer in alive] == [204, 200]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert later.status_code == 201


async def test_answers_with_messages_wait_for_their_turn(
    storage: HeldStorage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that few of them are in memory at a time; other requests pass."""
    monkeypatch.setattr(workload, "FEWEST_GIVING", 3)
    monkeypatch.setattr(workload, "MOST_GIVEN", 1)
    async with client(storage, clock, Workload()) as zaqar:
        lists = [asyncio.create_task(zaqar.get("/v2/queues/q/messages")) for _ in range(9)]
        await until(lambda: storage.asked == 3)
        made = await zaqar.put("/v2/queues/q")
        assert storage.asked == 3
        storage.may.set()
        answers = [await answer for answer in lists]

    assert made.status_code == 201
    assert {answer.status_code for answer in answers} == {200}


async def test_who_waits_too_long_for_a_turn_is_refused(
    storage: HeldStorage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "MOST_GIVING", 1)
    monkeypatch.setattr(workload, "FEWEST_GIVING", 1)
    monkeypatch.setattr(workload, "PATIENCE", 0.05)
    async with client(storage, clock, Workload()) as zaqar:
        first = asyncio.create_task(zaqar.get("/v2/queues/q/messages"))
        await until(lambda: storage.asked == 1)
        second = await zaqar.get("/v2/queues/q/messages")
        storage.may.set()
        answers = [await first, await zaqar.get("/v2/queues/q/messages")]

    assert (second.status_code, second.headers["Retry-After"]) == (503, "2")
    assert [answer.status_code for answer in answers] == [200, 200]


async def begun_at_once(turns: Turns) -> int:
    """How many have their turn at the same time."""
    tasks = [asyncio.create_task(turns.begin()) for _ in range(workload.MOST_GIVING + 1)]
    await asyncio.wait(tasks, timeout=0.05)
    begun = sum(task.done() for task in tasks)
    for task in tasks:
        if task.done():
            turns.end(0)
        task.cancel()
    await asyncio.wait(tasks)
    return begun


async def test_the_larger_answers_are_the_fewer_are_made_at_a_time() -> None:
    """What the last ones were decides."""
    turns = Turns()
    assert await begun_at_once(turns) == workload.MOST_GIVING // 2

    for size in (workload.MOST_GIVEN, *[1000] * 500):
        await turns.begin()
        turns.end(size)
        if size > 1000:
            assert await begun_at_once(turns) == workload.FEWEST_GIVING

    assert await begun_at_once(turns) == workload.MOST_GIVING


async def test_who_stops_waiting_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "FEWEST_GIVING", 1)
    monkeypatch.setattr(workload, "MOST_GIVING", 1)
    turns = Turns()
    await turns.begin()
    left, stays = (asyncio.create_task(turns.begin()) for _ in range(2))
    await asyncio.sleep(0)
    left.cancel()
    turns.end(0)

    await stays
    turns.end(0)
    async with asyncio.timeout(1):
        await turns.begin()


async def test_the_slowest_body_makes_room(storage: HeldStorage, clock: Clock) -> None:
    """A body that comes at a trickle is given up for one that comes at once."""
    bodies = Bodies(100)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"messages": [' + b" " * 50
        begun.set()
        await go_on.wait()
        yield b"]}"

    async with client(storage, clock, Workload(bodies=bodies)) as zaqar:
        slow = asyncio.create_task(zaqar.post("/v2/queues/q/messages", content=trickle()))
        await begun.wait()
        await until(lambda: bodies.total > 50)
        quick = await zaqar.put("/v2/queues/q", content=b"{" + b" " * 60 + b"}")
        refused = await slow

    assert quick.status_code == 201
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert bodies.total == 0


async def test_what_there_is_no_room_for_is_refused(storage: HeldStorage, clock: Clock) -> None:
    async with client(storage, clock, Workload(bodies=Bodies(100))) as zaqar:
        large = await zaqar.put("/v2/queues/q", content=b"{" + b" " * 200 + b"}")
        small = await zaqar.put("/v2/queues/q", content=b"{}")

    assert (large.status_code, large.headers["Retry-After"]) == (503, "2")
    assert small.status_code == 201


class Wired:
    """A server on a free port, in this loop."""

    def __init__(self, crowd: Crowd, port: int) -> None:
        self.crowd = crowd
        self._port = port

    async def connect(self, *requests: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A client that has sent these."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1024)
        for request in requests:
            writer.write(request)
        return reader, writer

    async def takes(self) -> bytes:
        """All that a well-behaved client gets."""
        reader, writer = await self.connect(
            REQUEST.replace(b"Host", b"Connection: close\r\nHost", 1)
        )
        try:
            return await reader.read(-1)
        finally:
            await closed(writer)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a client's connection, or what is left of it."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Hasty(BoundedProtocol):
    """With little patience."""

    SLOWEST_ANSWER = 0.5


@pytest.fixture
async def wired() -> AsyncIterator[Callable[[ASGIApp], Any]]:
    """Serves an application by the protocol that is tested."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(app: ASGIApp) -> Wired:
            config = uvicorn.Config(
                app, port=0, http=Hasty, ws="none", lifespan="off", log_config=None
            )
            server = uvicorn.Server(config)
            task = asyncio.create_task(server._serve())
            await until(lambda: server.started)
            crowd = crowd_of(server.lifespan.state)

            async def stop() -> None:
                server.force_exit = server.should_exit = True
                await task

            stack.push_async_callback(stop)
            [sockets] = [one.sockets for one in server.servers]
            return Wired(crowd, sockets[0].getsockname()[1])

        yield serve


async def test_a_client_that_takes_nothing_loses_its_answer(wired: Ask) -> None:
    """After a while; others are served meanwhile."""
    served = await wired(Response(b"x" * BIG))
    _, slow = await served.connect(REQUEST)
    await until(lambda: served.crowd.unsent > BIG // 4)

    assert len(await served.takes()) > BIG
    await until(lambda: served.crowd.unsent == 0)
    await until(lambda: served.crowd.count == 0)
    await closed(slow)


async def test_no_answer_is_made_before_the_last_one_is_taken(wired: Ask) -> None:
    """Also if the requests came together; then it goes on."""
    made = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal made
        made += 1
        await Response(b"x" * BIG)(scope, receive, send)

    served = await wired(app)
    reader, writer = await served.connect(REQUEST, REQUEST, REQUEST)
    await until(lambda: served.crowd.unsent > BIG // 4)
    assert made == 1
    for _ in range(3):
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(BIG)

    assert made == 3
    await closed(writer)


async def test_answers_that_are_not_taken_make_room(wired: Ask) -> None:
    """However many do not take theirs, and whoever comes last gets it."""
    served = await wired(Response(b"x" * BIG))
    served.crowd.MOST_UNSENT = 3 * BIG
    slow = []
    for _ in range(12):
        slow.append(await served.connect(REQUEST))
        await asyncio.sleep(0.01)
        assert served.crowd.unsent <= 3 * BIG

    assert len(await served.takes()) > BIG
    for _, writer in slow:
        await closed(writer)


async def test_silent_clients_make_room_for_others(wired: Ask) -> None:
    """Those that have been silent for the longest."""
    served = await wired(Response(b"{}"))
    served.crowd.MOST_CONNECTIONS = 3
    silent = [await served.connect() for _ in range(3)]
    await until(lambda: served.crowd.count == 3)
    reader, writer = await served.connect(REQUEST)

    assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")
    assert await silent[0][0].read(1) == b""
    assert served.crowd.count == 3
    for one in (*silent, (reader, writer)):
        await closed(one[1])
