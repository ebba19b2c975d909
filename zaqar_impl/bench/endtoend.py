# SPDX-License-Identifier: Apache-2.0
"""How long messages take from the moment they are due to be posted until they are in a consumer's
hands, at a given rate.

An open loop: each message has its time, whatever became of those before it. Its latency counts from
that time, so a server that falls behind pays for the messages that have to wait for it, rather than
being sent fewer of them.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zaqar_impl.bench import api
from zaqar_impl.bench.load import Crew, Session

#: Messages of a claim.
_LIMIT = 10

#: Seconds that a consumer waits after a claim that found nothing.
IDLE = 0.005

#: Seconds after the last post within which its message has to be claimed.
SLOWEST_DELIVERY = 10.0

#: The name of the end-to-end latency among the operations of a report.
OPERATION = "end-to-end"


@dataclass
class _UnderWay:
    """What is under way in one process."""

    #: Messages whose time has come, in line to be posted; None ends a poster.
    due: asyncio.Queue[tuple[int, float] | None] = field(default_factory=asyncio.Queue)
    #: When each message was due that is posted, or being posted, and not claimed yet.
    awaited: dict[int, float] = field(default_factory=dict)
    delivered: set[int] = field(default_factory=set)
    #: When the last post was answered.
    posted: float | None = None


@dataclass(frozen=True)
class EndToEnd:
    """Half of a crew's connections post, ``rate`` messages a second over all ``processes``; the
    other half claim and delete. Each process has a queue of its own."""

    queues: Sequence[str]
    rate: float
    processes: int

    async def run(self, crew: Crew) -> None:
        under_way = _UnderWay()
        posters = max(1, crew.connections // 2)
        claimers = max(1, crew.connections - posters)
        queue = self.queues[crew.index]
        claiming = [
            asyncio.create_task(_claim(crew.session(), queue, under_way)) for _ in range(claimers)
        ]
        posting = [_post(crew.session(), queue, under_way) for _ in range(posters)]
        await asyncio.gather(self._schedule(crew, under_way, posters), *posting)
        under_way.posted = time.monotonic()
        await asyncio.gather(*claiming)
        for _ in under_way.awaited:
            crew.tally.failed(OPERATION, f"not claimed within {SLOWEST_DELIVERY:g} s")

    async def _schedule(self, crew: Crew, under_way: _UnderWay, posters: int) -> None:
        """Put each message in line when it is due; those that count are due from the beginning of
        the window on, so that their number is the rate's."""
        begin, between = crew.window.begin, self.processes / self.rate
        warm_up = max(0.0, begin - time.monotonic())
        for number in itertools.count(-int(warm_up / between)):
            due = begin + number * between + crew.index / self.rate
            if due >= crew.window.end:
                break
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            under_way.due.put_nowait((number, due))
        for _ in range(posters):
            under_way.due.put_nowait(None)


async def _post(session: Session, queue: str, under_way: _UnderWay) -> None:
    target, run = session.crew.target, session.crew.window.begin
    path = f"{api.queue_path(target, queue)}/messages"
    padding = api.body()
    while (message := await under_way.due.get()) is not None:
        number, due = message
        body = {"run": run, "number": number, "padding": padding}
        content = {"messages": [{"ttl": api.TTL, "body": body}]}
        under_way.awaited[number] = due
        request = target.request("POST", path, content)
        if await session.ask("post", request, (201,), api.posted(1), since=due) is None:
            under_way.awaited.pop(number, None)  # it may be there or not
    session.connection.close()


async def _claim(session: Session, queue: str, under_way: _UnderWay) -> None:
    target, run = session.crew.target, session.crew.window.begin
    path = api.queue_path(target, queue)
    claim = target.request("POST", f"{path}/claims?limit={_LIMIT}", {"ttl": 300, "grace": 60})
    while _more_to_come(under_way):
        answer = await session.ask("claim", claim, (201, 204), api.claimed(_LIMIT))
        if answer is None or answer.status == 204:
            await asyncio.sleep(IDLE)
            continue
        found = api.listed(answer)
        _deliver(session.crew, under_way, _numbers(found, run))
        ids = ",".join(message["id"] for message in found)
        await session.ask("delete", target.request("DELETE", f"{path}/messages?ids={ids}"), (204,))
    session.connection.close()


def _more_to_come(under_way: _UnderWay) -> bool:
    if under_way.posted is None:
        return True
    in_time = time.monotonic() < under_way.posted + SLOWEST_DELIVERY
    return in_time and bool(under_way.awaited)


def _numbers(found: Sequence[Any], run: float) -> Sequence[int]:
    """The numbers of those messages that are of this run."""
    bodies = [message["body"] for message in found if isinstance(message["body"], dict)]
    return [body["number"] for body in bodies if body.get("run") == run]


def _deliver(crew: Crew, under_way: _UnderWay, numbers: Sequence[int]) -> None:
    now = time.monotonic()
    for number in numbers:
        due = under_way.awaited.pop(number, None)
        if number in under_way.delivered:
            crew.tally.failed(OPERATION, "claimed twice")
        elif due is not None and crew.window.counts(due):
            crew.tally.succeeded(OPERATION, now - due, 1)
        under_way.delivered.add(number)
