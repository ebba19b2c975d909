# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the WebSocket: posts over many connections, many that are idle, and one message
for all of them."""

import asyncio
import contextlib
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from zaqar_impl.bench import api
from zaqar_impl.bench.client import SLOWEST_ANSWER, Target
from zaqar_impl.bench.listeners import memory_of
from zaqar_impl.bench.load import Crew, WrongAnswer
from zaqar_impl.bench.measuring import Window

#: Connections of a process that are opened at a time.
_AT_ONCE = 20

#: Files of a process beside its connections.
_OTHER_FILES = 64

#: Seconds between messages of the fan-out, so that each is alone.
_PAUSE = 0.05


class Line:
    """A connection on which requests are sent and messages come."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._frames = WSConnection(ConnectionType.CLIENT)
        self._came: list[Any] = []
        self._part = ""

    async def open(self) -> None:
        """Connect and shake hands."""
        parts = urlsplit(self._target.url)
        async with asyncio.timeout(SLOWEST_ANSWER):
            self._in, self._out = await asyncio.open_connection(parts.hostname, parts.port or 9000)
            self._out.write(self._frames.send(Request(host=parts.netloc, target="/")))
            while not self._came:
                await self._receive()
        if self._came.pop() is not AcceptConnection:
            raise OSError("no handshake")

    def send(self, action: str, **body: Any) -> None:
        """Send a request."""
        request = {"action": action, "headers": dict(self._target.headers), "body": body}
        self._out.write(self._frames.send(TextMessage(data=orjson.dumps(request).decode())))

    async def next(self) -> Any:
        """The next message."""
        while not self._came:
            await self._receive()
        return self._came.pop(0)

    async def ask(self, action: str, *statuses: int, **body: Any) -> Any:
        """The body of the reply.

        Raises:
            WrongAnswer: it has another status.
        """
        self.send(action, **body)
        async with asyncio.timeout(SLOWEST_ANSWER):
            told = await self.next()
            while "request" not in told:
                told = await self.next()
        if told["headers"]["status"] not in statuses:
            raise WrongAnswer(str(told["headers"]["status"]))
        return told["body"]

    def close(self) -> None:
        """Go without a word."""
        self._out.close()

    async def _receive(self) -> None:
        data = await self._in.read(65536)
        if not data:
            raise OSError("closed")
        self._frames.receive_data(data)
        for event in self._frames.events():
            if isinstance(event, TextMessage):
                self._part += event.data
                if event.message_finished:
                    self._came.append(orjson.loads(self._part))
                    self._part = ""
            elif isinstance(event, CloseConnection):
                raise OSError("closed")
            elif isinstance(event, AcceptConnection):
                self._came.append(AcceptConnection)


async def opened(target: Target, count: int) -> list[Line]:
    """So many connections."""
    lines = [Line(target) for _ in range(count)]
    for start in range(0, count, _AT_ONCE):
        await asyncio.gather(*(line.open() for line in lines[start : start + _AT_ONCE]))
    return lines


@dataclass(frozen=True)
class Posting:
    """Each connection posts, and again as soon as it was answered."""

    queues: Sequence[str]

    async def run(self, crew: Crew) -> None:
        lines = await opened(crew.target, crew.connections)
        messages = api.messages(1)["messages"]
        await asyncio.gather(*(self._loop(crew, line, messages) for line in lines))

    async def _loop(self, crew: Crew, line: Line, messages: Sequence[Any]) -> None:
        while crew.window.is_open():
            began = time.monotonic()
            try:
                await line.ask("message_post", 201, queue_name=self.queues[0], messages=messages)
                _count(crew, "post", began, 1)
            except (OSError, TimeoutError, WrongAnswer) as error:
                crew.tally.failed("post", str(error) or "no answer")
                break
        line.close()


@dataclass(frozen=True)
class Idle:
    """All connections subscribe, and then nothing happens; the memory of the server is told where
    it is on this machine."""

    queues: Sequence[str]

    async def run(self, crew: Crew) -> None:
        before, length = memory_of(crew.target.url), _begin_now(crew)
        lines = await opened(crew.target, crew.connections)
        for number, line in enumerate(lines):
            began = time.monotonic()
            queue = self.queues[number % len(self.queues)]
            await line.ask("subscription_create", 201, queue_name=queue)
            _count(crew, "subscribe", began, 1)
        await asyncio.sleep(length)
        self._note(crew, before, memory_of(crew.target.url))
        for line in lines:
            line.close()

    def _note(self, crew: Crew, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        for process, size in after.items():
            grown = size - before.get(process, 0)
            crew.result.notes.append(
                f"process {process}: {size / 2**20:.0f} MiB, {grown / 2**20:+.0f} MiB"
            )


@dataclass(frozen=True)
class FanOut:
    """All connections subscribe to one queue, and one more posts to it: the latency is from the
    post to each notification."""

    queues: Sequence[str]

    async def run(self, crew: Crew) -> None:
        queue = self.queues[crew.index % len(self.queues)]
        lines = await opened(crew.target, crew.connections)
        for line in lines:
            await line.ask("subscription_create", 201, queue_name=queue)
        [poster] = await opened(crew.target, 1)
        body = api.body()
        _begin_now(crew)
        while crew.window.is_open():
            began = time.monotonic()
            telling = [asyncio.create_task(_told(crew, line, began)) for line in lines]
            await poster.ask(
                "message_post", 201, queue_name=queue, messages=[{"ttl": api.TTL, "body": body}]
            )
            await asyncio.gather(*telling)
            await asyncio.sleep(_PAUSE)
        for line in [poster, *lines]:
            line.close()


async def _told(crew: Crew, line: Line, began: float) -> None:
    try:
        async with asyncio.timeout(SLOWEST_ANSWER):
            await line.next()
    except (OSError, TimeoutError) as error:
        crew.tally.failed("notify", str(error) or "timed out")
    else:
        _count(crew, "notify", began, 1)


def _begin_now(crew: Crew) -> float:
    """Let the time that counts begin now, whatever was done before; how long it is."""
    now, length = time.monotonic(), crew.window.end - crew.window.begin
    crew.window = Window(now, now + length)
    return length


def _count(crew: Crew, operation: str, began: float, messages: int) -> None:
    if crew.window.counts(began):
        crew.tally.succeeded(operation, time.monotonic() - began, messages)


@dataclass(frozen=True)
class WebSocketScenario:
    """A scenario: its work, and the operation whose messages a second are its rate."""

    summary: str
    work: type[Posting] | type[Idle] | type[FanOut]
    counted: str
    queues: int = 1


WEBSOCKET_SCENARIOS: Mapping[str, WebSocketScenario] = {
    "ws-post-1": WebSocketScenario("post 1 message of 1 KB over the WebSocket", Posting, "post"),
    "ws-idle": WebSocketScenario("subscribe connections, and leave them", Idle, "subscribe", 20),
    "ws-fan-out": WebSocketScenario("post 1 message to all connections", FanOut, "notify"),
}


async def reset(target: Target, queues: Sequence[str]) -> None:
    """Delete the queues."""
    [line] = await opened(target, 1)
    for queue in queues:
        with contextlib.suppress(WrongAnswer):
            await line.ask("queue_delete", 204, queue_name=queue)
    line.close()


def enough_files(connections: int) -> None:
    """Let this process, and those that it starts, have so many connections, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
