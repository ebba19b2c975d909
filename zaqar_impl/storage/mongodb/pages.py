# SPDX-License-Identifier: Apache-2.0
"""Pages of a queue's log, read without looking at much that is not on them."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, IndexModel

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import Message, QueueRef
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb import queries as q
from zaqar_impl.storage.mongodb.client import BY_HOLD, BY_POSITION, Connection, index_name
from zaqar_impl.storage.mongodb.directory import Directory
from zaqar_impl.storage.mongodb.floors import Floors

#: How many positions are looked at, claimed ones among them, before the claimed ones are passed by.
NEAR = 1000

_Documents = Sequence[d.Document]


class Page(NamedTuple):
    """A page as it is asked for; readers who follow a queue often ask for the same one, each of
    them without his own messages."""

    ref: QueueRef
    after: int
    limit: int
    claimed: bool
    delayed: bool


class PageReader:
    """Reads pages."""

    def __init__(
        self, connection: Connection, directory: Directory, floors: Floors, clock: Clock
    ) -> None:
        self._messages = connection.messages_snapshot
        self._directory = directory
        self._floors = floors
        self._clock = clock

    async def read(
        self, page: Page, hidden: Collection[str | None], queue: ObjectId
    ) -> Mapping[str | None, Sequence[Message]]:
        """The messages of the page, in order, without those of each ``hidden`` producer; nothing
        if there are none for anybody.

        One look serves all whose messages are not on it. Of the others, those who need more to fill
        their page look themselves.
        """
        now, began = d.now(self._clock), time.monotonic()
        after = max(page.after, self._floors.of(queue))

        async def look(producer: str | None) -> _Documents:
            return await self._found(page, producer, queue, after, now)

        found = await look(next(iter(hidden)) if len(hidden) == 1 else None)
        first = int(found[0][d.POSITION]) if found else None
        self._floors.searched(queue, after, first, began)
        if not found:
            return {}
        authors = {document[d.PRODUCER] for document in found}
        own = [producer for producer in hidden if producer in authors]
        if len(found) == page.limit:
            looks = await asyncio.gather(*map(look, own))
        else:
            looks = [_without(producer, found) for producer in own]
        pages = {name: _messages(some, now) for name, some in zip(own, looks, strict=True)}
        return dict.fromkeys(hidden, _messages(found, now)) | pages

    async def _found(
        self, page: Page, hidden: str | None, queue: ObjectId, after: int, now: DatetimeMS
    ) -> _Documents:
        query = _meant(page, hidden, queue, now)
        end = after + NEAR
        if page.claimed or page.delayed or self._head(page.ref, queue) <= end:
            return await self._some(query, {"$gt": after}, page.limit)
        near = await self._some(query, {"$gt": after, "$lte": end}, page.limit)
        if len(near) == page.limit:
            return near
        return [*near, *await self._far(query, queue, end, page.limit - len(near), now)]

    def _head(self, ref: QueueRef, queue: ObjectId) -> int:
        """The last position of the queue, as it was at the most a moment ago."""
        record = self._directory.recall(ref)
        return record.head if record is not None and record.id == queue else 0

    async def _far(
        self, query: dict[str, Any], queue: ObjectId, after: int, limit: int, now: DatetimeMS
    ) -> _Documents:
        """Messages that no claim holds, found without looking at those that one does.

        They come later than what was read before, so a reader sees no gap. Holds that ran out and
        were not let go are looked for first: who lets them go in between makes them unheld.
        """
        overdue = await self._messages.find_one(
            q.overdue(queue, now), {d.ID: 0, d.HELD: 1}, hint=index_name(BY_HOLD)
        )
        if overdue is not None:
            return await self._some(query, {"$gt": after}, limit)
        unheld = query | {d.HELD: d.UNHELD}
        return await self._some(unheld, {"$gt": after}, limit, BY_HOLD)

    async def _some(
        self,
        query: dict[str, Any],
        positions: dict[str, int],
        limit: int,
        index: IndexModel = BY_POSITION,
    ) -> _Documents:
        found = self._messages.find(
            query | {d.POSITION: positions},
            hint=index_name(index),
            limit=limit,
            sort=[(d.POSITION, ASCENDING)],
        )
        return await found.to_list()


def _messages(documents: _Documents, now: DatetimeMS) -> Sequence[Message]:
    return [d.to_message(document, now) for document in documents]


def _without(producer: str | None, documents: _Documents) -> _Documents:
    return [document for document in documents if document[d.PRODUCER] != producer]


def _meant(page: Page, hidden: str | None, queue: ObjectId, now: DatetimeMS) -> dict[str, Any]:
    shown = q.shown(now, claimed=page.claimed, with_delayed=page.delayed)
    others = {} if hidden is None else {d.PRODUCER: {"$ne": hidden}}
    return q.live(queue, now) | shown | others
