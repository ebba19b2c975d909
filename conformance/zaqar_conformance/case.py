# SPDX-License-Identifier: Apache-2.0
"""What a case is, how it is declared, and what it may raise.

A case is a function with a header: its id, the requirement it proves, the cases it builds on and
the seconds it spends waiting. Its level and its profile are the requirement's and stand in
`spec/requirements.yaml` only. This module knows no HTTP and no verdict: a case that returns was
`ok`, and each exception below is one other outcome.

    Mismatch      the target did something else than the requirement says
    SetupFailed   the target could not be brought to the state that the case is about
    Unsupported   the target, or the way it is reached, does not offer what the case is about
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zaqar_conformance.errors import KitBroken

if TYPE_CHECKING:
    from zaqar_conformance.client import Api

    Check = Callable[[Api], None]

_CASES: dict[str, Case] = {}


class Mismatch(Exception):
    """The target did not do what was expected of it."""

    def __init__(self, expected: str, observed: str) -> None:
        super().__init__(f"expected {expected}, observed {observed}")
        self.expected = expected
        self.observed = observed


class SetupFailed(Exception):
    """What a case builds on could not be arranged; this says nothing about its requirement."""

    def __init__(self, cause: Exception | str) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Unsupported(Exception):
    """The case cannot be tried on this target."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Case:
    """One check of one requirement."""

    id: str
    requirement: str
    needs: tuple[str, ...]
    wait: float
    check: Check

    @property
    def sentence(self) -> str:
        """The behaviour in one sentence."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]


def case(id: str, *, needs: tuple[str, ...] = (), wait: float = 0) -> Callable[[Check], Check]:
    """Declares a case. Its id is the requirement's, or the requirement's + "/" + a word."""

    def declare(check: Check) -> Check:
        if id in _CASES:
            raise KitBroken(f"two cases are called {id}")
        _CASES[id] = Case(id, id.partition("/")[0], needs, wait, check)
        return check

    return declare


def registry() -> dict[str, Case]:
    """Every case of the kit by id, in the order of the modules and of the lines in them."""
    package = importlib.import_module("zaqar_conformance.cases")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return dict(_CASES)


@contextlib.contextmanager
def setup() -> Iterator[None]:
    """Marks what a case arranges: whatever goes wrong inside is no finding of the case."""
    try:
        yield
    except Mismatch as cause:
        raise SetupFailed(cause) from cause
