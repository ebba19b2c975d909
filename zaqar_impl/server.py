# SPDX-License-Identifier: Apache-2.0
"""The processes of ``zaqar-server``: REST workers on one socket, replaced when they die, stopped in
order.

uvicorn's supervisor does the work; here stands what it is given, and when the whole has to end.
"""

import contextlib
import ctypes
import functools
import gc
import multiprocessing
import os
import resource
import socket
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary, WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from zaqar_impl import logs, wiring
from zaqar_impl.config import Settings
from zaqar_impl.lifeline import end_with_parent
from zaqar_impl.rest.crowd import BoundedProtocol

#: Seconds that requests in flight have to end after SIGTERM; longer than a call to the storage
#: takes.
GRACE = 25

#: Seconds that an idle connection is kept for its client's next request.
KEEP_ALIVE = 75

#: Seconds that workers may take from their start until they serve.
SLOWEST_START = 60

#: Connections that wait to be accepted; clients beyond are refused by the kernel.
BACKLOG = 2048

#: How many objects are made, and not given back, until the garbage collector looks at them.
COLLECT_AFTER = 10_000

#: Most workers that are started unless more are asked for.
MOST_WORKERS = 4

#: Bytes of a block of memory that the system has back as soon as it is free.
LARGE_BLOCK = 512 * 1024

_M_MMAP_THRESHOLD = -3


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
        http=BoundedProtocol,
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
    _prepare_for_many()
    logs.configure(settings)
    application = wiring.rest_application(settings)
    _spare_the_collector()
    return application


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what was made at the start, for it stays.

    Else each full collection looks at it all, for some hundredths of a second in which nobody is
    served. Requests leave next to nothing for it; what they take is given back without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _prepare_for_many() -> None:
    """Let this process have as many clients as it may, and give large blocks of memory back.

    glibc keeps what it has once taken for large blocks, unless it is told how large those are.
    """
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)


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
        self._newcomers: WeakKeyDictionary[Process, float] = WeakKeyDictionary()
        self._known: WeakSet[Process] = WeakSet()

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
        """Replace workers that have died, or hang; those that are still starting do not hang.

        uvicorn would take one for hung that does not answer 5 s after its start, and so, on a
        machine that is busy enough, put one after the other in the place of a worker that died.
        """
        starting = [process for process in self.processes if self._is_starting(process)]
        self.processes = [process for process in self.processes if process not in starting]
        super().keep_subprocess_alive()
        self.processes += starting
        self.reason = self._trouble()
        if self.reason:
            self.should_exit.set()

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
