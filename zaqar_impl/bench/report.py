# SPDX-License-Identifier: Apache-2.0
"""Reports: for people, and as values for JSON. Pure: it is given what came out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from zaqar_impl.bench.compare import Comparison, Figures, Spread
from zaqar_impl.bench.measuring import PERCENTILES, Result
from zaqar_impl.bench.options import END_TO_END, Options
from zaqar_impl.bench.scenarios import SCENARIOS
from zaqar_impl.bench.websocket import WEBSOCKET_SCENARIOS

#: From what share of a core on a process of the generator may hold up what it measures.
BUSY = 0.7

_COMPARED: Sequence[tuple[str, Callable[[Figures], float]]] = [
    ("rate", lambda figures: figures.rate),
    ("p50_ms", lambda figures: figures.p50),
    ("p99_ms", lambda figures: figures.p99),
]


def summary(name: str) -> str:
    """What a scenario does."""
    if name in WEBSOCKET_SCENARIOS:
        return WEBSOCKET_SCENARIOS[name].summary
    return "post and claim at a given rate" if name == END_TO_END else SCENARIOS[name].summary


def unit(name: str) -> str:
    """What a scenario is measured by."""
    counted = name not in SCENARIOS or SCENARIOS[name].counted
    return "messages/s" if counted else "requests/s"


def scenario_values(name: str, url: str, rate: float, result: Result) -> dict[str, Any]:
    """One run of a scenario, for JSON."""
    operations = {
        operation: {
            "requests": counts.requests,
            "successful": counts.successful,
            "messages": counts.messages,
            "requests_per_sec": result.rates.get(operation, (0.0, 0.0))[0],
            "messages_per_sec": result.rates.get(operation, (0.0, 0.0))[1],
            "latency_ms": counts.latencies.summary(),
        }
        for operation, counts in sorted(result.tally.operations.items())
    }
    return {
        "scenario": name,
        "server_url": url,
        "unit": unit(name),
        "rate": rate,
        "duration_sec": result.seconds,
        "operations": operations,
        **_trouble(result),
    }


def comparison_values(name: str, comparison: Comparison) -> dict[str, Any]:
    """A comparison, for JSON: both sides and the ratios, each as median, least and most."""
    sides = [
        {
            "of": comparison.labels[side],
            **{key: asdict(comparison.spread(side, figure)) for key, figure in _COMPARED},
            **_trouble(comparison.results[side]),
        }
        for side in (0, 1)
    ]
    ratios = {key: comparison.ratio(figure) for key, figure in _COMPARED}
    return {
        "scenario": name,
        "unit": unit(name),
        "rounds": [[asdict(first), asdict(second)] for first, second in comparison.rounds],
        "sides": sides,
        "ratios": {key: asdict(found) if found else None for key, found in ratios.items()},
    }


def _trouble(result: Result) -> dict[str, Any]:
    return {
        "errors": dict(result.tally.errors),
        "generator_cpu": result.cpu,
        "notes": list(result.notes),
    }


def parameters(options: Options) -> dict[str, Any]:
    """The ``params`` of a report: upstream's are the roles'."""
    if not options.scenarios:
        return {role: asdict(size) for role, size in options.roles.items() if size.workers}
    return {
        "connections": options.connections,
        "processes": options.processes,
        "time": options.time,
        "warm_up": options.warm_up,
        "rounds": options.rounds,
        "rate": options.rate,
        "num_queues": options.num_queues,
        "preloaded": options.preloaded,
    }


def role_text(role: str, report: Mapping[str, Any], result: Result) -> str:
    """The report of a role for people, as upstream lays it out."""
    lines = [role.capitalize(), "=" * len(role)]
    for name, value in sorted(report.items()):
        if isinstance(value, float | int):
            lines.append(f"{name}: {value:.1f}")
        elif value:
            lines.append(
                f"{name}: " + ", ".join(f"{key} {_short(of)}" for key, of in value.items())
            )
    return "\n".join([*lines, *_warnings(result), ""])


def scenario_text(name: str, url: str, rate: float, result: Result) -> str:
    """One run of a scenario for people."""
    head = ["request", "answered", "a second", "messages/s"]
    rows = [[*head, *(f"p{percent:g}" for percent in PERCENTILES), "max ms", "errors"]]
    for operation, counts in sorted(result.tally.operations.items()):
        requests, messages = result.rates.get(operation, (0.0, 0.0))
        rows.append(
            [
                operation,
                str(counts.successful),
                f"{requests:.1f}",
                f"{messages:.1f}",
                *(f"{value:.1f}" for value in counts.latencies.summary().values()),
                str(sum(counts.errors.values())),
            ]
        )
    lines = [
        f"{name}: {summary(name)}",
        f"  {url}: {rate:.1f} {unit(name)} over {result.seconds:.1f} s",
        *table(rows),
        *_warnings(result),
    ]
    return "\n".join([*lines, ""])


def comparison_text(name: str, comparison: Comparison) -> str:
    """A comparison for people."""
    first, second = comparison.labels
    rows = [[f"{len(comparison.rounds)} rounds", "first", "second", "ratio", "spread"]]
    for (_, figure), title in zip(_COMPARED, (unit(name), "p50 ms", "p99 ms"), strict=True):
        ratio = comparison.ratio(figure)
        rows.append(
            [
                title,
                f"{comparison.spread(0, figure).median:.1f}",
                f"{comparison.spread(1, figure).median:.1f}",
                f"{ratio.median:.2f}" if ratio else "-",
                range_of(ratio),
            ]
        )
    warnings = [line for result in comparison.results for line in _warnings(result)]
    return "\n".join(
        [
            f"{name}: {summary(name)}",
            f"  first {first}, second {second}",
            *table(rows),
            *warnings,
            "",
        ]
    )


def range_of(found: Spread | None) -> str:
    """From the smallest to the largest."""
    return f"{found.least:.2f} - {found.most:.2f}" if found else "-"


def self_check_text(name: str, result: Result) -> str:
    """What the load generator itself can do, for people."""
    rate = result.requests_per_second
    most = rate / result.cpu if result.cpu else 0.0
    return (
        f"{name:<14} {rate:9.0f} requests/s, {100 * result.cpu:3.0f} % of a core in the busiest "
        f"process: {most:.0f} requests a second of processor"
    )


def _warnings(result: Result) -> list[str]:
    lines = [f"  generator: {100 * result.cpu:.0f} % of a core in its busiest process"]
    if result.cpu > BUSY:
        lines[0] += "; it may hold up what it measures, take more --processes"
    lines += [f"  {note}" for note in result.notes]
    for wrong, count in result.tally.errors.most_common():
        example = result.tally.examples.get(wrong)
        lines.append(f"  ERROR {wrong}: {count}" + (f", first: {example}" if example else ""))
    return lines


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]  # fmt: skip


def one_line(values: Mapping[str, Any]) -> str:
    """JSON on one line."""
    return json.dumps(values)


def _short(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
