# SPDX-License-Identifier: Apache-2.0
"""Carrying messages and queues from and to MongoDB.

A freeze is a field of the queue's document. A post reads that document in its transaction, so none
gets past a freeze; other changes look at it first, or remember it, so they may, for as long as a
call may take and as a queue is remembered.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import Conflict, NotFound
from zaqar_impl.domain.stored import Freeze, Hold, QueueFrozen, StoredMessage, StoredQueue
from zaqar_impl.domain.values import QueueRef, Subscription
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.client import (
    BY_CLAIM,
    BY_ID,
    BY_POSITION,
    GRACE_SECONDS,
    Collection,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.directory import REMEMBERED_SECONDS, Directory
from zaqar_impl.storage.mongodb.queues import remove_contents

#: A page of messages to be copied ends once it has so many bytes.
PAGE_BYTES = 8 * 1024 * 1024


class MongoTransfer:
    """:class:`~zaqar_impl.storage.transfer.TransferStore` on MongoDB."""

    def __init__(self, connection: Connection, directory: Directory, clock: Clock) -> None:
        self.connection = connection
        self._directory = directory
        self._clock = clock
        self.settle_seconds = connection.call_seconds + 2 * GRACE_SECONDS + REMEMBERED_SECONDS

    @answered
    async def read(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[StoredMessage]:
        queue = await self._directory.read(ref)
        if queue is None:
            return []
        now = d.now(self._clock)
        found = self.connection.messages.find(
            {d.QUEUE: queue.id, d.EXPIRES: {"$gt": now}, d.ID: {"$in": d.object_ids(ids)}},
            sort=[(d.POSITION, ASCENDING)],
            hint=BY_ID,
        )
        return [_stored(document, now) for document in await found.to_list()]

    @answered
    async def adopt(
        self, ref: QueueRef, messages: Sequence[StoredMessage], *, ttl: int | None
    ) -> None:
        now = d.now(self._clock)
        documents = [_adopted(message, ttl, now) for message in messages]
        await self.connection.transaction(partial(self._append, ref, documents))

    @answered
    async def unclaim(self, ref: QueueRef, claim_id: str) -> None:
        queue, claim = await self._directory.read_to_change(ref), d.object_id(claim_id)
        if queue is None or claim is None:
            return
        held, update = {d.QUEUE: queue.id, d.CLAIM_ID: claim}, self.connection.messages.update_many
        # Done again after a lost answer, it finds none of them under the claim.
        await repeatedly(lambda: update(held, d.undoing(), hint=index_name(BY_CLAIM)))

    @answered
    async def freeze(self, ref: QueueRef, token: str) -> StoredQueue | None:
        queues, freeze = self.connection.queues[ref.kind], Freeze(token)
        free = {"$or": [{d.FREEZE: {"$exists": False}}, {d.FREEZE: d.freeze_document(freeze)}]}
        while True:
            # Another revision: a change of the metadata that has read the last one starts again.
            frozen = await queues.find_one_and_update(
                {**d.named(ref), **free},
                {"$set": {d.FREEZE: d.freeze_document(freeze), d.REVISION: ObjectId()}},
                return_document=ReturnDocument.AFTER,
            )
            if frozen is not None:
                self._directory.forget(ref)
                return StoredQueue(orjson.loads(frozen[d.METADATA]), int(frozen[d.HEAD]))
            found = await queues.find_one(d.named(ref), {d.FREEZE: 1})
            if found is None:
                return None
            d.check_open(ref, found)

    @answered
    async def frozen(self, ref: QueueRef) -> Freeze | None:
        found = await self.connection.queues[ref.kind].find_one(d.named(ref), {d.FREEZE: 1})
        return d.to_freeze(found) if found else None

    @answered
    async def unfreeze(self, ref: QueueRef, freeze: Freeze) -> bool:
        changed = await self.connection.queues[ref.kind].update_one(
            _frozen(ref, freeze), {"$unset": {d.FREEZE: ""}}
        )
        self._directory.forget(ref)
        return changed.matched_count > 0

    @answered
    async def drop(self, ref: QueueRef, freeze: Freeze) -> bool:
        queues = self.connection.queues[ref.kind]
        gone = await queues.find_one_and_delete(_frozen(ref, freeze), {d.ID: 1})
        self._directory.forget(ref)
        if gone is None:
            return False
        await remove_contents(self.connection, gone[d.ID])
        return True

    @answered
    async def page(self, ref: QueueRef, *, after: int, limit: int) -> Sequence[StoredMessage]:
        queue = await self._directory.read(ref)
        if queue is None:
            return []
        now = d.now(self._clock)
        found = self.connection.messages_snapshot.find(
            {d.QUEUE: queue.id, d.EXPIRES: {"$gt": now}, d.POSITION: {"$gt": after}},
            hint=index_name(BY_POSITION),
            limit=limit,
            sort=[(d.POSITION, ASCENDING)],
        )
        page: list[StoredMessage] = []
        weight = 0
        async with found:
            async for document in found:
                page.append(_stored(document, now))
                weight += len(document[d.BODY])
                if weight > PAGE_BYTES:
                    break
        return page

    @answered
    async def receive(self, ref: QueueRef, queue: StoredQueue, token: str) -> None:
        queues, arriving = self.connection.queues[ref.kind], Freeze(token, arriving=True)
        made = {
            **d.named(ref),
            d.METADATA: orjson.dumps(queue.metadata),
            d.REVISION: ObjectId(),
            d.HEAD: Int64(queue.head),
            d.FREEZE: d.freeze_document(arriving),
        }
        try:
            await queues.insert_one(made)
        except DuplicateKeyError as error:
            found = await queues.find_one(d.named(ref), {d.FREEZE: 1})
            freeze = d.to_freeze(found or {})
            if freeze is None or not freeze.arriving:
                raise Conflict(
                    f"{ref} is in that pool already, though it lives in another."
                ) from error
            if freeze != arriving:
                raise QueueFrozen(ref, freeze) from error

    @answered
    async def put_messages(
        self, ref: QueueRef, messages: Sequence[StoredMessage], token: str
    ) -> None:
        queue = await self._arriving(ref, token)
        documents = [_copied(message, queue) for message in messages]
        await self._put(self.connection.messages, queue, documents)

    @answered
    async def put_subscriptions(
        self, ref: QueueRef, subscriptions: Sequence[Subscription], token: str
    ) -> None:
        queue = await self._arriving(ref, token)
        documents = [d.copied_subscription(one, queue) for one in subscriptions]
        await self._put(self.connection.subscriptions, queue, documents)

    async def _append(
        self, ref: QueueRef, documents: Sequence[d.Document], session: AsyncClientSession
    ) -> None:
        """Append those that are not there; like a post, this moves the head of the queue."""
        ids = [document[d.ID] for document in documents]
        known = await self._settled(self.connection.messages, ids, session=session)
        new = [document for document in documents if document[d.ID] not in known]
        moved = await self.connection.queues[ref.kind].find_one_and_update(
            d.named(ref),
            {"$inc": {d.HEAD: len(new)}},
            {d.HEAD: 1, d.FREEZE: 1},
            return_document=ReturnDocument.BEFORE,
            session=session,
        )
        if moved is None:
            raise NotFound(f"{ref} does not exist.")
        d.check_open(ref, moved)
        placed = [
            d.placed(document, moved[d.ID], position)
            for position, document in enumerate(new, moved[d.HEAD] + 1)
        ]
        if placed:
            await self.connection.messages.insert_many(placed, session=session)

    async def _settled(
        self,
        collection: Collection,
        ids: Sequence[ObjectId],
        queue: ObjectId | None = None,
        session: AsyncClientSession | None = None,
    ) -> set[ObjectId]:
        """Those of the documents that live in this queue, or in one that stays.

        What else there is of them makes room, for it may be gone at any moment: in a queue that has
        moved away or has not arrived, or that was removed by a process that died before it had
        removed all.
        """
        among = {d.ID: {"$in": ids}}
        found = await collection.find(among, {d.QUEUE: 1}, hint=BY_ID, session=session).to_list()
        homes = {document[d.QUEUE] for document in found} - {queue}
        staying = {queue, *(await self._staying(homes, session) if homes else ())}
        settled = {document[d.ID] for document in found if document[d.QUEUE] in staying}
        leaving = [document[d.ID] for document in found if document[d.ID] not in settled]
        if leaving:
            await collection.delete_many({d.ID: {"$in": leaving}}, hint=BY_ID, session=session)
        return settled

    async def _arriving(self, ref: QueueRef, token: str) -> ObjectId:
        """The id of the queue, as long as it arrives by this move."""
        arriving = _frozen(ref, Freeze(token, arriving=True))
        found = await self.connection.queues[ref.kind].find_one(arriving, {d.ID: 1})
        if found is None:
            raise NotFound(f"{ref} does not arrive any more.")
        queue: ObjectId = found[d.ID]
        return queue

    async def _put(
        self, collection: Collection, queue: ObjectId, documents: Sequence[d.Document]
    ) -> None:
        """Insert those that are not there, in the arriving queue or in one that stays."""
        ids = [document[d.ID] for document in documents]
        known = await self._settled(collection, ids, queue)
        if new := [document for document in documents if document[d.ID] not in known]:
            await collection.insert_many(new)

    async def _staying(
        self, queues: Iterable[ObjectId], session: AsyncClientSession | None
    ) -> set[ObjectId]:
        """Those of the queues that exist, of any kind, and are not on their way."""
        among = {d.ID: {"$in": list(queues)}, d.FREEZE: {"$exists": False}}
        found = [
            document[d.ID]
            for collection in self.connection.queues.values()
            for document in await collection.find(
                among, {d.ID: 1}, hint=BY_ID, session=session
            ).to_list()
        ]
        return set(found)


def _frozen(ref: QueueRef, freeze: Freeze) -> d.Document:
    """The query for the queue, if it is frozen in just this way."""
    return {**d.named(ref), d.FREEZE: d.freeze_document(freeze)}


def _stored(document: Mapping[str, Any], now: DatetimeMS) -> StoredMessage:
    return StoredMessage(
        id=str(document[d.ID]),
        position=int(document[d.POSITION]),
        body=document[d.BODY],
        producer=document[d.PRODUCER],
        created=d.seconds(document[d.CREATED]),
        expires=d.seconds(document[d.EXPIRES]),
        begins=d.seconds(document.get(d.DELAYED, d.UNHELD)),
        claim=_hold(document) if d.live_claim(document, now) else None,
        claim_count=document[d.CLAIM_COUNT],
        key_id=document.get(d.KEY),
    )


def _hold(document: Mapping[str, Any]) -> Hold:
    mark = document[d.CLAIM]
    return Hold(str(mark["id"]), d.seconds(mark["created"]), mark["ttl"])


def _clear(message: StoredMessage) -> d.Document:
    """The message, at no place yet, with nothing that holds it."""
    return {
        d.ID: ObjectId(message.id),
        d.BODY: message.body,
        d.PRODUCER: message.producer,
        d.CREATED: d.moment(message.created),
        d.EXPIRES: d.moment(message.expires),
        d.CLAIM_COUNT: message.claim_count,
        d.HELD: d.UNHELD,
        **({d.KEY: message.key_id} if message.key_id else {}),
    }


def _adopted(message: StoredMessage, ttl: int | None, now: DatetimeMS) -> d.Document:
    """The message, perhaps with a new life."""
    life = {} if ttl is None else {d.CREATED: now, d.EXPIRES: d.later(now, ttl)}
    return _clear(message) | life


def _copied(message: StoredMessage, queue: ObjectId) -> d.Document:
    """The message at the same place of the queue, held as it was."""
    copy = d.placed(_clear(message), queue, message.position)
    if message.begins:
        copy |= {d.HELD: d.moment(message.begins), d.DELAYED: d.moment(message.begins)}
    if (hold := message.claim) is not None:
        made = d.moment(hold.created)
        mark = d.claim_mark(ObjectId(hold.id), made, hold.ttl)
        copy |= {d.HELD: d.later(made, hold.ttl), d.CLAIM: mark}
    return copy
