# SPDX-License-Identifier: Apache-2.0
"""The page of upstream's defects is complete, and everything that it names exists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from zaqar_impl.tests.spec.reading import Spec

_PACKAGE = Path(__file__).resolve().parents[2]
_DECISIONS = _PACKAGE.parent / "docs" / "decisions"
_PAGE = (_DECISIONS / "upstream-defects.rst").read_text(encoding="utf-8")

#: Parts of the service that do not exist yet; nothing else may be open.
_TO_COME = ("WebSocket", "notifications", "Keystone")
_STATE = rf"(mended|kept|not here|open: ({'|'.join(_TO_COME)}))(; open: ({'|'.join(_TO_COME)}))*"


@dataclass(frozen=True)
class Row:
    """A row of the page: its first cell, all cells, and what is named as evidence in the last."""

    name: str
    cells: tuple[str, ...]

    @property
    def evidence(self) -> list[str]:
        return re.findall(r"``([^`]+)``", self.cells[-1])


def rows() -> Iterator[Row]:
    """The rows of both tables, without their headings."""
    for text in re.split(r"^   \* - ", _PAGE, flags=re.MULTILINE)[1:]:
        table_row = text.partition("\n\n")[0]
        cells = tuple(" ".join(cell.split()) for cell in re.split(r"\n     -", table_row))
        if cells[-1] != "Shown by":
            yield Row(cells[0], cells)


def defects() -> list[Row]:
    """The rows of numbered defects."""
    return [row for row in rows() if row.name.startswith("D-")]


def numbers() -> list[str]:
    """The numbers that the record has, as the page itself says."""
    (said,) = re.findall(r"^The record has (.*)\.$", _PAGE, flags=re.MULTILINE)
    spans = re.findall(r"D-(\d+)(?: to D-(\d+))?", said)
    return [f"D-{n}" for low, high in spans for n in range(int(low), int(high or low) + 1)]


def missing(evidence: str, requirements: set[str]) -> bool:
    """Whether there is no such requirement, or no such test."""
    file, _, function = evidence.partition("::")
    if not function:
        return evidence not in requirements
    path = _PACKAGE / file
    return not path.is_file() or not re.search(rf"\bdef {function}\(", path.read_text("utf-8"))


@pytest.fixture(scope="module")
def requirements(spec: Spec) -> set[str]:
    """The ids of both registers."""
    return {entry["id"] for entry in spec.requirements()}


def test_every_number_has_its_row() -> None:
    """In order, each once."""
    assert [row.name for row in defects()] == numbers()


def test_tables_have_their_columns() -> None:
    """Five of defects, four of remarks."""
    assert {len(row.cells) for row in defects()} == {5}
    assert {len(row.cells) for row in rows() if row not in defects()} == {4}


def test_everything_named_exists(requirements: set[str]) -> None:
    """Requirements, tests and decision records."""
    named = {(row.name, evidence) for row in rows() for evidence in row.evidence}
    records = {(row.name, n) for row in rows() for n in re.findall(r"\b0\d{3}\b", row.cells[-2])}

    assert {one for one in named if missing(one[1], requirements)} == set()
    assert {one for one in records if not list(_DECISIONS.glob(f"{one[1]}-*.rst"))} == set()


def test_only_what_is_to_come_is_open() -> None:
    """What is mended or kept is shown; nothing of the REST API is left."""
    states = {row.name: row.cells[2] for row in defects()}
    unshown = {row.name for row in defects() if not row.evidence}

    assert {name for name, state in states.items() if not re.fullmatch(_STATE, state)} == set()
    assert {n for n in unshown if states[n].startswith(("mended", "kept"))} == set()


def test_page_and_register_agree(spec: Spec) -> None:
    """A number in a register has a row that says how it is mended, by one of its requirements."""
    by_number: dict[str, set[str]] = {}
    for entry in spec.requirements():
        if "defect" in entry:
            by_number.setdefault(entry["defect"], set()).add(entry["id"])
    shown = {row.name: set(row.evidence) for row in defects() if "mended" in row.cells[2]}

    assert {n for n, ids in by_number.items() if not ids & shown.get(n, set())} == set()


def test_missing_evidence_is_found(requirements: set[str]) -> None:
    """The check itself: a requirement, a file and a function that do not exist."""
    for evidence in ("queue-share.nothing", "tests/spec/test_none.py::a", "tests/__init__.py::a"):
        assert missing(evidence, requirements)
    assert not missing("tests/spec/test_defects.py::test_missing_evidence_is_found", requirements)
