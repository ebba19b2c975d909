# SPDX-License-Identifier: Apache-2.0
"""The stored form of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar_conformance import errors, report
from zaqar_conformance.report import CaseLine, Header, Report, Writer
from zaqar_conformance.verdict import Level, Outcome

HEADER = Header(
    kit="0.1.0",
    spec_version="2.0.0",
    spec_digest="sha256:0",
    target="http://127.0.0.1:1",
    profiles={"core": "Queues."},
    settings={"timeout": 10.0},
    seed=7,
    started="2026-03-01T10:20:30+00:00",
)
GOOD = CaseLine("a.good", "a.good", Level.MUST, "core", "It works.", Outcome.OK)
BAD = CaseLine(
    "a.bad",
    "a.bad",
    Level.SHOULD,
    "core",
    "It works well.",
    Outcome.MISMATCH,
    needs=("a.good",),
    expected="1",
    observed="2",
    reproduce=("curl http://127.0.0.1:1",),
    seconds=0.5,
)


def written(*cases: CaseLine, header: Header = HEADER) -> list[str]:
    """The lines of a report on these cases."""
    stream = StringIO()
    writer = Writer(stream, header)
    for case in cases:
        writer.case(case)
    writer.finish(1.5, "2026-03-01T10:20:32+00:00")
    return stream.getvalue().splitlines(keepends=True)


def test_a_report_is_read_back_as_it_was_written() -> None:
    """Header and cases come back equal, and the footer counts the outcomes."""
    stored = report.read(written(GOOD, BAD))

    assert (stored.header, stored.cases) == (HEADER, (GOOD, BAD))
    assert stored.footer.counts == {"ok": 1, "mismatch": 1}


def test_every_line_satisfies_the_published_schema() -> None:
    """Other programs may rely on report.schema.json."""
    shape = jsonschema.Draft202012Validator(report.schema())

    for line in written(GOOD, BAD):
        shape.validate(json.loads(line))


def test_lines_are_written_as_they_are_known() -> None:
    """A run that dies leaves what it had found."""
    stream = StringIO()
    writer = Writer(stream, HEADER)

    writer.case(GOOD)

    kinds = [json.loads(line)["kind"] for line in stream.getvalue().splitlines()]
    assert kinds == ["header", "case"]


def without(part: str) -> Callable[[list[str]], list[str]]:
    """Takes the lines of a kind out of a report."""
    return lambda lines: [line for line in lines if f'"kind": "{part}"' not in line]


@pytest.mark.parametrize(
    ("damage", "error", "told"),
    [
        (lambda lines: [], errors.EmptyReport, "empty"),
        (lambda lines: ["\n", " \n"], errors.EmptyReport, "empty"),
        (without("footer"), errors.MissingFooter, "did not come to its end"),
        (without("header"), errors.MalformedLine, "line 1 of the report is no header"),
        (without("case"), errors.CountMismatch, "counts"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], errors.DuplicateCase, "a.good a second"),
        (lambda lines: [lines[0], *lines], errors.MalformedLine, "second header"),
        (lambda lines: [*lines, lines[1]], errors.MalformedLine, "after its footer"),
        (lambda lines: [lines[0], "{"], errors.MalformedLine, "line 2"),
        (lambda lines: [lines[0], "[]"], errors.MalformedLine, "no known kind"),
        (lambda lines: [lines[0], '{"kind": []}'], errors.MalformedLine, "no known kind"),
        (
            lambda lines: [lines[0], lines[1].replace('"MUST"', '"OUGHT"')],
            errors.MalformedLine,
            "line 2 of the report, level",
        ),
        (
            lambda lines: [lines[0].replace('"format": 1', '"format": 2')],
            errors.MalformedLine,
            "line 1 of the report, format",
        ),
    ],
)
def test_damage_has_an_error_of_its_own(
    damage: Callable[[list[str]], list[str]], error: type[errors.ReportError], told: str
) -> None:
    """Each way to damage a report is told apart, and tells the line."""
    with pytest.raises(error, match=told) as caught:
        report.read(damage(written(GOOD, BAD)))

    assert type(caught.value) is error


text = st.text(alphabet=st.characters(), max_size=20)
case_lines = st.builds(
    CaseLine,
    id=st.text(min_size=1, max_size=20),
    requirement=text,
    level=st.sampled_from(Level),
    profile=text,
    sentence=text,
    outcome=st.sampled_from(Outcome),
    source=text,
    defect=text,
    needs=st.lists(text, max_size=3).map(tuple),
    expected=text,
    observed=text,
    cause=text,
    reproduce=st.lists(text, max_size=3).map(tuple),
    seconds=st.floats(0, 1e6),
)
headers = st.builds(
    Header,
    kit=text,
    spec_version=text,
    spec_digest=text,
    target=text,
    profiles=st.dictionaries(text, text, max_size=3),
    settings=st.dictionaries(text, st.one_of(text, st.integers(), st.none()), max_size=3),
    seed=st.integers(),
    started=text,
)


@given(header=headers, cases=st.lists(case_lines, max_size=5, unique_by=lambda case: case.id))
def test_any_report_survives_the_round_trip(header: Header, cases: list[CaseLine]) -> None:
    """Whatever a target answers, surrogates and line breaks included, is read back unchanged."""
    lines = written(*cases, header=header)

    stored = report.read(lines)

    assert (header, tuple(cases)) == (stored.header, stored.cases)
    assert Report(header, tuple(cases), stored.footer) == stored
    assert len(lines) == len(cases) + 2
