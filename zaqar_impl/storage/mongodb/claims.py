# SPDX-License-Identifier: Apache-2.0
"""Claims in MongoDB. A claim has no document of its own: it is the mark that its messages bear.

Each mark is set by a write that only matches a message without a live hold, so a message is never
under two. Claims of this process that wait for messages of one queue are made by one command.
"""

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import IndexModel, UpdateMany
from pymongo.results import BulkWriteResult, UpdateResult

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import Claim, ClaimTerms, DeadLetters, QueueRef
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.claimable import Claimable, divided, positions
from zaqar_impl.storage.mongodb.client import (
    BY_CLAIM,
    BY_POSITION,
    Connection,
    answered,
    index_name,
)
from zaqar_impl.storage.mongodb.deadletters import Mover
from zaqar_impl.storage.mongodb.directory import Directory


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a call wants of the messages that it is given."""

    project: str
    terms: ClaimTerms
    dead_letters: DeadLetters | None
    accept: MessageFilter | None


@dataclass(frozen=True)
class _Draft:
    """A claim to be made, of messages that were just found."""

    wanted: _Wanted
    found: Sequence[d.Document]
    queue: ObjectId
    now: DatetimeMS
    id: ObjectId = field(default_factory=ObjectId)

    @cached_property
    def is_telling(self) -> bool:
        """Whether the number of messages that it gets tells what has become of them.

        What a message has changes by claims only, which are counted. So it does if a condition on
        the count says for all of them that nobody has claimed them since.
        """
        counts = {document[d.CLAIM_COUNT] for document in self.found}
        return self.wanted.dead_letters is None and len(counts) == 1

    @property
    def claimable(self) -> d.Document:
        """Finds those of the messages that are still claimable."""
        query = {
            d.QUEUE: self.queue,
            d.POSITION: {"$in": positions(self.found)},
            d.HELD: {"$lte": self.now},
            d.EXPIRES: {"$gt": self.now},
        }
        if self.wanted.dead_letters is not None:
            query[d.CLAIM_COUNT] = {"$lt": self.wanted.dead_letters.max_claim_count}
        elif self.is_telling:
            # The id tells a message from another one that an election has put in its place.
            query[d.ID] = {"$in": [document[d.ID] for document in self.found]}
            query[d.CLAIM_COUNT] = self.found[0][d.CLAIM_COUNT]
        return query

    def update(self) -> UpdateMany:
        """Makes the claim."""
        mark = d.claiming(self.id, self.now, self.wanted.terms)
        return UpdateMany(self.claimable, mark, hint=index_name(BY_POSITION))

    def made(self) -> Sequence[d.Document]:
        """The messages as they are once all of them are under the claim."""
        terms = self.wanted.terms
        return [d.claimed(document, self.id, self.now, terms) for document in self.found]


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
        wanted = _Wanted(ref.project, terms, dead_letters, accept)
        return await self._claimable.take(ref, limit, wanted, self._take, whole=True)

    @answered
    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        if claim := d.object_id(claim_id):
            return await self._directory.ask(ref, partial(self._get, claim))
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

    async def _get(self, claim: ObjectId, queue: ObjectId) -> Claim | None:
        now = d.now(self._clock)
        messages = await self._read(queue, claim)
        return d.to_claim(messages.get(claim, ()), now)

    async def _take(
        self, queue: ObjectId, calls: Sequence[tuple[_Wanted, Sequence[d.Document]]]
    ) -> Sequence[Claim | BaseException | None]:
        """For each call, claim those of its messages that are still claimable, and accepted; None
        if none is."""
        now = d.now(self._clock)
        drafts = [_Draft(wanted, found, queue, now) for wanted, found in calls]
        failures = await asyncio.gather(*map(self._move_spent, drafts), return_exceptions=True)
        ready = [draft for draft, failed in zip(drafts, failures, strict=True) if not failed]
        made = await self._make(queue, ready) if ready else {}
        return [
            failed or await self._accepted(made.get(draft.id, ()), draft)
            for draft, failed in zip(drafts, failures, strict=True)
        ]

    async def _move_spent(self, draft: _Draft) -> None:
        """Let go to the dead letters what was claimed too often."""
        wanted = draft.wanted
        if wanted.dead_letters is not None:
            await self._mover.move_spent(
                draft.claimable, wanted.project, wanted.dead_letters, draft.now
            )

    async def _make(
        self, queue: ObjectId, drafts: Sequence[_Draft]
    ) -> Mapping[ObjectId, Sequence[d.Document]]:
        """Make the claims; the messages that each got, in order."""
        attempts = itertools.count()

        def update() -> Awaitable[BulkWriteResult]:
            next(attempts)
            # Others may want the same messages. Who goes through them in an order of one's own does
            # not meet the others at every one.
            updates = [draft.update() for draft in random.sample(drafts, len(drafts))]
            return self.connection.messages.bulk_write(updates, ordered=False)

        marked = await repeatedly(update)
        # Done again after a lost answer, it passes over the messages that bear the mark already.
        is_known = next(attempts) == 1
        if is_known and marked.matched_count == 0:
            return {}
        wanted = sum(len(draft.found) for draft in drafts)
        if (
            is_known
            and marked.matched_count == wanted
            and all(draft.is_telling for draft in drafts)
        ):
            return {draft.id: draft.made() for draft in drafts}
        return await self._read(queue, *(draft.id for draft in drafts))

    async def _accepted(self, made: Sequence[d.Document], draft: _Draft) -> Claim | None:
        """The claim without the messages that are not accepted, which are as if it had not found
        them, but delayed; None if no message is left.

        It looks at them afterwards, so that claims cost nothing more where all are accepted.
        """
        if (claim := d.to_claim(made, draft.now)) is None:
            return None
        kept, others = divided(claim.messages, draft.wanted.accept)
        if others:
            passed = {d.ID: {"$in": d.object_ids(others)}, d.CLAIM_ID: draft.id}
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

    async def _read(
        self, queue: ObjectId, *claims: ObjectId
    ) -> Mapping[ObjectId, Sequence[d.Document]]:
        """The messages under each of the claims, in order."""
        found = self.connection.messages.find(
            _held(queue, {"$in": claims}, d.now(self._clock)), hint=index_name(BY_CLAIM)
        )
        messages = defaultdict[ObjectId, list[d.Document]](list)
        for document in sorted(await found.to_list(), key=itemgetter(d.POSITION)):
            messages[document[d.CLAIM]["id"]].append(document)
        return messages


def _held(queue: ObjectId, claim: ObjectId | d.Document, now: DatetimeMS) -> dict[str, Any]:
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
