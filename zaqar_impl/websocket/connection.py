# SPDX-License-Identifier: Apache-2.0
"""A connection as its thread sees it: it waits for what the client sends, and hands each message to
the event loop before it looks at the next one."""

import contextlib
import logging
import select
import socket
import time

from simple_websocket import Server
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from zaqar_impl.websocket.frames import OUTGOING, Echo, End, Incoming, Item
from zaqar_impl.websocket.limits import LONGEST_FAREWELL
from zaqar_impl.websocket.outbox import Outbox, SlowReader
from zaqar_impl.websocket.process import Process
from zaqar_impl.websocket.session import Session

LOG = logging.getLogger(__name__)

#: Bytes that are taken from a socket at a time.
_CHUNK = 16 * 1024

_TOO_SLOW = End(1013, "the client reads too slowly")
_STOPPING = End(CloseReason.GOING_AWAY, "the server stops")
_SILENT = End(CloseReason.POLICY_VIOLATION, "the client does not answer pings")
_UNFINISHED = End(CloseReason.POLICY_VIOLATION, "a message took too long")
_FAILED = End(CloseReason.INTERNAL_ERROR, "the server failed")


class UnstartedThread:
    """What simple-websocket is given instead of a thread of its own that reads: the thread of the
    connection does that itself."""

    name = "(_thread)"

    def __init__(self, target: object) -> None:
        pass

    def start(self) -> None:
        """There is nothing to start."""


class Connection:
    """Serves one connection, whose handshake is done, until it ends."""

    def __init__(self, server: Server, process: Process) -> None:
        self._sock: socket.socket = server.sock
        self._process = process
        self._limits = process.limits
        self._incoming = Incoming(server.ws, process.limits.max_frame)
        self._session = process.run(self._opened())
        self._heard = time.monotonic()
        self._asked = False

    async def _opened(self) -> Session:
        limits = self._limits
        outbox = Outbox(self._sock, limits.send_buffer, limits.send_timeout)
        return Session(self._process.bound, self._process.follower, outbox)

    def serve(self) -> None:
        """Back when the connection has ended."""
        end: End | None = _FAILED
        try:
            end = self._converse()
        except OSError:
            end = None
        except SlowReader:
            end = _TOO_SLOW
        except Exception:
            LOG.exception("a connection failed")
        finally:
            end = _TOO_SLOW if self._session.overrun else end
            self._process.run(self._session.end(end))
            self._hang_up(told=end is not None)

    def _converse(self) -> End | None:
        """Why the connection has to end; None if the client is gone without a word."""
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        poller.register(self._process.stop_signal, select.POLLIN)
        while not self._process.stopping:
            if not poller.poll(self._patience() * 1000):
                if end := self._overdue():
                    return end
            elif not self._process.stopping:
                data = self._sock.recv(_CHUNK)
                if not data:
                    return None
                self._heard, self._asked = time.monotonic(), False
                if end := self._take(data):
                    return end
        return _STOPPING

    def _take(self, data: bytes) -> End | None:
        """Answer all that the data complete; the end, if there is one among it."""
        pongs: list[bytes] = []
        try:
            for item in self._incoming.items(data):
                if isinstance(item, Echo):
                    pongs.append(item.pong)
                    continue
                self._send(pongs)
                if end := self._taken(item):
                    return end
        except (LocalProtocolError, RemoteProtocolError) as error:
            return End(CloseReason.PROTOCOL_ERROR, str(error))
        self._send(pongs)
        return None

    def _send(self, frames: list[bytes]) -> None:
        if frames:
            self._process.run(self._session.send(b"".join(frames)))
            frames.clear()

    def _taken(self, item: Item) -> End | None:
        if isinstance(item, End):
            return item
        assert not isinstance(item, Echo)
        if self._process.stopping:
            return _STOPPING
        self._process.run(self._session.answer(item.data))
        return None

    def _patience(self) -> float:
        """For how many seconds nothing may come; less than none is for ever."""
        now, until = time.monotonic(), []
        if self._limits.ping_interval:
            until.append(self._heard + self._limits.ping_interval)
        if self._incoming.begun is not None:
            until.append(self._incoming.begun + self._limits.slowest_message)
        return max(0.0, min(until) - now) if until else -1.0

    def _overdue(self) -> End | None:
        """Ask whether the client is still there, or say that it isn't."""
        now, begun = time.monotonic(), self._incoming.begun
        if begun is not None and now >= begun + self._limits.slowest_message:
            return _UNFINISHED
        if not self._limits.ping_interval or now < self._heard + self._limits.ping_interval:
            return None
        if self._asked:
            return _SILENT
        self._heard, self._asked = now, True
        self._send([OUTGOING.ping()])
        return None

    def _hang_up(self, *, told: bool) -> None:
        """Close the socket; wait for the client to close first, so that what it still sends does
        not destroy what it has not read."""
        with contextlib.suppress(OSError):
            if told:
                self._sock.shutdown(socket.SHUT_WR)
                until = time.monotonic() + LONGEST_FAREWELL
                while (left := until - time.monotonic()) > 0:
                    self._sock.settimeout(left)
                    if not self._sock.recv(_CHUNK):
                        break
        self._sock.close()
