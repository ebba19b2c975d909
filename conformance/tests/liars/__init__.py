# SPDX-License-Identifier: Apache-2.0
"""Deliberately wrong servers: each is the miniature with one fault, and names who must notice.

A case that no liar of these makes fail has not been shown to look at anything. Each module here
declares the liars of one topic; a fault is a sentence, the cases that must find a mismatch on it,
and the one method or figure of the miniature that is replaced.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..miniature import Answer, Miniature, Refusal, Request

_LIARS: list[Liar] = []


@dataclass(frozen=True)
class Liar:
    """A wrong server."""

    fault: str
    caught_by: tuple[str, ...]
    overrides: dict[str, Any]

    def server(self) -> Miniature:
        """The miniature with the fault in it."""
        kind = type("Liar", (Miniature,), self.overrides)
        made: Miniature = kind()
        return made


def lie(fault: str, *caught_by: str, **overrides: Any) -> None:
    """Declares a wrong server."""
    _LIARS.append(Liar(fault, caught_by, overrides))


def answering(change: Callable[[Request | None, Answer], Answer]) -> Callable[..., Answer]:
    """An override of `finished`: every answer is changed on its way out."""

    def finished(self: Miniature, request: Request | None, answer: Answer) -> Answer:
        return change(request, Miniature.finished(self, request, answer))

    return finished


def nothing(*_: Any) -> None:
    """An override of a check that checks nothing."""


def coerced(self: Miniature, what: str, value: object, low: int, high: int) -> int:
    """An override of `ranged` that reads integers out of text, fractions and booleans."""
    try:
        return Miniature.ranged(self, what, int(float(str(value))), low, high)
    except ValueError:
        raise Refusal(400, f"{what} is not a number") from None


def liars() -> list[Liar]:
    """Every liar, in the order of the modules and of the lines in them."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return list(_LIARS)
