# SPDX-License-Identifier: Apache-2.0
"""Servers that claim, renew and release wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Claim, Message
from . import answering, coerced, lie, nothing

# -- claim


def _made_by_claiming(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.claim_create(self, call)


def _null_is_default(self: Miniature, body: dict[str, Any]) -> tuple[int, int]:
    given = {key: value for key, value in body.items() if value is not None}
    return Miniature.terms(self, given)


def _known_members_only(self: Miniature, body: dict[str, Any]) -> tuple[int, int]:
    if set(body) - {"ttl", "grace"}:
        raise Refusal(400, "a claim has ttl and grace")
    return Miniature.terms(self, body)


def _others_only(self: Miniature, call: Call) -> list[Message]:
    return [one for one in Miniature.candidates(self, call) if one.author != call.client]


def _at_the_same_time(self: Miniature, call: Call) -> list[Message]:
    """Two claims in a row see the same free messages, as if neither had been first."""
    free = Miniature.candidates(self, call)
    before: list[Message] | None = self.notes.pop("seen", None)
    if before is None:
        self.notes["seen"] = free
    return before or free


lie(
    "does not say where a claim is",
    "claim-create.created",
    finished=answering(lambda _, a: a.without("Location") if a.status == 201 else a),
)
lie(
    "answers an empty claim with 200",
    "claim-create.nothing",
    nothing_claimed=lambda self, call: Answer(200, {"messages": []}),
)
lie(
    "says where an empty claim is",
    "claim-create.nothing",
    nothing_claimed=lambda self, call: Answer(204, headers={"Location": call.path}),
)
lie("makes the queue that is claimed of", "claim-create.nothing", claim_create=_made_by_claiming)
lie(
    "needs a body for a claim",
    "claim-create.body-optional",
    object_of=lambda self, request, default=None: Miniature.object_of(
        self, request, default if request.method == "PUT" else None
    ),
)
lie(
    "refuses members it does not know of a claim",
    "claim-create.body-optional",
    "claim-update.body-required",
    terms=_known_members_only,
)
lie("claims 20 messages by default", "claim-create.limit", default_claimed=20)
lie("claims 21 messages at most", "claim-create.limit-range", most_claimed=21)
lie("claims 19 messages at most", "claim-create.limit-range", most_claimed=19)
lie(
    "lets claims live for a second",
    "claim-create.ttl-and-grace-ranges",
    "claim-update.ttl-range",
    claim_ttl=(1, 43200),
)
lie(
    "lets claims live for a day",
    "claim-create.ttl-and-grace-ranges",
    "claim-update.ttl-range",
    claim_ttl=(60, 86400),
)
lie("knows no grace", "claim-create.ttl-and-grace-ranges", claim_grace=(0, 43200))
lie("has grace of an hour", "claim-create.ttl-and-grace-ranges", claim_grace=(60, 3600))
lie(
    "takes null for the default",
    "claim-create.ttl-and-grace-types",
    "claim-update.ttl-range",
    terms=_null_is_default,
)
lie(
    "reads the terms of a claim out of text",
    "claim-create.ttl-and-grace-types",
    "claim-update.ttl-range",
    ranged=coerced,
)
lie(
    "lets claims live for an hour by default",
    "claim-create.default-ttl",
    "claim-update.default-ttl",
    default_claim_ttl=3600,
)
lie(
    "claims the newest messages",
    "claim-create.order",
    candidates=lambda self, call: Miniature.candidates(self, call)[::-1],
)
lie("claims what others posted", "claim-create.order", candidates=_others_only)
lie(
    "claims a message twice",
    "claim-create.exclusive",
    "claim-create.concurrent",
    is_free=lambda self, message: True,
)
lie("looks for free messages twice", "claim-create.concurrent", candidates=_at_the_same_time)
lie(
    "lists claimed messages",
    "message-list.include-claimed",
    message_list=lambda self, call: Miniature.message_list(
        self, replace(call, query=type(call.query)(f"include_claimed=true&{_query_text(call)}"))
    ),
)


def _query_text(call: Call) -> str:
    return call.request.target.partition("?")[2]


# -- extension


def _not_extended(self: Miniature, message: Message, claim: Claim, grace: int) -> None:
    message.claim_ends = claim.ends


def _claim_only(self: Miniature, message: Message, claim: Claim, grace: int) -> None:
    message.claim_ends = claim.ends
    if message.expires < claim.ends:
        self.extend(message, claim.ends + grace)


def _always_extended(self: Miniature, message: Message, claim: Claim, grace: int) -> None:
    message.claim_ends = claim.ends
    self.extend(message, claim.ends + grace)


def _ttl_of_the_claim(self: Miniature, message: Message, expires: float) -> None:
    message.expires = expires
    message.ttl = int(expires - self.time)


def _ttl_only(self: Miniature, message: Message, expires: float) -> None:
    message.ttl = int(expires - message.created)


def _extended_once(self: Miniature, message: Message, claim: Claim, grace: int) -> None:
    if claim.since == self.time and message.claim_ends < claim.ends and message.claim_ends:
        message.claim_ends = claim.ends
    else:
        Miniature.hold(self, message, claim, grace)


lie(
    "extends no message",
    "claim-create.extends-messages",
    "claim-update.extends-messages",
    hold=_not_extended,
)
lie(
    "extends what ends during the claim only",
    "claim-create.extends-through-grace",
    hold=_claim_only,
)
lie("extends what lives long enough", "claim-create.keeps-longer-ttl", hold=_always_extended)
lie(
    "tells the lifetime of the claim as the message's",
    "claim-create.extension-outlives-grace",
    extend=_ttl_of_the_claim,
)
lie("tells a lifetime that it does not keep", "claim-create.extension-holds", extend=_ttl_only)
lie("does not extend by a renewal", "claim-update.extends-messages", hold=_extended_once)

# -- show, renew, release


def _deleted_too(self: Miniature, call: Call) -> Answer:
    answer = Miniature.claim_get(self, call)
    assert isinstance(answer.content, dict)
    shown = answer.content["messages"]
    return replace(answer, content={**answer.content, "messages": [*shown, *shown]})


def _with_grace(self: Miniature, call: Call) -> Answer:
    answer = Miniature.claim_get(self, call)
    assert isinstance(answer.content, dict)
    return replace(answer, content={**answer.content, "grace": 60})


def _of_any_queue(self: Miniature, call: Call) -> list[Message]:
    for (project, name), queue in self.queues.items():
        if project == call.project and call.id in queue.claims:
            return Miniature.claimed_messages(self, replace(call, queue=name))
    return Miniature.claimed_messages(self, call)


def _running_anywhere(self: Miniature, call: Call) -> Claim:
    return next(q.claims[call.id] for q in self.queues.values() if call.id in q.claims)


def _empty_claims_too(self: Miniature, call: Call) -> list[Message]:
    queue = self.find(call)
    if queue is None or call.id not in queue.claims:
        return Miniature.claimed_messages(self, call)
    return [message for message in queue.messages if message.claim == call.id]


def _still_as_old(self: Miniature, claim: Claim, ttl: int) -> None:
    claim.ttl, claim.ends = ttl, self.time + ttl


def _told_only(self: Miniature, claim: Claim, ttl: int) -> None:
    claim.ttl, claim.since = ttl, self.time


def _same_terms(self: Miniature, claim: Claim, ttl: int) -> None:
    claim.since, claim.ends = self.time, self.time + claim.ttl


def _unknown_is_fine(self: Miniature, call: Call) -> Answer:
    try:
        return Miniature.claim_update(self, call)
    except Refusal as refusal:
        if refusal.status == 404:
            return Answer(204)
        raise


def _unknown_is_missing(self: Miniature, call: Call) -> Answer:
    queue = self.find(call)
    if queue is None or call.id not in queue.claims:
        raise Refusal(404, "there is no such claim")
    return Miniature.claim_delete(self, call)


def _released_by_time(self: Miniature, message: Message) -> None:
    message.claim_ends = self.time


def _first_ttl_again(self: Miniature, message: Message) -> None:
    message.claim = None
    self.extend(message, message.created + 60)


lie("shows messages of a claim twice", "claim-get.found", claim_get=_deleted_too)
lie("tells the grace of a claim", "claim-get.found", claim_get=_with_grace)
lie(
    "finds claims of any queue",
    "claim-get.unknown",
    "claim-update.unknown",
    claimed_messages=_of_any_queue,
    running=_running_anywhere,
)
lie(
    "shows a claim without messages",
    "claim-get.last-message-deleted",
    claimed_messages=_empty_claims_too,
)
lie(
    "shows a claim that is over",
    "claim-get.expired",
    "claim-update.expired",
    is_running=lambda self, claim: True,
)
lie(
    "never frees a message by time",
    "claim-expiry.frees-messages",
    is_claimed=lambda self, message: message.claim is not None,
)
lie(
    "counts the age from the first claim",
    "claim-update.renewed",
    "claim-get.age",
    renew=_still_as_old,
)
lie("renews a claim in words only", "claim-update.renewed/holds", renew=_told_only)
lie(
    "renews a claim for the time it had",
    "claim-update.renewed",
    "claim-update.default-ttl",
    renew=_same_terms,
)
lie(
    "renews a claim without a body",
    "claim-update.body-required",
    object_of=lambda self, request, default=None: Miniature.object_of(
        self, request, {} if request.method == "PATCH" else default
    ),
)
lie("renews what is no claim", "claim-update.unknown", claim_update=_unknown_is_fine)
lie("does not release at once", "claim-delete.released", release=nothing)
lie("takes back the time of a message", "claim-delete.released", release=_first_ttl_again)
lie(
    "tells a claim that was released",
    "claim-delete.released-href",
    release=_released_by_time,
    claim_query=lambda self, message: f"?claim_id={message.claim}" if message.claim else "",
)
lie("does not find a claim to release", "claim-delete.unknown", claim_delete=_unknown_is_missing)
