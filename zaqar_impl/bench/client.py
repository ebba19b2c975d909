# SPDX-License-Identifier: Apache-2.0
"""A lean HTTP/1.1 client: prepared bytes out, one answer back, one request at a time on each
connection, which is kept.

It knows nothing of the API. A general client library spends several times as much of the processor
on a request, which a load generator takes from the server that it measures on the same machine.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson

#: Seconds that an answer may take; what takes longer counts as ``timed out``.
SLOWEST_ANSWER = 30.0

#: How many bytes of an answer that was not expected are kept, to be shown.
_EXCERPT = 200


class NoAnswer(Exception):
    """There was none; the text is how it is counted, ``no answer`` or ``timed out``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The parsed body; None for one that is empty or no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def excerpt(self) -> str:
        """The beginning of the body, on one line."""
        return " ".join(self.body[:_EXCERPT].decode(errors="replace").split())


@dataclass(frozen=True)
class Target:
    """A deployment by URL, and the headers that every request to it carries."""

    url: str
    headers: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """What stands before every path of the API."""
        return urlsplit(self.url).path.rstrip("/")

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request; ``path`` may have a query."""
        parts = urlsplit(self.url)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """A connection to a target; it is opened by the first request, and again after a failure."""

    def __init__(self, target: Target, slowest_answer: float = SLOWEST_ANSWER) -> None:
        self.target = target
        self._slowest_answer = slowest_answer
        self._wire: _Wire | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send the request and wait for its answer.

        Raises:
            NoAnswer: the connection was refused or broke, or the answer took too long.
        """
        try:
            if self._wire is None or self._wire.ended:
                self._wire = await _opened(self.target.url, self._slowest_answer)
            return await self._wire.exchange(request)
        except TimeoutError as error:
            self.close()
            raise NoAnswer("timed out") from error
        except (OSError, httptools.HttpParserError) as error:
            self.close()
            raise NoAnswer("no answer") from error

    def close(self) -> None:
        """Give the connection up."""
        if self._wire is not None:
            self._wire.end()
            self._wire = None


async def _opened(url: str, slowest_answer: float) -> "_Wire":
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    async with asyncio.timeout(SLOWEST_ANSWER):
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: _Wire(slowest_answer),
            parts.hostname or "",
            parts.port or (443 if secure else 80),
            ssl=ssl.create_default_context() if secure else None,
        )
    return wire


class _Wire(asyncio.Protocol):
    """The protocol of one connection; httptools calls the methods that begin with ``on_``."""

    def __init__(self, slowest_answer: float) -> None:
        self.ended = False
        self._slowest_answer = slowest_answer
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._asked = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def exchange(self, request: bytes) -> asyncio.Future[Answer]:
        """Send; the future is the answer."""
        assert self._transport is not None
        assert self._waiting is None, "one request at a time"
        self._asked = self._loop.time()
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        return self._waiting

    def end(self) -> None:
        """Close the connection at once."""
        self._give_up(ConnectionResetError("closed"))
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._look_later()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._give_up(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_up(exc or ConnectionResetError("the server closed the connection"))

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), b"".join(self._body))
        self._body.clear()
        if not self._parser.should_keep_alive():
            self.ended = True
            if self._transport is not None:
                self._transport.close()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _give_up(self, error: Exception) -> None:
        self.ended = True
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    def _look_later(self) -> None:
        """One timer that looks now and then costs less than one for each request."""
        self._watch = self._loop.call_later(1.0, self._look)

    def _look(self) -> None:
        if self._waiting is not None and self._loop.time() - self._asked > self._slowest_answer:
            self._give_up(TimeoutError())
            if self._transport is not None:
                self._transport.abort()
        elif not self.ended:
            self._look_later()
