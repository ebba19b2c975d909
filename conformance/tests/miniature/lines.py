# SPDX-License-Identifier: Apache-2.0
"""WebSocket connections of the miniature: sockets and frames, nothing of the API.

The protocol is the library's, without I/O. A line belongs to one client and has its own thread.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Protocol

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

_READ = 65536


class Owner(Protocol):
    """What a line asks of the server that it belongs to."""

    largest_frame: int
    #: Seconds in which a client has to read something.
    patience: float

    def shaken(self, request: Request) -> Response | None:
        """The refusal of a handshake, or nothing."""

    def subprotocol(self, offered: list[str]) -> str | None:
        """The sub-protocol that is selected."""

    def outgoing(self, frame: Frame) -> list[Frame]:
        """What is sent in place of a frame."""

    def hear(self, line: Line, kind: str, payload: bytes) -> None:
        """A message came."""

    def incoming(self, line: Line, frame: Frame) -> None:
        """A frame came."""

    def gone(self, line: Line) -> None:
        """The connection has ended."""


class _Framing(ServerProtocol):
    """The protocol, with a say in every frame that goes out."""

    def __init__(self, owner: Owner) -> None:
        def select(_: ServerProtocol, offered: object) -> Subprotocol | None:
            chosen = owner.subprotocol(list(offered))  # type: ignore[call-overload]
            return None if chosen is None else Subprotocol(chosen)

        super().__init__(select_subprotocol=select, max_size=owner.largest_frame)
        self._owner = owner

    def send_frame(self, frame: Frame) -> None:
        for one in self._owner.outgoing(frame):
            super().send_frame(one)


class Line:
    """One connection."""

    def __init__(self, owner: Owner, client: socket.socket) -> None:
        self._owner = owner
        self._socket = client
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(owner.patience)
        self._lock = threading.RLock()
        self._parts: list[bytes] = []
        self._kind = Opcode.TEXT
        self._over = False
        self.protocol = _Framing(owner)
        #: What is known of the client. For the API, which keeps it here.
        self.notes: dict[str, object] = {}

    def serve(self) -> None:
        """Everything from the handshake to the end."""
        try:
            while not self._over:
                self._read()
        except OSError:
            pass
        finally:
            self._owner.gone(self)
            self._socket.close()

    def send(self, kind: str, payload: bytes) -> None:
        """Sends a message, if the line is open still."""
        with self._lock:
            if self.protocol.state is State.OPEN:
                opcode = Opcode.TEXT if kind == "text" else Opcode.BINARY
                self.protocol.send_frame(Frame(opcode, payload))
                self._flush()

    def fail(self, code: int) -> None:
        """Ends the connection with a close frame."""
        with self._lock:
            if self.protocol.state is State.OPEN:
                self.protocol.fail(CloseCode(code) if code < 3000 else code)
                self._flush()

    def drop(self) -> None:
        """Ends the connection without one."""
        self._over = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except TimeoutError:
            self._over = self.protocol.state is not State.OPEN
            return
        with self._lock:
            if data:
                self.protocol.receive_data(data)
            else:
                self.protocol.receive_eof()
                self._over = True
            self._flush()
            events = self.protocol.events_received()
        for event in events:
            if isinstance(event, Request):
                self._shake(event)
            elif isinstance(event, Frame):
                self._owner.incoming(self, event)
                self._take(event)

    def _shake(self, request: Request) -> None:
        with self._lock:
            self.protocol.send_response(
                self._owner.shaken(request) or self.protocol.accept(request)
            )
            self._flush()
        if self.protocol.state is not State.OPEN:
            self._over = True

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._kind = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            whole, self._parts = b"".join(self._parts), []
            kind = "text" if self._kind is Opcode.TEXT else "binary"
            self._owner.hear(self, kind, whole)

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self._write(data)
            else:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_WR)

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except TimeoutError:
            # A client that does not read is told so, if anything still fits on the way to it.
            self._over = True
            self.protocol.fail(CloseCode.TRY_AGAIN_LATER)
            self.protocol.data_to_send()
            raise


@contextlib.contextmanager
def listening(owner: Owner) -> Iterator[str]:
    """The URL of a server that has lines of its owner, for as long as it is needed."""
    door = socket.create_server(("127.0.0.1", 0), backlog=64)
    lines: list[tuple[Line, threading.Thread]] = []

    def accept() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            line = Line(owner, client)
            thread = threading.Thread(target=line.serve, daemon=True)
            lines.append((line, thread))
            thread.start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{door.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()
        for line, serving in lines:
            line.drop()
            serving.join()
