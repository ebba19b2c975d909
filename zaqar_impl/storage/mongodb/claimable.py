# SPDX-License-Identifier: Apache-2.0
"""Finding the oldest messages that nothing holds, and dealing them out to the calls that want some.

Claims of this process that wait for one queue are served by one query, so they do not get in each
other's way, and so are pops. Others may find the same messages at the same time: the query decides
nothing, and who gets a message is decided by the conditional write that is then made for all calls.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, IndexModel

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import Message, QueueRef
from zaqar_impl.storage.grouping import Grouping
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb import queries as q
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.client import BY_HOLD, BY_POSITION, Connection, index_name
from zaqar_impl.storage.mongodb.directory import Directory
from zaqar_impl.storage.mongodb.floors import Floors

#: How many messages one query finds at the most, for all the calls that it serves.
GROUP_MESSAGES = 1000
#: How many overdue holds one query lets go at the most: what takes a fraction of a second.
LET_GO = 1000

_T = TypeVar("_T")

_Wanted = TypeVar("_Wanted")

#: Makes something of messages, given their queue, and for each of some calls what it wants, with
#: what was found for it. For each call what it made, None if it lost all, or why it fails.
Take = Callable[
    [ObjectId, Sequence[tuple[_Wanted, Sequence[d.Document]]]],
    Awaitable[Sequence[_T | BaseException | None]],
]


class _Line(NamedTuple):
    """Calls that are served together: what is taken from where, and whether that needs ``whole``
    documents, or their positions."""

    ref: QueueRef
    take: Take[Any, Any]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one call wants: so many messages, and what for."""

    limit: int
    wanted: Any


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a call came by; if nothing, ``offered`` tells whether others were quicker."""

    taken: Any
    offered: bool


class Claimable:
    """The messages of all queues that may be claimed or popped."""

    def __init__(
        self, connection: Connection, directory: Directory, floors: Floors, clock: Clock
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._floors = floors
        self._clock = clock
        self._group: Grouping[_Line, _Wish, _Outcome] = Grouping(
            self._serve,
            weigh=lambda wish: wish.limit,
            capacity=GROUP_MESSAGES,
            is_common=lambda _: True,
        )

    async def take(
        self,
        ref: QueueRef,
        limit: int,
        wanted: _Wanted,
        take: Take[_Wanted, _T],
        *,
        whole: bool = False,
    ) -> _T | None:
        """What ``take`` makes of up to ``limit`` of the oldest claimable messages for a call that
        wants this. It is given their positions, or ``whole`` documents, and other calls too.

        While it gives None, because other processes were quicker with all of them or it passed them
        over, it is called again with others. This gives None when there are no claimable messages
        left.
        """
        while True:
            outcome = await self._group.submit(_Line(ref, take, whole), _Wish(limit, wanted))
            if outcome.taken is not None or not outcome.offered:
                taken: _T | None = outcome.taken
                return taken

    async def drain(self) -> None:
        """Return when nothing is being taken any more."""
        await self._group.drain()

    async def _serve(
        self, line: _Line, wishes: Sequence[_Wish]
    ) -> Sequence[_Outcome | BaseException]:
        with self._connection.time_limit():
            deal = partial(self._deal, line, wishes)
            dealt = await self._directory.ask(line.ref, deal, to_change=True)
            return dealt or [_Outcome(None, offered=False)] * len(wishes)

    async def _deal(
        self, line: _Line, wishes: Sequence[_Wish], queue: ObjectId
    ) -> Sequence[_Outcome | BaseException]:
        """What each wish came by; nothing at all if no message is claimable."""
        fields = None if line.whole else {d.ID: 0, d.POSITION: 1}
        found = await self._oldest(queue, sum(wish.limit for wish in wishes), fields)
        if not found:
            return []
        rest = iter(found)
        shares = [list(islice(rest, wish.limit)) for wish in wishes]
        calls = [(wish.wanted, share) for wish, share in zip(wishes, shares, strict=True) if share]
        taken = await line.take(queue, calls)
        outcomes = [
            each if isinstance(each, BaseException) else _Outcome(each, offered=True)
            for each in taken
        ]
        return [*outcomes, *[_Outcome(None, offered=False)] * (len(wishes) - len(outcomes))]

    async def _oldest(
        self, queue: ObjectId, limit: int, fields: d.Document | None
    ) -> Sequence[d.Document]:
        """The claimable messages of the lowest positions, in order."""
        now, began, floor = d.now(self._clock), time.monotonic(), self._floors.of(queue)
        above = q.live(queue, now) | {d.POSITION: {"$gt": floor}}
        unheld = partial(
            self._found, above | {d.HELD: d.UNHELD}, BY_HOLD, limit, fields, d.POSITION
        )
        found, overdue = await asyncio.gather(unheld(), self._overdue(queue, now, 1))
        self._floors.searched(queue, floor, found[0][d.POSITION] if found else None, began)
        if not overdue:
            return found
        if await self._let_some_go(queue, now):
            return await unheld()
        # Those among them whose hold has yet to be let go.
        return await self._found(above | q.not_held(now), BY_POSITION, limit, fields, d.POSITION)

    async def _overdue(self, queue: ObjectId, now: DatetimeMS, limit: int) -> Sequence[d.Document]:
        """Positions of messages whose hold has run out and was never let go, those first whose hold
        ran out first."""
        fields = {d.ID: 0, d.POSITION: 1}
        return await self._found(q.overdue(queue, now), BY_HOLD, limit, fields, d.HELD, d.POSITION)

    async def _found(
        self,
        query: d.Document,
        index: IndexModel,
        limit: int,
        fields: d.Document | None,
        *order: str,
    ) -> Sequence[d.Document]:
        found = self._connection.messages_fresh.find(
            query,
            fields,
            hint=index_name(index),
            limit=limit,
            batch_size=limit,
            sort=[(field, ASCENDING) for field in order],
        )
        return await found.to_list()

    async def _let_some_go(self, queue: ObjectId, now: DatetimeMS) -> bool:
        """Make messages whose hold has run out as easy to find as those that never were held; so
        many of them that nobody waits long for it. Whether those were all."""
        overdue = await self._overdue(queue, now, LET_GO + 1)
        some = q.overdue(queue, now) | {d.POSITION: {"$in": positions(overdue[:LET_GO])}}
        free = {"$set": {d.HELD: d.UNHELD}, "$unset": {d.CLAIM: "", d.DELAYED: ""}}
        update = self._connection.messages.update_many
        await repeatedly(lambda: update(some, free, hint=index_name(BY_POSITION)))
        return len(overdue) <= LET_GO


def positions(found: Sequence[d.Document]) -> Sequence[int]:
    """Where the messages are."""
    return [document[d.POSITION] for document in found]


def divided(
    found: Sequence[Message], accept: MessageFilter | None
) -> tuple[Sequence[Message], Sequence[str]]:
    """The messages that are accepted, and the ids of the others."""
    if accept is None:
        return found, []
    accepted = {message.id: accept(message) for message in found}
    return (
        [message for message in found if accepted[message.id]],
        [message for message, is_accepted in accepted.items() if not is_accepted],
    )
