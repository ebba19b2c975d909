# SPDX-License-Identifier: Apache-2.0
"""The workers of the WebSocket: gunicorn's master with its workers, in a process of its own."""

import functools
import logging
import multiprocessing
import os
import resource
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from zaqar_impl import logs
from zaqar_impl.config import Settings
from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.server.workers import (
    GRACE,
    SLOWEST_START,
    WorkersFailed,
    number_of,
    prepare_for_many,
    spare_the_collector,
)
from zaqar_impl.websocket.app import Application
from zaqar_impl.websocket.worker import Worker
from zaqar_impl.wiring.websocket import websocket_application

LOG = logging.getLogger(__name__)

#: Threads of a worker beside those of connections: for pages, and for turning clients away.
_SPARE_THREADS = 16

#: Connections of a worker that wait for a thread, or for their next request for a page.
_WAITING = 1024

#: Seconds of silence after which a worker is taken for hung.
_HUNG = 60

#: Seconds between looks at what was started.
_LOOK = 0.1

_spawning = multiprocessing.get_context("spawn")


class WebSocketWorkers:
    """The workers from outside: started, looked after, stopped."""

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
    """gunicorn's master, which ends with its parent. Ctrl-C is for that."""
    os.setsid()
    end_with_parent(parent)
    logs.configure(settings)
    try:
        _Master(settings, workers, bound, tell).run()
    except HaltServer as halted:  # asked to stop before a worker had started
        sys.exit(halted.exit_status)


class _Log(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """What gunicorn says goes where all of the service goes."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True


class _Master(BaseApplication):  # type: ignore[misc]
    def __init__(
        self, settings: Settings, workers: int, bound: socket.socket, tell: Connection
    ) -> None:
        self._load = functools.partial(websocket_application, settings)
        threads = settings.websocket.limits["max_connections"] + _SPARE_THREADS
        self._options = {
            "bind": [f"fd://{bound.fileno()}"],
            "workers": workers,
            "worker_class": Worker,
            "threads": threads,
            "worker_connections": threads + _WAITING,
            "graceful_timeout": GRACE,
            "timeout": _HUNG,
            "logger_class": _Log,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": lambda _master, _worker: _prepare(threads),
            "post_worker_init": lambda _worker: _tell_ready(tell),
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        return self._load()


def _prepare(threads: int) -> None:
    prepare_for_many()
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < threads:
        LOG.warning("max_connections needs %d open files; this system allows %d", threads, files)


def _tell_ready(tell: Connection) -> None:
    spare_the_collector()
    tell.send_bytes(b"ready")
