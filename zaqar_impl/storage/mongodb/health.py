# SPDX-License-Identifier: Apache-2.0
"""How the storage is, asked of MongoDB without writing, and without looking at all it holds."""

from typing import Any

from pymongo.read_concern import ReadConcern

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.health import MessageVolume
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import BY_CLAIM, Connection, index_name

#: With so many messages altogether, claimed ones are counted; with more of them, a sample is looked
#: at, for it is only one that MongoDB can draw without reading everything.
COUNTED, SAMPLED = 10_000, 500

#: Before it answers such a read, the primary lets a majority confirm that it is the primary: the
#: same that a write waits for.
CONFIRMED = ReadConcern("linearizable")


class MongoHealth:
    """The questions."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock

    async def writable(self) -> None:
        with self.connection.at_once():
            messages = self.connection.messages.with_options(read_concern=CONFIRMED)
            await messages.find_one({d.ID: None}, projection=[d.ID])

    async def volume(self) -> MessageVolume:
        with self.connection.at_once():
            total = await self.connection.messages.estimated_document_count()
            claimed = await (self._count() if total <= COUNTED else self._estimate(total))
            return MessageVolume(claimed=claimed, total=total)

    def _claimed(self) -> dict[str, Any]:
        return {d.CLAIM_ID: {"$exists": True}, d.HELD: {"$gt": d.now(self._clock)}}

    async def _count(self) -> int:
        return await self.connection.messages_fresh.count_documents(
            self._claimed(), hint=index_name(BY_CLAIM)
        )

    async def _estimate(self, total: int) -> int:
        """From the part of a sample that is claimed."""
        found = await self.connection.messages_fresh.aggregate(
            [{"$sample": {"size": SAMPLED}}, {"$match": self._claimed()}, {"$count": "claimed"}]
        )
        claimed = sum([int(part["claimed"]) async for part in found])
        return round(total * claimed / SAMPLED)
