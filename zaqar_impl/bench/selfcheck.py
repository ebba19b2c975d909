# SPDX-License-Identifier: Apache-2.0
"""A server that answers every request of the scenarios from memory, so that what is measured on it
is the load generator."""

import asyncio
import contextlib
import json
import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any, cast

import httptools
import uvloop

from zaqar_impl.bench import api
from zaqar_impl.bench.scenarios import PAGE


def _message(number: int) -> dict[str, Any]:
    href = f"/v2/queues/q/messages/{number:024x}"
    return {"id": f"{number:024x}", "href": href, "ttl": api.TTL, "age": 1, "body": api.body()}


def _answer(status: str, content: Any = None) -> bytes:
    body = b"" if content is None else json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


_PAGE = [_message(number) for number in range(PAGE)]
_LINK = {"rel": "next", "href": f"/v2/queues/q/messages?limit={PAGE}&echo=true&marker=1"}
_LISTED = _answer("200 OK", {"messages": _PAGE, "links": [_LINK]})
_CLAIMED = _answer("201 Created", {"messages": _PAGE})
_SHOWN = _answer("200 OK", {})
_STATS = _answer("200 OK", {"messages": {"claimed": 0, "free": 10**9, "total": 10**9}})
_NO_CONTENT = _answer("204 No Content")


def _posted(body: bytes) -> bytes:
    """The answer to a post with that body; by its size, for it is the generator's own."""
    count = max(1, len(body) // api.BODY_BYTES)
    return _answers_to_posts.setdefault(
        count, _answer("201 Created", {"resources": [_PAGE[0]["href"]] * count})
    )


_answers_to_posts: dict[int, bytes] = {}


class _Protocol(asyncio.Protocol):
    """One connection; httptools calls the methods that begin with ``on_``."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._transport.write(self._chosen(self._parser.get_method()))

    def _chosen(self, method: bytes) -> bytes:
        path = self._url.partition(b"?")[0]
        if method in (b"DELETE", b"PUT"):
            return _NO_CONTENT
        if path.endswith(b"/claims"):
            return _CLAIMED
        if method == b"POST":
            return _posted(self._body)
        if path.endswith(b"/stats"):
            return _STATS
        return _LISTED if path.endswith(b"/messages") else _SHOWN


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The server in a process of its own; its URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvloop.run(_serving(pipe))


async def _serving(pipe: Pipe) -> None:
    listening = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
    pipe.send(listening.sockets[0].getsockname()[1])
    await listening.serve_forever()
