# SPDX-License-Identifier: Apache-2.0
"""Queues in MongoDB, and the one place where a queue's name becomes the id of its messages' log."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from bson import Int64, ObjectId
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import Kind, Metadata, Queue, QueueRef
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

#: The longest pause before an update that another one overtook is tried again, in seconds.
RETRY_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """What the messages of a queue need to know of it."""

    id: ObjectId
    head: int


class Directory:
    """Finds queues by name, one query for each call; a cache would have its place here."""

    def __init__(self, connection: Connection) -> None:
        self._fresh = {
            kind: collection.with_options(read_concern=FRESH)
            for kind, collection in connection.queues.items()
        }

    async def find(self, ref: QueueRef) -> QueueRecord | None:
        """The queue's record, or None."""
        found = await self._fresh[ref.kind].find_one(d.named(ref), {d.HEAD: 1})
        return QueueRecord(found[d.ID], found[d.HEAD]) if found else None

    async def to_change(self, ref: QueueRef) -> QueueRecord | None:
        """As :meth:`find`, for those who change something of the queue.

        Raises:
            QueueFrozen: it is being moved.
        """
        found = await self._fresh[ref.kind].find_one(d.named(ref), {d.HEAD: 1, d.FREEZE: 1})
        if found is None:
            return None
        d.check_open(ref, found)
        return QueueRecord(found[d.ID], found[d.HEAD])

    async def get(self, ref: QueueRef) -> QueueRecord:
        """As :meth:`to_change`, for what can't be without a queue.

        Raises:
            NotFound: there is no such queue.
        """
        if (record := await self.to_change(ref)) is None:
            raise NotFound(f"{ref} does not exist.")
        return record


class MongoQueues:
    """:class:`~zaqar_impl.storage.interface.QueueStore` on MongoDB."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

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
        return True

    @answered
    async def get(self, ref: QueueRef) -> Queue | None:
        queues = self.connection.queues[ref.kind]
        found = await queues.find_one(d.named(ref), {d.METADATA: 1})
        return Queue(ref, orjson.loads(found[d.METADATA])) if found else None

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
        await remove_contents(self.connection, gone[d.ID])

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


async def remove_contents(connection: Connection, queue: ObjectId) -> None:
    """Remove the messages and subscriptions of a queue whose document is gone."""
    orphans = {d.QUEUE: queue}
    for collection, index in (
        (connection.messages, BY_POSITION),
        (connection.subscriptions, BY_QUEUE),
    ):
        await repeatedly(partial(collection.delete_many, orphans, hint=index_name(index)))
