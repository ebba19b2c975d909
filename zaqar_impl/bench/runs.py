# SPDX-License-Identifier: Apache-2.0
"""One kind of work on one deployment: the state that it begins with, the load, and what is cleared
away after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import uvloop

from zaqar_impl.bench import load, preparing, websocket
from zaqar_impl.bench.client import Target
from zaqar_impl.bench.endtoend import OPERATION, EndToEnd
from zaqar_impl.bench.load import Progress, Team, Work
from zaqar_impl.bench.measuring import Latencies, Result
from zaqar_impl.bench.options import END_TO_END, Options
from zaqar_impl.bench.scenarios import SCENARIOS
from zaqar_impl.bench.websocket import WEBSOCKET_SCENARIOS

Show = Callable[[Progress], None]


@dataclass(frozen=True)
class Shape:
    """How hard and how long the generator works."""

    connections: int
    processes: int
    seconds: float
    warm_up: float


class Run(Protocol):
    """Something that can be measured, several times."""

    @property
    def label(self) -> str:
        """What it is, on one line."""

    def prepare(self, first: bool) -> None:
        """Bring everything into the state that a round begins with; ``first`` is the first time."""

    def measure(self, show: Show | None) -> Result:
        """One round."""

    def clear(self) -> None:
        """Take away what was made."""

    def rate(self, result: Result) -> float:
        """What the work is measured by, a second."""

    def latencies(self, result: Result) -> Latencies:
        """The latencies that are compared."""


@dataclass(frozen=True)
class ScenarioRun:
    """A scenario on a deployment."""

    name: str
    target: Target
    queues: Sequence[str]
    preloaded: int
    shape: Shape
    rate_asked: float
    keep: bool

    @property
    def label(self) -> str:
        return self.target.url

    def prepare(self, first: bool) -> None:
        """Delete the queues, the first time; then fill them to what they have to hold."""
        if first and not self.keep:
            uvloop.run(preparing.reset(self.target, self.queues))
        uvloop.run(preparing.fill(self.target, self.queues, self.preloaded))

    def measure(self, show: Show | None = None) -> Result:
        shape = self.shape
        shares = load.shared_out(shape.connections, shape.processes)
        team = Team(self._work(len(shares)), self.target, shares)
        return load.run({self.name: team}, shape.seconds, shape.warm_up, show)[self.name]

    def _work(self, processes: int) -> Work:
        if self.name == END_TO_END:
            return EndToEnd(self.queues, self.rate_asked, processes)
        return SCENARIOS[self.name].work(self.queues)

    def clear(self) -> None:
        if not self.keep:
            uvloop.run(preparing.reset(self.target, self.queues))

    def rate(self, result: Result) -> float:
        """Messages a second of the operation that counts, else requests a second."""
        counted = OPERATION if self.name == END_TO_END else SCENARIOS[self.name].counted
        if counted:
            return result.rates.get(counted, (0.0, 0.0))[1]
        return result.requests_per_second

    def latencies(self, result: Result) -> Latencies:
        """Those of the operation that is timed, else of all requests."""
        timed = OPERATION if self.name == END_TO_END else SCENARIOS[self.name].timed
        return result.tally.latencies({timed} if timed else None)


@dataclass(frozen=True)
class WebSocketRun:
    """A scenario of the WebSocket on a deployment."""

    name: str
    target: Target
    queues: Sequence[str]
    shape: Shape
    keep: bool

    @property
    def label(self) -> str:
        return self.target.url

    def prepare(self, first: bool) -> None:
        """Delete the queues, the first time."""
        websocket.enough_files(self.shape.connections)
        if first:
            self.clear()

    def measure(self, show: Show | None = None) -> Result:
        shape = self.shape
        shares = load.shared_out(shape.connections, shape.processes)
        team = Team(WEBSOCKET_SCENARIOS[self.name].work(self.queues), self.target, shares)
        return load.run({self.name: team}, shape.seconds, shape.warm_up, show)[self.name]

    def clear(self) -> None:
        if not self.keep:
            uvloop.run(websocket.reset(self.target, self.queues))

    def rate(self, result: Result) -> float:
        """Messages a second of the operation that counts."""
        return result.rates.get(WEBSOCKET_SCENARIOS[self.name].counted, (0.0, 0.0))[1]

    def latencies(self, result: Result) -> Latencies:
        """Those of the operation that counts."""
        return result.tally.latencies({WEBSOCKET_SCENARIOS[self.name].counted})


def run_of(name: str, target: Target, options: Options) -> ScenarioRun | WebSocketRun:
    """The run of a scenario that was asked for, of REST or of the WebSocket."""
    if name not in WEBSOCKET_SCENARIOS:
        return scenario_run(name, target, options)
    count = options.num_queues or WEBSOCKET_SCENARIOS[name].queues
    queues = [f"{options.queue_prefix}-{name}-{number}" for number in range(count)]
    return WebSocketRun(name, target, queues, _shape(options), options.skip_queue_reset)


def scenario_run(name: str, target: Target, options: Options) -> ScenarioRun:
    """The run of a scenario of REST."""
    shape = _shape(options)
    if name == END_TO_END:
        count, holds = min(options.processes, options.connections), 0
    else:
        scenario = SCENARIOS[name]
        count, holds = (
            options.num_queues or scenario.queues,
            scenario.holds(options.time + options.warm_up),
        )
    if options.preloaded is not None:
        holds = options.preloaded
    queues = [f"{options.queue_prefix}-{name}-{number}" for number in range(count)]
    return ScenarioRun(name, target, queues, holds, shape, options.rate, options.skip_queue_reset)


def _shape(options: Options) -> Shape:
    return Shape(options.connections, options.processes, options.time, options.warm_up)
