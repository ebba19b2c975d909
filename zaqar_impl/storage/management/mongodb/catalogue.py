# SPDX-License-Identifier: Apache-2.0
"""The catalogue in MongoDB: one document for each queue. (``pools`` tells how an entry and the
deletion of its pool keep out of each other's way.)"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.pools import Moving, Place, Pool
from zaqar_impl.domain.values import Kind, QueueRef
from zaqar_impl.storage.management.interface import Spread
from zaqar_impl.storage.management.mongodb import documents as d
from zaqar_impl.storage.management.refusals import moves_already, unknown_pool
from zaqar_impl.storage.mongodb.client import Connection, answered, index_name


class MongoCatalogue:
    """:class:`~zaqar_impl.storage.management.interface.Catalogue` on MongoDB."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self._pools = connection.database["pools"]
        self._entries = connection.database["catalogue"]

    @answered
    async def find(self, ref: QueueRef) -> Place | None:
        found = await self._entries.aggregate(
            [
                {"$match": d.named(ref)},
                {
                    "$lookup": {
                        "from": "pools",
                        "localField": d.POOL,
                        "foreignField": d.ID,
                        "as": "pools",
                    }
                },
            ],
            hint=index_name(d.BY_NAME),
        )
        entry = next(iter(await found.to_list()), None)
        if entry is None:
            return None
        pools = [d.to_pool(document) for document in entry["pools"]]
        return _to_place(entry, pools[0] if pools else None)

    @answered
    async def enter(self, ref: QueueRef, pool: str) -> Place | None:
        entry = await self._entered(ref, pool)
        if entry[d.POOL] == "":
            return _to_place(entry, None)
        found = await self._pools.find_one_and_update(
            {d.ID: entry[d.POOL]},
            {"$unset": {d.REMOVAL: ""}},
            return_document=ReturnDocument.AFTER,
        )
        if found is None:
            await self._entries.delete_one({d.ID: entry[d.ID], d.REVISION: entry[d.REVISION]})
            return None
        return _to_place(entry, d.to_pool(found))

    async def _entered(self, ref: QueueRef, pool: str) -> d.Document:
        """The entry, whether it was there, or is new, or was on its way out."""
        live = {"$eq": [f"${d.DELETING}", False]}
        fields = {
            d.POOL: {"$ifNull": [f"${d.POOL}", pool]},
            d.REVISION: {"$cond": [live, f"${d.REVISION}", ObjectId()]},
            d.DELETING: False,
        }
        while True:
            try:
                entry = await self._entries.find_one_and_update(
                    d.named(ref),
                    [{"$set": fields}],
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                    hint=index_name(d.BY_NAME),
                )
            except DuplicateKeyError:
                continue  # another process made it at the same moment
            assert entry is not None
            return entry

    @answered
    async def begin_deletion(self, ref: QueueRef) -> Place | None:
        entry = await self._entries.find_one_and_update(
            d.named(ref),
            {"$set": {d.DELETING: True, d.REVISION: ObjectId()}, "$unset": d.MOVE},
            return_document=ReturnDocument.AFTER,
            hint=index_name(d.BY_NAME),
        )
        return await self._place(entry) if entry else None

    @answered
    async def remove(self, ref: QueueRef, revision: str) -> bool:
        removed = await self._entries.delete_one(_at(ref, revision), hint=index_name(d.BY_NAME))
        return removed.deleted_count > 0

    @answered
    async def note_leftover(self, ref: QueueRef, revision: str, pool: str) -> bool:
        return await self._change(ref, revision, {"$addToSet": {d.APART: pool}})

    async def _place(self, entry: Mapping[str, Any]) -> Place:
        found = await self._pools.find_one({d.ID: entry[d.POOL]})
        return _to_place(entry, d.to_pool(found) if found else None)

    async def _change(self, ref: QueueRef, revision: str, change: Mapping[str, Any]) -> bool:
        changed = await self._entries.update_one(
            _at(ref, revision), change, hint=index_name(d.BY_NAME)
        )
        return changed.matched_count > 0

    @answered
    async def begin_move(
        self, ref: QueueRef, revision: str, *, target: str, token: str, seconds: float
    ) -> bool:
        now = self._clock()
        ended = {"$or": [{d.UNTIL: {"$exists": False}}, {d.UNTIL: {"$lte": now}}]}
        begun = await self._entries.update_one(
            {**_at(ref, revision), d.DELETING: False, **ended},
            {
                "$set": {d.TARGET: target, d.TOKEN: token, d.UNTIL: now + seconds},
                "$addToSet": {d.APART: target},
            },
            hint=index_name(d.BY_NAME),
        )
        if not begun.matched_count:
            found = await self._entries.find_one({**_at(ref, revision), d.DELETING: False})
            if found is not None and found.get(d.TOKEN) not in (None, token):
                raise moves_already(ref)
            return found is not None and found.get(d.TOKEN) == token
        # From now on the pool can't be deleted, unless that has happened before (see ``pools``).
        kept = await self._pools.update_one({d.ID: target}, {"$unset": {d.REMOVAL: ""}})
        if not kept.matched_count:
            await self._moved(ref, token, {"$unset": d.MOVE, "$pull": {d.APART: target}})
            raise unknown_pool(target)
        return True

    @answered
    async def keep_moving(self, ref: QueueRef, token: str, seconds: float) -> bool:
        return await self._moved(ref, token, {"$set": {d.UNTIL: self._clock() + seconds}})

    @answered
    async def finish_move(self, ref: QueueRef, token: str) -> bool:
        target = f"${d.TARGET}"
        flip = {
            d.POOL: target,
            d.ARRIVED: token,
            d.REVISION: ObjectId(),
            d.APART: {"$setDifference": [{"$setUnion": [f"${d.APART}", [f"${d.POOL}"]]}, [target]]},
        }
        return await self._moved(ref, token, [{"$set": flip}, {"$unset": list(d.MOVE)}])

    @answered
    async def cancel_move(self, ref: QueueRef, token: str) -> bool:
        return await self._moved(ref, token, {"$unset": d.MOVE})

    @answered
    async def forget(self, ref: QueueRef, pool: str) -> None:
        await self._entries.update_one(
            {**d.named(ref), d.POOL: {"$ne": pool}, d.TARGET: {"$ne": pool}},
            {"$pull": {d.APART: pool}},
            hint=index_name(d.BY_NAME),
        )

    async def _moved(self, ref: QueueRef, token: str, change: Any) -> bool:
        """Change the entry if the move of this token has not ended."""
        changed = await self._entries.update_one(
            {**d.named(ref), d.TOKEN: token}, change, hint=index_name(d.BY_NAME)
        )
        return changed.matched_count > 0

    @answered
    async def spread(self, project: str, kind: Kind) -> Spread:
        own = {d.PROJECT: project, d.KIND: kind.value}
        names, apart = await asyncio.gather(
            self._entries.distinct(d.POOL, own),
            self._entries.find(
                {**own, d.APART: {"$exists": True}}, hint=index_name(d.BY_APART)
            ).to_list(),
        )
        pools = await self._pools.find({d.ID: {"$in": names}}).to_list()
        elsewhere: dict[str, set[str]] = {}
        for entry in apart:
            for pool in entry[d.APART]:
                elsewhere.setdefault(pool, set()).add(entry[d.NAME])
        return Spread([d.to_pool(document) for document in pools], elsewhere)

    @answered
    async def list(self, pool: str, *, after: QueueRef | None, limit: int) -> Sequence[QueueRef]:
        found = self._entries.find(
            {d.POOL: pool} | ({} if after is None else _beyond(after)),
            sort=[(d.PROJECT, ASCENDING), (d.NAME, ASCENDING), (d.KIND, ASCENDING)],
            limit=limit,
            hint=index_name(d.BY_POOL),
        )
        return [d.to_ref(entry) for entry in await found.to_list()]


def _at(ref: QueueRef, revision: str) -> d.Document:
    """The entry as long as it has this revision."""
    return {**d.named(ref), d.REVISION: ObjectId(revision)}


def _beyond(ref: QueueRef) -> d.Document:
    """What comes after the queue, by project, name and kind."""
    return {
        "$or": [
            {d.PROJECT: {"$gt": ref.project}},
            {d.PROJECT: ref.project, d.NAME: {"$gt": ref.name}},
            {d.PROJECT: ref.project, d.NAME: ref.name, d.KIND: {"$gt": ref.kind.value}},
        ]
    }


def _to_place(entry: Mapping[str, Any], pool: Pool | None) -> Place:
    if pool is None and entry[d.POOL] != "":
        raise StorageUnavailable(f"Pool {entry[d.POOL]!r} is missing from the register.")
    return Place(
        pool=pool,
        revision=str(entry[d.REVISION]),
        deleting=entry[d.DELETING],
        apart=entry.get(d.APART, []),
        moving=Moving(entry[d.TOKEN], entry[d.UNTIL]) if d.TOKEN in entry else None,
        arrived=entry.get(d.ARRIVED),
    )
