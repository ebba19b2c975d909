# SPDX-License-Identifier: Apache-2.0
"""Messages in MongoDB: reading a queue's log and removing from it. (``log`` writes it.)"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import Message, NewMessage, Queue, QueueRef, QueueStats
from zaqar_impl.storage.grouping import Grouping, shared
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb import queries as q
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.claimable import Claimable, divided, positions
from zaqar_impl.storage.mongodb.client import (
    BY_DELAY,
    BY_HOLD,
    BY_ID,
    BY_POSITION,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.directory import Directory
from zaqar_impl.storage.mongodb.floors import Floors
from zaqar_impl.storage.mongodb.log import Log
from zaqar_impl.storage.mongodb.pages import Page, PageReader
from zaqar_impl.storage.removal import check_removal

#: MongoDB keeps documents of up to 16 MiB; this leaves room for what is besides the body, and takes
#: the largest request that may be configured also when its body is sealed.
MAX_BODY_BYTES = 15 * 1024 * 1024 + 1024

#: How many messages one command deletes by their ids, for all the calls that it serves.
GROUP_DELETIONS = 1000


class MongoMessages:
    """:class:`~zaqar_impl.storage.interface.MessageStore` on MongoDB."""

    def __init__(
        self,
        connection: Connection,
        directory: Directory,
        log: Log,
        claimable: Claimable,
        floors: Floors,
        clock: Clock,
    ) -> None:
        self.connection = connection
        self._directory = directory
        self._log = log
        self._claimable = claimable
        self._floors = floors
        self._clock = clock
        self._reader = PageReader(connection, directory, floors, clock)
        self._pages: Grouping[Page, str | None, Sequence[Message]] = shared(self._page)
        self._deletions: Grouping[QueueRef, Sequence[str], None] = Grouping(
            self._delete_named, weigh=len, capacity=GROUP_DELETIONS, is_common=lambda _: True
        )

    @answered
    async def post(
        self,
        ref: QueueRef,
        messages: Sequence[NewMessage],
        *,
        producer: str,
        seen: Queue | None = None,
    ) -> Sequence[str]:
        if any(len(message.body) > MAX_BODY_BYTES for message in messages):
            raise InvalidInput(f"A message body may have {MAX_BODY_BYTES} bytes at the most.")
        now = d.now(self._clock)
        documents = [d.message_document(message, producer, now) for message in messages]
        await self._log.append(ref, documents, seen)
        return [str(document[d.ID]) for document in documents]

    @answered
    async def list(
        self,
        ref: QueueRef,
        *,
        after: int,
        limit: int,
        hide_producer: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> Sequence[Message]:
        if after >= d.MAX_POSITION:
            return []
        page = Page(ref, max(after, 0), limit, include_claimed, include_delayed)
        return await self._pages.submit(page, hide_producer)

    async def _page(
        self, page: Page, hidden: Sequence[str | None]
    ) -> Sequence[Sequence[Message] | BaseException]:
        """One look for all that want the same page, whosever messages they leave out."""
        read = partial(self._reader.read, page, set(hidden))
        with self.connection.time_limit():
            pages = await self._directory.ask(page.ref, read) or {}
        return [pages.get(producer, []) for producer in hidden]

    async def drain(self) -> None:
        """Return when nothing is being listed or deleted any more."""
        await self._pages.drain()
        await self._deletions.drain()

    @answered
    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        now = d.now(self._clock)

        async def named(queue: ObjectId) -> Sequence[Message]:
            found = self.connection.messages.find(q.live(queue, now) | q.among(ids), hint=BY_ID)
            return _in_order([d.to_message(document, now) for document in await found.to_list()])

        return await self._directory.ask(ref, named) or []

    @answered
    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        if message := d.object_id(message_id):
            delete = partial(self._delete, message, claim_id)
            await self._directory.ask(ref, delete, to_change=True)

    async def _delete(self, message: ObjectId, claim_id: str | None, queue: ObjectId) -> bool:
        """Whether the message was there, and is deleted."""
        named = None if claim_id is None else [claim_id]
        while not await self._delete_if_allowed(queue, message, claim_id):
            now = d.now(self._clock)
            kept = await self.connection.messages_fresh.find_one(
                q.live(queue, now) | {d.ID: message}, {d.HELD: 1, d.CLAIM: 1}, hint=BY_ID
            )
            if kept is None:
                return False
            check_removal(d.live_claim(kept, now), named)
            # It would be allowed now, so a claim has begun or ended in between: try again.
        return True

    async def _delete_if_allowed(
        self, queue: ObjectId, message: ObjectId, claim_id: str | None
    ) -> bool:
        """Delete the message, atomically, if :func:`check_removal` would let it go now."""
        now = d.now(self._clock)
        query = q.live(queue, now) | {d.ID: message}
        if claim_id is None:
            query |= q.shown(now, claimed=False, with_delayed=True)
        else:
            # An id that this driver never gave out is nobody's claim, like a new one.
            query |= {d.HELD: {"$gt": now}, d.CLAIM_ID: d.object_id(claim_id) or ObjectId()}
        return (await self.connection.messages.delete_one(query, hint=BY_ID)).deleted_count > 0

    @answered
    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        if claim_ids is None:
            await self._deletions.submit(ref, ids)
            return

        async def delete(queue: ObjectId) -> int:
            """How many were there; all are deleted."""
            named = q.live(queue, d.now(self._clock)) | q.among(ids)
            return await self.connection.transaction(
                partial(self._delete_claimed, named, claim_ids)
            )

        await self._directory.ask(ref, delete, to_change=True)

    async def _delete_named(
        self, ref: QueueRef, calls: Sequence[Sequence[str]]
    ) -> Sequence[BaseException | None]:
        """One command for all that wait, whatever claims there are."""
        ids = list({message for call in calls for message in call})

        async def delete(queue: ObjectId) -> bool:
            """Whether all were there: some calls may be about another queue of that name."""
            return await self._delete_all({d.QUEUE: queue} | q.among(ids), BY_ID) == len(ids)

        with self.connection.time_limit():
            await self._directory.ask(ref, delete, to_change=True)
        return [None] * len(calls)

    async def _delete_claimed(
        self, named: dict[str, Any], claim_ids: Sequence[str], session: AsyncClientSession
    ) -> int:
        messages = self.connection.messages
        found = messages.find(
            named, {d.POSITION: 1, d.HELD: 1, d.CLAIM: 1}, hint=BY_ID, session=session
        )
        now = d.now(self._clock)
        for document in sorted(await found.to_list(), key=lambda document: document[d.POSITION]):
            check_removal(d.live_claim(document, now), claim_ids)
        gone = await messages.delete_many(named, hint=BY_ID, session=session)
        return gone.deleted_count

    @answered
    async def pop(
        self, ref: QueueRef, limit: int, *, accept: MessageFilter | None = None
    ) -> Sequence[Message]:
        return await self._claimable.take(ref, limit, accept, self._pop_each) or []

    async def _pop_each(
        self,
        queue: ObjectId,
        calls: Sequence[tuple[MessageFilter | None, Sequence[d.Document]]],
    ) -> Sequence[Sequence[Message] | BaseException | None]:
        """Each call is a transaction of its own, so that no message is removed for a call that
        fails."""
        pops = (self._pop(accept, queue, found) for accept, found in calls)
        return await asyncio.gather(*pops, return_exceptions=True)

    async def _pop(
        self, accept: MessageFilter | None, queue: ObjectId, found: Sequence[d.Document]
    ) -> Sequence[Message] | None:
        """Remove and give those of the messages that are still claimable, and accepted; None if
        none is."""
        pop = partial(self._read_and_delete, accept, queue, positions(found))
        return await self.connection.transaction(pop)

    async def _read_and_delete(
        self,
        accept: MessageFilter | None,
        queue: ObjectId,
        places: Sequence[int],
        session: AsyncClientSession,
    ) -> Sequence[Message] | None:
        messages, now = self.connection.messages, d.now(self._clock)
        free = {d.POSITION: {"$in": places}, d.HELD: {"$lte": now}}
        found = messages.find(
            q.live(queue, now) | free, hint=index_name(BY_POSITION), session=session
        )
        candidates = _in_order([d.to_message(document, now) async for document in found])
        popped, others = divided(candidates, accept)
        if others:
            await messages.update_many(
                q.among(others), d.passing_over(now), hint=BY_ID, session=session
            )
        if not popped:
            return None
        await messages.delete_many(
            q.among([message.id for message in popped]), hint=BY_ID, session=session
        )
        return popped

    @answered
    async def purge(self, ref: QueueRef) -> None:
        queue = await self._directory.read_to_change(ref)
        if queue is not None:
            await self._delete_all(
                {d.QUEUE: queue.id, d.POSITION: {"$lte": queue.head}}, index_name(BY_POSITION)
            )

    async def _delete_all(self, query: dict[str, Any], index: str) -> int:
        delete = self.connection.messages.delete_many
        gone = await repeatedly(lambda: delete(query, hint=index))
        return gone.deleted_count

    @answered
    async def stats(self, ref: QueueRef) -> QueueStats:
        queue = await self._directory.read(ref)
        if queue is None:
            return QueueStats(claimed=0, free=0, oldest=None, newest=None)
        now = d.now(self._clock)
        # All of one moment, so that the counts and the ends of the log fit together.
        async with self.connection.client.start_session(snapshot=True) as session:
            held = await self._count(BY_HOLD, q.live(queue.id, now) | q.held(now), session)
            free = await self._count(BY_HOLD, q.live(queue.id, now) | q.not_held(now), session)
            delayed = await self._count(BY_DELAY, q.live(queue.id, now) | q.delayed(now), session)
            return QueueStats(
                claimed=held - delayed,
                free=free + delayed,
                oldest=await self._end(queue.id, now, ASCENDING, session),
                newest=await self._end(queue.id, now, DESCENDING, session),
            )

    async def _count(
        self, index: IndexModel, query: dict[str, Any], session: AsyncClientSession
    ) -> int:
        return await self.connection.messages.count_documents(
            query, hint=index_name(index), session=session
        )

    async def _end(
        self, queue: ObjectId, now: DatetimeMS, direction: int, session: AsyncClientSession
    ) -> Message | None:
        found = await self.connection.messages.find_one(
            q.live(queue, now)
            | q.shown(now, claimed=True, with_delayed=False)
            | {d.POSITION: {"$gt": self._floors.of(queue)}},
            hint=index_name(BY_POSITION),
            sort=[(d.POSITION, direction)],
            session=session,
        )
        return d.to_message(found, now) if found else None


def _in_order(messages: Sequence[Message]) -> Sequence[Message]:
    return sorted(messages, key=lambda message: message.position)
