# SPDX-License-Identifier: Apache-2.0
"""Pools in MongoDB.

A pool must not be deleted while a queue is put into it. The deletion first marks the pool, then
looks for queues, and deletes only what still has its mark. Who puts a queue into the pool first
writes the entry, then takes the mark away. Whichever way these fall, either the deletion sees the
entry, or it finds its mark gone and looks again, or the other one finds the pool gone. A mark that
a killed process left behind keeps nobody from anything.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import Conflict, Forbidden
from zaqar_impl.domain.pools import Pool, PoolChange
from zaqar_impl.storage.management.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import Connection, answered


class MongoPools:
    """:class:`~zaqar_impl.storage.management.interface.PoolStore` on MongoDB."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self._pools = connection.database["pools"]
        self._entries = connection.database["catalogue"]

    @answered
    async def put(self, pool: Pool) -> bool:
        while True:
            try:
                put = await self._pools.replace_one(
                    {d.ID: pool.name}, d.pool_fields(pool), upsert=True
                )
                return put.matched_count == 0
            except DuplicateKeyError as error:
                # Of the same name: another process made it at the same moment.
                if _is_of_uri(error):
                    raise _taken() from None  # what MongoDB says has the URI in it

    @answered
    async def get(self, name: str) -> Pool | None:
        found = await self._pools.find_one({d.ID: name})
        return d.to_pool(found) if found else None

    @answered
    async def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Pool]:
        query = {} if after is None else {d.ID: {"$gt": after}}
        return await self._found(query, limit or 0)

    @answered
    async def of_flavor(self, flavor: str | None) -> Sequence[Pool]:
        return await self._found({d.FLAVOR: flavor})

    @answered
    async def update(self, name: str, change: PoolChange) -> Pool | None:
        try:
            changed = await self._pools.find_one_and_update(
                {d.ID: name}, {"$set": _fields(change)}, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            raise _taken() from None  # what MongoDB says has the URI in it
        return d.to_pool(changed) if changed else None

    @answered
    async def delete(self, name: str) -> None:
        mark = ObjectId()
        while True:
            marked = await self._pools.find_one_and_update(
                {d.ID: name}, {"$set": {d.REMOVAL: mark}}
            )
            if marked is None:
                return
            still_marked = {d.ID: name, d.REMOVAL: mark}
            if reason := await self._in_use(d.to_pool(marked)):
                await self._pools.update_one(still_marked, {"$unset": {d.REMOVAL: ""}})
                raise Forbidden(reason)
            if (await self._pools.delete_one(still_marked)).deleted_count:
                return

    async def _in_use(self, pool: Pool) -> str | None:
        """Why the pool can't be deleted."""
        # Else a queue that nobody uses would keep the pool after its mover's death.
        dead = {d.TARGET: pool.name, d.UNTIL: {"$lte": self._clock()}}
        await self._entries.update_many(dead, {"$unset": d.MOVE})
        for field in (d.POOL, d.TARGET):
            if await self._entries.find_one({field: pool.name}, {d.ID: 1}):
                return f"Queues live in pool {pool.name!r}; move them to other pools first."
        if pool.flavor is None:
            return None
        others = {d.FLAVOR: pool.flavor, d.ID: {"$ne": pool.name}, d.REMOVAL: {"$exists": False}}
        if await self._pools.find_one(others, {d.ID: 1}):
            return None
        return f"Pool {pool.name!r} is the only one of flavor {pool.flavor!r}."

    async def _found(self, query: dict[str, Any], limit: int = 0) -> Sequence[Pool]:
        found = self._pools.find(query, sort=[(d.ID, ASCENDING)], limit=limit)
        return [d.to_pool(document) for document in await found.to_list()]


def _fields(change: PoolChange) -> dict[str, Any]:
    """The stored fields that change."""
    fields: dict[str, Any] = {}
    if change.uri is not None:
        fields[d.URI] = change.uri
    if change.weight is not None:
        fields[d.WEIGHT] = change.weight
    if change.flavor is not None:
        fields[d.FLAVOR] = change.flavor or None
    if change.options is not None:
        fields[d.OPTIONS] = orjson.dumps(change.options)
    return fields


def _is_of_uri(error: DuplicateKeyError) -> bool:
    return d.URI in (error.details or {}).get("keyPattern", {})


def _taken() -> Conflict:
    return Conflict("Another pool has this uri.")
