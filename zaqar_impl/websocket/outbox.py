# SPDX-License-Identifier: Apache-2.0
"""What is sent over a connection: at once as far as the client's system takes it, the rest in the
background, and never more than a bounded rest.

Everything here happens on the process's event loop, which is never kept waiting.
"""

import asyncio
import contextlib
import socket
from collections import deque

_AT_ONCE = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL


class SlowReader(Exception):
    """The client does not read what it is sent."""


class Outbox:
    """The sending side of a connected socket.

    ``bound`` is how many bytes may wait when another frame is to wait too; ``patience`` is for how
    many seconds the client may take nothing.
    """

    def __init__(self, sock: socket.socket, bound: int, patience: float) -> None:
        self._sock = sock
        self._bound = bound
        self.patience = patience
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        self._begun = False
        self._progress = asyncio.Event()
        self.closed = False

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    def put(self, frame: bytes) -> None:
        """Send a frame, or let it wait; to nobody, if the connection has ended.

        Raises:
            SlowReader: too much waits already.
        """
        if self._size > self._bound:
            raise SlowReader
        self._put(frame)

    def put_last(self, frame: bytes) -> None:
        """Send a frame instead of all that wait, but for one of which a part was sent."""
        if self._waiting:
            first = self._waiting.popleft()
            self._waiting.clear()
            self._size = 0
            if self._begun:
                self._waiting.append(first)
                self._size = len(first)
        self._put(frame)

    def _put(self, frame: bytes) -> None:
        if self.closed:
            return
        rest = memoryview(frame)
        if not self._waiting:
            rest = rest[self._sent(rest) :]
            if not rest or self.closed:
                return
            self._begun = len(rest) < len(frame)
            self._loop.add_writer(self._sock, self._go_on)
        self._waiting.append(rest)
        self._size += len(rest)

    async def drained(self) -> None:
        """Return when nothing waits any more, or the connection has ended.

        Raises:
            SlowReader: the client has taken nothing for too long.
        """
        while self._size and not self.closed:
            self._progress.clear()
            try:
                async with asyncio.timeout(self.patience):
                    await self._progress.wait()
            except TimeoutError:
                raise SlowReader from None

    def hang_up(self) -> None:
        """Let whoever reads from the socket find its end."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Send nothing more. The socket stays open: it is not this one's to close."""
        if not self.closed:
            self.closed = True
            self._loop.remove_writer(self._sock)
            self._waiting.clear()
            self._size = 0
            self._progress.set()

    def _go_on(self) -> None:
        """The client takes more."""
        while self._waiting:
            first = self._waiting[0]
            sent = self._sent(first)
            if self.closed:
                return
            self._size -= sent
            if sent < len(first):
                self._waiting[0] = first[sent:]
                self._begun = True
                break
            self._waiting.popleft()
            self._begun = False
        else:
            self._loop.remove_writer(self._sock)
        self._progress.set()

    def _sent(self, data: memoryview) -> int:
        try:
            return self._sock.send(data, _AT_ONCE)
        except BlockingIOError:
            return 0
        except OSError:
            self.close()
            return 0
