# SPDX-License-Identifier: Apache-2.0
"""Servers that fetch, delete and pop messages wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message
from . import lie, nothing

# -- fetch


def _own_hidden(self: Miniature, call: Call) -> Answer:
    if any(message.author == call.client for message in self.named(call, [call.id])):
        raise Refusal(404, "there is no such message")
    return Miniature.message_get(self, call)


def _free_only(self: Miniature, call: Call, ids: list[str]) -> list[Message]:
    named = Miniature.named(self, call, ids)
    return [one for one in named if call.request.method != "GET" or not self.is_claimed(one)]


def _in_any_queue(self: Miniature, call: Call, ids: list[str]) -> list[Message]:
    every = [message for queue in self.queues.values() for message in queue.messages]
    return [message for message in every if message.id in ids]


def _removed_from_any_queue(self: Miniature, call: Call, gone: list[Message]) -> None:
    for queue in self.queues.values():
        queue.messages = [message for message in queue.messages if message not in gone]


def _with_links(self: Miniature, call: Call) -> Answer:
    answer = Miniature.message_get_many(self, call)
    assert isinstance(answer.content, dict)
    return replace(answer, content={**answer.content, "links": []})


def _none_is_fine(self: Miniature, call: Call) -> Answer:
    try:
        return Miniature.message_get_many(self, call)
    except Refusal:
        return Answer(200, {"messages": []})


def _any_number_of_ids(self: Miniature, call: Call) -> list[str]:
    return call.query.values.get("ids", [])


lie("hides from a caller what it posted", "message-get.found", message_get=_own_hidden)
lie("hides claimed messages", "message-get.claimed", named=_free_only)
lie("finds messages of any queue", "message-get.unknown", named=_in_any_queue)
lie("has links beside messages by id", "message-get-many.found", message_get_many=_with_links)
lie(
    "gives a message as often as it is asked for",
    "message-get-many.found",
    named=lambda self, call, ids: [
        message for one in ids for message in Miniature.named(self, call, [one])
    ],
)
lie("finds nothing to be fine", "message-get-many.none-found", message_get_many=_none_is_fine)
lie(
    "takes any number of ids",
    "message-get-many.ids-maximum",
    "message-delete-many.ids-maximum",
    ids_of=_any_number_of_ids,
)

# -- delete


def _delete_not_found(self: Miniature, call: Call) -> Answer:
    if not self.named(call, [call.id]):
        raise Refusal(404, "there is no such message")
    return Miniature.message_delete(self, call)


def _many_not_found(self: Miniature, call: Call) -> Answer:
    if "ids" in call.query.values and len(self.named(call, self.ids_of(call))) < 2:
        raise Refusal(404, "there are no such messages")
    return Miniature.message_delete_many(self, call)


def _any_claim(self: Miniature, message: Message, claim: str | None) -> None:
    if self.is_claimed(message) and claim is None:
        raise Refusal(403, "the message is claimed")


def _known_claims_only(self: Miniature, message: Message, claim: str | None) -> None:
    known = claim is None or (len(claim) == 24 and int(claim, 16) < 10**6)
    Miniature.check_claim(self, message, claim if known else message.claim)


def _never(self: Miniature, message: Message, claim: str | None) -> None:
    if self.is_claimed(message):
        raise Refusal(403, "the message is claimed")


def _claim_not_needed(self: Miniature, message: Message, claim: str | None) -> None:
    if self.is_claimed(message):
        Miniature.check_claim(self, message, claim)


def _claim_for_something(self: Miniature, call: Call) -> Answer:
    if call.query.last("claim_id") and not self.named(call, [call.id]):
        raise Refusal(400, "the message is not claimed")
    return Miniature.message_delete(self, call)


def _old_claims_too(self: Miniature, message: Message, claim: str | None) -> None:
    if message.claim is None or message.claim != claim:
        Miniature.check_claim(self, message, claim)


def _ids_before_pop(self: Miniature, call: Call) -> Answer:
    if "ids" in call.query.values:
        self.remove(call, self.named(call, self.ids_of(call)))
        return Answer(204)
    return Miniature.message_delete_many(self, call)


lie(
    "deletes nothing",
    "message-delete.unclaimed",
    "message-delete.with-claim",
    "message-delete-many.by-ids",
    "message-pop.removes",
    "message-pop.exclusive",
    remove=nothing,
)
lie("does not find a message to delete", "message-delete.unknown", message_delete=_delete_not_found)
lie(
    "deletes messages of any queue",
    "message-delete.unknown",
    named=_in_any_queue,
    remove=_removed_from_any_queue,
)
lie(
    "does not look at claims",
    "message-delete.claimed-needs-claim",
    "message-delete.malformed-claim",
    "message-delete.unclaimed-with-claim",
    check_claim=nothing,
)
lie(
    "takes any claim for the right one",
    "message-delete.claimed-needs-claim",
    check_claim=_any_claim,
)
lie(
    "takes an unknown claim for the right one",
    "message-delete.malformed-claim",
    check_claim=_known_claims_only,
)
lie("never deletes a claimed message", "message-delete.with-claim", check_claim=_never)
lie(
    "takes a claim on something else",
    "message-delete.unclaimed-with-claim",
    check_claim=_claim_not_needed,
)
lie(
    "asks for a message behind a claim",
    "message-delete.unknown-with-claim",
    message_delete=_claim_for_something,
)
lie(
    "takes a claim that is over",
    "message-delete.expired-claim",
    check_claim=_old_claims_too,
)
lie(
    "does not find messages to delete",
    "message-delete-many.by-ids",
    message_delete_many=_many_not_found,
)
lie("prefers ids to pop", "message-delete-many.one-selector", message_delete_many=_ids_before_pop)

# -- pop


def _with_href(self: Miniature, call: Call, message: Message) -> dict[str, Any]:
    href = self.href(call, message)
    return {**Miniature.shown_popped(self, call, message), "href": href}


def _with_claim(self: Miniature, call: Call, message: Message) -> dict[str, Any]:
    return {**Miniature.shown_popped(self, call, message), "claim_id": message.claim}


def _claimed_too(self: Miniature, call: Call) -> Answer:
    count = self.integer(call.query, "pop", 1, 1, self.most_popped)
    popped = self.popped(self.live(call), count)
    self.remove(call, popped)
    return Answer(200, {"messages": [self.shown_popped(call, message) for message in popped]})


lie("pops more than it may", "message-pop.range", most_popped=100)
lie("pops 19 messages at most", "message-pop.range", most_popped=19)
lie("tells where a popped message was", "message-pop.message-keys", shown_popped=_with_href)
lie(
    "pops the newest messages",
    "message-pop.oldest-first",
    popped=lambda self, free, count: free[-count:],
)
lie(
    "pops in reverse",
    "message-pop.oldest-first",
    popped=lambda self, free, count: free[:count][::-1],
)
lie("pops claimed messages", "message-pop.claimed-skipped", message_pop=_claimed_too)
lie("tells the claim of a popped message", "message-pop.stale-claim", shown_popped=_with_claim)
