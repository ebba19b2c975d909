# SPDX-License-Identifier: Apache-2.0
"""Brings queues into the state that a run begins with, and removes them after it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from zaqar_impl.bench.api import messages
from zaqar_impl.bench.client import Answer, Connection, NoAnswer, Target

#: Requests that are under way at the same time.
_AT_ONCE = 8

#: Messages of a post: 1 KB each, well within the size that a post may have by default.
_BATCH = 100

#: How often a request that is answered with 503 is sent again, and seconds between two.
_ATTEMPTS, _PAUSE = 20, 0.2

#: Seconds that an answer may take: deleting a queue of a million messages takes its time.
_SLOWEST_ANSWER = 600.0


class NotPrepared(Exception):
    """The deployment can't be reached, or does not do what a run needs; the text says what."""


async def reset(target: Target, queues: Sequence[str]) -> None:
    """Delete the queues, with all that they hold."""
    await _each(target, (_deleting(queue) for queue in queues))


async def fill(target: Target, queues: Sequence[str], count: int) -> None:
    """Create the queues, and post until each holds at least so many messages."""
    await _each(target, (_creating(queue) for queue in queues))
    if not count:
        return
    missing: dict[str, int] = {}
    await _each(target, (_counting(queue, count, missing) for queue in queues))
    batches = [
        (queue, min(_BATCH, lacking - begin))
        for queue, lacking in missing.items()
        for begin in range(0, lacking, _BATCH)
    ]
    await _each(target, (_posting(queue, size) for queue, size in batches))


_Preparation = Callable[["_Asking"], Coroutine[Any, Any, None]]


class _Asking:
    """A connection whose requests are tried until they succeed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = Connection(target, _SLOWEST_ANSWER)

    async def ask(self, method: str, path: str, *statuses: int, body: Any = None) -> Answer:
        path = f"{self._target.prefix}/v2/queues/{path}"
        request = self._target.request(method, path, body)
        for _ in range(_ATTEMPTS):
            try:
                answer = await self._connection.ask(request)
            except NoAnswer as error:
                raise NotPrepared(f"{self._target.url}: {error}: {error.__cause__}") from error
            if answer.status != 503:
                break
            await asyncio.sleep(_PAUSE)
        if answer.status not in statuses:
            raise NotPrepared(
                f"{self._target.url}: {method} {path} was answered with {answer.status}: "
                f"{answer.excerpt()}"
            )
        return answer

    def close(self) -> None:
        self._connection.close()


async def _each(target: Target, preparations: Iterable[_Preparation]) -> None:
    """Run them over a few connections."""
    waiting = iter(preparations)

    async def take() -> None:
        asking = _Asking(target)
        try:
            for preparation in waiting:
                await preparation(asking)
        finally:
            asking.close()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(take())
    except* NotPrepared as failures:
        raise failures.exceptions[0] from None  # they fail for one reason


def _deleting(queue: str) -> _Preparation:
    async def delete(asking: _Asking) -> None:
        await asking.ask("DELETE", queue, 204)

    return delete


def _creating(queue: str) -> _Preparation:
    async def create(asking: _Asking) -> None:
        await asking.ask("PUT", queue, 201, 204)

    return create


def _counting(queue: str, count: int, missing: dict[str, int]) -> _Preparation:
    async def look(asking: _Asking) -> None:
        answer = await asking.ask("GET", f"{queue}/stats", 200)
        missing[queue] = max(0, count - int(answer.json()["messages"]["free"]))

    return look


def _posting(queue: str, size: int) -> _Preparation:
    async def post(asking: _Asking) -> None:
        await asking.ask("POST", f"{queue}/messages", 201, body=messages(size))

    return post
