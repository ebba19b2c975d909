# SPDX-License-Identifier: Apache-2.0
"""The target owner's file of known failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaqar_conformance import known
from zaqar_conformance.errors import KnownFileError


def test_each_line_is_an_id_and_a_reason(tmp_path: Path) -> None:
    """Blank lines and comments are passed over; the reason is the rest of the line."""
    file = tmp_path / "known.txt"
    file.write_text("# ours\n\nqueue-list.order  sorted by age, see bug 7\na.b c\n")

    failures = known.read(file)

    assert failures.reasons == {"queue-list.order": "sorted by age, see bug 7", "a.b": "c"}
    assert "a.b" in failures
    assert "a.c" not in failures


def test_an_id_that_names_no_case_is_told(tmp_path: Path) -> None:
    """A misspelt id hides nothing, so its owner has to hear of it."""
    file = tmp_path / "known.txt"
    file.write_text("a.b reason\na.x reason\n")

    assert known.read(file).unknown_ids({"a.b", "a.c"}) == ["a.x"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a.b\n", "line 1: a.b has no reason"),
        (b"# x\na.b one\na.b two\n", "line 3: a.b is listed twice"),
        (b"\xff\xfe", "cannot read the known failures"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """The error names the line at fault."""
    file = tmp_path / "known.txt"
    file.write_bytes(content)

    with pytest.raises(KnownFileError, match=told):
        known.read(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is not an empty list."""
    with pytest.raises(KnownFileError, match="cannot read"):
        known.read(tmp_path / "none.txt")
