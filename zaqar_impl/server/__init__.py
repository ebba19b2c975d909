# SPDX-License-Identifier: Apache-2.0
"""The processes of ``zaqar-server``: REST workers on one socket, replaced when they die, stopped in
order.

uvicorn's supervisor does the work; here stands what it is given, and when the whole has to end.
"""

import functools
import multiprocessing
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from zaqar_impl import logs, wiring
from zaqar_impl.config import Settings
from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.rest.protocol import GuardedProtocol

#: Seconds that requests in flight have to end after SIGTERM; longer than a call to the storage
#: takes.
GRACE = 25

#: Seconds that an idle connection is kept for its client's next request.
KEEP_ALIVE = 75

#: Seconds that workers may take from their start until they serve.
SLOWEST_START = 60

#: Connections that wait to be accepted; clients beyond are refused by the kernel.
BACKLOG = 2048

#: Most workers that are started unless more are asked for.
MOST_WORKERS = 4


class PortTaken(Exception):
    """The address can't be listened on; the text says which and what to do."""


class WorkersFailed(Exception):
    """The workers did not start to serve; their log has the cause."""


def listen(settings: Settings) -> socket.socket:
    """A socket bound to the configured address.

    Raises:
        PortTaken: somebody else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    try:
        bound = socket.create_server((settings.bind, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(
            f"Can't listen on {settings.bind} port {settings.port}: {error.strerror}. "
            "Stop what listens there, or choose another port with --port."
        ) from error
    bound.set_inheritable(True)
    return bound


def serve(
    settings: Settings,
    bound: socket.socket,
    *,
    announce: Callable[[], None],
    trouble: Callable[[], str | None],
) -> str | None:
    """Run the workers until a signal asks to stop, or ``trouble()`` gives a reason to; the reason,
    or None.

    ``announce`` is called once all workers serve.

    Raises:
        WorkersFailed: they never did.
    """
    config = uvicorn.Config(
        functools.partial(worker, settings),
        factory=True,
        workers=settings.workers or min(os.cpu_count() or 1, MOST_WORKERS),
        http=GuardedProtocol,
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
    supervisor = _Supervisor(config, bound, announce, trouble)
    supervisor.run()
    if not supervisor.served:
        raise WorkersFailed("The REST workers did not start; the log above says why.")
    return supervisor.reason


def worker(settings: Settings) -> ASGIApp:
    """The application of one worker process, which ends with its parent."""
    if parent := multiprocessing.parent_process():
        end_with_parent(parent.pid or 0)
    logs.configure(settings)
    return wiring.rest_application(settings)


class _Supervisor(Multiprocess):
    def __init__(
        self,
        config: uvicorn.Config,
        bound: socket.socket,
        announce: Callable[[], None],
        trouble: Callable[[], str | None],
    ) -> None:
        super().__init__(config, [bound])
        self._announce = announce
        self._trouble = trouble
        self.served = False
        self.reason: str | None = None

    def init_processes(self) -> None:
        super().init_processes()
        self.served = all(
            process.wait_until_ready(SLOWEST_START, self.should_exit) for process in self.processes
        )
        if self.served:
            self._announce()
        else:
            self.should_exit.set()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self.reason = self._trouble()
        if self.reason:
            self.should_exit.set()
