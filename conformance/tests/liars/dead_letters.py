# SPDX-License-Identifier: Apache-2.0
"""Servers that count claims wrongly, or treat wrongly what was claimed too often."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature
from ..miniature.state import Message, Queue
from . import lie, nothing


def _spent_from(more: int) -> Any:
    """An override of `is_spent` that has counted so many claims more than there were."""

    def is_spent(self: Miniature, queue: Queue, message: Message) -> bool:
        counted = replace(message, claims=message.claims + more)
        return Miniature.is_spent(self, queue, counted)

    return is_spent


def _by_count_alone(self: Miniature, queue: Queue, message: Message) -> bool:
    most = queue.metadata.get("_max_claim_count")
    return most is not None and message.claims >= most


def _by_name_alone(self: Miniature, queue: Queue, message: Message) -> bool:
    named = queue.metadata.get("_dead_letter_queue") is not None
    return named and message.claims >= (queue.metadata.get("_max_claim_count") or 0)


def _lost_without_name(self: Miniature, call: Call, queue: Queue, message: Message) -> None:
    if queue.metadata.get("_dead_letter_queue") is None:
        self.remove(call, [message])
    else:
        Miniature.move(self, call, queue, message)


def _nothing_beside(
    self: Miniature, call: Call, queue: Queue, free: list[Message]
) -> list[Message]:
    given = Miniature.given_out(self, call, queue, free)
    return given if len(given) == len(free) else []


def _given_and_moved(
    self: Miniature, call: Call, queue: Queue, free: list[Message]
) -> list[Message]:
    Miniature.given_out(self, call, queue, free)
    return free


def _copied(self: Miniature, call: Call, queue: Queue, message: Message) -> None:
    Miniature.move(self, call, queue, message)
    self.insert(queue, replace(message))


def _renamed(self: Miniature, dead: Call, message: Message) -> None:
    Miniature.bury(self, dead, replace(message, id=self.new_id()))


def _emptied(self: Miniature, dead: Call, message: Message) -> None:
    Miniature.bury(self, dead, replace(message, body=None))


def _only_where_it_exists(self: Miniature, dead: Call, message: Message) -> None:
    if self.find(dead):
        Miniature.bury(self, dead, message)


def _still_claimed(self: Miniature, dead: Call, message: Message) -> None:
    claimed = replace(message, claim=self.new_id(), claim_ends=self.time + 60)
    Miniature.bury(self, dead, claimed)


def _at_the_front(self: Miniature, dead: Call, message: Message) -> None:
    self.made(dead).messages.insert(0, replace(message, position=0))


def _made_beforehand(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    Miniature.check_not_own(self, call, metadata)
    if dead := metadata.get("_dead_letter_queue"):
        self.made(replace(call, queue=dead))


def _forgotten_on_release(self: Miniature, message: Message) -> None:
    Miniature.release(self, message)
    message.claims = 0


def _forgotten_on_renewal(self: Miniature, call: Call) -> Answer:
    for message in self.claimed_messages(call):
        message.claims = 0
    return Miniature.claim_update(self, call)


def _living(change: Any) -> Any:
    """An override of `move` that has its own idea of the life of a dead letter."""

    def move(self: Miniature, call: Call, queue: Queue, message: Message) -> None:
        before = replace(message)
        Miniature.move(self, call, queue, message)
        change(before, message)

    return move


def _own_life(before: Message, message: Message) -> None:
    message.ttl, message.created, message.expires = before.ttl, before.created, before.expires


def _own_end(before: Message, message: Message) -> None:
    message.expires = before.expires


def _an_hour(before: Message, message: Message) -> None:
    message.ttl = 3600 if message.ttl == before.ttl else message.ttl


lie(
    "moves nothing",
    "dead-letter.after-maximum",
    "dead-letter.at-once",
    "dead-letter.every-claim-counts",
    "dead-letter.same-message",
    is_spent=lambda self, queue, message: False,
)
lie("moves a claim too early", "dead-letter.after-maximum", is_spent=_spent_from(1))
lie(
    "moves a claim too late",
    "dead-letter.after-maximum",
    "dead-letter.at-once",
    is_spent=_spent_from(-1),
)
lie(
    "loses what has nowhere to go",
    "dead-letter.needs-both",
    is_spent=_by_count_alone,
    move=_lost_without_name,
)
lie("takes no number for 0", "dead-letter.needs-both", is_spent=_by_name_alone)
lie("gives out nothing beside dead letters", "dead-letter.after-maximum", given_out=_nothing_beside)
lie("gives out dead letters once more", "dead-letter.at-once", given_out=_given_and_moved)
lie("copies dead letters", "dead-letter.at-once", "dead-letter.same-message", move=_copied)
lie("loses dead letters", "dead-letter.at-once", "dead-letter.after-maximum", bury=nothing)
lie("gives dead letters new ids", "dead-letter.same-message", bury=_renamed)
lie("empties dead letters", "dead-letter.at-once", "dead-letter.same-message", bury=_emptied)
lie("makes no dead letter queue", "dead-letter.creates-queue", bury=_only_where_it_exists)
lie(
    "makes a dead letter queue beforehand",
    "dead-letter.creates-queue",
    check_not_own=_made_beforehand,
)
lie("leaves dead letters claimed", "dead-letter.unclaimed", bury=_still_claimed)
lie("puts dead letters first", "dead-letter.end-of-queue", bury=_at_the_front)
lie("forgets released claims", "dead-letter.every-claim-counts", release=_forgotten_on_release)
lie("forgets renewed claims", "dead-letter.every-claim-counts", claim_update=_forgotten_on_renewal)
lie(
    "does not change the life of dead letters",
    "dead-letter.ttl",
    "dead-letter.ttl-holds",
    move=_living(_own_life),
)
lie("gives dead letters an hour", "dead-letter.ttl", move=_living(_an_hour))
lie("shows dead letters another ttl", "dead-letter.ttl-holds", move=_living(_own_end))
lie("lets a queue be its own dead letter queue", "dead-letter.own-queue", check_not_own=nothing)
lie(
    "does not count claims",
    "message-pop.claim-count",
    shown_popped=lambda self, call, message: {
        **Miniature.shown_popped(self, call, message),
        "claim_count": 0,
    },
)
