# SPDX-License-Identifier: Apache-2.0
"""Moving messages that were claimed too often to their dead letter queue.

A message is one document in whichever queue it is, and it moves by an update of that document, so
it is never lost and never in both queues. The update and the move of the target's head are one
transaction, as for posts (see ``log``).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from zaqar_impl.domain.values import DeadLetters, QueueRef
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import BY_ID, BY_POSITION, Connection, index_name
from zaqar_impl.storage.mongodb.directory import Directory


class Mover:
    """Moves messages between queues of a project."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory

    async def move_spent(
        self, claimable: dict[str, Any], project: str, dead_letters: DeadLetters, now: DatetimeMS
    ) -> None:
        """Move those of the claimable messages that were claimed too often."""
        spent = claimable | {d.CLAIM_COUNT: {"$gte": dead_letters.max_claim_count}}
        messages = self._connection.messages_fresh
        while await messages.find_one(spent, {d.ID: 1}, hint=index_name(BY_POSITION)):
            dead = QueueRef(project, dead_letters.queue)
            target = await self._directory.get(dead)
            move = partial(self._move, spent, dead, target.id, _new_life(dead_letters.ttl, now))
            await self._connection.transaction(move)

    async def _move(
        self,
        spent: dict[str, Any],
        dead: QueueRef,
        target: ObjectId,
        life: dict[str, Any],
        session: AsyncClientSession,
    ) -> None:
        """Move them, unless another process has, or the target was deleted in between."""
        found = self._connection.messages.find(
            spent,
            {d.ID: 1},
            hint=index_name(BY_POSITION),
            sort=[(d.POSITION, ASCENDING)],
            session=session,
        )
        ids = [document[d.ID] for document in await found.to_list()]
        if not ids:
            return
        moved = await self._connection.queues[dead.kind].find_one_and_update(
            {d.ID: target},
            {"$inc": {d.HEAD: len(ids)}},
            {d.HEAD: 1, d.FREEZE: 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if moved is not None:
            d.check_open(dead, moved)
            first = moved[d.HEAD] - len(ids) + 1
            await self._connection.messages.bulk_write(
                _updates(ids, target, first, life), session=session
            )


def _updates(
    ids: Sequence[ObjectId], target: ObjectId, first: int, life: dict[str, Any]
) -> list[UpdateOne]:
    gone = {d.CLAIM: "", d.DELAYED: ""}
    return [
        UpdateOne(
            {d.ID: message},
            {
                "$set": {
                    d.QUEUE: target,
                    d.POSITION: Int64(position),
                    d.HELD: d.UNHELD,
                    **life,
                },
                "$unset": gone,
            },
            hint=BY_ID,
        )
        for position, message in enumerate(ids, first)
    ]


def _new_life(ttl: int | None, now: DatetimeMS) -> dict[str, Any]:
    return {} if ttl is None else {d.CREATED: now, d.EXPIRES: d.later(now, ttl)}
