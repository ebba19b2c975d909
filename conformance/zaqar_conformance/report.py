# SPDX-License-Identifier: Apache-2.0
"""The stored form of a run: JSON lines, written as the run goes, read back with named errors.

A report holds a header, one line for each case, and a footer. It holds raw outcomes and what is
needed to judge them, never a verdict, so it can be judged again by `verdict` with no server
present. This module knows the form (`report.schema.json` says it to other programs); it does not
know what an outcome means, nor how it is shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib import resources
from typing import IO, Any, TypeVar

import jsonschema

from zaqar_conformance import errors
from zaqar_conformance.verdict import Fact, Level, Outcome

#: Grows when a reader of older reports would misread a newer one.
FORMAT = 1

_Part = TypeVar("_Part", "Header", "Footer")


@dataclass(frozen=True)
class Header:
    """What was asked of whom, by which kit and which specification."""

    kit: str
    spec_version: str
    spec_digest: str
    target: str
    profiles: Mapping[str, str]
    settings: Mapping[str, Any]
    seed: int
    started: str


@dataclass(frozen=True)
class CaseLine:
    """What happened to one case, and all that is needed to judge it and to show it."""

    id: str
    requirement: str
    level: Level
    profile: str
    sentence: str
    outcome: Outcome
    source: str = ""
    defect: str = ""
    needs: tuple[str, ...] = ()
    expected: str = ""
    observed: str = ""
    #: Why there is no answer: the reason of a failed set-up, of a skip, of a broken kit.
    cause: str = ""
    #: The commands that repeat it, oldest first.
    reproduce: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def fact(self) -> Fact:
        """The part that `verdict` looks at."""
        return Fact(self.id, self.level, self.outcome, self.needs)


@dataclass(frozen=True)
class Footer:
    """Proves that the run came to its end."""

    counts: Mapping[str, int]
    seconds: float
    finished: str


@dataclass(frozen=True)
class Report:
    """A whole report."""

    header: Header
    cases: tuple[CaseLine, ...]
    footer: Footer = field(repr=False)


class Writer:
    """Writes a report line by line, so that a run that dies leaves what it had found."""

    def __init__(self, stream: IO[str], header: Header) -> None:
        self._stream = stream
        self._counts: Counter[str] = Counter()
        self._write("header", {"format": FORMAT, **asdict(header)})

    def case(self, line: CaseLine) -> None:
        """Add what happened to one case."""
        self._counts[line.outcome.value] += 1
        self._write("case", asdict(line))

    def finish(self, seconds: float, finished: str) -> Footer:
        """Write the footer; a report without one is not valid."""
        footer = Footer(dict(sorted(self._counts.items())), seconds, finished)
        self._write("footer", asdict(footer))
        return footer

    def _write(self, kind: str, members: Mapping[str, Any]) -> None:
        # Escaped to ASCII: an observed lone surrogate must not make the report unreadable.
        self._stream.write(json.dumps({"kind": kind, **members}) + "\n")
        self._stream.flush()


def schema() -> Any:
    """The JSON Schema that every line of a report satisfies."""
    text = resources.files("zaqar_conformance").joinpath("report.schema.json").read_text("utf-8")
    return json.loads(text)


def read(lines: Iterable[str]) -> Report:
    """The report in the lines.

    Raises `EmptyReport`, `MalformedLine`, `MissingFooter`, `DuplicateCase` or `CountMismatch`.
    """
    parsed = _parsed(lines)
    first = next(parsed, None)
    if first is None:
        raise errors.EmptyReport("the report is empty", "name a file written by run --report")
    number, header = first
    if header["kind"] != "header":
        raise errors.MalformedLine(f"line {number} of the report is no header")
    cases: dict[str, CaseLine] = {}
    for number, line in parsed:
        if line["kind"] == "footer":
            return _closed(_as(Header, header), cases, _as(Footer, line), parsed)
        if line["kind"] != "case":
            raise errors.MalformedLine(f"line {number} of the report is a second header")
        case = _case(line)
        if case.id in cases:
            raise errors.DuplicateCase(f"line {number} of the report tells {case.id} a second time")
        cases[case.id] = case
    raise errors.MissingFooter(
        "the report has no footer: its run did not come to its end", "run the kit again"
    )


def _closed(
    header: Header,
    cases: Mapping[str, CaseLine],
    footer: Footer,
    rest: Iterator[tuple[int, dict[str, Any]]],
) -> Report:
    if (extra := next(rest, None)) is not None:
        raise errors.MalformedLine(f"line {extra[0]} of the report comes after its footer")
    counted = Counter(case.outcome.value for case in cases.values())
    if counted != Counter(footer.counts):
        raise errors.CountMismatch(
            f"the report holds {dict(counted)}, but its footer counts {dict(footer.counts)}",
            "run the kit again: lines were lost or added",
        )
    return Report(header, tuple(cases.values()), footer)


@cache
def _validators() -> dict[str, jsonschema.Draft202012Validator]:
    shapes = schema()["$defs"]
    return {kind: jsonschema.Draft202012Validator(shape) for kind, shape in shapes.items()}


def _parsed(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            raise errors.MalformedLine(
                f"line {number} of the report is not JSON: {error}"
            ) from error
        kind = line.get("kind") if isinstance(line, dict) else None
        if not isinstance(kind, str) or kind not in _validators():
            raise errors.MalformedLine(f"line {number} of the report has no known kind")
        problem = next(_validators()[kind].iter_errors(line), None)
        if problem is not None:
            where = problem.json_path.removeprefix("$.")
            raise errors.MalformedLine(
                f"line {number} of the report, {where}: {problem.message[:200]}"
            )
        yield number, line


def _case(line: Mapping[str, Any]) -> CaseLine:
    members = {key: value for key, value in line.items() if key in _names(CaseLine)}
    members["level"] = Level(members["level"])
    members["outcome"] = Outcome(members["outcome"])
    members["needs"] = tuple(members["needs"])
    members["reproduce"] = tuple(members["reproduce"])
    return CaseLine(**members)


def _as(kind: type[_Part], line: Mapping[str, Any]) -> _Part:
    return kind(**{key: value for key, value in line.items() if key in _names(kind)})


def _names(kind: type[Header | CaseLine | Footer]) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
