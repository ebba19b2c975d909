# SPDX-License-Identifier: Apache-2.0
"""What one worker takes on at a time. Beyond that it says at once that it can't, rather than let
clients wait for an answer that comes too late.

Whoever keeps the others waiting gives way first: a body that is slow to come, before one that came
quickly.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from zaqar_impl.rest.errors import RETRY_AFTER, Refusal
from zaqar_impl.rest.request import RestRequest

#: Requests that are worked on at a time unless it is configured: those of 1,000 connections to two
#: workers, also if one of them has accepted them all.
MOST_REQUESTS = 1000

#: Bytes of bodies that are kept at a time: a thousand of 64 KB, or hundreds of the largest ones.
MOST_BODIES = 64 * 1024 * 1024

#: Requests whose answers have messages in them, each of which may be megabytes, at a time: so many
#: as keep a worker and its connections to MongoDB at work; fewer, down to the second number, where
#: they would come to more than so many bytes. Others wait for their turn.
MOST_GIVING = 16
FEWEST_GIVING = 4
MOST_GIVEN = 32 * 1024 * 1024

#: Seconds that a request waits for its turn.
PATIENCE = 10.0

#: What tells whether the server is alive is answered however much there is to do.
ALWAYS = frozenset({"ping_node", "ping_node_head", "check_node_health"})

#: Operations whose answers have messages in them.
GIVING = frozenset(
    {
        "message_list",
        "message_get",
        "claim_create",
        "claim_get",
        "topic_message_list",
        "topic_message_get",
    }
)

#: Operations of which that is so when they pop.
POPPING = frozenset({"message_delete_many", "topic_message_delete_many"})


def gives(request: RestRequest) -> bool:
    """Whether the answer to this request has messages in it."""
    operation = request.operation.id
    return operation in GIVING or (operation in POPPING and b"pop" in request.query_string)


def overloaded() -> Refusal:
    """The answer to a request that is not taken on."""
    return Refusal(
        503, "The server has too much to do at the moment.", {"Retry-After": RETRY_AFTER}
    )


@dataclass(slots=True, eq=False)
class KeptBody:
    """A body that is being read, or was, by a request that has not ended."""

    give_up: Callable[[], None]
    size: int = 0
    is_refused: bool = False


class Bodies:
    """The bodies of the requests that a worker reads or works on: so many bytes at the most."""

    def __init__(self, most: int = MOST_BODIES) -> None:
        self._most = most
        self._total = 0
        self._reading: dict[KeptBody, None] = {}

    @property
    def total(self) -> int:
        """Bytes that are kept."""
        return self._total

    def open(self, give_up: Callable[[], None]) -> KeptBody:
        """A body that begins; ``give_up`` ends the reading of it."""
        body = KeptBody(give_up)
        self._reading[body] = None
        return body

    def add(self, body: KeptBody, size: int) -> None:
        """Count what has come; if that is too much altogether, the body that takes the longest is
        given up, be it this one."""
        body.size += size
        self._total += size
        while self._total > self._most and self._reading:
            slowest = next(iter(self._reading))
            slowest.is_refused = True
            slowest.give_up()
            self.close(slowest)

    def complete(self, body: KeptBody) -> None:
        """All of it has come."""
        self._reading.pop(body, None)

    def close(self, body: KeptBody) -> None:
        """It is not kept any more."""
        self._reading.pop(body, None)
        self._total -= body.size
        body.size = 0


class Turns:
    """Makes requests wait for each other whose answers may be large, first come, first served.

    How large answers are it learns from the last ones; it begins with half of the turns.
    """

    def __init__(self) -> None:
        self._giving = 0
        self._expected = 2.0 * MOST_GIVEN / MOST_GIVING
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def begin(self) -> None:
        """Return when it is this request's turn.

        Raises:
            Refusal: it did not come.
        """
        if not self._waiting and self._has_room():
            self._giving += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.end(0)
            if isinstance(error, TimeoutError):
                raise overloaded() from None
            raise

    def end(self, size: int) -> None:
        """The request is done, with an answer of this size."""
        self._giving -= 1
        self._expected = max(float(size), self._expected * 0.98)
        while self._waiting and self._has_room():
            turn = self._waiting.popleft()
            if not turn.done():
                self._giving += 1
                turn.set_result(None)

    def _has_room(self) -> bool:
        room = min(MOST_GIVING, max(FEWEST_GIVING, MOST_GIVEN // max(self._expected, 1.0)))
        return self._giving < room


class Workload:
    """The requests that a worker is at; those whose bodies have yet to come are not among them, for
    they make it work for nobody."""

    def __init__(self, most: int = MOST_REQUESTS, bodies: Bodies | None = None) -> None:
        self._most = most
        self._now = 0
        self._turns = Turns()
        self.bodies = bodies or Bodies()

    def check(self, operation: str) -> None:
        """Return if this operation could be taken on.

        Raises:
            Refusal: there is too much to do.
        """
        if self._now >= self._most and operation not in ALWAYS:
            raise overloaded()

    async def begin(self, request: RestRequest) -> None:
        """Be at it until :meth:`end`; returns when it is its turn.

        Raises:
            Refusal: there is too much to do, or its turn did not come.
        """
        self.check(request.operation.id)
        self._now += 1
        if gives(request):
            try:
                await self._turns.begin()
            except BaseException:
                self._now -= 1
                raise

    def end(self, request: RestRequest, size: int) -> None:
        """It is done, with an answer of this size."""
        self._now -= 1
        if gives(request):
            self._turns.end(size)
