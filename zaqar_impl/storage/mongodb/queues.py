# SPDX-License-Identifier: Apache-2.0
"""Queues in MongoDB."""

import asyncio
import math
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import orjson
from bson import Int64, ObjectId
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.values import Kind, Metadata, Queue, QueueRef
from zaqar_impl.storage.grouping import Grouping, shared
from zaqar_impl.storage.interface import QueueFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.client import (
    BY_POSITION,
    BY_QUEUE,
    FRESH,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.directory import Directory, QueueRecord, Revision

#: The longest pause before an update that another one overtook is tried again, in seconds.
RETRY_PAUSE_SECONDS = 0.02


class MongoQueues:
    """:class:`~zaqar_impl.storage.interface.QueueStore` on MongoDB."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self.connection = connection
        self._directory = directory
        self._reading: Grouping[QueueRef, None, QueueRecord | None] = shared(self._read)

    @answered
    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        made = {
            **d.named(ref),
            d.METADATA: orjson.dumps(metadata),
            d.REVISION: ObjectId(),
            d.HEAD: Int64(0),
        }
        queues = self.connection.queues[ref.kind]
        try:
            await queues.insert_one(made)
        except DuplicateKeyError:
            arriving = await queues.find_one(
                {**d.named(ref), f"{d.FREEZE}.arriving": True}, {d.FREEZE: 1}
            )
            d.check_open(ref, arriving or {})
            return False
        self._directory.forget(ref)
        return True

    @answered
    async def get(self, ref: QueueRef) -> Queue | None:
        return _queue(ref, await self._reading.submit(ref, None))

    @answered
    async def recall(self, ref: QueueRef, *, seconds: float = math.inf) -> Queue | None:
        record = self._directory.recall(ref, seconds)
        return _queue(ref, record or await self._reading.submit(ref, None))

    @answered
    async def list(
        self,
        project: str,
        *,
        after: str | None,
        limit: int,
        accept: QueueFilter,
        kind: Kind = Kind.QUEUE,
    ) -> Sequence[Queue]:
        page: list[Queue] = []
        async with aclosing(self._accepted(project, kind, after, accept)) as accepted:
            async for queue in accepted:
                page.append(queue)
                if len(page) == limit:
                    break
        return page

    @answered
    async def count(self, project: str, accept: QueueFilter, *, kind: Kind = Kind.QUEUE) -> int:
        return len([1 async for _ in self._accepted(project, kind, None, accept)])

    @answered
    async def update(
        self, ref: QueueRef, change: Callable[[Metadata], Metadata]
    ) -> Metadata | None:
        queues = self.connection.queues[ref.kind]
        fresh = queues.with_options(read_concern=FRESH)
        while True:
            found = await fresh.find_one(d.named(ref), {d.METADATA: 1, d.REVISION: 1, d.FREEZE: 1})
            if found is None:
                return None
            d.check_open(ref, found)
            changed = change(orjson.loads(found[d.METADATA]))
            stored = await queues.update_one(
                {d.ID: found[d.ID], d.REVISION: found[d.REVISION]},
                {"$set": {d.METADATA: orjson.dumps(changed), d.REVISION: ObjectId()}},
            )
            if stored.matched_count:
                self._directory.forget(ref)
                return changed
            # Somebody else changed it in between; the random pause lets the contenders fall out of
            # step.
            await asyncio.sleep(random.uniform(0, RETRY_PAUSE_SECONDS))

    @answered
    async def delete(self, ref: QueueRef) -> None:
        """Once its document is gone, nothing of the queue can be reached; then tidy up."""
        queues = self.connection.queues[ref.kind]
        open_only = {**d.named(ref), d.FREEZE: {"$exists": False}}
        while (gone := await queues.find_one_and_delete(open_only, {d.ID: 1})) is None:
            if (found := await queues.find_one(d.named(ref), {d.FREEZE: 1})) is None:
                return
            d.check_open(ref, found)
        self._directory.forget(ref)
        await remove_contents(self.connection, gone[d.ID])

    async def drain(self) -> None:
        """Return when nothing is being read any more."""
        await self._reading.drain()

    async def _read(self, ref: QueueRef, callers: Sequence[None]) -> Sequence[QueueRecord | None]:
        """One look at the queue for all that ask at once."""
        with self.connection.time_limit():
            return [await self._directory.read(ref, committed=True)] * len(callers)

    async def _accepted(
        self, project: str, kind: Kind, after: str | None, accept: QueueFilter
    ) -> AsyncGenerator[Queue, None]:
        query: dict[str, Any] = {d.PROJECT: project}
        if after is not None:
            query[d.NAME] = {"$gt": after}
        queues = self.connection.queues[kind]
        found = queues.find(query, {d.NAME: 1, d.METADATA: 1}).sort(d.NAME, ASCENDING)
        async with found:
            async for document in found:
                ref = QueueRef(project, document[d.NAME], kind)
                queue = Queue(ref, orjson.loads(document[d.METADATA]))
                if accept(queue):
                    yield queue


def _queue(ref: QueueRef, record: QueueRecord | None) -> Queue | None:
    if record is None:
        return None
    return Queue(ref, record.metadata, Revision(record.id, record.revision))


async def remove_contents(connection: Connection, queue: ObjectId) -> None:
    """Remove the messages and subscriptions of a queue whose document is gone."""
    orphans = {d.QUEUE: queue}
    for collection, index in (
        (connection.messages, BY_POSITION),
        (connection.subscriptions, BY_QUEUE),
    ):
        await repeatedly(partial(collection.delete_many, orphans, hint=index_name(index)))
