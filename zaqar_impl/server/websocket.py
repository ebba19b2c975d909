# SPDX-License-Identifier: Apache-2.0
"""The workers of the WebSocket as the supervisor sees them: a process that has them, started,
looked after, stopped."""

import logging
import multiprocessing
import os
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from zaqar_impl.config import Settings
from zaqar_impl.server.workers import SLOWEST_START, WorkersFailed, number_of

LOG = logging.getLogger(__name__)

#: Seconds between looks at what was started.
_LOOK = 0.1

_spawning = multiprocessing.get_context("spawn")


class WebSocketWorkers:
    """gunicorn's master with its workers, in a process of its own."""

    def __init__(self, settings: Settings, bound: socket.socket) -> None:
        self._settings = settings
        self._bound = bound
        self._number = number_of(settings.websocket.workers)
        self._process, self._ready = self._made()

    def _made(self) -> tuple[multiprocessing.context.SpawnProcess, Connection]:
        ready, tell = _spawning.Pipe(duplex=False)
        process = _spawning.Process(
            target=_master,
            args=(self._settings, self._number, self._bound, tell, os.getpid()),
            daemon=True,
        )
        return process, ready

    def start(self) -> None:
        """Start the workers, and do not wait for them."""
        self._process.start()

    def wait_until_ready(self, give_up: Callable[[], bool]) -> bool:
        """Whether all workers serve; not if they take too long, or somebody gives up."""
        until, serving = time.monotonic() + SLOWEST_START, 0
        while time.monotonic() < until and not give_up() and self._process.is_alive():
            if self._ready.poll(_LOOK):
                self._ready.recv_bytes()
                serving += 1
                if serving == self._number:
                    return True
        return False

    def keep_alive(self) -> None:
        """Start anew if all are gone; gunicorn's master replaces single workers itself."""
        while self._ready.poll():
            self._ready.recv_bytes()
        if not self._process.is_alive():
            LOG.error("the WebSocket workers have died, and are started anew")
            self._process, self._ready = self._made()
            self._process.start()

    def terminate(self) -> None:
        """Ask the workers to end, and do not wait for them."""
        if self._process.is_alive():
            self._process.terminate()

    def join(self) -> None:
        """Wait for the end."""
        self._process.join()


def serve_websocket(
    workers: WebSocketWorkers,
    *,
    announce: Callable[[], None],
    trouble: Callable[[], str | None],
) -> str | None:
    """Run the workers until ``trouble()`` gives a reason to stop; the reason.

    Raises:
        WorkersFailed: they never served.
        KeyboardInterrupt: a signal asked to stop, and they have.
    """
    workers.start()
    try:
        if not workers.wait_until_ready(lambda: trouble() is not None):
            raise WorkersFailed("The WebSocket workers did not start; the log above says why.")
        announce()
        while not (reason := trouble()):
            workers.keep_alive()
            time.sleep(_LOOK)
        return reason
    finally:
        workers.terminate()
        workers.join()


def _master(
    settings: Settings, workers: int, bound: socket.socket, tell: Connection, parent: int
) -> None:
    # the application is imported where it runs, so that the supervisor starts without it
    from zaqar_impl.server.websocket_master import master

    master(settings, workers, bound, tell, parent)
