# SPDX-License-Identifier: Apache-2.0
"""Findings of generated cases: what was expected, what came, and the shortest way to see it again.

Thousands of requests may fail for one reason. A finding keeps a count for each kind of failure and
the shortest requests that show it, so its size does not grow with the run. This module knows no
schema and no engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zaqar_conformance.generate.reading import Request

#: More kinds under one id are counted, not shown: the first ones have to be mended anyway.
_MOST_KINDS_SHOWN = 4
_WIDTH = 200


@dataclass(frozen=True)
class Sight:
    """One failure as it was seen."""

    #: What tells this failure from others under the same id, such as the status.
    kind: str
    expected: str
    observed: str
    #: The commands that show it again, oldest first.
    reproduce: tuple[str, ...]
    status: int = 0
    #: The request itself, if it shows the failure without any other before it.
    request: Request | None = None

    @property
    def length(self) -> tuple[int, int]:
        """Fewer commands are shorter; of as many commands, fewer characters."""
        return len(self.reproduce), sum(map(len, self.reproduce))


@dataclass
class Finding:
    """Everything that was seen under one id."""

    seen: dict[str, int] = field(default_factory=dict)
    shortest: dict[str, Sight] = field(default_factory=dict)

    def add(self, sight: Sight) -> None:
        """Count a failure, and keep it if it is the shortest of its kind so far."""
        self.seen[sight.kind] = self.seen.get(sight.kind, 0) + 1
        known = self.shortest.get(sight.kind)
        if known is None or sight.length < known.length:
            self.shortest[sight.kind] = sight

    def mend(self, change: Callable[[Sight], Sight]) -> None:
        """Replace what is shown, such as by a shorter request for the same failure."""
        for sight in self._shown():
            self.shortest[sight.kind] = change(sight)

    def expected(self) -> str:
        """What the specification asks for, a line for each kind."""
        lines = [sight.expected for sight in self._shown()]
        return lines[0] if len(set(lines)) == 1 else _numbered(lines)

    def observed(self, requests: int) -> str:
        """What came instead, a line for each kind."""
        lines = [
            f"{sight.observed} (in {self.seen[sight.kind]} of {requests} requests)"
            for sight in self._shown()
        ]
        hidden = len(self.seen) - len(lines)
        return _numbered(lines) + (f"\nand {hidden} other kinds" if hidden else "")

    def reproduce(self) -> tuple[str, ...]:
        """The commands that show each kind again."""
        return tuple(command for sight in self._shown() for command in sight.reproduce)

    def _shown(self) -> list[Sight]:
        # The most frequent first: that is what a mend should start with.
        kinds = sorted(self.seen, key=lambda kind: (-self.seen[kind], kind))
        return [self.shortest[kind] for kind in kinds[:_MOST_KINDS_SHOWN]]


def one_line(text: str, width: int = _WIDTH) -> str:
    """The text without line breaks, its middle left out if it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else f"{flat[: width // 2]} ... {flat[-width // 2 :]}"


def _numbered(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
