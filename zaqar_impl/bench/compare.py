# SPDX-License-Identifier: Apache-2.0
"""Two runs in turn, round by round, and what the first reaches in proportion to the second.

Neither is measured while the other is. A ratio is taken within a round, so that what the machine
does at another time falls out of it; the order within a round changes with each round.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zaqar_impl.bench.measuring import Result
from zaqar_impl.bench.runs import Run, Show


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and the smallest and largest of them."""

    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Figures:
    """What is compared of one round of one run."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Comparison:
    """All rounds of both."""

    labels: tuple[str, str]
    rounds: Sequence[tuple[Figures, Figures]]
    results: tuple[Result, Result]

    def spread(self, side: int, figure: Callable[[Figures], float]) -> Spread:
        """A figure of one of them over the rounds."""
        return spread([figure(pair[side]) for pair in self.rounds])

    def ratio(self, figure: Callable[[Figures], float]) -> Spread | None:
        """The first's figure by the second's, over the rounds; None if the second has none."""
        if any(not figure(second) for _, second in self.rounds):
            return None
        return spread([figure(first) / figure(second) for first, second in self.rounds])


def spread(figures: Sequence[float]) -> Spread:
    """Their median, and how far they lie apart."""
    return Spread(statistics.median(figures), min(figures), max(figures))


def compared(
    first: Run, second: Run, rounds: int, show: Callable[[str, int], Show | None]
) -> Comparison:
    """Measure both, in turn; ``show`` gives what shows the progress of a label's round."""
    pairs: list[tuple[Figures, Figures]] = []
    totals = (Result(), Result())
    for number in range(rounds):
        figures: dict[int, Figures] = {}
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            run = (first, second)[side]
            run.prepare(number == 0)
            result = run.measure(show(run.label, number))
            figures[side] = _figures(run, result)
            totals[side].add(result)
        pairs.append((figures[0], figures[1]))
    first.clear()
    second.clear()
    return Comparison((first.label, second.label), pairs, totals)


def _figures(run: Run, result: Result) -> Figures:
    latencies = run.latencies(result)
    return Figures(run.rate(result), latencies.percentile(50), latencies.percentile(99))
