# SPDX-License-Identifier: Apache-2.0
"""The command ``zaqar-bench``: options, runs, report. Only this module prints and exits."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from zaqar_impl.bench import auth, load, preparing, report, roles, selfcheck
from zaqar_impl.bench.client import Target
from zaqar_impl.bench.compare import compared
from zaqar_impl.bench.load import LoadFailed, Progress, Team, Work
from zaqar_impl.bench.measuring import Result
from zaqar_impl.bench.options import ROLE_QUEUES, Options, WrongOptions, parse
from zaqar_impl.bench.preparing import NotPrepared
from zaqar_impl.bench.runs import Run, ScenarioRun, Show, WebSocketRun, run_of

#: Every answer was as it should be.
EXIT_OK = 0
#: Some were not, or the load generator itself failed; the report has them by status.
EXIT_ERRORS = 1
#: An option, the file of messages or the configuration is wrong.
EXIT_USAGE = 2
#: The deployment, its Keystone or the MongoDB of the baseline can't be used.
EXIT_UNUSABLE = 3
#: Ended by Ctrl-C.
EXIT_INTERRUPTED = 130

#: A report for JSON, and whether there were errors.
Report = tuple[dict[str, Any], bool]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    try:
        options = parse(arguments)
        return _report(options, *_measured(options))
    except (WrongOptions, roles.WrongMessages) as error:
        return _fail(EXIT_USAGE, error)
    except (NotPrepared, auth.NoToken) as error:
        return _fail(EXIT_UNUSABLE, error)
    except LoadFailed as error:
        return _fail(EXIT_ERRORS, error)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _measured(options: Options) -> Report:
    if options.self_check:
        return _self_check(options)
    headers = auth.headers(options.auth_strategy)
    target = Target(options.server_url, headers)
    if not options.scenarios:
        return _roles(options, target)
    if options.compare or options.baseline_mongodb:
        return _compare(options, target)
    return _scenarios(options, target)


def _report(options: Options, values: dict[str, Any], errors: bool) -> int:
    values = {**values, "params": report.parameters(options)}
    if not options.debug:
        print(report.one_line(values), flush=True)
    if options.json is not None:
        _write(options.json, values)
    if errors:
        _tell("There were errors: the figures above are not those of a sound run.")
    return EXIT_ERRORS if errors else EXIT_OK


def _write(file: Path, values: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(values, indent=1) + "\n")
    except OSError as error:
        raise WrongOptions(f"json: can't write {file}: {error.strerror}") from error


def _roles(options: Options, target: Target) -> Report:
    """Upstream's own work."""
    queues = [
        f"{options.queue_prefix}-{number}" for number in range(options.num_queues or ROLE_QUEUES)
    ]
    teams = _teams(options, target, queues)
    if not options.skip_queue_reset:
        uvloop.run(preparing.reset(target, queues))
    uvloop.run(preparing.fill(target, queues, 0))
    results = load.run(teams, options.time, 0, _show(options.server_url))
    _end_line()
    reports = {role: roles.report_of(role, result) for role, result in results.items()}
    for role, values in reports.items():
        _say(options, report.role_text(role, values, results[role]))
    return dict(reports), any(result.tally.errors for result in results.values())


def _teams(options: Options, target: Target, queues: Sequence[str]) -> dict[str, Team]:
    file = options.messages_path
    messages = roles.messages_of(file) if file else roles.BUILT_IN_MESSAGES
    works: dict[str, Work] = {
        "producer": roles.Producer(queues, messages),
        "observer": roles.Observer(queues, options.messages_per_list),
        "consumer": roles.Consumer(queues, options.messages_per_claim),
    }
    return {
        role: Team(works[role], target, [size.workers] * size.processes)
        for role, size in options.roles.items()
        if size.workers
    }


def _scenarios(options: Options, target: Target) -> Report:
    found, errors = [], False
    for name in options.scenarios:
        run = run_of(name, target, options)
        for number in range(options.rounds):
            result = _round(run, first=number == 0)
            rate = run.rate(result)
            _say(options, report.scenario_text(name, target.url, rate, result))
            found.append(report.scenario_values(name, target.url, rate, result))
            errors = errors or bool(result.tally.errors)
        run.clear()
    return {"scenarios": found}, errors


def _round(run: ScenarioRun | WebSocketRun, *, first: bool) -> Result:
    run.prepare(first)
    result = run.measure(_show(run.name))
    _end_line()
    return result


def _compare(options: Options, target: Target) -> Report:
    found, errors = [], False
    for name in options.scenarios:
        ours = run_of(name, target, options)
        if options.compare:
            theirs: Run = run_of(name, Target(options.compare, target.headers), options)
        else:
            # pymongo takes as long to import as all the rest, in each process of the generator
            from zaqar_impl.bench.baseline import BaselineRun

            theirs = BaselineRun(options.baseline_mongodb or "", ours.shape)
        comparison = compared(
            ours, theirs, options.rounds, lambda label, number: _show(f"{label} round {number + 1}")
        )
        _end_line()
        _say(options, report.comparison_text(name, comparison))
        found.append(report.comparison_values(name, comparison))
        errors = errors or any(result.tally.errors for result in comparison.results)
    return {"comparisons": found}, errors


def _self_check(options: Options) -> Report:
    """The load generator on a server that answers from memory."""
    found, errors = [], False
    with selfcheck.server() as url:
        target = Target(url, auth.headers("noauth"))
        for name in options.scenarios:
            run = run_of(name, target, options)
            result = _round(run, first=True)
            _say(options, report.self_check_text(name, result))
            found.append(report.scenario_values(name, url, run.rate(result), result))
            errors = errors or bool(result.tally.errors)
    return {"self_check": found}, errors


def _show(label: str) -> Show | None:
    """Shows progress on one line, if people look at it."""
    if not sys.stderr.isatty():
        return None
    return lambda progress: _tell(_line(label, progress), end="")


def _line(label: str, progress: Progress) -> str:
    when = f"{progress.seconds:.0f} s" if progress.seconds >= 0 else "warm-up"
    return f"\r\x1b[K{label}: {when}, {progress.requests} requests, {progress.errors} errors"


def _end_line() -> None:
    if sys.stderr.isatty():
        _tell("\r\x1b[K", end="")


def _say(options: Options, text: str) -> None:
    if options.debug:
        print(text, flush=True)


def _tell(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def _fail(status: int, reason: object) -> int:
    _tell(f"zaqar-bench: {reason}")
    return status
