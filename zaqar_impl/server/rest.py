# SPDX-License-Identifier: Apache-2.0
"""The workers of REST, under uvicorn's supervisor; those of the WebSocket may be beside them."""

import functools
import multiprocessing
import socket
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary, WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from zaqar_impl import logs
from zaqar_impl.config import Settings
from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.server.websocket import WebSocketWorkers
from zaqar_impl.server.workers import (
    GRACE,
    SLOWEST_START,
    WorkersFailed,
    number_of,
    prepare_for_many,
    spare_the_collector,
)

#: Seconds that an idle connection is kept for its client's next request.
KEEP_ALIVE = 75


def serve_rest(
    settings: Settings,
    bound: socket.socket,
    *,
    announce: Callable[[], None],
    trouble: Callable[[], str | None],
    beside: WebSocketWorkers | None,
) -> str | None:
    """Run the workers, and those ``beside`` them, until a signal asks to stop, or ``trouble()``
    gives a reason to; the reason, or None.

    Raises:
        WorkersFailed: they never served.
    """
    config = uvicorn.Config(
        functools.partial(worker, settings),
        factory=True,
        workers=number_of(settings.workers),
        http="zaqar_impl.rest.crowd:BoundedProtocol",
        loop="uvloop",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nothing that they say is looked at
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    supervisor = _Supervisor(config, bound, announce, trouble, beside)
    if beside is not None:
        beside.start()
    supervisor.run()
    if not supervisor.served:
        raise WorkersFailed("The workers did not start; the log above says why.")
    return supervisor.reason


def worker(settings: Settings) -> ASGIApp:
    """The application of one worker process, which ends with its parent."""
    # imported where it runs, so that the supervisor starts without it
    from zaqar_impl.wiring.rest import rest_application

    if parent := multiprocessing.parent_process():
        end_with_parent(parent.pid or 0)
    prepare_for_many()
    logs.configure(settings)
    application = rest_application(settings)
    spare_the_collector()
    return application


class _Supervisor(Multiprocess):
    def __init__(
        self,
        config: uvicorn.Config,
        bound: socket.socket,
        announce: Callable[[], None],
        trouble: Callable[[], str | None],
        beside: WebSocketWorkers | None,
    ) -> None:
        super().__init__(config, [bound])
        self._announce = announce
        self._trouble = trouble
        self._beside = beside
        self.served = False
        self.reason: str | None = None
        self._newcomers: WeakKeyDictionary[Process, float] = WeakKeyDictionary()
        self._known: WeakSet[Process] = WeakSet()

    def init_processes(self) -> None:
        super().init_processes()
        self.served = all(
            process.wait_until_ready(SLOWEST_START, self.should_exit) for process in self.processes
        ) and (self._beside is None or self._beside.wait_until_ready(self._asked_to_stop))
        if self.served:
            self._announce()
        else:
            self.should_exit.set()

    def _asked_to_stop(self) -> bool:
        self.handle_signals()
        return self.should_exit.is_set()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died, or hang; those that are still starting do not hang.

        uvicorn would take one for hung that does not answer 5 s after its start, and so, on a
        machine that is busy enough, put one after the other in the place of a worker that died.
        """
        starting = [process for process in self.processes if self._is_starting(process)]
        self.processes = [process for process in self.processes if process not in starting]
        super().keep_subprocess_alive()
        self.processes += starting
        if self._beside is not None:
            self._beside.keep_alive()
        self.reason = self._trouble()
        if self.reason:
            self.should_exit.set()

    def terminate_all(self) -> None:
        if self._beside is not None:
            self._beside.terminate()
        super().terminate_all()

    def join_all(self) -> None:
        super().join_all()
        if self._beside is not None:
            self._beside.join()

    def _is_starting(self, process: Process) -> bool:
        """Whether it is alive, has not answered yet, and has time left for that."""
        if process in self._known:
            return False
        if process not in self._newcomers:
            self._newcomers[process] = time.monotonic()
            process.parent_conn.send(b"ping")
        age = time.monotonic() - self._newcomers[process]
        if not process.parent_conn.poll():
            return process.process.is_alive() and age < SLOWEST_START
        process.parent_conn.recv()
        self._known.add(process)
        return False
