# SPDX-License-Identifier: Apache-2.0
"""Finding the oldest messages that nothing holds, and dealing them out to the calls that want some.

Claims and pops of this process that wait for one queue are served by one query, so they do not get
in each other's way. Other processes may find the same messages at the same time: the query decides
nothing, and who gets a message is decided by the conditional write that each call then makes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import Message, QueueRef
from zaqar_impl.storage.grouping import Grouping
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.attempts import repeatedly
from zaqar_impl.storage.mongodb.client import BY_HOLD, Connection, index_name
from zaqar_impl.storage.mongodb.directory import Directory

#: How many messages one query finds at the most, for all the calls that it serves.
GROUP_MESSAGES = 1000

_T = TypeVar("_T")

#: Makes something of messages, given their queue and their positions; None if all were lost.
Take = Callable[[ObjectId, Sequence[int]], Awaitable[_T | None]]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one call wants: so many messages, and what it does with them."""

    limit: int
    take: Take[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a call came by; if nothing, ``offered`` tells whether others were quicker."""

    taken: Any
    offered: bool


class Claimable:
    """The messages of all queues that may be claimed or popped."""

    def __init__(self, connection: Connection, directory: Directory, clock: Clock) -> None:
        self._connection = connection
        self._directory = directory
        self._clock = clock
        self._group: Grouping[QueueRef, _Wish, _Outcome] = Grouping(
            self._serve,
            weigh=lambda wish: wish.limit,
            capacity=GROUP_MESSAGES,
            is_common=lambda _: True,
        )

    async def take(self, ref: QueueRef, limit: int, take: Take[_T]) -> _T | None:
        """What ``take`` makes of up to ``limit`` of the oldest claimable messages.

        While it gives None, because other processes were quicker with all of them or it passed them
        over, it is called again with others. This gives None when there are no claimable messages
        left.
        """
        while True:
            outcome = await self._group.submit(ref, _Wish(limit, take))
            if outcome.taken is not None or not outcome.offered:
                taken: _T | None = outcome.taken
                return taken

    async def drain(self) -> None:
        """Return when nothing is being taken any more."""
        await self._group.drain()

    async def _serve(
        self, ref: QueueRef, wishes: Sequence[_Wish]
    ) -> Sequence[_Outcome | BaseException]:
        with self._connection.time_limit():
            deal = partial(self._deal, wishes)
            dealt = await self._directory.ask(ref, deal, to_change=True)
            return dealt or [_Outcome(None, offered=False)] * len(wishes)

    async def _deal(
        self, wishes: Sequence[_Wish], queue: ObjectId
    ) -> Sequence[_Outcome | BaseException]:
        """What each wish came by; nothing at all if no message is claimable."""
        found = await self._oldest(queue, sum(wish.limit for wish in wishes))
        if not found:
            return []
        rest = iter(found)
        shares = [list(islice(rest, wish.limit)) for wish in wishes]
        return await asyncio.gather(
            *(_try(wish, queue, share) for wish, share in zip(wishes, shares, strict=True)),
            return_exceptions=True,
        )

    async def _oldest(self, queue: ObjectId, limit: int) -> Sequence[int]:
        """The lowest positions of claimable messages, in order."""
        now = d.now(self._clock)
        positions, overdue = await asyncio.gather(
            self._unheld(queue, now, limit), self._is_any_overdue(queue, now)
        )
        if overdue:
            await self._let_go(queue, now)
            positions = await self._unheld(queue, now, limit)
        return positions

    async def _unheld(self, queue: ObjectId, now: DatetimeMS, limit: int) -> Sequence[int]:
        found = self._connection.messages_fresh.find(
            {d.QUEUE: queue, d.HELD: d.UNHELD, d.EXPIRES: {"$gt": now}},
            {d.ID: 0, d.POSITION: 1},
            hint=index_name(BY_HOLD),
            limit=limit,
            batch_size=limit,
            sort=[(d.POSITION, ASCENDING)],
        )
        return [document[d.POSITION] for document in await found.to_list()]

    async def _is_any_overdue(self, queue: ObjectId, now: DatetimeMS) -> bool:
        """Whether a hold has run out that was never let go."""
        found = await self._connection.messages_fresh.find_one(
            _overdue(queue, now), {d.ID: 0, d.HELD: 1}, hint=index_name(BY_HOLD)
        )
        return found is not None

    async def _let_go(self, queue: ObjectId, now: DatetimeMS) -> None:
        """Make messages whose hold has run out as easy to find as those that never were held."""
        free = {"$set": {d.HELD: d.UNHELD}, "$unset": {d.CLAIM: "", d.DELAYED: ""}}
        update = self._connection.messages.update_many
        await repeatedly(lambda: update(_overdue(queue, now), free, hint=index_name(BY_HOLD)))


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


async def _try(wish: _Wish, queue: ObjectId, share: Sequence[int]) -> _Outcome:
    return _Outcome(await wish.take(queue, share) if share else None, offered=bool(share))


def _overdue(queue: ObjectId, now: DatetimeMS) -> dict[str, Any]:
    return {d.QUEUE: queue, d.HELD: {"$gt": d.UNHELD, "$lte": now}}
