# SPDX-License-Identifier: Apache-2.0
"""The fixed ids of generated cases of the WebSocket: one for each check and each action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zaqar_conformance.generate import PREFIX
from zaqar_conformance.report import CaseLine
from zaqar_conformance.verdict import Level, Outcome
from zaqar_conformance.websocket.actions import Action, Actions


@dataclass(frozen=True)
class Check:
    """One property of everything that comes back."""

    #: The part of the id that names it.
    word: str
    #: The rule in words; `{action}` stands for the action's name.
    sentence: str

    @property
    def requirement(self) -> str:
        """The id of the rule, whatever the action."""
        return f"{PREFIX}{self.word}"


ONE_REPLY = Check(
    "websocket-one-reply",
    "Every request of {action} has one reply, which comes in its form and repeats it.",
)
SERVER_ERROR = Check(
    "websocket-server-error", "No request of {action} is answered with a 5xx status."
)
REPLY_SCHEMA = Check(
    "websocket-reply-schema",
    "Every reply to {action} has a declared status and the shape declared for it.",
)
BAD_DATA_ACCEPTED = Check(
    "websocket-bad-data-accepted", "{action} refuses every request that breaks its shape."
)
CONNECTION = Check(
    "websocket-connection",
    "No request of {action} ends the connection but for a reason that has a close code.",
)
CHECKS: Sequence[Check] = (ONE_REPLY, SERVER_ERROR, REPLY_SCHEMA, BAD_DATA_ACCEPTED, CONNECTION)


@dataclass(frozen=True)
class Planned:
    """A check of one action."""

    check: Check
    action: Action

    @property
    def id(self) -> str:
        """The fixed id that a finding has in every run."""
        return f"{self.check.requirement}/{self.action.name}"

    @property
    def profile(self) -> str:
        """The profile that the action belongs to."""
        return "websocket-extensions" if self.action.extension else "websocket"

    def line(self, outcome: Outcome, **members: Any) -> CaseLine:
        """The line of the report about it."""
        return CaseLine(
            id=self.id,
            requirement=self.check.requirement,
            level=Level.MUST,
            profile=self.profile,
            sentence=self.check.sentence.format(action=self.action.name),
            outcome=outcome,
            source="the AsyncAPI document",
            **members,
        )


def plan(actions: Actions) -> list[Planned]:
    """Every generated case for the actions of a document."""
    return [Planned(check, action) for action in actions for check in CHECKS]
