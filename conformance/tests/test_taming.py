# SPDX-License-Identifier: Apache-2.0
"""Generated requests about pools and flavors touch nothing that an operator has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.miniature import Miniature
from zaqar_conformance import generate, specdoc
from zaqar_conformance.generate.taming import tame
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Outcome


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("east", "kit-generated-east"),
        ("a" * 64, f"kit-generated-{'a' * 50}"),
        ("a" * 65, "a" * 65),
        ("a b", "a b"),
        ("", ""),
        (None, None),
        (7, 7),
    ],
)
def test_valid_names_are_nobodys_and_others_stay(name: Any, becomes: Any) -> None:
    """What is valid stays valid, what is not stays what it is."""
    parameters, body = {"flavor_name": name}, {"pool_list": [name]}

    tame(parameters, body)

    assert (parameters, body) == ({"flavor_name": becomes}, {"pool_list": [becomes]})


@pytest.mark.parametrize(
    ("uri", "becomes"),
    [
        ("mongodb://db/", "kit-generated-mongodb://db/"),
        ("mongodb://" + "a" * 245, "kit-generated-mongodb://" + "a" * 231),
        ("no uri", "no uri"),
        (5, 5),
    ],
)
def test_stores_are_of_no_kind(uri: Any, becomes: Any) -> None:
    """So no target tries to open one."""
    body = {"uri": uri}

    tame({"pool_name": "east"}, body)

    assert body == {"uri": becomes}


@pytest.mark.parametrize("body", [None, [], "text", {"uri": "mongodb://db/"}])
def test_other_requests_are_left_alone(body: Any) -> None:
    """Members of these names mean nothing elsewhere."""
    parameters = {"queue_name": "east"}

    tame(parameters, body)

    assert parameters == {"queue_name": "east"}
    assert body in (None, [], "text", {"uri": "mongodb://db/"})


def _generated(server: Miniature, *operations: str) -> dict[str, Any]:
    spec = specdoc.load()
    planned = [
        case
        for case in generate.plan(spec.document, spec.profiles)
        if case.operation.id in operations
    ]
    with server.serving() as url:
        target = Target(url, headers={"X-Roles": "admin"})
        settings = generate.Settings(3, seed=1)
        found = list(generate.lines(planned, spec.document, target, settings))
    return {line.id.removeprefix(generate.PREFIX): line for line in found}


def test_paths_that_are_switched_off_are_not_tried() -> None:
    """They are skipped with the reason, and never passed."""

    class Plain(Miniature):
        """Has no administration."""

        switched_off = ("/v2/health", "/v2/pools", "/v2/flavors")

    found = _generated(Plain(), "check_node_health", "pool_create", "flavor_delete")

    assert {line.outcome for line in found.values()} == {Outcome.UNSUPPORTED}
    assert {line.cause for line in found.values()} == {"the target does not have this path"}


def test_administration_is_tried_without_harm() -> None:
    """Whatever is invented, the pool of the operator is as it was."""
    server = Miniature()
    before = dict(server.pools)

    found = _generated(
        server, "check_node_health", "pool_list", "pool_create", "pool_update", "pool_delete",
        "pool_queue_move", "flavor_create", "flavor_delete",
    )  # fmt: skip

    wrong = {id: line for id, line in found.items() if line.outcome is Outcome.MISMATCH}
    assert wrong == {}
    assert {line.profile for line in found.values()} == {"admin", "queue-moves"}
    assert (server.pools, server.flavors) == (before, set())
