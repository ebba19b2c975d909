# SPDX-License-Identifier: Apache-2.0
"""Flavors in MongoDB: a document for each that exists, and the pools say which they belong to."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from zaqar_impl.domain.pools import Flavor
from zaqar_impl.storage.management.mongodb import documents as d
from zaqar_impl.storage.management.refusals import check_membership
from zaqar_impl.storage.mongodb.client import Connection, answered


class MongoFlavors:
    """:class:`~zaqar_impl.storage.management.interface.FlavorStore` on MongoDB."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._pools = connection.database["pools"]
        self._flavors = connection.database["flavors"]

    @answered
    async def put(self, name: str, pools: Sequence[str]) -> bool:
        return await self.connection.transaction(partial(self._put, name, pools))

    @answered
    async def get(self, name: str) -> Flavor | None:
        if not await self._flavors.find_one({d.ID: name}):
            return None
        [flavor] = await self._with_pools([name])
        return flavor

    @answered
    async def list(self, *, after: str | None, limit: int) -> Sequence[Flavor]:
        query: dict[str, Any] = {} if after is None else {d.ID: {"$gt": after}}
        found = self._flavors.find(query, sort=[(d.ID, ASCENDING)], limit=limit)
        return await self._with_pools([document[d.ID] for document in await found.to_list()])

    @answered
    async def update(self, name: str, pools: Sequence[str]) -> bool:
        return await self.connection.transaction(partial(self._update, name, pools))

    @answered
    async def delete(self, name: str) -> None:
        await self.connection.transaction(partial(self._delete, name))

    async def _put(self, name: str, pools: Sequence[str], session: AsyncClientSession) -> bool:
        await self._give(name, pools, session)
        put = await self._flavors.replace_one({d.ID: name}, {}, upsert=True, session=session)
        return put.matched_count == 0

    async def _update(self, name: str, pools: Sequence[str], session: AsyncClientSession) -> bool:
        if not await self._flavors.find_one({d.ID: name}, session=session):
            return False
        await self._give(name, pools, session)
        return True

    async def _delete(self, name: str, session: AsyncClientSession) -> None:
        await self._flavors.delete_one({d.ID: name}, session=session)
        await self._pools.update_many({d.FLAVOR: name}, {"$set": {d.FLAVOR: None}}, session=session)

    async def _give(self, name: str, pools: Sequence[str], session: AsyncClientSession) -> None:
        """Let these pools, and no others, belong to the flavor."""
        among = {d.ID: {"$in": list(pools)}}
        found = await self._pools.find(among, {d.FLAVOR: 1}, session=session).to_list()
        named = {d.ID: {"$in": [pool[d.FLAVOR] for pool in found]}}
        flavors = await self._flavors.find(named, session=session).to_list()
        exist = {flavor[d.ID] for flavor in flavors}
        homes = {p[d.ID]: p[d.FLAVOR] if p[d.FLAVOR] in exist else None for p in found}
        check_membership(name, pools, homes)
        await self._pools.update_many(
            {d.FLAVOR: name, d.ID: {"$nin": list(pools)}},
            {"$set": {d.FLAVOR: None}},
            session=session,
        )
        # The mark goes, so that a deletion of the pool looks again.
        await self._pools.update_many(
            among, {"$set": {d.FLAVOR: name}, "$unset": {d.REMOVAL: ""}}, session=session
        )

    async def _with_pools(self, names: Sequence[str]) -> Sequence[Flavor]:
        found = self._pools.find(
            {d.FLAVOR: {"$in": list(names)}}, {d.FLAVOR: 1}, sort=[(d.ID, ASCENDING)]
        )
        members = await found.to_list()
        return [
            Flavor(name, [pool[d.ID] for pool in members if pool[d.FLAVOR] == name])
            for name in names
        ]
