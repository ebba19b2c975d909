# SPDX-License-Identifier: Apache-2.0
"""Chooses what runs: by profile, and by ids or the beginnings of ids.

This module knows ids and profiles. It runs nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zaqar_conformance import invent
from zaqar_conformance.case import Case
from zaqar_conformance.errors import UsageError
from zaqar_conformance.generate import Planned
from zaqar_conformance.report import CaseLine
from zaqar_conformance.run.written import blank_line, requirement_of
from zaqar_conformance.specdoc import Requirement, SpecDoc
from zaqar_conformance.verdict import Outcome

#: What may follow the words that an id begins with. An underscore is inside of a word.
_ENDS = ".-/"


@dataclass(frozen=True)
class Selection:
    """The cases of a run."""

    written: tuple[Case, ...]
    generated: tuple[Planned, ...]
    invented: tuple[invent.Planned, ...] = ()

    def __len__(self) -> int:
        return len(self.written) + len(self.generated) + len(self.invented)

    @property
    def longest_wait(self) -> float:
        """The seconds that the run takes at the least."""
        return max((case.wait for case in self.written), default=0.0)

    def lines(self, requirements: Mapping[str, Requirement]) -> list[CaseLine]:
        """The cases as they would stand in a report, before anything ran."""
        written = [blank_line(case, requirements) for case in self.written]
        generated = [case.line(Outcome.NOT_RUN) for case in self.generated]
        return written + generated + [case.line(Outcome.NOT_RUN) for case in self.invented]


def select(
    spec: SpecDoc,
    written: Iterable[Case],
    generated: Iterable[Planned],
    profiles: Sequence[str] = (),
    ids: Sequence[str] = (),
    invented: Iterable[invent.Planned] = (),
) -> Selection:
    """The cases of these profiles (none: all) whose id begins with one of `ids` (none: all)."""
    for profile in profiles:
        if profile not in spec.profiles:
            known = ", ".join(spec.profiles)
            raise UsageError(f"there is no profile {profile}", f"choose from {known}")
    chosen = set(profiles or spec.profiles)
    all_written = [(case, requirement_of(case, spec.requirements).profile) for case in written]
    all_generated = [(case, case.profile) for case in generated]
    all_invented = list(invented)
    every_id = [case.id for case, _ in all_written] + [case.id for case, _ in all_generated]
    every_id += [case.id for case in all_invented]
    _refuse_unmatched(ids, every_id)
    selection = Selection(
        tuple(c for c, profile in all_written if profile in chosen and _is_asked(c.id, ids)),
        tuple(c for c, profile in all_generated if profile in chosen and _is_asked(c.id, ids)),
        tuple(c for c in all_invented if c.profile in chosen and _is_asked(c.id, ids)),
    )
    if not len(selection):
        raise UsageError("the chosen profiles have none of these cases", "try the command list")
    return selection


def unknown_id(text: str, ids: Iterable[str]) -> UsageError:
    """The error for a name that names nothing, with the names that come near it."""
    near = difflib.get_close_matches(text, ids, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else "try the command list"
    return UsageError(f"nothing is called {text}", advice)


def _refuse_unmatched(asked: Sequence[str], ids: list[str]) -> None:
    for text in asked:
        if not any(_is_asked(id, [text]) for id in ids):
            raise unknown_id(text, ids)


def _is_asked(id: str, asked: Sequence[str]) -> bool:
    """Whether the id is one of these, or begins with the words of one."""
    return not asked or any(
        id == text or id.startswith(tuple(text.rstrip(_ENDS) + end for end in _ENDS))
        for text in asked
    )
