# SPDX-License-Identifier: Apache-2.0
"""Claims in MongoDB. A claim has no document of its own: it is the mark that its messages bear.

Each mark is set by a write that only matches a message without a live hold, so a message is never
under two.
"""

import itertools
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, IndexModel
from pymongo.results import UpdateResult

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import Claim, ClaimTerms, DeadLetters, QueueRef
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.claimable import Claimable, divided
from zaqar_impl.storage.mongodb.client import (
    BY_CLAIM,
    BY_POSITION,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.deadletters import Mover
from zaqar_impl.storage.mongodb.directory import Directory


class MongoClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` on MongoDB."""

    def __init__(
        self, connection: Connection, directory: Directory, claimable: Claimable, clock: Clock
    ) -> None:
        self.connection = connection
        self._directory = directory
        self._claimable = claimable
        self._clock = clock
        self._mover = Mover(connection, directory)

    @answered
    async def create(
        self,
        ref: QueueRef,
        terms: ClaimTerms,
        limit: int,
        *,
        dead_letters: DeadLetters | None = None,
        accept: MessageFilter | None = None,
    ) -> Claim | None:
        take = partial(self._claim, ref.project, terms, dead_letters, accept)
        return await self._claimable.take(ref, limit, take)

    @answered
    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        if claim := d.object_id(claim_id):
            return await self._directory.ask(ref, partial(self._read, claim))
        return None

    @answered
    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        claim, now = d.object_id(claim_id), d.now(self._clock)
        if claim is None:
            return False

        async def renew(queue: ObjectId) -> int:
            """How many messages the claim still has."""
            renewed = await self._update(
                BY_CLAIM, _held(queue, claim, now), _hold(claim, now, terms)
            )
            return renewed.matched_count

        return bool(await self._directory.ask(ref, renew, to_change=True))

    @answered
    async def release(self, ref: QueueRef, claim_id: str) -> None:
        if (claim := d.object_id(claim_id)) is None:
            return

        async def release(queue: ObjectId) -> int:
            """How many messages the claim had."""
            released = await self._update(
                BY_CLAIM,
                {d.QUEUE: queue, d.CLAIM_ID: claim},
                {"$set": {d.HELD: d.UNHELD}, "$unset": {d.CLAIM: ""}},
            )
            return released.matched_count

        await self._directory.ask(ref, release, to_change=True)

    async def _claim(
        self,
        project: str,
        terms: ClaimTerms,
        dead_letters: DeadLetters | None,
        accept: MessageFilter | None,
        queue: ObjectId,
        positions: Sequence[int],
    ) -> Claim | None:
        """Claim those of the messages that are still claimable, and accepted; None if none is."""
        claim, now = ObjectId(), d.now(self._clock)
        claimable: dict[str, Any] = {
            d.QUEUE: queue,
            d.POSITION: {"$in": positions},
            d.HELD: {"$lte": now},
            d.EXPIRES: {"$gt": now},
        }
        if dead_letters is not None:
            await self._mover.move_spent(claimable, project, dead_letters, now)
            claimable[d.CLAIM_COUNT] = {"$lt": dead_letters.max_claim_count}
        if not await self._mark(claimable, d.claiming(claim, now, terms)):
            return None
        made = await self._read(claim, queue)
        return made and await self._accepted(made, accept)

    async def _mark(self, claimable: d.Document, mark: Sequence[d.Document]) -> bool:
        """Put the messages under a claim; False if others were quicker with all of them."""
        attempts = itertools.count()

        def update() -> Awaitable[UpdateResult]:
            next(attempts)
            return self.connection.messages.update_many(
                claimable, mark, hint=index_name(BY_POSITION)
            )

        marked = await repeatedly(update)
        # Done again after a lost answer, it passes over the messages that bear the mark already.
        return marked.matched_count > 0 or next(attempts) > 1

    async def _accepted(self, claim: Claim, accept: MessageFilter | None) -> Claim | None:
        """The claim without the messages that are not accepted, which are as if it had not found
        them, but delayed; None if no message is left.

        It looks at them afterwards, so that claims cost nothing more where all are accepted.
        """
        kept, others = divided(claim.messages, accept)
        if others:
            passed = {d.ID: {"$in": d.object_ids(others)}, d.CLAIM_ID: d.object_id(claim.id)}
            # Done again after a lost answer, it finds none of them under the claim.
            await self._update(BY_CLAIM, passed, d.unclaiming(d.now(self._clock)))
        return replace(claim, messages=kept) if kept else None

    def _update(
        self,
        index: IndexModel,
        query: dict[str, Any],
        change: dict[str, Any] | Sequence[dict[str, Any]],
    ) -> Awaitable[UpdateResult]:
        update = self.connection.messages.update_many
        return repeatedly(lambda: update(query, change, hint=index_name(index)))

    async def _read(self, claim: ObjectId, queue: ObjectId) -> Claim | None:
        now = d.now(self._clock)
        found = self.connection.messages.find(
            _held(queue, claim, now),
            hint=index_name(BY_CLAIM),
            sort=[(d.POSITION, ASCENDING)],
        )
        return d.to_claim(await found.to_list(), now)


def _held(queue: ObjectId, claim: ObjectId, now: DatetimeMS) -> dict[str, Any]:
    """The messages under the claim, while it is live."""
    return {
        d.QUEUE: queue,
        d.CLAIM_ID: claim,
        d.HELD: {"$gt": now},
        d.EXPIRES: {"$gt": now},
    }


def _hold(claim: ObjectId, now: DatetimeMS, terms: ClaimTerms) -> dict[str, Any]:
    """The change that lets the claim of a message begin anew, and makes it outlive that by the
    grace."""
    end = d.later(now, terms.ttl)
    return {
        "$set": {d.HELD: end, d.CLAIM: d.claim_mark(claim, now, terms.ttl)},
        "$max": {d.EXPIRES: d.later(end, terms.grace)},
    }
