# SPDX-License-Identifier: Apache-2.0
"""More clients than the server can take on, and clients that are slow on purpose: those who behave
are served, the others are told to come again, and the workers stay as they are.

``ZAQAR_LOAD_SECONDS`` sets the length of each run; the test line takes short ones.
"""

import asyncio
import contextlib
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.tests.acceptance.running import RunningServer

SECONDS = float(os.environ.get("ZAQAR_LOAD_SECONDS", "2"))
MANY = 1000
MIB = 1024 * 1024
#: What a worker may have grown to after all of this, in bytes: see decision 0106.
LARGEST_WORKER = 384 * 1024 * 1024
#: Requests that each worker takes on, for the test of what happens beyond.
FEW = 20

HEADERS = (
    b"Host: zaqar\r\nClient-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: crowd\r\n"
)


def request(method: str, path: str, body: Any = None) -> bytes:
    """A request as it is on the wire."""
    head = f"{method} /v2{path} HTTP/1.1\r\n".encode() + HEADERS
    if body is None:
        return head + b"\r\n"
    content = json.dumps(body).encode()
    return head + b"Content-Length: %d\r\n\r\n" % len(content) + content


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: bytes
    body: bytes
    seconds: float


class Client:
    """A connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, sent: bytes) -> Answer:
        """The answer to a request."""
        began = time.monotonic()
        self.writer.write(sent)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int((head.lower().partition(b"content-length: ")[2] or b"0").split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        return Answer(int(head[9:12]), head.lower(), body, time.monotonic() - began)


@contextlib.asynccontextmanager
async def connected(server: RunningServer, count: int = 1) -> AsyncIterator[list[Client]]:
    """So many clients."""
    clients: list[Client] = []
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=MIB)
            clients.append(Client(reader, writer))
        yield clients
    finally:
        for client in clients:
            client.writer.transport.abort()


@dataclass
class Tally:
    """What some clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    without_retry_after: int = 0

    def add(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        self.seconds.append(answer.seconds)
        if answer.status == 503:
            self.without_retry_after += b"\r\nretry-after: " not in answer.headers
        elif answer.status == 201:
            self.ids += [href.rpartition("/")[2] for href in json.loads(answer.body)["resources"]]

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]


async def posting(client: Client, queue: str, until: float, tally: Tally) -> None:
    """Post message after message."""
    sent = request("POST", f"/queues/{queue}/messages", {"messages": [{"body": 1, "ttl": 300}]})
    while time.monotonic() < until:
        tally.add(await client.ask(sent))


async def crowd(server: RunningServer, count: int, queue: str) -> Tally:
    """So many clients that post as fast as they can."""
    tally = Tally()
    async with connected(server, count) as clients:
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(posting(client, queue, until, tally) for client in clients))
    return tally


async def listed(server: RunningServer, queue: str) -> list[str]:
    """The ids of all messages of a queue."""
    ids: list[str] = []
    path = f"/v2/queues/{queue}/messages?limit=20&echo=true"
    async with connected(server) as [client]:
        while path:
            page = json.loads((await client.ask(request("GET", path.removeprefix("/v2")))).body)
            ids += [message["href"].rpartition("/")[2] for message in page["messages"]]
            path = page["links"][0]["href"] if page["links"] else ""
    return ids


def largest(server: RunningServer) -> int:
    """Bytes of the largest worker."""
    return max(int(worker.memory_info().rss) for worker in server.workers())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose workers take on few requests at a time."""
    folder: Path = tmp_path_factory.mktemp("few")
    (folder / "zaqar.conf").write_text(f"[drivers:transport:wsgi]\nmax_requests = {FEW}\n")
    flags = ("--workers", "2", "--config-file", str(folder / "zaqar.conf"))
    running = RunningServer(folder / "db", *flags)
    try:
        yield running.wait_ready()
    finally:
        assert running.stop() == 0, running.text


@pytest.mark.long
async def test_a_thousand_connections_are_served(server: RunningServer) -> None:
    """What can be done is not refused, each answer is right, and the workers do not grow."""
    tally = await crowd(server, MANY, "thousand")

    assert set(tally.statuses) == {201}
    assert len(tally.ids) == len(set(tally.ids)) >= MANY
    assert largest(server) < LARGEST_WORKER


@pytest.mark.option("drivers:transport:wsgi.max_requests")
async def test_excess_is_told_to_come_again(few: RunningServer) -> None:
    """At once; what is not refused is done, and nothing else; and who asks whether the server lives
    is answered."""
    alive = Tally()
    async with connected(few) as [client]:
        pings = asyncio.create_task(pinging(client, alive))
        tally = await crowd(few, 15 * FEW, "excess")
        pings.cancel()

    assert set(tally.statuses) == {201, 503}
    assert tally.without_retry_after == 0
    assert sorted(await listed(few, "excess")) == sorted(tally.ids)
    assert set(alive.statuses) == {204}
    assert set((await crowd(few, FEW, "after")).statuses) == {201}


async def pinging(client: Client, tally: Tally) -> None:
    while True:
        tally.add(await client.ask(request("GET", "/ping")))
        await asyncio.sleep(0.05)


async def slow_heads(client: Client) -> None:
    """A head that comes byte by byte."""
    await trickle(client, request("GET", "/queues/a/messages"))


async def slow_bodies(client: Client) -> None:
    """Most of a large body at once, and the rest byte by byte."""
    sent = request("POST", "/queues/a/messages", {"messages": [{"body": "x" * 200_000}]})
    client.writer.write(sent[:-100])
    await trickle(client, sent[-100:])


async def slow_readers(client: Client) -> None:
    """Answers of 5 MB, asked for again and again, and never read."""
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(1000):
        client.writer.write(request("GET", "/queues/large/messages?limit=20&echo=true"))
        await asyncio.sleep(0.5)


async def trickle(client: Client, sent: bytes) -> None:
    for byte in sent:
        client.writer.write(bytes((byte,)))
        await asyncio.sleep(1)


async def fill_large(client: Client) -> None:
    """A queue of which a page has 5 MB."""
    large = request("POST", "/queues/large/messages", {"messages": [{"body": "x" * 250_000}]})
    for _ in range(20):
        assert (await client.ask(large)).status == 201


@pytest.mark.long
@pytest.mark.parametrize(
    ("behave", "count"), [(slow_heads, 300), (slow_bodies, 600), (slow_readers, 150)]
)
async def test_slow_clients_hold_up_nobody(
    server: RunningServer, behave: Callable[[Client], Awaitable[None]], count: int
) -> None:
    """Others are answered as if they were alone, and the workers do not grow."""
    tally = Tally()
    async with connected(server) as [client], connected(server, count) as slow:
        await fill_large(client)
        tasks = [asyncio.create_task(ignoring_ends(behave(one))) for one in slow]
        await asyncio.sleep(1)  # for this process to become slow itself
        until = time.monotonic() + SECONDS
        await posting(client, "behaved", until, tally)
        page = await client.ask(request("GET", "/queues/large/messages?limit=20&echo=true"))
        size = largest(server)
        for task in tasks:
            task.cancel()

    assert set(tally.statuses) == {201}
    assert (page.status, len(json.loads(page.body)["messages"])) == (200, 20)
    assert max(*tally.seconds, page.seconds) < 5
    assert size < LARGEST_WORKER


async def ignoring_ends(behaviour: Awaitable[None]) -> None:
    """Until the server has had enough of it."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await behaviour
