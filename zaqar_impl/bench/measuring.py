# SPDX-License-Identifier: Apache-2.0
"""Counts and latencies of a run, by operation. They travel between processes and add up; nothing
here knows what an operation is."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

#: The percentiles of every report.
PERCENTILES = (50.0, 95.0, 99.0, 99.9)

# Latencies are kept in microseconds with three significant digits.
_MICROSECONDS = 1_000_000
_LOWEST, _HIGHEST, _DIGITS = 1, 600 * _MICROSECONDS, 3


class Latencies:
    """A histogram of durations, given in seconds and told in milliseconds."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(_LOWEST, _HIGHEST, _DIGITS)

    def __getstate__(self) -> bytes:
        encoded: bytes = self._histogram.encode()
        return encoded

    def __setstate__(self, encoded: bytes) -> None:
        self._histogram = HdrHistogram.decode(encoded)

    def record(self, seconds: float) -> None:
        """Count one duration."""
        value = int(seconds * _MICROSECONDS)
        self._histogram.record_value(min(max(value, _LOWEST), _HIGHEST))

    def add(self, other: "Latencies") -> None:
        """Count all that the other has counted."""
        self._histogram.add(other._histogram)

    @property
    def count(self) -> int:
        """How many durations there are."""
        return int(self._histogram.total_count)

    def percentile(self, percent: float) -> float:
        """Milliseconds within which that share of the durations lies; 0 if there are none."""
        return float(self._histogram.get_value_at_percentile(percent)) / 1000 if self.count else 0.0

    def summary(self) -> dict[str, float]:
        """The percentiles, and the longest, in milliseconds."""
        shares = {f"p{percent:g}": self.percentile(percent) for percent in PERCENTILES}
        return {**shares, "max": self.percentile(100.0)}


@dataclass
class Operation:
    """What came of one kind of request.

    ``errors`` counts what was not answered as it should be, by status or by what was wrong.
    """

    requests: int = 0
    successful: int = 0
    messages: int = 0
    #: Seconds that the successful ones took together.
    seconds: float = 0.0
    latencies: Latencies = field(default_factory=Latencies)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Operation") -> None:
        """Count all that the other has counted."""
        self.requests += other.requests
        self.successful += other.successful
        self.messages += other.messages
        self.seconds += other.seconds
        self.latencies.add(other.latencies)
        self.errors.update(other.errors)


@dataclass
class Tally:
    """What came of all requests of a process, or of a run."""

    operations: dict[str, Operation] = field(default_factory=dict)
    #: For each kind of error (operation, what was wrong), the first of them in words.
    examples: dict[str, str] = field(default_factory=dict)

    def operation(self, name: str) -> Operation:
        """The counts of one operation."""
        if name not in self.operations:
            self.operations[name] = Operation()
        return self.operations[name]

    def succeeded(self, name: str, seconds: float, messages: int) -> None:
        """Count a request that was answered as it should be."""
        counts = self.operation(name)
        counts.requests += 1
        counts.successful += 1
        counts.messages += messages
        counts.seconds += seconds
        counts.latencies.record(seconds)

    def failed(self, name: str, wrong: str, example: str = "") -> None:
        """Count a request that was not."""
        counts = self.operation(name)
        counts.requests += 1
        counts.errors[wrong] += 1
        self.examples.setdefault(f"{name}: {wrong}", example)

    def add(self, other: "Tally") -> None:
        """Count all that the other has counted."""
        for name, operation in other.operations.items():
            self.operation(name).add(operation)
        self.examples = {**other.examples, **self.examples}

    @property
    def requests(self) -> int:
        return sum(operation.requests for operation in self.operations.values())

    @property
    def errors(self) -> Counter[str]:
        """All errors, by operation and what was wrong."""
        return Counter(
            {
                f"{name}: {wrong}": count
                for name, operation in self.operations.items()
                for wrong, count in operation.errors.items()
            }
        )

    def latencies(self, names: Collection[str] | None = None) -> Latencies:
        """Those of the named operations together, or of all."""
        together = Latencies()
        for name, operation in self.operations.items():
            if names is None or name in names:
                together.add(operation.latencies)
        return together


@dataclass
class Window:
    """The time in which requests begin that count. What begins before is warm-up; what has begun is
    waited for and counted, however long it takes, so that no slow answer is left out."""

    begin: float
    end: float
    clock: Callable[[], float] = time.monotonic
    #: When the last request that counts was answered.
    last: float = 0.0

    def is_open(self) -> bool:
        """Whether another request may begin."""
        return self.clock() < self.end

    def counts(self, began: float) -> bool:
        """Whether a request that began then counts; called when it has ended."""
        if began < self.begin:
            return False
        self.last = max(self.last, self.clock())
        return True

    def close(self) -> None:
        """Let no other request begin."""
        self.end = min(self.end, self.clock())

    @property
    def seconds(self) -> float:
        """From the beginning to the end of the last request that counts."""
        return max(self.last - self.begin, 0.0)


@dataclass
class Result:
    """What a run brought, of one process or of several together.

    ``rates`` are by operation: requests and messages a second.
    """

    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    rates: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: Seconds of processor for each second, of the busiest process of the generator.
    cpu: float = 0.0
    notes: list[str] = field(default_factory=list)
    #: More figures that only this kind of work has.
    figures: dict[str, Any] = field(default_factory=dict)

    def add(self, other: "Result") -> None:
        """Count a process that ran at the same time."""
        self.tally.add(other.tally)
        self.seconds = max(self.seconds, other.seconds)
        self.cpu = max(self.cpu, other.cpu)
        self.notes += [note for note in other.notes if note not in self.notes]
        for name, rate in other.rates.items():
            requests, messages = self.rates.get(name, (0.0, 0.0))
            self.rates[name] = requests + rate[0], messages + rate[1]
        for name, figure in other.figures.items():
            self.figures[name] = _together(self.figures.get(name), figure)

    @property
    def requests_per_second(self) -> float:
        return sum(requests for requests, _ in self.rates.values())


def _together(here: Any, there: Any) -> Any:
    if here is None:
        return there
    if isinstance(here, Latencies):
        here.add(there)
        return here
    return here + there


def result_of(tally: Tally, window: Window, cpu_seconds: float) -> Result:
    """What one process brought."""
    seconds = window.seconds
    rates = {
        name: (operation.successful / seconds, operation.messages / seconds)
        for name, operation in tally.operations.items()
        if seconds
    }
    cpu = cpu_seconds / seconds if seconds else 0.0
    return Result(tally, seconds, rates, cpu)
