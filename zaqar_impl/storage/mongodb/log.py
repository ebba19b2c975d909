# SPDX-License-Identifier: Apache-2.0
"""Appending to a queue's log: how messages get their positions.

A position is given out and its message inserted in one transaction, which first moves the head of
the queue. Two transactions on one queue conflict on that head, so the later one begins after the
earlier one has committed. Hence the order of positions is the order of commits: whatever moment a
reader looks at, it sees a log without gaps up to some position, and nothing after it. Posts of this
process to one queue share their transactions (group commit).
"""

from collections.abc import Sequence
from functools import partial

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError

from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import Connection
from zaqar_impl.storage.mongodb.grouping import Grouping

#: What the posts of one transaction have at the most, in bytes, unless a single post has more: one
#: message to the server holds it, and callers do not wait long for each other.
GROUP_BYTES = 8 * 1024 * 1024
#: What a message takes besides its body, counted generously.
OVERHEAD_BYTES = 8 * 1024

_DUPLICATE_KEY = 11000

Post = Sequence[d.Document]


class Log:
    """The writing end of all message logs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._group: Grouping[QueueRef, Post, bool] = Grouping(
            self._commit, weigh=_weigh, capacity=GROUP_BYTES, is_common=_is_common
        )

    async def append(self, ref: QueueRef, post: Post) -> bool:
        """Append the messages, all or none; False if there is no such queue.

        Messages that are there already, by their ids, are not appended again.
        """
        return await self._group.submit(ref, post)

    async def drain(self) -> None:
        """Return when all appends have ended."""
        await self._group.drain()

    async def _commit(self, ref: QueueRef, posts: Sequence[Post]) -> Sequence[bool]:
        documents = [document for post in posts for document in post]
        with self._connection.time_limit():
            try:
                placed = await self._connection.transaction(partial(self._place, ref, documents))
            except BulkWriteError as error:
                if len(posts) > 1 or not _is_repetition(error):
                    raise
                placed = True
        return [placed] * len(posts)

    async def _place(
        self, ref: QueueRef, documents: Sequence[d.Document], session: AsyncClientSession
    ) -> bool:
        before = await self._connection.queues[ref.kind].find_one_and_update(
            d.named(ref),
            {"$inc": {d.HEAD: len(documents)}},
            {d.HEAD: 1, d.FREEZE: 1},
            return_document=ReturnDocument.BEFORE,
            session=session,
        )
        if before is None:
            return False
        d.check_open(ref, before)
        queue, first = before[d.ID], before[d.HEAD] + 1
        await self._connection.messages.insert_many(
            [
                d.placed(document, queue, position)
                for position, document in enumerate(documents, first)
            ],
            session=session,
        )
        return True


def _weigh(post: Post) -> float:
    return sum(len(document[d.BODY]) + OVERHEAD_BYTES for document in post)


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
