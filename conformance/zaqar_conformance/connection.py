# SPDX-License-Identifier: Apache-2.0
"""Sends bytes as they are over a connection of their own and reads one HTTP answer.

For what no HTTP library sends: repeated headers, cut-off bodies, malformed requests. This module
knows no rule of the API.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the connection ended without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(url: str, timeout: float, verify: bool | str) -> socket.socket:
    """A connection to the host of the URL, encrypted if the URL says so."""
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    plain = socket.create_connection((host, port), timeout)
    if not secure:
        return plain
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


def send(connection: socket.socket, data: bytes, cut: bool) -> Answer:
    """Sends the bytes, ends the sending direction if `cut`, and reads the answer."""
    _send_all(connection, data)
    if cut and not isinstance(connection, ssl.SSLSocket):
        connection.shutdown(socket.SHUT_WR)
    return _answer(connection, data.partition(b" ")[0])


def offer(connection: socket.socket, head: bytes, body: bytes, head_start: float) -> Answer:
    """Sends the head of a request and, unless it is answered so many seconds later, the body.

    A server may refuse a body by its length and hang up on who is still sending it. Then the
    refusal would be lost on the way, through nobody's fault.
    """
    _send_all(connection, head)
    begun = _received(connection, head_start)
    if not begun:
        _send_all(connection, body)
    return _answer(_Resumed(begun, connection), head.partition(b" ")[0])


class _Resumed(io.RawIOBase):
    """A connection of which something was read already; an HTTP response can be read from it."""

    def __init__(self, begun: bytes, connection: socket.socket) -> None:
        super().__init__()
        self._begun = begun
        self._connection = connection

    def makefile(self, mode: str) -> io.BufferedReader:
        """What a response reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """The bytes that were read already, then those that come."""
        view = memoryview(buffer)
        if not self._begun:
            return self._connection.recv_into(view)
        size = min(len(view), len(self._begun))
        view[:size], self._begun = self._begun[:size], self._begun[size:]
        return size


def _send_all(connection: socket.socket, data: bytes) -> None:
    # A server may answer before it has read everything; then the answer is what counts.
    with contextlib.suppress(ConnectionError):
        connection.sendall(data)


def _received(connection: socket.socket, seconds: float) -> bytes:
    """What comes within that time. To ask whether bytes came is not enough: TLS has its own."""
    patience = connection.gettimeout()
    connection.settimeout(seconds)
    try:
        return connection.recv(1)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        connection.settimeout(patience)


def _answer(connection: socket.socket | _Resumed, method: bytes) -> Answer:
    source = cast(socket.socket, connection)  # a response asks for no more than `makefile`
    response = http.client.HTTPResponse(source, method=method.decode("latin-1"))
    try:
        response.begin()
        return Answer(response.status, dict(response.headers.items()), _body(response))
    except (ConnectionError, http.client.HTTPException):
        return Answer(0, {}, b"")
    finally:
        response.close()


def _body(response: http.client.HTTPResponse) -> bytes:
    """The body, and also one that HTTP does not allow, if the connection ends after it."""
    if response.status == http.client.NO_CONTENT and _is_last(response):
        with contextlib.suppress(TimeoutError):
            return response.fp.read()
    return response.read()


def _is_last(response: http.client.HTTPResponse) -> bool:
    return "close" in response.headers.get("Connection", "").lower()
