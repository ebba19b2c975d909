# SPDX-License-Identifier: Apache-2.0
"""uvicorn's HTTP protocol with bounds on the head of a request, errors in the API's own form, and
answers that are sent in one piece.

uvicorn bounds neither the size nor the time of a request's head: a client that sends headers for
ever would grow the process, one that sends them slowly would keep its connection open for ever.
"""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from zaqar_impl.rest.errors import body_of

#: An offer to upgrade the connection, in a request's head.
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class _TooLarge(Exception):
    """The head of a request is."""


class OneWrite(asyncio.Transport):
    """A transport that sends the head of an answer together with its body.

    uvicorn writes them one after the other, and every write is a call of the system, the dearest
    part of a small request. A write waits for the next one, at the longest until the event loop
    goes on.
    """

    #: Bytes that are copied to be sent together; longer ones are worth a call.
    MOST_JOINED = 64 * 1024

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._waiting = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._waiting and data:
            self._waiting = bytes(data)
            self._loop.call_soon(self._flush)
        elif len(data) <= self.MOST_JOINED:
            joined, self._waiting = self._waiting + data, b""
            self._transport.write(joined)
        else:
            self._flush()
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        if self._waiting and not self.is_closing():
            waiting, self._waiting = self._waiting, b""
            self._transport.write(waiting)


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    #: Bytes of request line and headers together.
    LARGEST_HEAD = 64 * 1024

    #: Seconds that a client may take from connecting, or from the first byte of a request, to the
    #: end of its headers.
    SLOWEST_HEAD = 20.0

    _in_head = False
    #: Bytes of the head, or of what trails a body, that the parser has read.
    _head_bytes = 0
    #: Bytes of chunks that a head which began earlier took wholly: a line may have no end.
    _chunk_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(OneWrite(transport, self.loop))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._in_body:
            # This server never upgrades a connection, and ignores offers to; the parser would drop
            # the body of a request that makes one, as Java's HTTP client does.
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"\r\nx-offered-upgrade:", head) + end + rest
        continued = self._in_head
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._wait_for_the_rest(len(data) if continued else 0)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = self._chunk_bytes = 0
        if self._head_timer is not None:
            self._await_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)
        if self._head_bytes > self.LARGEST_HEAD:
            raise _TooLarge  # the parser makes it send_400_response

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > self.LARGEST_HEAD:
            raise _TooLarge

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_done()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_body and not self.transport.is_closing():
            # What is left of a refused body and the next head share one patience.
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or too much of it, and close."""
        self._head_done()
        self._close_with(400, "The request is not valid HTTP, or its head is too large.")

    @property
    def _in_body(self) -> bool:
        return self.cycle is not None and self.cycle.more_body

    def _wait_for_the_rest(self, size: int) -> None:
        """Most heads come whole, and need neither a count of their chunks nor a timer."""
        self._chunk_bytes += size
        if self._chunk_bytes > self.LARGEST_HEAD:
            self.send_400_response("request head too large")
        elif self._head_timer is None:
            self._await_head()

    def _await_head(self) -> None:
        self._head_done()
        self._head_timer = self.loop.call_later(self.SLOWEST_HEAD, self._too_slow)

    def _head_done(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._close_with(408, "The request did not arrive in time.")

    def _close_with(self, status: int, description: str) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete and not self._in_body:
            # An earlier request is still in work: its answer must not be taken for this one.
            self.cycle.keep_alive = False
            self.transport.pause_reading()
            return
        body = body_of(status, description)
        self.transport.write(
            STATUS_LINE[status]
            + b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            % len(body)
            + body
        )
        self.transport.close()
