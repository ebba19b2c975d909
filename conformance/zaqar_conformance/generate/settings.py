# SPDX-License-Identifier: Apache-2.0
"""How much is generated, and what the engine is told, each choice with its reason.

This module only builds values: the settings of a run, and the engine's configuration in the words
of its own configuration file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zaqar_conformance.generate import checks
from zaqar_conformance.target import Target

#: A header cannot carry control characters, and what bytes above ASCII mean in it is nowhere said
#: (RFC 9110, 5.5): servers refuse or misread them long before the API is asked.
_NO_HEADER_CHARACTERS = "".join(map(chr, (*range(9), *range(10, 32), *range(127, 256))))

#: Longer walks along the links find no more: queue, message, claim, delete is four steps.
_STEPS_OF_A_WALK = 6
#: Many walks end at their first step, and queues and topics share them: a few would lead nowhere.
#: The engine keeps all of them in memory, and begins anew after each new failure, so thousands
#: would cost more than they find.
_FEWEST_WALKS, _MOST_WALKS = 120, 300


@dataclass(frozen=True)
class Settings:
    """How much is generated, and from what."""

    #: Invented requests for each operation, and walks along the links. Boundary values come on top.
    examples: int
    seed: int
    #: The user named the project: nothing valid may be sent to another one.
    pinned_project: bool = False


def walks_for(settings: Settings) -> int:
    """How many walks along the links belong to this many examples."""
    return min(max(settings.examples, _FEWEST_WALKS), _MOST_WALKS)


def configuration(target: Target, settings: Settings, walks: bool) -> dict[str, Any]:
    """The settings of the engine, in the words of its configuration file.

    `walks` tells whether there are links to walk along; the engine takes their lack for an error.
    """
    return {
        "seed": settings.seed,
        "base-url": target.url.rstrip("/"),
        "headers": dict(target.headers),
        "request-timeout": target.timeout,
        "tls-verify": target.verify,
        # Every failure is wanted, not the first: findings keep the shortest request of each kind,
        # which is what shrinking would be for.
        "continue-on-failure": True,
        "generation": {
            "mode": "all",
            "max-examples": settings.examples,
            "no-shrink": True,
            "database": "none",
            "exclude-header-characters": _NO_HEADER_CHARACTERS,
        },
        "phases": _phases(settings, walks),
        "checks": {
            "enabled": False,
            **{check.tool: {"enabled": True} for check in checks.CHECKS},
        },
        # The size of the run is asked for; how fast examples come is no reason to give up.
        "suppress-health-check": ["all"],
        "cache": {"enabled": False},
        "warnings": False,
    }


def _phases(settings: Settings, walks: bool) -> dict[str, Any]:
    # What is sent must follow from the seed alone, not from earlier answers: else a seed repeats
    # nothing, and an operation may end before its examples are used up.
    return {
        "examples": {"extra-data-sources": {"responses": False}},
        "coverage": {
            "extra-data-sources": {"responses": False},
            # A method in this list is tried where the specification does not declare it. HEAD
            # and OPTIONS are answered by frameworks in many ways; written cases try them.
            "unexpected-methods": ["GET", "PUT", "POST", "PATCH", "DELETE"],
        },
        "fuzzing": {
            "extra-data-sources": {"responses": False},
            "error-feedback": {"enabled": False},
        },
        "stateful": {
            "enabled": walks,
            "max-steps": _STEPS_OF_A_WALK,
            "generation": {"max-examples": walks_for(settings)},
            "inference": {"algorithms": []},
            "link-calibration": False,
        },
    }
