# SPDX-License-Identifier: Apache-2.0
"""gunicorn's worker with a thread for each connection, and what this service adds: an event loop,
and connections that end when it stops."""

import ctypes
import socket
import struct
import sys
import threading
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.websocket.app import Application

#: Bytes of the stack of a connection's thread: it reads and waits, the work is done elsewhere.
STACK = 256 * 1024

#: Pools of memory that all threads share; the allocator would make one for each few threads.
ARENAS = 2

#: Seconds that a client may keep silent in the middle of a handshake.
SLOWEST_HANDSHAKE = 10

_M_ARENA_MAX = -8


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """One process; its application has what the connections share."""

    wsgi: Application

    def init_process(self) -> None:
        """Begin to serve, and come back when that has ended."""
        end_with_parent(self.ppid)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application and start its event loop, whose thread needs a usual stack."""
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)
        super().load_wsgi()
        self.wsgi.process.start()
        threading.stack_size(STACK)

    def handle(self, conn: TConn) -> Any:
        """Serve a connection, in a thread of its own."""
        patience = struct.pack("ll", SLOWEST_HANDSHAKE, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        return super().handle(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Asked to stop: no more connections, and those that are there end."""
        super().handle_exit(sig, frame)
        self.wsgi.process.stop()

    def run(self) -> None:
        """As gunicorn's; then let go of what the connections shared."""
        try:
            super().run()
        finally:
            self.wsgi.process.close()
