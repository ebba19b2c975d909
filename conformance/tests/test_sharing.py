# SPDX-License-Identifier: Apache-2.0
"""A deployment that shares nothing is not judged for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zaqar_conformance.case import Unsupported, registry
from zaqar_conformance.target import Target

from .miniature import Miniature
from .trying import tried

CASES = [id for id in registry() if id.startswith(("queue-share.", "signed-access."))]


@pytest.fixture(scope="module")
def keyless() -> Iterator[tuple[Miniature, str]]:
    """A server without a key, and where it answers."""
    server = type("Keyless", (Miniature,), {"secret_key": None})()
    with server.serving() as url:
        yield server, url


@pytest.mark.parametrize("id", CASES)
def test_no_case_judges_a_deployment_without_a_key(id: str, keyless: tuple[Miniature, str]) -> None:
    """Every case of sharing ends with that reason."""
    server, url = keyless

    outcome = tried(registry()[id], Target(url), server.advance)

    assert isinstance(outcome, Unsupported)
    assert "no key" in outcome.reason
