# SPDX-License-Identifier: Apache-2.0
"""Frames over a socket: sends any, well formed or not, and tells what comes back.

The protocol itself is the library's (websockets, its part without I/O): handshake, masks, pongs,
the echo of a close frame. This module knows no encoding and no action.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from zaqar_conformance import connection
from zaqar_conformance.websocket.record import told

_READ: Final = 65536
_KINDS: Final = {
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.CLOSE: "close",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
}

#: Of an end without a close frame.
DROPPED: Final = 1006


@dataclass(frozen=True)
class Came:
    """What came: a whole message (text, binary), a ping or pong, or a close with its code."""

    kind: str
    payload: bytes
    code: int = 0


class NoHandshake(Exception):
    """The connection was not opened."""


class Wire:
    """An open connection. `note` is told of every frame: the way it went, and the frame in words.

    Raises `NoHandshake` if the target opens none, `OSError` if it can't be reached.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        verify: bool | str,
        note: Callable[[str, str], None],
        headers: Mapping[str, str] | None = None,
        protocols: Sequence[str] = (),
    ) -> None:
        self._note = note
        self._timeout = timeout
        self._socket = connection.connect(url, timeout, verify)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        names = [Subprotocol(name) for name in protocols] or None
        self._protocol = ClientProtocol(parse_uri(url), subprotocols=names, max_size=None)
        self._parts: list[bytes] = []
        self._kind = ""
        self._came: list[Came] = []
        self._ended = False
        self._shake(headers or {}, timeout)

    @property
    def protocol(self) -> str | None:
        """The sub-protocol that the target selected."""
        return self._protocol.subprotocol

    # -- sending

    def send(self, kind: str, payload: bytes, *, final: bool = True, mask: bool = True) -> None:
        """Sends one frame; `kind` is text, binary, continuation, ping, pong or close."""
        opcode = next((code for code, name in _KINDS.items() if name == kind), Opcode.CONT)
        more = "" if final else " (not the last fragment)"
        self._note(">", told(kind, payload) + more)
        self.send_bytes(Frame(opcode, payload, final).serialize(mask=mask))

    def send_many(self, kind: str, payload: bytes, count: int) -> None:
        """Sends a frame so many times without waiting."""
        opcode = next(code for code, name in _KINDS.items() if name == kind)
        self._note(">", f"{count} times {told(kind, payload)}")
        for _ in range(count):
            self.send_bytes(Frame(opcode, payload, True).serialize(mask=True))
            self._pump(0)

    def send_bytes(self, data: bytes) -> None:
        """Sends bytes as they are. Who hangs up meanwhile is told by what was received."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._socket.sendall(data)

    def close(self, code: int = 1000) -> None:
        """Sends a close frame."""
        self.send("close", Close(code, "").serialize())

    def drop(self) -> None:
        """Ends the connection without a word."""
        self._ended = True
        self._socket.close()

    # -- receiving

    def receive(self, seconds: float) -> Came | None:
        """The next thing that comes, or nothing within that time. After the end, the end again."""
        until = time.monotonic() + seconds
        while not self._came:
            left = until - time.monotonic()
            if self._ended or left <= 0:
                return self._end() if self._ended else None
            self._pump(left)
        return self._came.pop(0)

    @property
    def ended_with(self) -> int:
        """The code of the close frame that came, or of an end without one; 0 while it is open."""
        return self._end().code if self._ended or self._protocol.close_rcvd else 0

    def breathe(self) -> None:
        """Answers the pings that came, and keeps what else came for later."""
        if not self._ended:
            self._pump(0)

    def _end(self) -> Came:
        code = self._protocol.close_rcvd.code if self._protocol.close_rcvd else DROPPED
        return Came("close", b"", code)

    def _shake(self, headers: Mapping[str, str], timeout: float) -> None:
        request = self._protocol.connect()
        request.headers.update(headers)
        self._protocol.send_request(request)
        until = time.monotonic() + timeout
        try:
            while self._protocol.state is State.CONNECTING and not self._ended:
                self._flush()
                self._pump(until - time.monotonic())
                if self._protocol.handshake_exc or time.monotonic() > until:
                    raise NoHandshake(str(self._protocol.handshake_exc or "no answer to it"))
        except BaseException:
            self._socket.close()
            raise
        if self._ended:
            raise NoHandshake("the connection ended instead")

    def _pump(self, seconds: float) -> None:
        """Reads what is there, waiting so long for it."""
        self._socket.settimeout(max(seconds, 0.0))
        try:
            data = self._socket.recv(_READ)
        except (TimeoutError, BlockingIOError):
            return
        except OSError:
            data = b""
        finally:
            with contextlib.suppress(OSError):
                self._socket.settimeout(self._timeout)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        if not data and not self._ended:
            self._ended = True
            self._note("<", f"the connection ended ({self._end().code})")

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self.send_bytes(data)

    def _take(self, frame: Frame) -> None:
        """One frame; fragments are put together."""
        kind = _KINDS.get(frame.opcode, "continuation")
        if kind == "close":
            end = self._end()
            self._note("<", f"close {end.code}")
            self._came.append(end)
        elif kind in ("ping", "pong"):
            self._note("<", told(kind, bytes(frame.data)))
            self._came.append(Came(kind, bytes(frame.data)))
        else:
            self._kind = self._kind if kind == "continuation" else kind
            self._parts.append(bytes(frame.data))
            if frame.fin:
                whole, self._parts = b"".join(self._parts), []
                self._note("<", told(self._kind, whole))
                self._came.append(Came(self._kind, whole))
