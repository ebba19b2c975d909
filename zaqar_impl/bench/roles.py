# SPDX-License-Identifier: Apache-2.0
"""Upstream's own work: producers, consumers and observers side by side, on queues drawn at random,
and its report of each role, field by field."""

import asyncio
import functools
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zaqar_impl.bench import api
from zaqar_impl.bench.load import Crew, Session
from zaqar_impl.bench.measuring import Operation, Result, Tally

#: A message to post, and how often it is drawn.
Weighted = tuple[float, Mapping[str, Any]]

#: What is posted when no file says what.
BUILT_IN_MESSAGES: Sequence[Weighted] = [(1.0, {"ttl": 60, "body": {"event": "built-in"}})]

#: How far the weights of a file may miss 1.
_ROUNDING = 1e-6

#: Seconds that a consumer rests when it found nothing.
_IDLE = 0.01


class WrongMessages(Exception):
    """The file of messages is not what it has to be; the text says where."""


def messages_of(file: Path) -> Sequence[Weighted]:
    """The messages of a file, ``[{"weight": ..., "doc": {"ttl": ..., "body": ...}}, ...]``.

    Raises:
        WrongMessages: it can't be read, is no such array, or the weights do not add up to 1.
    """
    try:
        items = json.loads(file.read_text())
        found = [(float(item["weight"]), dict(item["doc"])) for item in items]
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise WrongMessages(
            f'{file} has to be a JSON array of {{"weight", "doc": {{"ttl", "body"}}}}: {reason}'
        ) from error
    if not found or any(weight < 0 for weight, _ in found):
        raise WrongMessages(f"{file}: there have to be messages, with weights of 0 to 1")
    if abs(sum(weight for weight, _ in found) - 1) > _ROUNDING:
        raise WrongMessages(f"{file}: the weights have to add up to 1")
    return found


@dataclass(frozen=True)
class Producer:
    """Posts one message for each request."""

    queues: Sequence[str]
    messages: Sequence[Weighted]

    async def run(self, crew: Crew) -> None:
        await _side_by_side(crew, self._work)

    async def _work(self, session: Session, draws: random.Random) -> None:
        target = session.crew.target
        weights = [weight for weight, _ in self.messages]
        request = functools.cache(
            lambda queue, number: target.request(
                "POST",
                f"{api.queue_path(target, queue)}/messages",
                {"messages": [self.messages[number][1]]},
            )
        )
        numbers = range(len(self.messages))
        while session.crew.window.is_open():
            (number,) = draws.choices(numbers, weights)
            queue = draws.choice(self.queues)
            await session.ask("post", request(queue, number), (201,), api.posted(1))


@dataclass(frozen=True)
class Consumer:
    """Claims messages, and deletes each of them."""

    queues: Sequence[str]
    limit: int

    async def run(self, crew: Crew) -> None:
        await _side_by_side(crew, self._work)

    async def _work(self, session: Session, draws: random.Random) -> None:
        target = session.crew.target
        while session.crew.window.is_open():
            path = f"{api.queue_path(target, draws.choice(self.queues))}/claims?limit={self.limit}"
            request = target.request("POST", path, {"ttl": 300, "grace": 200})
            answer = await session.ask("claim", request, (201, 204), api.claimed(self.limit))
            if answer is None or answer.status == 204:
                await asyncio.sleep(_IDLE)
                continue
            for message in api.listed(answer):
                deletion = target.request("DELETE", api.path_of(message["href"]))
                await session.ask("delete", deletion, (204,), lambda answer: 1)


@dataclass(frozen=True)
class Observer:
    """Lists messages, claimed ones included, each queue from where it was left."""

    queues: Sequence[str]
    limit: int

    async def run(self, crew: Crew) -> None:
        await _side_by_side(crew, self._work)

    async def _work(self, session: Session, draws: random.Random) -> None:
        target = session.crew.target
        query = f"limit={self.limit}&echo=true&include_claimed=true"
        left: dict[str, str] = {}
        while session.crew.window.is_open():
            queue = draws.choice(self.queues)
            path = left.get(queue) or f"{api.queue_path(target, queue)}/messages?{query}"
            answer = await session.ask(
                "list", target.request("GET", path), (200,), api.page(0, self.limit)
            )
            links = answer.json().get("links") if answer is not None else None
            if links:
                left[queue] = api.path_of(links[0]["href"])
            else:
                left.pop(queue, None)  # from the beginning again


async def _side_by_side(crew: Crew, work: Callable[[Session, random.Random], Any]) -> None:
    """The work on every connection of the crew."""

    async def one(number: int) -> None:
        session = crew.session()
        await work(session, random.Random(f"{crew.index} {number}"))
        session.connection.close()

    await asyncio.gather(*(one(number) for number in range(crew.connections)))


def report_of(role: str, result: Result) -> dict[str, Any]:
    """The report of a role: upstream's fields, then percentiles, errors and the generator's use of
    the processor."""
    together = Operation()
    for operation in result.tally.operations.values():
        together.add(operation)
    counts = {
        "duration_sec": result.seconds,
        "total_reqs": together.requests,
        "successful_reqs": together.successful,
        "reqs_per_sec": result.requests_per_second,
    }
    own = _consumed(result.tally) if role == "consumer" else _mean("req", together)
    ours = {"errors": dict(result.tally.errors), "generator_cpu": result.cpu}
    return {**counts, **own, **ours}


def _consumed(tally: Tally) -> dict[str, Any]:
    claims, deletions = tally.operation("claim"), tally.operation("delete")
    return {
        "claim_total_requests": claims.requests,
        "messages_processed": deletions.successful,
        **_mean("claim", claims),
        **_mean("delete", deletions),
    }


def _mean(name: str, operation: Operation) -> dict[str, Any]:
    seconds = operation.seconds / operation.successful if operation.successful else 0.0
    return {f"ms_per_{name}": 1000 * seconds, f"{name}_ms": operation.latencies.summary()}
