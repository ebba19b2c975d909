# SPDX-License-Identifier: Apache-2.0
"""The judgement, as tables."""

from __future__ import annotations

import pytest

from zaqar_conformance.verdict import (
    Conclusion,
    Fact,
    Level,
    Outcome,
    Verdict,
    conclude,
    judge,
    judge_all,
)


@pytest.mark.parametrize(
    ("outcome", "level", "verdict"),
    [
        (Outcome.OK, Level.MUST, Verdict.PASS),
        (Outcome.OK, Level.SHOULD, Verdict.PASS),
        (Outcome.OK, Level.MAY, Verdict.PASS),
        (Outcome.MISMATCH, Level.MUST, Verdict.FAIL),
        (Outcome.MISMATCH, Level.SHOULD, Verdict.WARN),
        (Outcome.MISMATCH, Level.MAY, Verdict.NOTED),
        (Outcome.SETUP_FAILED, Level.MUST, Verdict.SETUP_FAILED),
        (Outcome.SETUP_FAILED, Level.MAY, Verdict.SETUP_FAILED),
        (Outcome.KIT_ERROR, Level.MUST, Verdict.KIT_ERROR),
        (Outcome.KIT_ERROR, Level.MAY, Verdict.KIT_ERROR),
        (Outcome.UNSUPPORTED, Level.MUST, Verdict.SKIPPED),
        (Outcome.UNSUPPORTED, Level.MAY, Verdict.SKIPPED),
        (Outcome.NOT_RUN, Level.MUST, Verdict.BLOCKED),
        (Outcome.NOT_RUN, Level.MAY, Verdict.BLOCKED),
    ],
)
def test_outcome_and_level_give_the_verdict(
    outcome: Outcome, level: Level, verdict: Verdict
) -> None:
    """A mismatch weighs as much as its level; the other outcomes mean the same at every level."""
    assert verdict == judge(outcome, level)


@pytest.mark.parametrize(
    ("needs", "verdict"),
    [
        ([], Verdict.PASS),
        ([Verdict.PASS, Verdict.PASS], Verdict.PASS),
        ([Verdict.PASS, Verdict.SKIPPED], Verdict.SKIPPED),
        ([Verdict.FAIL], Verdict.BLOCKED),
        ([Verdict.WARN], Verdict.BLOCKED),
        ([Verdict.NOTED], Verdict.BLOCKED),
        ([Verdict.BLOCKED], Verdict.BLOCKED),
        ([Verdict.SETUP_FAILED], Verdict.BLOCKED),
        ([Verdict.KIT_ERROR], Verdict.BLOCKED),
        ([Verdict.SKIPPED, Verdict.FAIL], Verdict.BLOCKED),
    ],
)
def test_needs_decide_before_the_outcome(needs: list[Verdict], verdict: Verdict) -> None:
    """A case means something only if all that it builds on passed."""
    assert verdict == judge(Outcome.OK, Level.MUST, needs)


def test_a_broken_kit_is_never_hidden_behind_a_need() -> None:
    """A kit error stays one although a need failed."""
    assert judge(Outcome.KIT_ERROR, Level.MUST, [Verdict.FAIL]) == Verdict.KIT_ERROR


def test_blocking_goes_through_a_chain_of_needs() -> None:
    """What needs a blocked case is blocked, in whatever order the facts come."""
    facts = [
        Fact("c", Level.MUST, Outcome.OK, ("b",)),
        Fact("b", Level.MUST, Outcome.OK, ("a",)),
        Fact("a", Level.MUST, Outcome.MISMATCH),
    ]

    verdicts = judge_all(facts)

    assert verdicts == {"c": Verdict.BLOCKED, "b": Verdict.BLOCKED, "a": Verdict.FAIL}
    assert list(verdicts) == ["c", "b", "a"]


def test_a_need_outside_the_run_is_taken_as_met() -> None:
    """One case that is selected alone is judged by its own outcome."""
    facts = [Fact("b", Level.MUST, Outcome.OK, ("a",))]

    assert judge_all(facts) == {"b": Verdict.PASS}


def test_cases_that_need_each_other_are_blocked() -> None:
    """A circle of needs cannot be met."""
    facts = [
        Fact("a", Level.MUST, Outcome.OK, ("b",)),
        Fact("b", Level.MUST, Outcome.OK, ("a",)),
    ]

    assert judge_all(facts) == {"a": Verdict.BLOCKED, "b": Verdict.BLOCKED}


@pytest.mark.parametrize(
    ("verdict", "level", "conclusion"),
    [
        (Verdict.PASS, Level.MUST, Conclusion.CONFORMS),
        (Verdict.FAIL, Level.MUST, Conclusion.DOES_NOT_CONFORM),
        (Verdict.BLOCKED, Level.MUST, Conclusion.DOES_NOT_CONFORM),
        (Verdict.SETUP_FAILED, Level.MUST, Conclusion.DOES_NOT_CONFORM),
        (Verdict.BLOCKED, Level.SHOULD, Conclusion.CONFORMS),
        (Verdict.SETUP_FAILED, Level.MAY, Conclusion.CONFORMS),
        (Verdict.WARN, Level.SHOULD, Conclusion.CONFORMS),
        (Verdict.NOTED, Level.MAY, Conclusion.CONFORMS),
        (Verdict.SKIPPED, Level.MUST, Conclusion.CONFORMS),
        (Verdict.KIT_ERROR, Level.MAY, Conclusion.KIT_BROKE),
    ],
)
def test_one_verdict_beside_a_pass_decides_the_conclusion(
    verdict: Verdict, level: Level, conclusion: Conclusion
) -> None:
    """Only MUST cases without proof deny conformance, and a broken kit stands above all."""
    levels = {"good": Level.MUST, "other": level}

    assert conclusion == conclude({"good": Verdict.PASS, "other": verdict}, levels)


@pytest.mark.parametrize("verdicts", [{}, {"a": Verdict.SKIPPED}, {"a": Verdict.WARN}])
def test_a_run_in_which_nothing_passed_never_conforms(verdicts: dict[str, Verdict]) -> None:
    """Nothing ran, or nothing that ran proved anything."""
    levels = dict.fromkeys(verdicts, Level.SHOULD)

    assert conclude(verdicts, levels) == Conclusion.NOTHING_RAN


def test_known_failures_are_left_aside() -> None:
    """A failure on the target owner's list does not change the conclusion."""
    verdicts = {"good": Verdict.PASS, "bad": Verdict.FAIL}
    levels = dict.fromkeys(verdicts, Level.MUST)

    assert conclude(verdicts, levels, known=["bad"]) == Conclusion.CONFORMS


def test_a_broken_kit_cannot_be_a_known_failure() -> None:
    """The list of known failures covers the target, not the kit."""
    verdicts = {"good": Verdict.PASS, "bad": Verdict.KIT_ERROR}
    levels = dict.fromkeys(verdicts, Level.MUST)

    assert conclude(verdicts, levels, known=["bad"]) == Conclusion.KIT_BROKE
