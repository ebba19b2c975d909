# SPDX-License-Identifier: Apache-2.0
"""Runs written cases against a target and tells what happened to each.

Cases run in the order of their needs. Those that wait for something to expire run in threads of
their own and are started as early as their needs allow, so a full run takes little more than the
longest wait; the rest run one after another meanwhile. This module knows cases and outcomes; it
knows no level's weight, no report and no terminal.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from zaqar_conformance.case import Case, Mismatch, SetupFailed, Unsupported
from zaqar_conformance.client import Api
from zaqar_conformance.errors import KitBroken, SpecError
from zaqar_conformance.report import CaseLine
from zaqar_conformance.specdoc import Requirement
from zaqar_conformance.target import Limits, Target
from zaqar_conformance.verdict import Outcome
from zaqar_conformance.websocket.actions import Actions

#: A case that sent more than this says so; the report keeps the last ones.
_MOST_REQUESTS_KEPT = 12


@dataclass(frozen=True)
class Attempt:
    """What happened when one case ran."""

    outcome: Outcome
    expected: str = ""
    observed: str = ""
    cause: str = ""
    reproduce: tuple[str, ...] = ()
    seconds: float = 0.0


class _Stopped(Exception):
    """The run ends before a wait is over."""


class Runner:
    """Runs cases against one target."""

    def __init__(
        self,
        target: Target,
        limits: Limits,
        requirements: Mapping[str, Requirement],
        tell: Callable[[str], None] = lambda text: None,
        actions: Actions | None = None,
    ) -> None:
        self._target = target
        self._actions = actions
        self._limits = limits
        self._requirements = requirements
        self._tell = tell
        self._stop = threading.Event()

    def run(
        self,
        cases: Iterable[Case],
        meanwhile: Callable[[], Iterator[CaseLine]] = lambda: iter(()),
    ) -> Generator[CaseLine]:
        """What happened to each case, as it becomes known.

        `meanwhile` makes the lines of other work. It goes on, line by line, while no case is ready.
        """
        todo = _early_waits_first(in_order_of_needs(cases))
        selected = {case.id for case in todo}
        outcomes: dict[str, Outcome] = {}
        running: dict[Future[Attempt], Case] = {}
        other_work = meanwhile()
        with self._threads(todo) as threads:
            while todo or running:
                yield from self._collect(running, outcomes)
                case = next((c for c in todo if _is_ready(c, selected, outcomes)), None)
                if case is not None:
                    todo.remove(case)
                    if not _needs_met(case, outcomes):
                        outcomes[case.id] = Outcome.NOT_RUN
                        yield self.line(case, Attempt(Outcome.NOT_RUN))
                    elif case.wait:
                        running[threads.submit(self.attempt, case)] = case
                    else:
                        attempt = self.attempt(case)
                        outcomes[case.id] = attempt.outcome
                        yield self.line(case, attempt)
                elif line := next(other_work, None):
                    yield line
                else:
                    self._tell(f"waiting for {', '.join(case.id for case in running.values())}")
                    wait(running, return_when=FIRST_COMPLETED)
        yield from other_work

    def attempt(self, case: Case) -> Attempt:
        """Run one case now, and clean up after it."""
        api = Api(self._target, self._limits, wait=self._wait, actions=self._actions)
        started = time.monotonic()
        try:
            outcome, expected, observed, cause = _outcome_of(case, api)
            reproduce = tuple(exchange.curl() for exchange in api.exchanges)
        finally:
            # Nothing depends on cleaning: whatever goes wrong with it is no finding.
            with contextlib.suppress(Exception):
                api.cleanup()
        seconds = round(time.monotonic() - started, 3)
        kept = () if outcome is Outcome.OK else reproduce[-_MOST_REQUESTS_KEPT:]
        return Attempt(outcome, expected, observed, cause, kept, seconds)

    def line(self, case: Case, attempt: Attempt) -> CaseLine:
        """The line of the report about one case."""
        return replace(blank_line(case, self._requirements), **vars(attempt))

    @contextlib.contextmanager
    def _threads(self, cases: list[Case]) -> Iterator[ThreadPoolExecutor]:
        waiting = sum(1 for case in cases if case.wait)
        pool = ThreadPoolExecutor(max(1, waiting), thread_name_prefix="case")
        try:
            yield pool
        finally:
            # After an interruption no thread may hold the process back by sleeping on.
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped

    def _collect(
        self, running: dict[Future[Attempt], Case], outcomes: dict[str, Outcome]
    ) -> Iterator[CaseLine]:
        """The lines of those that have waited long enough; what needs them may begin."""
        for future in [future for future in running if future.done()]:
            case = running.pop(future)
            outcomes[case.id] = future.result().outcome
            yield self.line(case, future.result())


def requirement_of(case: Case, requirements: Mapping[str, Requirement]) -> Requirement:
    """The rule that the case proves."""
    if case.requirement not in requirements:
        raise SpecError(
            f"the specification has no requirement {case.requirement}, which {case.id} proves",
            "use the specification this kit was made for",
        )
    return requirements[case.requirement]


def blank_line(case: Case, requirements: Mapping[str, Requirement]) -> CaseLine:
    """What is known of a case before it runs."""
    requirement = requirement_of(case, requirements)
    return CaseLine(
        id=case.id,
        requirement=requirement.id,
        level=requirement.level,
        profile=requirement.profile,
        sentence=requirement.sentence,
        source=requirement.source,
        defect=requirement.defect,
        needs=case.needs,
        outcome=Outcome.NOT_RUN,
    )


def in_order_of_needs(cases: Iterable[Case]) -> list[Case]:
    """The cases, each after those it needs; needs that are not among them are left aside."""
    by_id = {case.id: case for case in cases}
    needs = {case.id: [n for n in case.needs if n in by_id] for case in by_id.values()}
    try:
        return [by_id[id] for id in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        raise KitBroken(
            f"cases need each other in a circle: {' -> '.join(error.args[1])}"
        ) from error


def _early_waits_first(cases: list[Case]) -> list[Case]:
    """The cases that wait, and all they build on, before the others; the longest wait first."""
    by_id = {case.id: case for case in cases}
    early: set[str] = set()

    def mark(id: str) -> None:
        if id in by_id and id not in early:
            early.add(id)
            for need in by_id[id].needs:
                mark(need)

    for case in cases:
        if case.wait:
            mark(case.id)
    return sorted(cases, key=lambda case: (case.id not in early, -case.wait))


def _is_ready(case: Case, selected: set[str], outcomes: Mapping[str, Outcome]) -> bool:
    return all(need in outcomes for need in case.needs if need in selected)


def _needs_met(case: Case, outcomes: Mapping[str, Outcome]) -> bool:
    return all(outcomes.get(need, Outcome.OK) is Outcome.OK for need in case.needs)


def _outcome_of(case: Case, api: Api) -> tuple[Outcome, str, str, str]:
    try:
        case.check(api)
    except Mismatch as error:
        return Outcome.MISMATCH, error.expected, error.observed, ""
    except SetupFailed as error:
        return Outcome.SETUP_FAILED, "", "", str(error.cause)
    except Unsupported as error:
        return Outcome.UNSUPPORTED, "", "", error.reason
    except Exception as error:
        # Anything else is a fault of the case or of the kit: it must never look like a finding.
        return Outcome.KIT_ERROR, "", "", _described(error)
    return Outcome.OK, "", "", ""


def _described(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"
