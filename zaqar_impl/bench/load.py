# SPDX-License-Identifier: Apache-2.0
"""Runs work in processes of their own, all of them over the same time, and adds up what they bring.

It knows neither what the work is nor how it is reported. Work of several teams runs side by side.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import Protocol

import uvloop

from zaqar_impl.bench.client import Answer, Connection, NoAnswer, Target
from zaqar_impl.bench.measuring import Result, Tally, Window, result_of

#: Seconds between two looks at the progress.
PROGRESS_EVERY = 0.5

#: Seconds that a connection rests after a request without an answer, lest it spin.
_REST = 0.1

#: Seconds that processes may take to start.
_SLOWEST_START = 60.0

#: Seconds from the last process's readiness to the start of all of them.
_LEAD = 0.05


class LoadFailed(Exception):
    """A process of the generator itself died; what it printed says why."""


class WrongAnswer(Exception):
    """An answer with the right status is wrong in another way; the text says how."""


@dataclass
class Crew:
    """What the work in one process has: its connections, when requests count, and the tally."""

    target: Target
    index: int
    connections: int
    window: Window
    tally: Tally = field(default_factory=Tally)
    result: Result = field(default_factory=Result)

    def session(self) -> "Session":
        """A connection of its own, whose answers are checked and counted."""
        return Session(self, Connection(self.target))


@dataclass
class Session:
    """One connection of a crew."""

    crew: Crew
    connection: Connection

    async def ask(
        self,
        operation: str,
        request: bytes,
        statuses: Collection[int],
        messages: Callable[[Answer], int] = lambda answer: 0,
        since: float | None = None,
    ) -> Answer | None:
        """The answer if it is what was expected; it is counted either way.

        ``messages`` gives the number of messages in an answer, or raises WrongAnswer. ``since`` is
        when the request was due, if that was earlier than now.
        """
        began = time.monotonic() if since is None else since
        wrong, example, count = "", "", 0
        answer = None
        try:
            answer = await self.connection.ask(request)
            if answer.status in statuses:
                count = messages(answer)
            else:
                wrong, example = str(answer.status), answer.excerpt()
        except WrongAnswer as error:
            wrong, example = str(error), answer.excerpt() if answer else ""
        except NoAnswer as error:
            wrong, example = str(error), str(error.__cause__)
        self._count(operation, began, wrong, example, count)
        if answer is None:
            await asyncio.sleep(_REST)
        return None if wrong else answer

    def _count(self, operation: str, began: float, wrong: str, example: str, count: int) -> None:
        if not self.crew.window.counts(began):
            return
        if wrong:
            self.crew.tally.failed(operation, wrong, example)
        else:
            self.crew.tally.succeeded(operation, time.monotonic() - began, count)


class Work(Protocol):
    """What a process does; it has to travel there."""

    async def run(self, crew: Crew) -> None:
        """Work until the crew's window closes."""


@dataclass(frozen=True)
class Team:
    """Work, and the connections of each process that does it."""

    work: Work
    target: Target
    connections: Sequence[int]


@dataclass(frozen=True)
class Progress:
    """How far a run is; the numbers count from the end of the warm-up."""

    seconds: float
    requests: int
    errors: int


def shared_out(connections: int, processes: int) -> list[int]:
    """The connections of each process, as even as can be; no process without one."""
    processes = max(1, min(processes, connections))
    return [
        connections // processes + (index < connections % processes) for index in range(processes)
    ]


def run(
    teams: Mapping[str, Team],
    seconds: float,
    warm_up: float,
    show: Callable[[Progress], None] | None = None,
) -> dict[str, Result]:
    """Let the teams work side by side; what each brought.

    Raises:
        LoadFailed: a process died.
    """
    crews = _started(teams)
    try:
        _await_ready([crew.pipe for crew in crews])
        start = time.monotonic() + _LEAD
        begin = start + warm_up
        for crew in crews:
            crew.pipe.send((start, begin, begin + seconds))
        return _collected(crews, begin, show)
    finally:
        for crew in crews:
            crew.process.terminate()
            crew.process.join()


@dataclass
class _Running:
    team: str
    process: multiprocessing.process.BaseProcess
    pipe: Pipe
    progress: tuple[int, int] = (0, 0)


def _started(teams: Mapping[str, Team]) -> list[_Running]:
    context = multiprocessing.get_context("spawn")
    crews = []
    for name, team in teams.items():
        for index, connections in enumerate(team.connections):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_process, args=(theirs, team.work, team.target, index, connections)
            )
            process.daemon = True
            process.start()
            theirs.close()
            crews.append(_Running(name, process, ours))
    return crews


def _await_ready(pipes: Sequence[Pipe]) -> None:
    for pipe in pipes:
        try:
            if not pipe.poll(_SLOWEST_START):
                raise LoadFailed("a process of the load generator does not start")
            pipe.recv()
        except EOFError as error:
            raise LoadFailed("a process of the load generator died at its start") from error


def _collected(
    crews: Sequence[_Running], begin: float, show: Callable[[Progress], None] | None
) -> dict[str, Result]:
    results: dict[str, Result] = {}
    working = {crew.pipe: crew for crew in crews}
    while working:
        for pipe in wait(list(working)):
            crew = working[pipe]  # type: ignore[index]
            try:
                told = crew.pipe.recv()
            except EOFError as error:
                raise LoadFailed("a process of the load generator died") from error
            if isinstance(told, Result):
                results.setdefault(crew.team, Result()).add(told)
                del working[crew.pipe]
            else:
                crew.progress = told
        if show is not None:
            show(_progress(crews, begin))
    return results


def _progress(crews: Sequence[_Running], begin: float) -> Progress:
    return Progress(
        time.monotonic() - begin,
        sum(crew.progress[0] for crew in crews),
        sum(crew.progress[1] for crew in crews),
    )


def _process(pipe: Pipe, work: Work, target: Target, index: int, connections: int) -> None:
    """The body of a process of the generator."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command ends its processes itself
    pipe.send(os.getpid())
    start, begin, end = pipe.recv()
    crew = Crew(target, index, connections, Window(begin, end))
    time.sleep(max(0.0, start - time.monotonic()))
    pipe.send(uvloop.run(_worked(work, crew, pipe)))


async def _worked(work: Work, crew: Crew, pipe: Pipe) -> Result:
    reporting = asyncio.create_task(_report(crew.tally, pipe))
    spent: list[float] = []
    until_begin = max(0.0, crew.window.begin - time.monotonic())
    asyncio.get_running_loop().call_later(until_begin, lambda: spent.append(time.process_time()))
    try:
        await work.run(crew)
    finally:
        reporting.cancel()
    used = time.process_time() - spent[0] if spent else 0.0
    crew.result.add(result_of(crew.tally, crew.window, used))
    return crew.result


async def _report(tally: Tally, pipe: Pipe) -> None:
    while True:
        await asyncio.sleep(PROGRESS_EVERY)
        pipe.send((tally.requests, sum(tally.errors.values())))
