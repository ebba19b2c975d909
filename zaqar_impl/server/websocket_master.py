# SPDX-License-Identifier: Apache-2.0
"""The workers of the WebSocket from inside: gunicorn's master, which makes what they have in common
and lets them inherit it."""

import functools
import logging
import os
import resource
import socket
import sys
from multiprocessing.connection import Connection

from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from zaqar_impl import logs
from zaqar_impl.config import Settings
from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.server.workers import GRACE, prepare_for_many, spare_the_collector
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


def master(
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
            "preload_app": True,
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
