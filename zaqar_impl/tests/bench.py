# SPDX-License-Identifier: Apache-2.0
"""Measures this server against upstream Zaqar on one mongod, and against itself with more in it;
writes the tables into the page of the docs, between its markers.

Upstream is started as its users would, this server with as many workers; both stay up, and only one
of them has work at any time. The load generator is ``zaqar-bench``'s own.
"""

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from pymongo import MongoClient

from zaqar_impl.bench import auth
from zaqar_impl.bench.baseline import BaselineRun
from zaqar_impl.bench.client import Target
from zaqar_impl.bench.compare import Comparison, Figures, compared
from zaqar_impl.bench.load import LoadFailed
from zaqar_impl.bench.options import BASELINES, Options, parse
from zaqar_impl.bench.preparing import NotPrepared
from zaqar_impl.bench.report import range_of, summary, unit
from zaqar_impl.bench.runs import Run, ScenarioRun, scenario_run
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.peer import VERSION, upstream

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operate" / "performance.rst"
BEGIN, END = ".. begin of what tox -e bench writes", ".. end of what tox -e bench writes"

#: What is compared with upstream.
AGAINST_UPSTREAM = (
    "post-1", "post-1-to-64", "post-20", "list-10", "claim-10", "show-queue", "mixed",
)  # fmt: skip

#: What is compared between a short queue and a long one, and between few queues and many.
WITH_LONG_QUEUES = ("list-10", "cycle-10", "post-1")
WITH_MANY_QUEUES = ("post-1", "list-10", "show-queue")

SHORT, FEW = 1_000, 10

#: Messages in each of many queues: what matters is that there are queues.
_IN_EACH_OF_MANY = {"list-10": 10}

WORKERS = 2

#: The tables, in the order of the page.
TABLES = ("upstream", "inserts", "long", "many", "memory")

#: How often memory is looked at.
PARTS = 10


@dataclass(frozen=True)
class Lines:
    """One table of the page."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def versus(title: str, first: str, second: str, rows: Sequence[Sequence[str]]) -> Lines:
    """A table of comparisons."""
    head = ["work", first, second, "ratio", "spread", "p99 ms of both", "ratio"]
    return Lines(title, head, rows)


def rate(figures: Figures) -> float:
    return figures.rate


def p50(figures: Figures) -> float:
    return figures.p50


def p99(figures: Figures) -> float:
    return figures.p99


@contextmanager
def deployments(directory: Path) -> Iterator[tuple[str, RunningServer, str]]:
    """Both servers on one mongod: its URI, ours, upstream's URL."""
    with EmbeddedMongod(directory / "db") as mongod:
        ours = RunningServer(
            directory / "unused", "--workers", str(WORKERS), "--mongodb-uri", mongod.uri
        )
        try:
            ours.wait_ready()
            with upstream(directory, mongod.uri) as theirs:
                yield mongod.uri, ours, theirs
        finally:
            ours.stop()


class Measuring:
    """Comparisons, and what went wrong in them."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.errors: list[str] = []

    def run(
        self,
        name: str,
        target: Target,
        num_queues: int | None = None,
        preloaded: int | None = None,
    ) -> ScenarioRun:
        """A scenario as it is, or with numbers of one's own."""
        options = replace(self.options, num_queues=num_queues, preloaded=preloaded)
        return scenario_run(name, target, options)

    def compare(self, name: str, first: Run, second: Run) -> Comparison:
        comparison = compared(first, second, self.options.rounds, lambda label, number: None)
        for label, result in zip(comparison.labels, comparison.results, strict=True):
            self.errors += [
                f"{name}, {label}: {wrong}: {count} {result.tally.examples.get(wrong, '')}"
                for wrong, count in result.tally.errors.items()
            ]
        busiest = max(result.cpu for result in comparison.results)
        print(
            " | ".join([*_row(name, comparison, rate), f"generator {busiest:.0%} of a core"]),
            flush=True,
        )
        return comparison


def against_upstream(measuring: Measuring, ours: Target, theirs: Target) -> Lines:
    """The same work on both."""
    rows = [
        _row(
            f"{summary(name)} ({unit(name)})",
            measuring.compare(name, measuring.run(name, ours), measuring.run(name, theirs)),
            rate,
        )
        for name in AGAINST_UPSTREAM
    ]
    return versus(f"Against upstream {VERSION}", "ours", "upstream", rows)


def against_inserts(measuring: Measuring, ours: Target, uri: str) -> Lines:
    """Posts and bare inserts."""
    rows = []
    for name in BASELINES:
        run = measuring.run(name, ours)
        comparison = measuring.compare(name, run, BaselineRun(uri, run.shape))
        rows.append(_row(f"{summary(name)} ({unit(name)})", comparison, rate))
    return versus("Against a bare loop of single inserts with pymongo", "ours", "inserts", rows)


def with_long_queues(measuring: Measuring, ours: Target, long: int) -> Lines:
    """The same work on a long queue and on a short one: median latencies."""
    rows = []
    for name in WITH_LONG_QUEUES:
        # The queues are filled once; posts come last, for they make the short one longer.
        first, second = (
            replace(measuring.run(name, ours, preloaded=count), queues=[f"long-{count}"], keep=True)
            for count in (long, SHORT)
        )
        rows.append(_row(f"{summary(name)} (p50 ms)", measuring.compare(name, first, second), p50))
    return versus(
        "Long queues: latency", f"{long:,} messages in the queue", f"{SHORT:,} messages", rows
    )


def with_many_queues(measuring: Measuring, ours: Target, many: int) -> Lines:
    """The same work on many queues and on few: median latencies."""
    rows = []
    for name in WITH_MANY_QUEUES:
        holds = _IN_EACH_OF_MANY.get(name, 0)
        first, second = (
            replace(
                measuring.run(name, ours, num_queues=count, preloaded=holds),
                queues=[f"{count}-{name}-{number}" for number in range(count)],
            )
            for count in (many, FEW)
        )
        rows.append(_row(f"{summary(name)} (p50 ms)", measuring.compare(name, first, second), p50))
    return versus("Many queues: latency", f"{many:,} queues", f"{FEW:,} queues", rows)


def over_time(measuring: Measuring, ours: RunningServer, target: Target, seconds: float) -> Lines:
    """Mixed load, and what memory the workers have in the end, at every tenth of the time."""
    rows = []
    options = replace(measuring.options, time=seconds / PARTS)
    run = replace(scenario_run("mixed", target, options), keep=True)
    for part in range(1, PARTS + 1):
        run.prepare(part == 1)
        result = run.measure()
        measuring.errors += [f"mixed: {wrong}" for wrong in result.tally.errors]
        sizes = sorted(worker.memory_info().rss / 2**20 for worker in ours.workers())
        rows.append(
            [
                f"{seconds * part / PARTS / 60:.0f}",
                f"{run.rate(result):,.0f}",
                ", ".join(f"{size:.0f}" for size in sizes),
            ]
        )
        print(" | ".join(["memory", *rows[-1]]), flush=True)
    return Lines("Mixed load over time", ["minutes", "requests/s", "MiB of each worker"], rows)


def _row(work: str, comparison: Comparison, figure: Callable[[Figures], float]) -> list[str]:
    """Work, both figures, ratio, spread; p99 of both, ratio."""
    ratio, tails = comparison.ratio(figure), comparison.ratio(p99)
    first, second = (comparison.spread(side, p99).median for side in (0, 1))
    return [
        work,
        f"{comparison.spread(0, figure).median:,.1f}",
        f"{comparison.spread(1, figure).median:,.1f}",
        f"{ratio.median:.2f}" if ratio else "-",
        range_of(ratio),
        f"{first:.1f} / {second:.1f}",
        f"{tails.median:.2f}" if tails else "-",
    ]


def page(text: str, written: str) -> str:
    """The page with what stands between its markers replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} has lost its markers")
    return f"{before}{BEGIN}\n\n{written}\n{END}{after}"


def tables(all_lines: Sequence[Lines]) -> str:
    """The tables as reStructuredText."""
    text = []
    for lines in all_lines:
        text += [f".. list-table:: {lines.title}", "   :header-rows: 1", ""]
        for row in [lines.head, *lines.rows]:
            text += [
                f"   {'* -' if not number else '  -'} {cell}" for number, cell in enumerate(row)
            ]
        text.append("")
    return "\n".join(text)


def circumstances(uri: str, asked: Sequence[str], options: Options) -> str:
    """The machine, the versions and the command."""
    with MongoClient[dict[str, object]](uri) as client:
        mongod = client.server_info()["version"]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("connexion", "pymongo", "uvicorn", "uvloop")
    )
    memory = psutil.virtual_memory().total / 2**30
    command = " ".join(["tox -e bench", *(["--", *asked] if asked else [])])
    return "\n".join(
        [
            f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} with ``{command}``:",
            f"{options.rounds} rounds of {options.time:g} seconds each after {options.warm_up:g} "
            f"of warm-up, {options.connections} connections, {WORKERS} workers each.",
            f"The machine: {platform.system()}, {_processor()}, {os.cpu_count()} cores, "
            f"{memory:.0f} GiB, everything on it.",
            f"The versions: Python {platform.python_version()}, MongoDB {mongod}, {versions}; "
            f"upstream {VERSION} under gunicorn {importlib.metadata.version('gunicorn')} "
            "with 8 threads a worker.",
            "",
        ]
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e bench --", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each round")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=1_000_000, help="messages in a long queue")
    parser.add_argument("--many", type=int, default=10_000, help="how many queues many are")
    parser.add_argument("--soak", type=float, default=600, help="seconds of mixed load")
    parser.add_argument(
        "--only", nargs="*", choices=TABLES, help="these tables; the page is left alone"
    )
    parser.add_argument("--dry", action="store_true", help="print the tables, leave the page")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the page; 1 if there were errors, and then the page stays as it is."""
    asked = _parser().parse_args(arguments)
    options = parse(
        [f"--time={asked.seconds}", f"--warm-up={asked.warm_up}", f"--rounds={asked.rounds}",
         "--compare=http://unused"]
    )  # fmt: skip
    measuring = Measuring(options)
    headers = auth.headers("noauth")
    with (
        tempfile.TemporaryDirectory() as scratch,
        deployments(Path(scratch)) as (uri, our_server, their_url),
    ):
        ours, theirs = Target(our_server.url, headers), Target(their_url, headers)
        measures: dict[str, Callable[[], Lines]] = {
            "upstream": lambda: against_upstream(measuring, ours, theirs),
            "inserts": lambda: against_inserts(measuring, ours, uri),
            "long": lambda: with_long_queues(measuring, ours, asked.long),
            "many": lambda: with_many_queues(measuring, ours, asked.many),
            "memory": lambda: over_time(measuring, our_server, ours, asked.soak),
        }
        try:
            written = tables([measures[name]() for name in asked.only or TABLES])
        except (NotPrepared, LoadFailed) as error:
            raise SystemExit(str(error)) from error
        written = f"{circumstances(uri, arguments, options)}\n{written}"
    print(written)
    for wrong in measuring.errors:
        print(f"ERROR {wrong}", file=sys.stderr)
    if not measuring.errors and not asked.dry and not asked.only:
        PAGE.write_text(page(PAGE.read_text(), written))
    return 1 if measuring.errors else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
