# SPDX-License-Identifier: Apache-2.0
"""Whatever a server answers, a case has an outcome: the kit itself never breaks on an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from zaqar_conformance.case import Case, Mismatch, SetupFailed, registry
from zaqar_conformance.target import Target

from .miniature import Answer, Miniature, Request
from .miniature.lines import Line
from .miniature.wire import NOTHING
from .trying import deployed, patience, tried

CASES = registry()

#: Every case is tried on a server that spoils so many of its answers, at another place each time.
_PLACES: Final = 4


def _spoilt(value: Any, depth: int = 0) -> Any:
    """The value with each member of another type than it is."""
    if isinstance(value, dict) and depth < 3:
        return {key: _spoilt(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list) and value and depth < 3:
        return [_spoilt(one, depth + 1) for one in value]
    return {str: 7, int: "seven", float: [], bool: None, list: {}, dict: [1]}.get(type(value), "x")


def _emptied(value: Any) -> Any:
    return {key: [] for key in value} if isinstance(value, dict) else []


class Nonsense(Miniature):
    """Answers well, but for some of the answers of 200 and 201, which it spoils."""

    change: Callable[[Any], Any]
    place = 0
    answered = 0

    def finished(self, request: Request | None, answer: Answer) -> Answer:
        """The answer, spoilt if its turn has come."""
        answer = super().finished(request, answer)
        if answer.content in (NOTHING, b"") or answer.status not in (200, 201, 300):
            return answer
        self.answered += 1
        if (self.answered - self.place) % _PLACES:
            return answer
        return replace(answer, content=self.change(json.loads(answer.body())))

    def replied(self, line: Line, kind: str, request: Any, reply: dict[str, Any]) -> None:
        """The reply, spoilt if its turn has come."""
        self.answered += 1
        if (self.answered - self.place) % _PLACES == 0:
            reply = self.change(reply)
        super().replied(line, kind, request, reply)

    def notify(self, line: Line, notice: dict[str, Any]) -> None:
        """The notification, spoilt likewise."""
        self.answered += 1
        spoils = (self.answered - self.place) % _PLACES == 0
        super().notify(line, self.change(notice) if spoils else notice)


@pytest.fixture(
    params=enumerate([_spoilt, _emptied, _spoilt, _emptied]),
    ids=["spoilt from the first", "emptied from the second", "spoilt later", "emptied later"],
)
def nonsense(request: pytest.FixtureRequest) -> Iterator[tuple[Nonsense, Target]]:
    """A server that spoils every fourth of its answers, and where it answers."""
    server = Nonsense()
    server.place, server.change = request.param
    with deployed(server) as target:
        yield server, target


def test_no_case_breaks(nonsense: tuple[Nonsense, Target]) -> None:
    """On spoilt answers a case finds a mismatch, fails in its set-up, or passes; nothing else.

    Each case is tried on one of the servers.
    """
    server, _ = nonsense

    assert _broken(nonsense, list(CASES.values())[server.place :: _PLACES]) == {}


@pytest.mark.long
def test_no_case_breaks_anywhere(nonsense: tuple[Nonsense, Target]) -> None:
    """Nor on the other servers."""
    assert _broken(nonsense, CASES.values()) == {}


def _broken(nonsense: tuple[Nonsense, Target], cases: Iterable[Case]) -> dict[str, Exception]:
    return {
        case.id: outcome for case in cases if (outcome := _outcome(case, *nonsense)) is not None
    }


def _outcome(case: Case, server: Nonsense, target: Target) -> Exception | None:
    """What the case raised that no case may raise."""
    server.answered = 0
    raised = tried(case, target, server.advance, timeout=patience(case.id))
    return None if isinstance(raised, Mismatch | SetupFailed | None) else raised
