# SPDX-License-Identifier: Apache-2.0
"""Every case is shown to find something: on each liar the cases it names find a mismatch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zaqar_conformance.case import Mismatch, registry
from zaqar_conformance.target import Target

from .liars import Liar, liars
from .miniature import Miniature
from .trying import deployed, patience, tried

LIARS = {liar.fault: liar for liar in liars()}


@pytest.fixture
def wrong(request: pytest.FixtureRequest) -> Iterator[tuple[Liar, Miniature, Target]]:
    """A liar, its server, and where it answers."""
    liar = LIARS[request.param]
    server = liar.server()
    with deployed(server) as target:
        yield liar, server, target


@pytest.mark.parametrize("wrong", LIARS, indirect=True)
def test_liar_is_caught(wrong: tuple[Liar, Miniature, Target]) -> None:
    """Each case that a liar names finds a mismatch: no set-up fails and no case breaks."""
    liar, server, target = wrong

    found = {
        id: tried(registry()[id], target, server.advance, timeout=patience(id))
        for id in liar.caught_by
    }

    assert {id: raised for id, raised in found.items() if not isinstance(raised, Mismatch)} == {}


def test_every_case_catches_a_liar() -> None:
    """No case, and above all none of a MUST, is without a liar that it catches."""
    catching = {id for liar in liars() for id in liar.caught_by}

    assert set(registry()) - catching == set()


def test_every_fault_is_told_once() -> None:
    """No two liars are called the same, so a failing test names its liar."""
    assert len(LIARS) == len(liars())
