# SPDX-License-Identifier: Apache-2.0
"""A storage driver that stands before another one and tells how long each method took.

Its URI is that of the other driver with ``stopwatch+`` before it, or nothing for the memory driver.
"""

import functools
import inspect
import logging
import time
from collections import defaultdict
from typing import Any, cast

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage import loader
from zaqar_impl.storage.interface import Storage

LOG = logging.getLogger(__name__)

#: Seconds of each call, by the name of the method.
Times = dict[str, list[float]]


def open_driver(uri: str, database: str, clock: Clock) -> Storage:
    """The driver's entry point. What the other driver says of a wrong URI is said of this one."""
    other = loader.open_driver("", uri.removeprefix("stopwatch+") or "memory:", database, clock)
    return cast(Storage, Stopwatch(other))


class Stopwatch:
    """The other storage, timed. What this class does not know it hands on, so that it keeps up
    with an interface that grows."""

    def __init__(self, other: Storage) -> None:
        self.times: Times = defaultdict(list)
        self._other = other
        self.queues = Timed(other.queues, "queues", self.times)
        self.messages = Timed(other.messages, "messages", self.times)
        self.claims = Timed(other.claims, "claims", self.times)
        self.subscriptions = Timed(other.subscriptions, "subscriptions", self.times)

    async def close(self) -> None:
        await self._other.close()
        for name, times in sorted(self.times.items()):
            LOG.warning("%s: %d calls, %.6f s each", name, len(times), sum(times) / len(times))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other, name)


class Timed:
    """One store of the other storage."""

    def __init__(self, store: object, name: str, times: Times) -> None:
        self._store, self._name, self._times = store, name, times

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not inspect.iscoroutinefunction(method):
            return method

        @functools.wraps(method)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return await method(*args, **kwargs)
            finally:
                self._times[f"{self._name}.{name}"].append(time.perf_counter() - start)

        return timed
