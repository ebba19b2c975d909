# SPDX-License-Identifier: Apache-2.0
"""The views of a report."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from zaqar_conformance.known import Known
from zaqar_conformance.render import Judgement, Style, description, junit, summary
from zaqar_conformance.report import CaseLine, Footer, Header, Report
from zaqar_conformance.specdoc import Requirement
from zaqar_conformance.verdict import Conclusion, Level, Outcome

HEADER = Header(
    kit="0.1.0",
    spec_version="2.0.0",
    spec_digest="sha256:0123456789abcdef",
    target="http://127.0.0.1:8888",
    profiles={"core": "Queues.", "claims": "Claims."},
    settings={},
    seed=7,
    started="2026-03-01T10:20:30+00:00",
)
GOOD = CaseLine("a.good", "a.good", Level.MUST, "core", "It works.", Outcome.OK)
BAD = CaseLine(
    "a.bad",
    "a.bad",
    Level.MUST,
    "core",
    "A list has its links.",
    Outcome.MISMATCH,
    source="contract 3.2",
    defect="D-47",
    expected="a member links",
    observed="none",
    reproduce=("curl -X PUT http://127.0.0.1:8888/v2/queues/a", "curl http://127.0.0.1:8888"),
)
CLAIM = replace(GOOD, id="c.good", requirement="c.good", profile="claims")


def judged(*cases: CaseLine, known: Known | None = None) -> Judgement:
    """A report on these cases, judged."""
    report = Report(HEADER, cases, Footer({}, 63.4, "2026-03-01T10:21:33+00:00"))
    return Judgement.of(report, known)


def test_a_failure_is_told_so_that_it_can_be_mended() -> None:
    """Requirement, expected, actual, the commands that show it, where the rule comes from."""
    text = summary(judged(GOOD, BAD))

    assert (
        "FAIL   a.bad\n"
        "       A list has its links.\n"
        "       Expected  a member links\n"
        "       Actual    none\n"
        "       Try       curl -X PUT http://127.0.0.1:8888/v2/queues/a\n"
        "                 curl http://127.0.0.1:8888\n"
        "       Source    contract 3.2, upstream D-47\n"
    ) in text


def test_the_summary_begins_with_what_was_judged_and_ends_with_the_count() -> None:
    """Target, kit, specification and seed; then cases, seconds and verdicts."""
    lines = summary(judged(GOOD, BAD, CLAIM)).splitlines()

    assert lines[0] == "http://127.0.0.1:8888"
    assert lines[1] == "kit 0.1.0, spec 2.0.0 (sha256:0123456789ab), seed 7"
    assert lines[-1] == "3 cases in 63 s: 2 pass, 1 fail"


def test_the_table_has_a_claim_for_each_profile() -> None:
    """A profile conforms as a whole or not at all."""
    text = summary(judged(GOOD, BAD, CLAIM))

    assert "core     1 of 2  -       -    does not conform\n" in text
    assert "claims   1 of 1  -       -    conforms\n" in text


@pytest.mark.parametrize(
    ("outcome", "claim"),
    [
        (Outcome.UNSUPPORTED, "conforms as far as it could be asked"),
        (Outcome.NOT_RUN, "does not conform"),
        (Outcome.SETUP_FAILED, "does not conform"),
    ],
)
def test_a_must_case_without_an_answer_weakens_the_claim(outcome: Outcome, claim: str) -> None:
    """Only what was asked can be claimed."""
    text = summary(judged(GOOD, replace(BAD, outcome=outcome)))

    assert claim in text


def test_a_profile_without_cases_claims_nothing() -> None:
    """Nothing ran is not a pass."""
    assert "claims   -       -       -    nothing ran\n" in summary(judged(GOOD))


def test_levels_have_labels_of_their_own() -> None:
    """A broken SHOULD is a warning, a broken MAY a note, and neither denies conformance."""
    should = replace(BAD, id="a.should", level=Level.SHOULD)
    may = replace(BAD, id="a.may", level=Level.MAY)

    judgement = judged(GOOD, should, may)

    assert "WARN   a.should\n" in summary(judgement)
    assert "NOTE   a.may\n" in summary(judgement)
    assert judgement.conclusion is Conclusion.CONFORMS


@pytest.mark.parametrize(
    ("outcome", "label"), [(Outcome.SETUP_FAILED, "SETUP"), (Outcome.KIT_ERROR, "KIT  ")]
)
def test_what_is_no_finding_says_why(outcome: Outcome, label: str) -> None:
    """A failed set-up and a broken kit give their cause."""
    line = replace(BAD, outcome=outcome, expected="", observed="", cause="no queue")

    text = summary(judged(line))

    assert f"{label}  a.bad\n" in text
    assert "       Because   no queue\n" in text


def test_blocked_cases_are_grouped_by_what_blocked_them() -> None:
    """One broken basis is one line, however much stands on it."""
    blocked = [
        replace(GOOD, id=f"b.{word}", outcome=Outcome.NOT_RUN, needs=("a.bad",))
        for word in ("one", "two")
    ]

    text = summary(judged(BAD, *blocked))

    assert "2 blocked, because something they build on did not pass:" in text
    assert "  a.bad: b.one, b.two\n" in text


def test_skipped_cases_are_grouped_by_their_reason() -> None:
    """What the target does not offer is told once."""
    skipped = replace(GOOD, id="b.one", outcome=Outcome.UNSUPPORTED, cause="no token")

    assert "  no token: b.one\n" in summary(judged(GOOD, skipped))


def test_profile_that_can_not_be_asked_takes_one_line() -> None:
    """It neither conforms nor fails to."""
    skipped = replace(GOOD, id="b.one", outcome=Outcome.UNSUPPORTED, cause="switched off")
    needing = replace(skipped, id="b.two", cause="", needs=("b.one",))

    text = summary(judged(skipped, needing))

    assert f"  switched off: all of {GOOD.profile}\n" in text
    assert "could not be asked\n" in text
    assert "does not conform" not in text
    assert "b.two" not in text


def test_a_known_failure_is_marked_with_its_reason() -> None:
    """It stays a failure of the profile, and leaves the conclusion alone."""
    judgement = judged(GOOD, BAD, known=Known({"a.bad": "bug 7"}))

    text = summary(judgement)

    assert "FAIL   a.bad  (known)\n" in text
    assert "       Known     bug 7\n" in text
    assert "does not conform" in text
    assert judgement.conclusion is Conclusion.CONFORMS


def test_a_known_failure_that_passes_is_reported() -> None:
    """The list has to shrink when the target gets better."""
    text = summary(judged(GOOD, known=Known({"a.good": "bug 7"})))

    assert "known failures that pass now, to be taken off the list: a.good" in text


def test_written_cases_come_before_generated_ones_and_core_before_claims() -> None:
    """A person's rule tells more than an invented request."""
    generated = replace(BAD, id="generated.server-error/queue_list")
    claim = replace(BAD, id="c.bad", profile="claims")

    text = summary(judged(generated, claim, BAD))

    places = [text.index(f"FAIL   {id}") for id in ("a.bad", "c.bad", "generated.")]
    assert places == sorted(places)


def test_long_stories_are_cut_at_their_beginning() -> None:
    """Of many requests the last are shown: the last is the act itself."""
    story = tuple(f"curl {number}" for number in range(6))

    text = summary(judged(replace(BAD, reproduce=(*story, "curl " + "x" * 2000))))

    assert "Try       (3 earlier requests are in the report)\n" in text
    assert "curl 5\n" in text
    assert "(a command of 2005 characters is in the report)\n" in text


def test_what_a_target_answers_cannot_play_with_the_terminal() -> None:
    """Control characters are shown, not sent."""
    text = summary(judged(replace(BAD, observed="\x1b[2J\x07\ud800 and\nmore")))

    assert "Actual    \\x1b[2J\\x07\\ud800 and\n                 more\n" in text
    assert "\x1b" not in text


def test_colours_are_used_only_where_they_are_wanted() -> None:
    """Style decides; the words are the same."""
    judgement = judged(GOOD, BAD)

    coloured = summary(judgement, Style(colour=True))

    assert "\x1b[31;1mFAIL  \x1b[0m" in coloured
    assert "\x1b" not in summary(judgement)


def test_prose_keeps_to_the_width() -> None:
    """Commands do not: they have to be copied."""
    line = replace(BAD, observed="word " * 100, reproduce=("curl " + "y" * 200,))

    lines = summary(judged(line), Style(width=60)).splitlines()

    assert all(len(text) <= 60 for text in lines if "yyy" not in text)
    assert any(text.endswith("y" * 200) for text in lines)


def test_description_tells_requirement_and_cases() -> None:
    """Everything there is to know about one id."""
    rule = Requirement(
        "a.bad", Level.MUST, "core", ("queue_list",), "A list has links.", "contract 3.2", "D-47"
    )

    text = description("a.bad", rule, [replace(BAD, needs=("a.good",))])

    assert text.splitlines() == [
        "a.bad",
        "A list has links.",
        "Level       MUST, profile core",
        "Operations  queue_list",
        "Source      contract 3.2",
        "Defect      upstream Zaqar breaks it: D-47",
        "Cases       a.bad, once a.good passed",
    ]


def test_junit_has_a_suite_for_each_profile_and_a_tag_for_each_verdict() -> None:
    """Failures fail, kit errors and failed set-ups err, everything else is skipped."""
    cases = {
        "failure": BAD,
        "error": replace(BAD, id="a.kit", outcome=Outcome.KIT_ERROR, cause="\x00 bad"),
        "skipped": replace(BAD, id="a.warn", level=Level.SHOULD),
    }

    root = ElementTree.fromstring(junit(judged(GOOD, CLAIM, *cases.values())))

    assert [suite.get("name") for suite in root] == ["core", "claims"]
    tags = {node.get("name"): [child.tag for child in node] for node in root[0]}
    assert tags == {"a.good": [], "a.bad": ["failure"], "a.kit": ["error"], "a.warn": ["skipped"]}
    assert "Actual: none" in (root[0][1][0].text or "")
