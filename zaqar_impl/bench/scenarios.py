# SPDX-License-Identifier: Apache-2.0
"""The scenarios by name: closed loops, each connection asking again as soon as it was answered.

A scenario is one or more steps. A step is a small piece of work, one request or two, whose answers
are checked for their status and their number of messages.
"""

import asyncio
import functools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zaqar_impl.bench import api
from zaqar_impl.bench.client import Target
from zaqar_impl.bench.load import Crew, Session

#: Messages that are listed or claimed at once.
PAGE = 10

#: How often in a row, for each connection, claims find nothing until a queue counts as empty.
_EMPTY_CLAIMS = 3


class Step(Protocol):
    """One piece of work on a queue; made once in each process."""

    async def __call__(self, session: Session, queue: str) -> None: ...


class Post:
    """Post messages."""

    def __init__(self, target: Target, count: int) -> None:
        self._check = api.posted(count)
        content = api.messages(count)
        self._request = functools.cache(
            lambda queue: target.request(
                "POST", f"{api.queue_path(target, queue)}/messages", content
            )
        )

    async def __call__(self, session: Session, queue: str) -> None:
        await session.ask("post", self._request(queue), (201,), self._check)


class ListMessages:
    """List a page; the next one is asked for by its link, after the last the first one again."""

    def __init__(self, target: Target, least: int) -> None:
        self._target = target
        self._least = least
        self._next: dict[str, str] = {}
        self._first = f"messages?limit={PAGE}&echo=true"

    async def __call__(self, session: Session, queue: str) -> None:
        href = self._next.pop(queue, "")
        path = href or f"{api.queue_path(self._target, queue)}/{self._first}"
        answer = await session.ask(
            "list",
            self._target.request("GET", path),
            (200,),
            api.page(0 if href else self._least, PAGE),
        )
        if answer is not None and len(api.listed(answer)) == PAGE:
            self._next[queue] = api.path_of(answer.json()["links"][0]["href"])


class Claim:
    """Claim messages and delete them with one request; with ``until_empty`` the window closes when
    there are none left."""

    def __init__(self, target: Target, until_empty: bool) -> None:
        self._target = target
        self._until_empty = until_empty
        self._check = api.claimed(PAGE)
        self._empty = 0
        self._request = functools.cache(
            lambda queue: target.request(
                "POST",
                f"{api.queue_path(target, queue)}/claims?limit={PAGE}",
                {"ttl": 300, "grace": 60},
            )
        )

    async def __call__(self, session: Session, queue: str) -> None:
        answer = await session.ask("claim", self._request(queue), (201, 204), self._check)
        if answer is None:
            return
        if answer.status == 204:
            if self._until_empty:
                self._found_none(session.crew)
            return
        self._empty = 0
        ids = [message["id"] for message in api.listed(answer)]
        await session.ask(
            "delete",
            self._target.request(
                "DELETE", f"{api.queue_path(self._target, queue)}/messages?ids={','.join(ids)}"
            ),
            (204,),
            lambda answer: len(ids),
        )

    def _found_none(self, crew: Crew) -> None:
        """A claim may find nothing while others hold what it looks at; many in a row mean that
        nothing is left."""
        self._empty += 1
        if self._empty >= _EMPTY_CLAIMS * crew.connections and crew.window.is_open():
            crew.window.close()
            crew.result.notes.append(
                "The queues ran empty: rates are over the time until then; --preloaded takes more."
            )


class Cycle:
    """Post as many messages as are then claimed and deleted, so that a queue keeps its length."""

    def __init__(self, target: Target) -> None:
        self._post = Post(target, PAGE)
        self._claim = Claim(target, until_empty=False)

    async def __call__(self, session: Session, queue: str) -> None:
        await self._post(session, queue)
        await self._claim(session, queue)


class Show:
    """Show a queue."""

    def __init__(self, target: Target) -> None:
        self._request = functools.cache(
            lambda queue: target.request("GET", api.queue_path(target, queue))
        )

    async def __call__(self, session: Session, queue: str) -> None:
        await session.ask("show", self._request(queue), (200,), api.shown)


StepKind = Callable[[Target], Step]


@dataclass(frozen=True)
class ClosedLoop:
    """Steps drawn by their weights, on queues drawn evenly, on every connection of a crew."""

    steps: Sequence[tuple[float, StepKind]]
    queues: Sequence[str]

    async def run(self, crew: Crew) -> None:
        made = [kind(crew.target) for _, kind in self.steps]
        await asyncio.gather(*(self._loop(crew, made, n) for n in range(crew.connections)))

    async def _loop(self, crew: Crew, made: Sequence[Step], number: int) -> None:
        session = crew.session()
        draws = random.Random(f"{crew.index} {number}")
        limits = [sum(weight for weight, _ in self.steps[: n + 1]) for n in range(len(made))]
        while crew.window.is_open():
            (step,) = draws.choices(made, cum_weights=limits)
            await step(session, draws.choice(self.queues))
        session.connection.close()


@dataclass(frozen=True)
class Scenario:
    """A scenario: its steps, what its queues hold at the beginning, and how its rate is counted.

    ``counted`` is the operation whose messages a second are the rate; empty for requests a second.
    ``timed`` is the operation whose latencies are compared; empty for all of them.
    ``preloaded`` are the messages in each queue, or for each second that queues are taken from.
    """

    summary: str
    steps: Sequence[tuple[float, StepKind]]
    queues: int = 1
    preloaded: int = 0
    preloaded_per_second: int = 0
    counted: str = ""
    timed: str = ""

    def work(self, queues: Sequence[str]) -> ClosedLoop:
        """The work on these queues."""
        return ClosedLoop(self.steps, queues)

    def holds(self, seconds: float) -> int:
        """Messages in each queue at the beginning of a run that long, unless others are asked
        for."""
        return self.preloaded + int(self.preloaded_per_second * seconds)


_POST_1 = functools.partial(Post, count=1)
_POST_20 = functools.partial(Post, count=20)

SCENARIOS: Mapping[str, Scenario] = {
    "post-1": Scenario("post 1 message of 1 KB to one queue", [(1, _POST_1)]),
    "post-1-to-64": Scenario("post 1 message of 1 KB to 64 queues", [(1, _POST_1)], queues=64),
    "post-20": Scenario("post 20 messages of 1 KB to one queue", [(1, _POST_20)]),
    "list-10": Scenario(
        "list 10 messages", [(1, functools.partial(ListMessages, least=PAGE))], preloaded=1000
    ),
    "claim-10": Scenario(
        "claim 10 messages and delete them at once",
        [(1, functools.partial(Claim, until_empty=True))],
        preloaded_per_second=3000,
        counted="delete",
    ),
    "cycle-10": Scenario(
        "post 10 messages, claim 10 and delete them at once",
        [(1, Cycle)],
        preloaded=1000,
        counted="delete",
        timed="claim",
    ),
    "show-queue": Scenario("show a queue", [(1, Show)]),
    "mixed": Scenario(
        "of 100 steps, 40 post 1, 5 post 20, 30 list, 15 claim and delete, 10 show",
        [
            (40, _POST_1),
            (5, _POST_20),
            (30, functools.partial(ListMessages, least=0)),
            (15, functools.partial(Claim, until_empty=False)),
            (10, Show),
        ],
        queues=16,
        preloaded=200,
    ),
}
