# SPDX-License-Identifier: Apache-2.0
"""Ends transactions whose process has died in the middle.

A process that is killed between the statements of a transaction leaves it open in the server. The
server keeps it, and all that it has written locked, for a minute
(``transactionLifetimeLimitSeconds``), in which nobody could post to that queue. So a call that is
held up for seconds ends the transactions of this service that have been idle for seconds, and looks
again while it is held up.

This is always safe: a process that was only slow finds its transaction gone, with no effect, and
starts it again.
"""

import asyncio
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context
from typing import Any

import pymongo
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

LOG = logging.getLogger(__name__)

#: Tells our connections from others in ``$currentOp``, and in the log of the server.
DRIVER_NAME = "zaqar-impl"
#: How long a transaction has been idle when it counts as abandoned, in seconds. Ours pause for a
#: round trip only.
IDLE_SECONDS = 2.0
#: How long a call takes before it looks for what might hold it up, in seconds, unless it has too
#: little time for that. Longer than the idle time: what held it up from the beginning is found.
PATIENCE_SECONDS = 2.5
#: The time between two looks, in seconds: a call of little time began to look too early.
LOOK_AGAIN_SECONDS = 0.5

_ABANDONED: Sequence[Mapping[str, Any]] = [
    {"$currentOp": {"allUsers": False, "idleSessions": True}},
    {
        "$match": {
            "type": "idleSession",
            "transaction.timeInactiveMicros": {"$gt": int(IDLE_SECONDS * 1_000_000)},
            "clientMetadata.driver.name": {"$regex": DRIVER_NAME},
        }
    },
    {"$project": {"_id": 0, "id": "$lsid.id"}},
]


class AbandonedTransactions:
    """Looks after the calls of one client, which have so many seconds each."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], call_seconds: float) -> None:
        self._client = client
        self._patience = min(PATIENCE_SECONDS, call_seconds / 2)
        self._task: asyncio.Task[None] | None = None
        self._looked = -math.inf

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look for abandoned transactions if what is done inside takes long, until it is done."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def look() -> None:
            nonlocal timer
            self._look(loop)
            timer = loop.call_later(LOOK_AGAIN_SECONDS, look)

        timer = loop.call_later(self._patience, look)
        try:
            yield
        finally:
            timer.cancel()

    async def close(self) -> None:
        """Return when no look is under way."""
        if self._task is not None:
            await self._task

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a look, unless other calls asked for one that is under way, or was just now."""
        if loop.time() < self._looked + LOOK_AGAIN_SECONDS:
            return
        if self._task is None or self._task.done():
            self._looked = loop.time()
            self._task = loop.create_task(self._end(), context=Context())

    async def _end(self) -> None:
        try:
            with pymongo.timeout(PATIENCE_SECONDS):
                async with await self._client.admin.aggregate(_ABANDONED) as found:
                    sessions = await found.to_list()
                if sessions:
                    LOG.warning("ending_abandoned_transactions count=%d", len(sessions))
                    await self._client.admin.command("killSessions", sessions)
        except PyMongoError as error:
            # Nobody fails because of this: at the latest the server ends them itself.
            LOG.warning("cannot_end_abandoned_transactions error=%r", error)
