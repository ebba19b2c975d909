# SPDX-License-Identifier: Apache-2.0
"""Where the live messages of a log begin, as far as this process has found out.

Messages that have expired stand in the way of every search from the beginning of a log until the
server sweeps them, which may take minutes if they are many. So a search that had to pass over many
positions has it looked up where the log begins, and the next ones begin there. One search in the
background passes them once, instead of each call again.

A floor is only an aid: it lies below every message that may still be live by anybody's clock, and
is forgotten after a while.
"""

import asyncio
import time
from contextvars import Context
from dataclasses import dataclass

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import PyMongoError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import BY_POSITION, Connection, index_name

#: How many positions without a result are worth a search.
MANY_POSITIONS = 1000
#: How long a search that finds nothing may take, in seconds, before it is worth one too.
LONG_SECONDS = 0.05
#: How long ago a message must have expired, in seconds: other processes' clocks may be behind ours,
#: and what makes it live longer may not be committed yet.
EXPIRED_SECONDS = 10
#: How long a floor is remembered, in seconds.
REMEMBERED_SECONDS = 60.0
#: The pause between two searches in one log, in seconds.
PAUSE_SECONDS = 1.0
#: How many floors are remembered.
REMEMBERED_LOGS = 1000


@dataclass(frozen=True, slots=True)
class _Floor:
    position: int
    found: float
    looked: float


class Floors:
    """The floors of the logs that this process has searched."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._floors: dict[ObjectId, _Floor] = {}
        self._searches: dict[ObjectId, asyncio.Task[None]] = {}

    def of(self, queue: ObjectId) -> int:
        """A position below all live messages of the queue; 0 if it is not known."""
        floor = self._floors.get(queue)
        if floor is None:
            return 0
        if time.monotonic() - floor.found > REMEMBERED_SECONDS:
            del self._floors[queue]
            return 0
        return floor.position

    def searched(self, queue: ObjectId, after: int, first: int | None, began: float) -> None:
        """A search after this position, which began at this moment of the monotonic clock, found
        this one first, or none."""
        now = time.monotonic()
        is_far = now - began > LONG_SECONDS if first is None else first - after > MANY_POSITIONS
        if not is_far or queue in self._searches:
            return
        before = self._floors.get(queue)
        if before is not None and now - before.looked < PAUSE_SECONDS:
            return
        task = asyncio.get_running_loop().create_task(self._search(queue), context=Context())
        self._searches[queue] = task

    async def drain(self) -> None:
        """Return when nothing is being searched any more."""
        while self._searches:
            await asyncio.wait(self._searches.values())

    async def _search(self, queue: ObjectId) -> None:
        known = self.of(queue)
        found = self._floors[queue].found if known else time.monotonic()
        try:
            with self._connection.time_limit():
                position = await self._below_live(queue, known)
            self._remember(queue, position, found)
        except PyMongoError:
            pass  # what asks the database next says so
        finally:
            del self._searches[queue]

    def _remember(self, queue: ObjectId, position: int, found: float) -> None:
        if queue not in self._floors and len(self._floors) == REMEMBERED_LOGS:
            del self._floors[next(iter(self._floors))]
        self._floors[queue] = _Floor(position, found, time.monotonic())

    async def _below_live(self, queue: ObjectId, known: int) -> int:
        """The last position before the first message that may be live; if none may, of the log.

        Only what a majority has committed counts: its positions are never given out again.
        """
        log = {d.QUEUE: queue, d.POSITION: {"$gt": known}}
        dead = d.later(d.now(self._clock), -EXPIRED_SECONDS)
        last = await self._end(log, DESCENDING)
        first = await self._end(log | {d.EXPIRES: {"$gt": dead}}, ASCENDING)
        return (last or known) if first is None else first - 1

    async def _end(self, query: d.Document, direction: int) -> int | None:
        found = await self._connection.messages.find_one(
            query,
            {d.ID: 0, d.POSITION: 1},
            hint=index_name(BY_POSITION),
            sort=[(d.POSITION, direction)],
        )
        return int(found[d.POSITION]) if found else None
