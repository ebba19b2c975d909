# SPDX-License-Identifier: Apache-2.0
"""The cases pass on a server that is right, and their headers keep the rules of the house."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Final

import pytest

from zaqar_conformance import specdoc
from zaqar_conformance.case import Case, registry
from zaqar_conformance.case import case as declare
from zaqar_conformance.errors import KitBroken
from zaqar_conformance.specdoc import SpecDoc
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Level

from .miniature import Miniature
from .trying import deployed, tried

_LONGEST_SENTENCE: Final = 100
_LONGEST_CASE: Final = 20
_LONGEST_WAIT: Final = 70

CASES = registry()


@pytest.fixture(scope="module")
def spec() -> SpecDoc:
    """The specification of this checkout."""
    return specdoc.load()


@pytest.fixture(scope="module")
def right() -> Iterator[tuple[Miniature, Target]]:
    """A server that keeps every rule, and where it answers."""
    server = Miniature()
    with deployed(server) as target:
        yield server, target


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case_passes_on_a_right_server(case: Case, right: tuple[Miniature, Target]) -> None:
    """A case finds nothing where there is nothing to find."""
    server, target = right

    assert tried(case, target, server.advance) is None


def test_id_is_given_once() -> None:
    """Two cases of one id are a fault of the kit, found when it is loaded."""
    with pytest.raises(KitBroken, match="two cases are called"):
        declare("message-post.created")(lambda api: None)


def test_every_must_has_a_case(spec: SpecDoc) -> None:
    """No rule that binds goes unproved."""
    musts = {rule.id for rule in spec.requirements.values() if rule.level is Level.MUST}

    assert musts - {case.requirement for case in CASES.values()} == set()


def test_every_case_proves_a_requirement(spec: SpecDoc) -> None:
    """No case judges by a rule that the specification does not have."""
    assert {case.requirement for case in CASES.values()} - set(spec.requirements) == set()


def test_needs_are_cases() -> None:
    """What a case builds on is a case too."""
    missing = {(case.id, need) for case in CASES.values() for need in case.needs} - {
        (case.id, need) for case in CASES.values() for need in CASES
    }

    assert missing == set()


def test_needs_form_no_circle() -> None:
    """There is an order in which every case comes after those it builds on."""
    order = TopologicalSorter({case.id: case.needs for case in CASES.values()}).static_order()

    assert set(order) == set(CASES)


def test_core_case_needs_no_claim(spec: SpecDoc) -> None:
    """A deployment without claims can still prove the whole core profile."""
    profile = {case.id: spec.requirements[case.requirement].profile for case in CASES.values()}

    crossing = {
        (case.id, need)
        for case in CASES.values()
        for need in case.needs
        if profile[case.id] == "core" and profile[need] != "core"
    }

    assert crossing == set()


def test_needed_case_is_a_must(spec: SpecDoc) -> None:
    """Nothing is blocked because a target does not do what it only should."""
    levels = {case.id: spec.requirements[case.requirement].level for case in CASES.values()}

    assert {
        need for case in CASES.values() for need in case.needs if levels[need] != "MUST"
    } == set()


def test_sentence_states_a_behaviour() -> None:
    """The docstring is one short sentence that states what happens."""
    offenders = {
        case.id
        for case in CASES.values()
        if (case.check.__doc__ or "").strip() != case.sentence
        or not re.fullmatch(r"[A-Z1-9].*\.", case.sentence)
        or ". " in case.sentence
        or len(case.sentence) > _LONGEST_SENTENCE
        or re.search(r"\bshould\b|\btests? that\b|\bcheck", case.sentence, re.IGNORECASE)
    }

    assert offenders == set()


def test_no_two_cases_say_the_same() -> None:
    """A sentence tells its case from all others."""
    sentences = [case.sentence for case in CASES.values()]

    assert sorted(sentences) == sorted(set(sentences))


def test_case_is_small_enough_to_read() -> None:
    """The body of a case has at most twenty lines."""
    assert {case.id for case in CASES.values() if _body_lines(case) > _LONGEST_CASE} == set()


def test_wait_is_bounded() -> None:
    """No case waits for longer than the shortest life of a claim and some seconds."""
    assert {case.id for case in CASES.values() if not 0 <= case.wait <= _LONGEST_WAIT} == set()


def test_id_is_made_of_words() -> None:
    """An id is the requirement's and, where there are several cases, a word more."""
    words = "[a-z]+(-[a-z]+)*"

    assert {id for id in CASES if not re.fullmatch(rf"{words}\.{words}(/{words})?", id)} == set()


def _body_lines(case: Case) -> int:
    source = inspect.getsource(case.check)
    body = source[source.index(case.sentence) :].splitlines()[1:]
    return len([line for line in body if line.strip()])
