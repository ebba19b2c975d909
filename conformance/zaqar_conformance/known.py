# SPDX-License-Identifier: Apache-2.0
"""Reads a target owner's file of known failures: an id and a reason on each line.

The file belongs to whoever runs the target, lives in their repository, and changes no verdict: a
known failure stays a failure in the report, but does not change the exit code. This module knows
the file's form only; what a known failure that passes means is said by `render`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zaqar_conformance.errors import KnownFileError


@dataclass(frozen=True)
class Known:
    """The reasons of the known failures by case id."""

    reasons: dict[str, str] = field(default_factory=dict)

    def __contains__(self, id: object) -> bool:
        return id in self.reasons

    def unknown_ids(self, ids: set[str]) -> list[str]:
        """The ids in the file that name no case: a misspelling hides nothing, so it is told."""
        return sorted(set(self.reasons) - ids)


def read(path: Path) -> Known:
    """The known failures in the file, or `KnownFileError` naming the line at fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnownFileError(
            f"cannot read the known failures: {error}",
            "give --known a file of ids and reasons",
        ) from error
    reasons: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        id, _, reason = line.strip().partition(" ")
        _refuse_bad(path, number, id, reason, reasons)
        reasons[id] = reason.strip()
    return Known(reasons)


def _refuse_bad(path: Path, number: int, id: str, reason: str, seen: dict[str, str]) -> None:
    where = f"{path}, line {number}"
    if not reason.strip():
        raise KnownFileError(f"{where}: {id} has no reason", "write it after the id: ID REASON")
    if id in seen:
        raise KnownFileError(f"{where}: {id} is listed twice", "keep one line for each id")
