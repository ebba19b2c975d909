# SPDX-License-Identifier: Apache-2.0
"""Turns what happened into what it means: outcome + level + needs -> verdict.

This module is pure. It knows no case, no HTTP and no report; a stored outcome can be judged again
years later with no server present. The whole judgement is the two tables and the four functions
below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How binding a requirement is, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(StrEnum):
    """What happened when a case ran. Facts only: no level and no other case is looked at."""

    OK = "ok"
    MISMATCH = "mismatch"
    SETUP_FAILED = "set-up-failed"
    KIT_ERROR = "kit-error"
    UNSUPPORTED = "unsupported"
    #: The case did not run, because something it needs was not ok.
    NOT_RUN = "not-run"


class Verdict(StrEnum):
    """What an outcome means for conformance. Only `FAIL` says that the target is wrong."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    NOTED = "noted"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    SETUP_FAILED = "set-up-failed"
    KIT_ERROR = "kit-error"


#: A mismatch weighs as much as the requirement it breaks.
_OF_MISMATCH = {
    Level.MUST: Verdict.FAIL,
    Level.SHOULD: Verdict.WARN,
    Level.MAY: Verdict.NOTED,
}

#: The other outcomes mean the same at every level. A case that did not run is blocked.
_OF_OUTCOME = {
    Outcome.OK: Verdict.PASS,
    Outcome.SETUP_FAILED: Verdict.SETUP_FAILED,
    Outcome.KIT_ERROR: Verdict.KIT_ERROR,
    Outcome.UNSUPPORTED: Verdict.SKIPPED,
    Outcome.NOT_RUN: Verdict.BLOCKED,
}


@dataclass(frozen=True)
class Fact:
    """What must be known of a case to judge it."""

    id: str
    level: Level
    outcome: Outcome
    needs: tuple[str, ...] = ()


def judge(outcome: Outcome, level: Level, needs: Iterable[Verdict] = ()) -> Verdict:
    """The verdict on one case, given the verdicts on the cases it needs.

    A broken kit is never hidden behind a need. A case that builds on something the target does not
    offer is skipped with it; one that builds on anything else that did not pass is blocked.
    """
    if outcome is Outcome.KIT_ERROR:
        return Verdict.KIT_ERROR
    unmet = {need for need in needs if need is not Verdict.PASS}
    if unmet == {Verdict.SKIPPED}:
        return Verdict.SKIPPED
    if unmet:
        return Verdict.BLOCKED
    if outcome is Outcome.MISMATCH:
        return _OF_MISMATCH[level]
    return _OF_OUTCOME[outcome]


def judge_all(facts: Sequence[Fact]) -> dict[str, Verdict]:
    """The verdict on every case of a run, by id, in the order of `facts`.

    A need that was not part of the run is taken as met: whoever selects one case wants to see that
    case. A cycle of needs cannot be met, so its cases are blocked.
    """
    known = {fact.id: fact for fact in facts}
    verdicts: dict[str, Verdict] = {}

    def settle(fact: Fact, above: frozenset[str]) -> Verdict:
        if fact.id in above:
            return Verdict.BLOCKED
        if fact.id not in verdicts:
            needs = [settle(known[need], above | {fact.id}) for need in fact.needs if need in known]
            verdicts[fact.id] = judge(fact.outcome, fact.level, needs)
        return verdicts[fact.id]

    return {fact.id: settle(fact, frozenset()) for fact in facts}


class Conclusion(StrEnum):
    """What a run says as a whole; `cli` gives each its exit code."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does not conform"
    NOTHING_RAN = "nothing ran"
    KIT_BROKE = "the kit broke"


def conclude(
    verdicts: Mapping[str, Verdict], levels: Mapping[str, Level], known: Iterable[str] = ()
) -> Conclusion:
    """What the verdicts say together, known failures left aside.

    A blocked or a failed set-up of a MUST case leaves that rule unproved, so it counts against
    conformance as a failure does. Never `CONFORMS` when nothing passed.
    """
    if Verdict.KIT_ERROR in verdicts.values():
        return Conclusion.KIT_BROKE
    counted = {id: verdict for id, verdict in verdicts.items() if id not in set(known)}
    unproved = (Verdict.FAIL, Verdict.BLOCKED, Verdict.SETUP_FAILED)
    if any(v in unproved and levels[id] is Level.MUST for id, v in counted.items()):
        return Conclusion.DOES_NOT_CONFORM
    if Verdict.PASS not in verdicts.values():
        return Conclusion.NOTHING_RAN
    return Conclusion.CONFORMS
