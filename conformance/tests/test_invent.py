# SPDX-License-Identifier: Apache-2.0
"""Generated cases of the WebSocket: what is made, what is found, and under which ids."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest

from zaqar_conformance import invent
from zaqar_conformance.generate import Settings
from zaqar_conformance.invent import mutate
from zaqar_conformance.invent.values import Maker
from zaqar_conformance.report import CaseLine
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Outcome
from zaqar_conformance.websocket.actions import usual

from .miniature import Miniature
from .trying import deployed

_PATIENCE: Final = 2.0


class Hasty(Miniature):
    """Hangs up on what it can't read."""

    def replied(self, line: Any, kind: str, request: Any, reply: dict[str, Any]) -> None:
        """Says nothing to nonsense, and leaves."""
        if request is None:
            line.drop()
        else:
            super().replied(line, kind, request, reply)


class Broken(Miniature):
    """Takes its own refusals for failures."""

    def refusal_of(self, refusal: Any) -> tuple[int, Any]:
        """A server error."""
        return 500, {"error": "It broke."}


class Forgetful(Miniature):
    """Does not know what it was asked."""

    def repeated(self, request: Any) -> dict[str, Any]:
        """Always the same."""
        return {**super().repeated(request), "body": {"queue_name": "another"}}


class Talkative(Miniature):
    """Says more than is declared."""

    def told(self, *arguments: Any) -> tuple[int, Any]:
        """With a member that nobody knows."""
        status, content = super().told(*arguments)
        return status, {**content, "colour": "red"} if isinstance(content, dict) else content


class Lenient(Miniature):
    """Takes any name."""

    def check_names_of(self, body: dict[str, Any]) -> None:
        """Without a look."""


def found(server: Miniature, examples: int, *actions: str) -> dict[str, CaseLine]:
    """The lines of generated cases that found something."""
    planned = [one for one in invent.plan(usual()) if not actions or one.action.name in actions]
    with deployed(server) as target:
        hurried = replace(target, timeout=_PATIENCE, silence=0.05)
        lines = list(invent.lines(planned, usual(), hurried, Settings(examples, seed=7)))
    assert [line.id for line in lines] == [one.id for one in planned]
    return {line.id: line for line in lines if line.outcome is not Outcome.OK}


def test_nothing_is_found_on_a_right_server() -> None:
    """Whatever is invented, for whatever action."""
    assert found(Miniature(), 12) == {}


@pytest.mark.parametrize(
    ("server", "check"),
    [
        (Hasty, "connection"),
        (Broken, "server-error"),
        (Forgetful, "one-reply"),
        (Talkative, "reply-schema"),
        (Lenient, "bad-data-accepted"),
    ],
)
def test_each_check_catches_a_liar(server: type[Miniature], check: str) -> None:
    """A wrong server is found under the fixed id, with the frames that show it."""
    lines = found(server(), 120, "queue_list" if check == "reply-schema" else "queue_get")

    [name] = [id for id in lines if id.startswith(f"generated.websocket-{check}/")]
    assert lines[name].outcome is Outcome.MISMATCH
    assert lines[name].expected
    assert "of 120 requests" in lines[name].observed
    assert any(" > " in one for one in lines[name].reproduce)


def test_without_a_websocket_nothing_is_invented() -> None:
    """The cases are not supported, which is no failure."""
    planned = invent.plan(usual())[:3]

    lines = list(invent.lines(planned, usual(), Target("http://kit.invalid"), Settings(9, seed=1)))

    assert {line.outcome for line in lines} == {Outcome.UNSUPPORTED}
    assert {"--websocket-url" in line.cause for line in lines} == {True}


def test_a_seed_makes_the_same_requests() -> None:
    """And another seed makes others."""
    request = {"action": "queue_list", "headers": {}, "body": {"limit": 7, "marker": "a"}}

    def made(seed: int) -> list[bytes]:
        chance = Random(seed)
        return [mutate.invented(request, chance).data for _ in range(50)]

    assert made(1) == made(1)
    assert made(1) != made(2)


@pytest.mark.parametrize("action", list(usual()), ids=lambda action: action.name)
def test_most_of_what_is_made_fits_its_shape(action: Any) -> None:
    """Values are made as the document allows them, so refusals are about the breaks."""
    maker = Maker(action.components, Random(3))

    made = [maker.value(action.payload) for _ in range(40)]

    assert sum(action.fits(one) for one in made) > 20


def test_every_action_has_every_check() -> None:
    """The ids are fixed: an action and a check each."""
    ids = {one.id for one in invent.plan(usual())}

    assert len(ids) == 5 * len(list(usual()))
    assert "generated.websocket-one-reply/claim_create" in ids
