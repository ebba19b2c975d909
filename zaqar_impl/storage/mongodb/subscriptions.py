# SPDX-License-Identifier: Apache-2.0
"""Subscriptions in MongoDB.

A unique index keeps one of a subscriber for each queue. An expired one that the server has not
swept yet stands in its way, and is removed by whoever meets it there.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

import orjson
from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import Conflict
from zaqar_impl.domain.values import (
    NewSubscription,
    QueueRef,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.client import (
    BY_ID,
    BY_QUEUE,
    BY_SUBSCRIBER,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.directory import Directory, QueueRecord


class MongoSubscriptions:
    """:class:`~zaqar_impl.storage.interface.SubscriptionStore` on MongoDB."""

    def __init__(self, connection: Connection, directory: Directory, clock: Clock) -> None:
        self.connection = connection
        self._directory = directory
        self._subscriptions = connection.subscriptions
        self._clock = clock

    @answered
    async def create(self, ref: QueueRef, new: NewSubscription) -> tuple[Subscription, bool]:
        queue = await self._directory.get(ref)
        while True:
            made = d.subscription_document(new, queue.id, d.now(self._clock))
            try:
                await self._subscriptions.insert_one(made)
                return d.to_subscription(made), True
            except DuplicateKeyError:
                # If it is gone meanwhile, there is room now.
                if found := await self._in_the_way(queue.id, new.subscriber):
                    return d.to_subscription(found), False

    @answered
    async def list(self, ref: QueueRef, *, after: str | None, limit: int) -> Sequence[Subscription]:
        queue = await self._directory.read(ref)
        begin = None if after is None else d.object_id(after)
        if queue is None or (after is not None and begin is None):
            return []
        query: dict[str, Any] = {d.QUEUE: queue.id, d.EXPIRES: {"$gt": d.now(self._clock)}}
        if begin is not None:
            query[d.ID] = {"$gt": begin}
        found = self._subscriptions.find(
            query, sort=[(d.ID, ASCENDING)], limit=limit, hint=index_name(BY_QUEUE)
        )
        return [d.to_subscription(document) for document in await found.to_list()]

    @answered
    async def get(self, ref: QueueRef, subscription_id: str) -> Subscription | None:
        if (named := await self._named(ref, subscription_id)) is None:
            return None
        found = await self._subscriptions.find_one(named, hint=BY_ID)
        return d.to_subscription(found) if found else None

    @answered
    async def update(self, ref: QueueRef, subscription_id: str, change: SubscriptionChange) -> bool:
        while (named := await self._changing(ref, subscription_id)) is not None:
            try:
                changed = await self._subscriptions.update_one(
                    named, [{"$set": _fields(change, d.now(self._clock))}], hint=BY_ID
                )
                return changed.matched_count > 0
            except DuplicateKeyError as error:
                subscriber = change.subscriber or ""
                if await self._in_the_way(named[d.QUEUE], subscriber):
                    raise Conflict(
                        "The queue has another subscription of this subscriber."
                    ) from error
        return False

    @answered
    async def confirm(self, ref: QueueRef, subscription_id: str, confirmed: bool) -> bool:
        if (named := await self._changing(ref, subscription_id)) is None:
            return False
        changed = await self._subscriptions.update_one(
            named, {"$set": {d.CONFIRMED: confirmed}}, hint=BY_ID
        )
        return changed.matched_count > 0

    @answered
    async def renew(self, ids: Sequence[str], *, seconds: int) -> AbstractSet[str]:
        now = d.now(self._clock)
        lease = d.later(now, seconds)
        held = {d.ID: {"$in": d.object_ids(ids)}, d.ENDS: {"$gt": now}}
        longer = [{"$set": {d.LEASE: lease, d.EXPIRES: {"$min": [f"${d.ENDS}", lease]}}}]
        renewed = await repeatedly(
            partial(self._subscriptions.update_many, held, longer, hint=BY_ID)
        )
        if renewed.matched_count == len(ids):
            return set(ids)
        found = self._subscriptions.find(held, {d.ID: 1}, hint=BY_ID)
        return {str(document[d.ID]) for document in await found.to_list()}

    @answered
    async def delete(self, ref: QueueRef, subscription_id: str) -> None:
        if named := await self._changing(ref, subscription_id):
            await self._subscriptions.delete_one(named, hint=BY_ID)

    @answered
    async def purge(self, ref: QueueRef) -> None:
        if queue := await self._directory.read_to_change(ref):
            await self._subscriptions.delete_many({d.QUEUE: queue.id}, hint=index_name(BY_QUEUE))

    async def _named(self, ref: QueueRef, subscription_id: str) -> dict[str, Any] | None:
        """What finds a live subscription; None where there can't be one."""
        return self._one(await self._directory.read(ref), subscription_id)

    async def _changing(self, ref: QueueRef, subscription_id: str) -> dict[str, Any] | None:
        """Likewise, for those who change it."""
        return self._one(await self._directory.read_to_change(ref), subscription_id)

    def _one(self, queue: QueueRecord | None, subscription_id: str) -> dict[str, Any] | None:
        known = d.object_id(subscription_id)
        if queue is None or known is None:
            return None
        return {d.ID: known, d.QUEUE: queue.id, d.EXPIRES: {"$gt": d.now(self._clock)}}

    async def _in_the_way(self, queue: ObjectId, subscriber: str) -> d.Document | None:
        """The live subscription of the subscriber; an expired one is removed."""
        now, index = d.now(self._clock), index_name(BY_SUBSCRIBER)
        same = {d.QUEUE: queue, d.SUBSCRIBER: subscriber}
        found = await self._subscriptions.find_one({**same, d.EXPIRES: {"$gt": now}}, hint=index)
        if found is None:
            await self._subscriptions.delete_one({**same, d.EXPIRES: {"$lte": now}}, hint=index)
        return found


def _fields(change: SubscriptionChange, now: DatetimeMS) -> dict[str, Any]:
    """The stored fields that change. Given texts are literals: none is taken for an expression."""
    fields: dict[str, Any] = {}
    if change.subscriber is not None:
        new = {"$literal": change.subscriber}
        fields[d.SUBSCRIBER] = new
        fields[d.CONFIRMED] = {"$and": [f"${d.CONFIRMED}", {"$eq": [f"${d.SUBSCRIBER}", new]}]}
    if change.ttl is not None:
        fields |= {d.TTL: Int64(change.ttl), **_lifetime(d.later(now, change.ttl))}
    if change.options is not None:
        fields[d.OPTIONS] = orjson.dumps(change.options)
    return fields


def _lifetime(ends: DatetimeMS) -> dict[str, Any]:
    """The fields by which a subscription ends then, or with its lease if that is earlier."""
    has_lease = {"$ne": [{"$type": f"${d.LEASE}"}, "missing"]}
    return {
        d.EXPIRES: {"$min": [ends, f"${d.LEASE}"]},  # what is missing does not count
        d.ENDS: {"$cond": [has_lease, ends, "$$REMOVE"]},
    }
