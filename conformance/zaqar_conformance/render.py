# SPDX-License-Identifier: Apache-2.0
"""Views of a report for people and for CI: the terminal summary and JUnit.

Everything shown is made from the report and the verdicts on it, so a stored report looks the same
as a fresh run. This module prints nothing and decides nothing.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from zaqar_conformance.generate.checks import PREFIX
from zaqar_conformance.known import Known
from zaqar_conformance.report import CaseLine, Report
from zaqar_conformance.specdoc import Requirement
from zaqar_conformance.verdict import Conclusion, Level, Verdict, conclude, judge_all

#: A longer command is no help on a terminal; the report has it in full.
_LONGEST_COMMAND = 1500
#: Of the requests that lead to a mismatch the last ones are shown: the last is the act itself.
_MOST_COMMANDS = 4

_LABELS = {
    Verdict.FAIL: "FAIL",
    Verdict.WARN: "WARN",
    Verdict.NOTED: "NOTE",
    Verdict.SETUP_FAILED: "SETUP",
    Verdict.KIT_ERROR: "KIT",
}
_COLOURS = {
    Verdict.PASS: "32",
    Verdict.FAIL: "31;1",
    Verdict.WARN: "33",
    Verdict.NOTED: "36",
    Verdict.SETUP_FAILED: "35",
    Verdict.KIT_ERROR: "35;1",
}
_INDENT = " " * 7


@dataclass(frozen=True)
class Judgement:
    """A report and what it means."""

    report: Report
    known: Known
    verdicts: dict[str, Verdict]

    @classmethod
    def of(cls, report: Report, known: Known | None = None) -> Judgement:
        """Judge a report, fresh or stored."""
        return cls(report, known or Known(), judge_all([case.fact for case in report.cases]))

    @property
    def conclusion(self) -> Conclusion:
        """What the run says as a whole; known failures do not count."""
        levels = {case.id: case.level for case in self.report.cases}
        return conclude(self.verdicts, levels, self.known.reasons)

    def cases(self, *verdicts: Verdict) -> list[CaseLine]:
        """The cases with one of these verdicts."""
        return [case for case in self.report.cases if self.verdicts[case.id] in verdicts]


@dataclass(frozen=True)
class Style:
    """How the terminal wants it."""

    colour: bool = False
    width: int = 100

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text

    def wrapped(self, text: str, first: str, rest: str) -> list[str]:
        """The text in lines of the terminal's width; its own line breaks are kept."""
        lines: list[str] = []
        for part in text.splitlines() or [""]:
            start = first if not lines else rest
            lines += textwrap.wrap(
                printable(part),
                self.width,
                initial_indent=start,
                subsequent_indent=rest,
                break_on_hyphens=False,
            ) or [start.rstrip()]
        return lines


def printable(text: str) -> str:
    """The text with every character that could confuse a terminal written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def summary(judgement: Judgement, style: Style | None = None) -> str:
    """The summary of a run that a person can read from top to bottom."""
    style = style or Style()
    blocks = [
        _heading(judgement, style),
        *_findings(judgement, style),
        *_groups(judgement, style),
        _table(judgement, style),
        _ending(judgement, style),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _heading(judgement: Judgement, style: Style) -> str:
    header = judgement.report.header
    facts = f"kit {header.kit}, spec {header.spec_version} ({header.spec_digest[:19]})"
    return f"{style.paint(header.target, '1')}\n{facts}, seed {header.seed}"


def _findings(judgement: Judgement, style: Style) -> Iterator[str]:
    for verdict in _LABELS:
        # By profile, and what a person wrote before what was invented.
        for case in sorted(judgement.cases(verdict), key=_place(judgement)):
            yield "\n".join(_finding(judgement, case, style))


def _place(judgement: Judgement) -> Callable[[CaseLine], tuple[bool, int]]:
    places = {name: place for place, name in enumerate(judgement.report.header.profiles)}
    return lambda case: (case.id.startswith(PREFIX), places.get(case.profile, len(places)))


def _finding(judgement: Judgement, case: CaseLine, style: Style) -> Iterator[str]:
    verdict = judgement.verdicts[case.id]
    label = style.paint(f"{_LABELS[verdict]:<6}", _COLOURS[verdict])
    known = "  (known)" if case.id in judgement.known else ""
    yield f"{label} {style.paint(case.id, '1')}{known}"
    yield from style.wrapped(case.sentence, _INDENT, _INDENT)
    rest = _INDENT + " " * 10
    rows = {"Expected": case.expected, "Actual": case.observed, "Because": case.cause}
    for name, text in rows.items():
        if text:
            yield from style.wrapped(text, f"{_INDENT}{name:<10}", rest)
    for number, command in enumerate(_commands(case)):
        yield f"{_INDENT}{'Try' if not number else '':<10}{command}"
    if known:
        reason = judgement.known.reasons[case.id]
        yield from style.wrapped(reason, f"{_INDENT}{'Known':<10}", rest)
    if origin := ", ".join(filter(None, (case.source, case.defect and f"upstream {case.defect}"))):
        yield style.paint(f"{_INDENT}{'Source':<10}{origin}", "2")


def _commands(case: CaseLine) -> list[str]:
    shown = list(case.reproduce[-_MOST_COMMANDS:])
    if hidden := len(case.reproduce) - len(shown):
        shown.insert(0, f"({hidden} earlier requests are in the report)")
    return [
        "\n".join(map(printable, command.split("\n")))
        if len(command) <= _LONGEST_COMMAND
        else f"(a command of {len(command)} characters is in the report)"
        for command in shown
    ]


def _groups(judgement: Judgement, style: Style) -> Iterator[str]:
    """The cases that say nothing about the target, in a few lines."""
    blocked = judgement.cases(Verdict.BLOCKED)
    if blocked:
        lines = [f"{len(blocked)} blocked, because something they build on did not pass:"]
        for cause, ids in _by_cause(judgement, blocked).items():
            lines += style.wrapped(f"{cause}: {', '.join(ids)}", "  ", "    ")
        yield "\n".join(lines)
    skipped = judgement.cases(Verdict.SKIPPED)
    if skipped:
        lines = [f"{len(skipped)} skipped, because the target cannot be asked:"]
        whole = _unasked(judgement)
        for profile, cause in whole.items():
            lines += style.wrapped(f"{cause}: all of {profile}", "  ", "    ")
        rest = [case for case in skipped if case.profile not in whole]
        for cause, ids in _by_cause(judgement, rest).items():
            lines += style.wrapped(f"{cause}: {', '.join(ids)}", "  ", "    ")
        yield "\n".join(lines)


def _unasked(judgement: Judgement) -> dict[str, str]:
    """The profiles of which nothing could be asked, and why: the first reason of them."""
    whole = {}
    for profile in judgement.report.header.profiles:
        cases = [case for case in judgement.report.cases if case.profile == profile]
        verdicts = {judgement.verdicts[case.id] for case in cases}
        if verdicts == {Verdict.SKIPPED}:
            whole[profile] = next((case.cause for case in cases if case.cause), "unknown")
    return whole


def _by_cause(judgement: Judgement, cases: list[CaseLine]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for case in cases:
        met = (None, Verdict.PASS)
        unmet = [need for need in case.needs if judgement.verdicts.get(need) not in met]
        groups.setdefault(case.cause or ", ".join(unmet) or "unknown", []).append(case.id)
    return groups


def _table(judgement: Judgement, style: Style) -> str:
    rows = [("profile", *(level.value for level in Level), "")]
    for profile in judgement.report.header.profiles:
        cases = [case for case in judgement.report.cases if case.profile == profile]
        cells = [_share(judgement, [c for c in cases if c.level is level]) for level in Level]
        rows.append((profile, *cells, _claim(judgement, cases)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([style.paint(lines[0], "2"), *lines[1:]])


def _share(judgement: Judgement, cases: list[CaseLine]) -> str:
    passed = sum(1 for case in cases if judgement.verdicts[case.id] is Verdict.PASS)
    return f"{passed} of {len(cases)}" if cases else "-"


def _claim(judgement: Judgement, cases: list[CaseLine]) -> str:
    musts = [judgement.verdicts[case.id] for case in cases if case.level is Level.MUST]
    if not musts:
        return "nothing ran"
    if all(verdict is Verdict.PASS for verdict in musts):
        return "conforms"
    if set(musts) == {Verdict.PASS, Verdict.SKIPPED}:
        return "conforms as far as it could be asked"
    if set(musts) == {Verdict.SKIPPED}:
        return "could not be asked"
    return "does not conform"


def _ending(judgement: Judgement, style: Style) -> str:
    counts = Counter(judgement.verdicts[case.id] for case in judgement.report.cases)
    parts = [
        style.paint(f"{counts[verdict]} {verdict.value}", _COLOURS.get(verdict, ""))
        for verdict in Verdict
        if counts[verdict]
    ]
    footer = judgement.report.footer
    lines = [f"{sum(counts.values())} cases in {footer.seconds:.0f} s: {', '.join(parts)}"]
    repaired = [case.id for case in judgement.cases(Verdict.PASS) if case.id in judgement.known]
    if repaired:
        told = f"known failures that pass now, to be taken off the list: {', '.join(repaired)}"
        lines += style.wrapped(told, "", "  ")
    return "\n".join(lines)


def description(id: str, requirement: Requirement | None, cases: list[CaseLine]) -> str:
    """All that is known of a requirement and of the cases that prove it."""
    rows: dict[str, str] = {}
    if requirement is not None:
        rows = {
            "Level": f"{requirement.level}, profile {requirement.profile}",
            "Operations": ", ".join(requirement.operations),
            "Source": requirement.source,
            "Defect": requirement.defect and f"upstream Zaqar breaks it: {requirement.defect}",
        }
    sentence = requirement.sentence if requirement else cases[0].sentence
    lines = [id, *textwrap.wrap(sentence, 100)]
    lines += [f"{name:<12}{text}" for name, text in rows.items() if text]
    for number, case in enumerate(cases):
        needs = f", once {' and '.join(case.needs)} passed" if case.needs else ""
        lines.append(f"{'' if number else 'Cases':<12}{case.id}{needs}")
    return "\n".join(lines)


_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(judgement: Judgement) -> str:
    """The same run as JUnit XML: a suite for each profile."""
    root = ElementTree.Element("testsuites", name="zaqar-conformance")
    for profile in judgement.report.header.profiles:
        suite = ElementTree.SubElement(root, "testsuite", name=profile)
        for case in (case for case in judgement.report.cases if case.profile == profile):
            node = ElementTree.SubElement(
                suite, "testcase", classname=profile, name=case.id, time=f"{case.seconds:.3f}"
            )
            _add_result(node, judgement.verdicts[case.id], case)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_result(node: ElementTree.Element, verdict: Verdict, case: CaseLine) -> None:
    if verdict is Verdict.PASS:
        return
    tag = {Verdict.FAIL: "failure", Verdict.KIT_ERROR: "error", Verdict.SETUP_FAILED: "error"}
    told = {"Expected": case.expected, "Actual": case.observed, "Because": case.cause}
    lines = [f"{name}: {text}" for name, text in told.items() if text]
    child = ElementTree.SubElement(node, tag.get(verdict, "skipped"), message=verdict.value)
    text = "\n".join([case.sentence, *lines, *case.reproduce])
    child.text = _NOT_XML.sub("?", text)
