# SPDX-License-Identifier: Apache-2.0
"""Appending to the queues' logs: how messages get their positions.

A position is given out and its message inserted in one transaction, which first moves the head of
the queue. Two transactions on one queue conflict on that head, so the later one begins after the
earlier one has committed. Hence the order of positions is the order of commits: whatever moment a
reader looks at, it sees a log without gaps up to some position, and nothing after it.

All posts of this process that wait share the next transaction, to whatever queues they go (group
commit): the three round trips that it takes are shared by as many posts as came in during the last
one, and it is acknowledged by a majority once for all of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError

from zaqar_impl.domain.stored import QueueChanged
from zaqar_impl.domain.values import Kind, Queue, QueueRef
from zaqar_impl.storage.grouping import Grouping
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import Connection
from zaqar_impl.storage.mongodb.directory import Directory, Revision

#: What the posts of one transaction have at the most, in bytes, unless a single post has more: one
#: message to the server holds it, and callers do not wait long for each other.
GROUP_BYTES = 8 * 1024 * 1024
#: What a message takes besides its body, counted generously.
OVERHEAD_BYTES = 8 * 1024
#: How long a transaction waits for the next producer that was just answered to post again, in
#: seconds: a fraction of what a transaction takes.
PATIENCE_SECONDS = 0.004

_DUPLICATE_KEY = 11000

Post = Sequence[d.Document]


@dataclass(frozen=True, slots=True)
class _Append:
    """A post on its way to a queue's log, and the revision of the queue that it goes by, if any."""

    queue: ObjectId
    revision: ObjectId | None
    post: Post


class Log:
    """The writing end of all message logs."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory
        self._group: Grouping[Kind, _Append, bool] = Grouping(
            self._commit,
            weigh=_weigh,
            capacity=GROUP_BYTES,
            is_common=_is_common,
            patience=PATIENCE_SECONDS,
        )

    async def append(self, ref: QueueRef, post: Post, seen: Queue | None = None) -> None:
        """Append the messages, all or none. Those that are there already, by their ids, are not
        appended again.

        Raises:
            NotFound: there is no such queue.
            QueueChanged: it is not as it was ``seen``.
            QueueFrozen: it is being moved.
        """
        if seen is not None and isinstance(seen.revision, Revision):
            by = seen.revision
            if not await self._group.submit(ref.kind, _Append(by.queue, by.revision, post)):
                await self._directory.read_to_change(ref)
                raise QueueChanged
            return
        record = self._directory.recall(ref) or await self._directory.get(ref)
        while not await self._group.submit(ref.kind, _Append(record.id, None, post)):
            record = await self._directory.get(ref)

    async def drain(self) -> None:
        """Return when all appends have ended."""
        await self._group.drain()

    async def _commit(self, kind: Kind, appends: Sequence[_Append]) -> Sequence[bool]:
        """Whether each of them was appended, or its queue is not what it should be."""
        with self._connection.time_limit():
            try:
                return await self._connection.transaction(partial(self._place, kind, appends))
            except BulkWriteError as error:
                if len(appends) > 1 or not _is_repetition(error):
                    raise
                return [True]

    async def _place(
        self, kind: Kind, appends: Sequence[_Append], session: AsyncClientSession
    ) -> Sequence[bool]:
        revisions = {append.queue: append.revision for append in appends if append.revision}
        # Who goes by another revision than those that came later has an old one, or soon will.
        current = [a.revision in (None, revisions.get(a.queue)) for a in appends]
        moving = [append for append, is_current in zip(appends, current, strict=True) if is_current]
        counts = Counter[ObjectId]()
        for append in moving:
            counts[append.queue] += len(append.post)
        heads = await self._move_heads(kind, counts, revisions, session)
        if documents := list(_placed(moving, heads)):
            await self._connection.messages.insert_many(documents, session=session)
        return [
            is_current and append.queue in heads
            for append, is_current in zip(appends, current, strict=True)
        ]

    async def _move_heads(
        self,
        kind: Kind,
        counts: Mapping[ObjectId, int],
        revisions: Mapping[ObjectId, ObjectId],
        session: AsyncClientSession,
    ) -> Mapping[ObjectId, int]:
        """Move the heads of the queues that are open and have these revisions; where each was
        before."""
        queues = self._connection.queues[kind]
        wanted = {queue: _as_seen(queue, revisions.get(queue)) for queue in counts}
        if len(counts) == 1:
            [(queue, count)] = counts.items()
            before = await queues.find_one_and_update(
                wanted[queue],
                {"$inc": {d.HEAD: count}},
                {d.HEAD: 1},
                return_document=ReturnDocument.BEFORE,
                session=session,
            )
            return {queue: before[d.HEAD]} if before else {}
        moves = [
            UpdateOne(wanted[queue], {"$inc": {d.HEAD: count}}) for queue, count in counts.items()
        ]
        await queues.bulk_write(moves, session=session)
        moved = queues.find({"$or": list(wanted.values())}, {d.HEAD: 1}, session=session)
        return {found[d.ID]: found[d.HEAD] - counts[found[d.ID]] async for found in moved}


def _as_seen(queue: ObjectId, revision: ObjectId | None) -> d.Document:
    """What finds the queue while it may be posted to."""
    seen: dict[str, Any] = {d.REVISION: revision} if revision else {}
    return {d.ID: queue, d.FREEZE: {"$exists": False}, **seen}


def _placed(appends: Sequence[_Append], heads: Mapping[ObjectId, int]) -> Iterator[d.Document]:
    """The messages at their places: those of a queue in the order of the posts."""
    last = dict(heads)
    for append in appends:
        if append.queue not in last:
            continue
        for document in append.post:
            last[append.queue] += 1
            yield d.placed(document, append.queue, last[append.queue])


def _weigh(append: _Append) -> float:
    return sum(len(document[d.BODY]) + OVERHEAD_BYTES for document in append.post)


def _is_common(error: Exception) -> bool:
    """Whether it is the database that failed, rather than one of the posts."""
    return isinstance(error, PyMongoError) and (
        error.timeout
        or isinstance(error, ConnectionFailure)
        or error.has_error_label("UnknownTransactionCommitResult")
    )


def _is_repetition(error: BulkWriteError) -> bool:
    """Whether the very first message was there already.

    A post is written wholly or not at all, so then all of it was: an earlier attempt did commit
    after all.
    """
    [first] = error.details["writeErrors"]
    return first["code"] == _DUPLICATE_KEY and list(first["keyPattern"]) == [d.ID]
