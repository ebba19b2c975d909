# SPDX-License-Identifier: Apache-2.0
"""Serving calls in groups: the calls that come in while one group is being served form the next.

A lone call is served at once; under load each round trip serves many. It knows nothing of MongoDB,
nor of what the calls are about.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

#: How often somebody patient looks whether calls have come, until it gives up.
_NAPS = 4

_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Call(Generic[_Item, _Answer]):
    """One caller's item, and where that caller waits for the answer."""

    item: _Item
    answer: "asyncio.Future[_Answer]"

    def settle(self, answer: _Answer | BaseException) -> None:
        """Give the answer, unless the caller has left."""
        if self.answer.done():
            return
        if isinstance(answer, BaseException):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Grouping(Generic[_Key, _Item, _Answer]):
    """Serves the items of each key one group after the other, and different keys independently.

    ``serve`` takes the items of a group in the order they came and gives one answer, or one
    exception, for each. If it raises, the items are served again one by one, so that an item fails
    only for a reason of its own; except when ``is_common`` says that the reason concerns them all:
    then all fail with it.

    ``weigh`` measures an item; the weights of a group sum up to ``capacity`` at the most. An
    item that alone weighs more is served alone.

    With ``patience`` the callers of a group that has been served are expected to call again soon,
    as they do under load, and the next group begins when they have, or when none has for so many
    seconds. Groups get larger and fewer, which is worth it where serving one is expensive. A
    lone caller never waits.

    A caller that stops waiting disturbs nobody: its item is left out if its group has not begun,
    and is served otherwise.
    """

    def __init__(
        self,
        serve: Callable[[_Key, Sequence[_Item]], Awaitable[Sequence[_Answer | BaseException]]],
        *,
        weigh: Callable[[_Item], float],
        capacity: float,
        is_common: Callable[[Exception], bool],
        patience: float = 0.0,
    ) -> None:
        self._serve = serve
        self._patience = patience
        self._weigh = weigh
        self._capacity = capacity
        self._is_common = is_common
        self._waiting: dict[_Key, deque[_Call[_Item, _Answer]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, key: _Key, item: _Item) -> _Answer:
        """The answer to this item, which is served together with others of its key."""
        loop = asyncio.get_running_loop()
        call: _Call[_Item, _Answer] = _Call(item, loop.create_future())
        if key in self._waiting:
            self._waiting[key].append(call)
        else:
            self._waiting[key] = deque([call])
            # A context of its own: a group must not inherit the deadline of the call that happened
            # to come first.
            task = loop.create_task(self._serve_all(key), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await call.answer

    async def drain(self) -> None:
        """Return when nothing is being served any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve_all(self, key: _Key) -> None:
        """Serve group after group until nobody waits."""
        waiting = self._waiting[key]
        group: Sequence[_Call[_Item, _Answer]] = []
        try:
            while group := self._next_group(waiting):
                await self._serve_group(key, group)
                if self._patience and len(waiting) + len(group) > 1:
                    await self._await_callers(waiting, len(waiting) + len(group))
        finally:
            del self._waiting[key]
            # Somebody is left only if this task was cancelled, for the loop is going down.
            for call in (*group, *waiting):
                call.answer.cancel()

    async def _await_callers(self, waiting: deque[_Call[_Item, _Answer]], expected: int) -> None:
        """Return when as many wait as are expected, or no more have come for a while."""
        quiet, before = 0, len(waiting)
        while len(waiting) < expected and quiet < _NAPS:
            await asyncio.sleep(self._patience / _NAPS)
            quiet, before = (0 if len(waiting) > before else quiet + 1), len(waiting)

    def _next_group(self, waiting: deque[_Call[_Item, _Answer]]) -> Sequence[_Call[_Item, _Answer]]:
        group: list[_Call[_Item, _Answer]] = []
        weight = 0.0
        while waiting:
            if waiting[0].answer.done():
                waiting.popleft()
                continue
            weight += self._weigh(waiting[0].item)
            if group and weight > self._capacity:
                break
            group.append(waiting.popleft())
        return group

    async def _serve_group(self, key: _Key, group: Sequence[_Call[_Item, _Answer]]) -> None:
        answers: Sequence[_Answer | BaseException]
        try:
            answers = await self._serve(key, [call.item for call in group])
        except Exception as error:
            if len(group) > 1 and not self._is_common(error):
                for call in group:
                    await self._serve_group(key, [call])
                return
            answers = [error] * len(group)
        for call, answer in zip(group, answers, strict=True):
            call.settle(answer)


def shared(
    ask: Callable[[_Key, Sequence[_Item]], Awaitable[Sequence[_Answer | BaseException]]],
) -> Grouping[_Key, _Item, _Answer]:
    """Any number of callers for one answer, and its failure too; who comes while it is being asked
    for waits for the next."""
    return Grouping(ask, weigh=lambda _: 0, capacity=0, is_common=lambda _: True)
