# SPDX-License-Identifier: Apache-2.0
"""What the connections of one process share: its event loop, the bound actions, and its end."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import uvloop

from zaqar_impl.push import Follower
from zaqar_impl.websocket.binding import Bound
from zaqar_impl.websocket.limits import ConnectionLimits

_T = TypeVar("_T")


class Process:
    """One process that serves connections.

    ``lifespan`` runs on the event loop around its life: it opens the storage and gives what follows
    queues, and closes both.
    """

    def __init__(
        self,
        bound: Bound,
        limits: ConnectionLimits,
        lifespan: Callable[[], AbstractAsyncContextManager[Follower]],
    ) -> None:
        self.bound = bound
        self.limits = limits
        self._lifespan = lifespan
        self._life: AbstractAsyncContextManager[Follower] | None = None
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether no more requests are to be begun."""
        return self._stopping

    def start(self) -> None:
        """Begin to serve; in the process itself, since what is made here can't be inherited."""
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        # Whoever waits for a client waits for this, too: it is at its end when the process stops.
        self.stop_signal, self._stop = os.pipe()
        self._thread.start()
        self._life = self._lifespan()
        self.follower = self.run(self._life.__aenter__())

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What the work gives, done on the event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Let every connection end after the request at hand. Safe in a signal handler."""
        if not self._stopping:
            self._stopping = True
            os.close(self._stop)

    def close(self) -> None:
        """Let go of everything, when the connections have ended."""
        self.stop()
        if self._life is not None:
            self.run(self._life.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        os.close(self.stop_signal)
