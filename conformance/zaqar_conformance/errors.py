# SPDX-License-Identifier: Apache-2.0
"""The errors that end a run of the kit, each a line for the user plus what to do about it.

This module knows no HTTP, no file format and no exit code: `cli` gives each class its code.
What a *case* may raise (a mismatch, a failed set-up) is an outcome, not an error, and lives in
`case`.

    ConformanceError
    ├── UsageError           the request makes no sense: options, files, selection
    │   ├── SpecError        spec/ is missing, or cannot be read as a specification
    │   ├── KnownFileError   the file of known failures cannot be read
    │   └── ReportError      a stored report cannot be judged
    │       ├── EmptyReport
    │       ├── MalformedLine
    │       ├── MissingFooter
    │       ├── DuplicateCase
    │       └── CountMismatch
    ├── TargetUnreachable    nothing answers at the URL
    └── KitBroken            the kit itself did not work
"""

from __future__ import annotations


class ConformanceError(Exception):
    """Says in one line what is wrong, and in `advice` what the user can do."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.problem}; {self.advice}" if self.advice else self.problem


class UsageError(ConformanceError):
    """The command line, a file it names, or the selection of cases makes no sense."""


class SpecError(UsageError):
    """The specification is missing, or is not one."""


class KnownFileError(UsageError):
    """The file of known failures cannot be read."""


class ReportError(UsageError):
    """A stored report cannot be judged."""


class EmptyReport(ReportError):
    """The report holds no line at all."""


class MalformedLine(ReportError):
    """A line is not what the report's schema allows at its place."""


class MissingFooter(ReportError):
    """The run that wrote the report did not come to its end, so the report proves nothing."""


class DuplicateCase(ReportError):
    """Two lines tell the outcome of one case."""


class CountMismatch(ReportError):
    """The footer counts other outcomes than the report holds: lines were lost or added."""


class TargetUnreachable(ConformanceError):
    """Nothing answers at the target's URL."""


class KitBroken(ConformanceError):
    """The kit itself did not work; this says nothing about the target."""
