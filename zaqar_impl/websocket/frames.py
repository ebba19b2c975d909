# SPDX-License-Identifier: Apache-2.0
"""Frames in and out, by wsproto: whole messages of what comes, bytes of what goes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from wsproto import WSConnection
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason, FrameProtocol


@dataclass(frozen=True, slots=True)
class Whole:
    """A message: text or binary."""

    data: str | bytes


@dataclass(frozen=True, slots=True)
class Echo:
    """A ping, to be answered with this frame."""

    pong: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The connection is to be closed: the client has said so, or may not go on."""

    code: int
    reason: str = ""


Item = Whole | Echo | End


class Incoming:
    """Makes messages of what comes over a connection; never holds more than one of them."""

    def __init__(self, connection: WSConnection, largest: int) -> None:
        self._connection = connection
        self._largest = largest
        self._parts: list[str | bytes] = []
        self._size = 0
        #: When the message began that has not come to its end, by the monotonic clock.
        self.begun: float | None = None

    def items(self, data: bytes) -> Iterator[Item]:
        """What these bytes complete; nothing comes behind an end."""
        self._connection.receive_data(data)
        for event in self._connection.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                yield from self._taken(event)
            elif isinstance(event, Ping):
                yield Echo(OUTGOING.pong(bytes(event.payload)))
            elif isinstance(event, CloseConnection):
                yield End(event.code, event.reason or "")

    def _taken(self, event: TextMessage | BytesMessage) -> Iterator[Item]:
        part = event.data if isinstance(event, TextMessage) else bytes(event.data)
        self._size += len(part) if isinstance(part, bytes) else len(part.encode())
        if self._size > self._largest:
            yield End(CloseReason.MESSAGE_TOO_BIG, f"a message has at most {self._largest} bytes")
            return
        self._parts.append(part)
        if not event.message_finished:
            self.begun = self.begun or time.monotonic()
            return
        empty = "" if isinstance(part, str) else b""
        whole = part if len(self._parts) == 1 else empty.join(self._parts)  # type: ignore[arg-type]
        self._parts, self._size, self.begun = [], 0, None
        yield Whole(whole)


class _Outgoing:
    """Frames of a server. They depend on nothing that came before, so all connections share it."""

    def __init__(self) -> None:
        self._protocol = FrameProtocol(client=False, extensions=[])

    def message(self, data: str | bytes) -> bytes:
        """A text or binary message in one frame."""
        return bytes(self._protocol.send_data(data, fin=True))

    def ping(self) -> bytes:
        return bytes(self._protocol.ping())

    def pong(self, payload: bytes) -> bytes:
        return bytes(self._protocol.pong(payload))

    def close(self, code: int, reason: str) -> bytes:
        """A close frame; the codes that stand for no code are sent as none."""
        return bytes(self._protocol.close(code, reason))


OUTGOING = _Outgoing()
