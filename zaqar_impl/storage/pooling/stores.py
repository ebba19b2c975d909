# SPDX-License-Identifier: Apache-2.0
"""The stores of pools: each is opened when it is first needed, and kept.

A pool's definition comes along with each question where a queue lives, so a change of it takes
effect with the next call, in every process. What was opened by the old one is closed when the calls
that may still use it have ended.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.pools import Pool, without_secrets
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.loader import DriverError, open_driver
from zaqar_impl.storage.opening import opened

#: Seconds until a store that is no longer needed is closed; calls to it do not take that long.
CLOSE_AFTER = 30.0
#: Seconds that a store may take to close; one that is gone can't say goodbye.
CLOSE_WITHIN = 5.0

_Definition = tuple[str, Mapping[str, Any]]


class Unusable(StorageUnavailable):
    """No driver can work with the pool as it is defined; the text says why, without secrets."""


def store_of(pool: Pool, database: str, clock: Clock) -> Storage:
    """The storage that the definition of the pool means, not opened yet.

    ``database`` is for pools that name none. The scheme of the URI names the driver.

    Raises:
        Unusable: there is no such driver, or it can't use the URI or the options.
    """
    try:
        return open_driver("", pool.uri, str(pool.options.get("database", database)), clock)
    except DriverError as error:
        # Not "from": what the driver says may have the credentials in it.
        raise Unusable(without_secrets(str(error), pool.uri)) from None


@dataclass(frozen=True, slots=True)
class _Kept:
    definition: _Definition
    storage: Storage
    opening: "asyncio.Task[None]"


class Stores:
    """The opened stores, one for each pool."""

    def __init__(self, database: str, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._retired: dict[asyncio.Task[None], _Kept] = {}

    def of(self, pool: Pool) -> Storage:
        """The pool's own storage.

        Raises:
            StorageUnavailable: no driver can work with the definition; the cause says why, which is
                for operators, and not for who happens to have a queue there.
        """
        definition = (pool.uri, pool.options)
        kept = self._kept.get(pool.name)
        if kept is None or kept.definition != definition:
            try:
                storage = store_of(pool, self._database, self._clock)
            except Unusable as error:
                raise StorageUnavailable() from error
            opening = asyncio.create_task(opened(storage, f"pool {pool.name}"))
            if kept is not None:
                self._retire(kept)
            kept = self._kept[pool.name] = _Kept(definition, storage, opening)
        return kept.storage

    def keep_only(self, pools: Sequence[Pool]) -> None:
        """Let go of the stores of all other pools."""
        for name in set(self._kept) - {pool.name for pool in pools}:
            self._retire(self._kept.pop(name))

    async def close(self) -> None:
        """Close all of them."""
        for task in self._retired:
            task.cancel()
        everything = [*self._kept.values(), *self._retired.values()]
        self._kept, self._retired = {}, {}
        await asyncio.gather(*(_close(kept) for kept in everything))

    def _retire(self, kept: _Kept) -> None:
        task = asyncio.create_task(_close_later(kept))
        self._retired[task] = kept
        task.add_done_callback(lambda done: self._retired.pop(done, None))


async def _close_later(kept: _Kept) -> None:
    await asyncio.sleep(CLOSE_AFTER)
    await _close(kept)


async def _close(kept: _Kept) -> None:
    kept.opening.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN):
            await kept.storage.close()
