# SPDX-License-Identifier: Apache-2.0
"""Sums up a run of generated requests: what was sent, what was wrong, what could not be tried.

It turns the sums into one line of the report for each planned case. It knows neither the engine nor
the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from zaqar_conformance.generate import checks
from zaqar_conformance.generate.checks import Planned
from zaqar_conformance.generate.finding import Finding, Sight
from zaqar_conformance.report import CaseLine
from zaqar_conformance.verdict import Outcome


class Tally:
    """The sums of one run."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding] = {}
        self._cases: dict[str, Planned] = {}
        self._sent: Counter[str] = Counter()
        self._walked: Counter[str] = Counter()
        self._broken: dict[str, str] = {}
        self._lost = ""

    def sent(self, operation: str, on_a_walk: bool) -> int:
        """Count a request that was answered; how many there were in all."""
        self._sent[operation] += 1
        self._walked[operation] += on_a_walk
        return self._sent.total()

    def found(self, case: Planned, sight: Sight) -> None:
        """Count a failure."""
        self._cases[case.id] = case
        self._findings.setdefault(case.id, Finding()).add(sight)

    def broke(self, operation: str, cause: str) -> None:
        """The kit could not try this operation to the end."""
        self._broken[operation] = cause

    def lost(self, cause: str) -> None:
        """The target does not answer any more."""
        self._lost = cause

    def mend(self, change: Callable[[Planned, Sight], Sight]) -> None:
        """Replace what the findings show, such as by shorter requests."""
        for id, finding in self._findings.items():
            finding.mend(partial(change, self._cases[id]))

    def line(self, case: Planned) -> CaseLine:
        """What the whole run says about one id."""
        operation = case.operation.id
        number = self._sent[operation]
        if (finding := self._findings.get(case.id)) is not None:
            return case.line(
                Outcome.MISMATCH,
                expected=finding.expected(),
                observed=finding.observed(number),
                reproduce=finding.reproduce(),
            )
        if operation in self._broken:
            return case.line(Outcome.KIT_ERROR, cause=self._broken[operation])
        if self._lost:
            return case.line(Outcome.NOT_RUN, cause=f"not tried to the end: {self._lost}")
        if case.check is checks.LOST_RESOURCE and not self._walked[operation]:
            return case.line(Outcome.UNSUPPORTED, cause="no walk along the links came here")
        if not number:
            return case.line(Outcome.NOT_RUN, cause="no request was generated")
        return case.line(Outcome.OK, observed=f"{number} requests")
