# SPDX-License-Identifier: Apache-2.0
"""Servers that delay messages wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message, Queue
from . import coerced, lie


def _listing_as(parameter: str, value: str) -> Any:
    """An override of `message_list` as if that parameter were given."""

    def message_list(self: Miniature, call: Call) -> Answer:
        query = f"{call.request.target.partition('?')[2]}&{parameter}={value}"
        return Miniature.message_list(self, replace(call, query=type(call.query)(query)))

    return message_list


def _as_the_queue_says(self: Miniature, queue: Queue, wanted: dict[str, Any]) -> int:
    own = {key: value for key, value in wanted.items() if key != "delay"}
    return Miniature.delay_of(self, queue, own)


def _zero_is_unset(self: Miniature, queue: Queue, wanted: dict[str, Any]) -> int:
    delay = Miniature.delay_of(self, queue, wanted)
    return delay or _as_the_queue_says(self, queue, wanted)


def _in_delay_queues_only(self: Miniature, queue: Queue, wanted: dict[str, Any]) -> int:
    if not queue.metadata.get("_default_message_delay"):
        return 0
    return Miniature.delay_of(self, queue, wanted)


def _null_is_unset(self: Miniature, queue: Queue, wanted: dict[str, Any]) -> int:
    own = {key: value for key, value in wanted.items() if key != "delay" or value is not None}
    return Miniature.delay_of(self, queue, own)


def _loosely_typed(self: Miniature, queue: Queue, wanted: dict[str, Any]) -> int:
    if "delay" in wanted and wanted["delay"] is not None:
        return coerced(self, "delay", wanted["delay"], *self.message_delay)
    return Miniature.delay_of(self, queue, wanted)


def _forgotten_by_links(self: Miniature, call: Call) -> dict[str, str]:
    told = Miniature.told_messages(self, call)
    return {key: value for key, value in told.items() if key != "include_delayed"}


def _not_by_id(self: Miniature, call: Call, ids: list[str]) -> list[Message]:
    return [one for one in Miniature.named(self, call, ids) if not self.is_delayed(one)]


def _kept_from_deletion(self: Miniature, call: Call, gone: list[Message]) -> None:
    Miniature.remove(self, call, [one for one in gone if not self.is_delayed(one)])


def _under_a_claim(self: Miniature, message: Message) -> str:
    return "?claim_id=0" if self.is_delayed(message) else Miniature.claim_query(self, message)


def _life_begins_after(self: Miniature, call: Call, body: Any, ttl: int, delay: int) -> Message:
    message = Miniature.stored(self, call, body, ttl, delay)
    message.expires += delay
    return message


def _longer_ttl(self: Miniature, call: Call, body: Any, ttl: int, delay: int) -> Message:
    message = _life_begins_after(self, call, body, ttl, delay)
    message.ttl += delay
    return message


def _purged_but_delayed(self: Miniature, queue: Queue) -> None:
    queue.messages = [one for one in queue.messages if self.is_delayed(one)]


def _unavailable_without_ends(self: Miniature, live: list[Any]) -> list[Any]:
    ends = Miniature.ends(self, live)
    if live and not ends:
        raise Refusal(503, "there is no oldest message")
    return ends


lie(
    "lists delayed messages",
    "message-delay.queue-default",
    "message-delay.own",
    "message-delay.any-queue",
    message_list=_listing_as("include_delayed", "true"),
)
lie(
    "gives claims to delayed messages",
    "message-delay.queue-default",
    "message-delay.any-queue",
    is_free=lambda self, message: not self.is_claimed(message),
)
lie(
    "never ends a delay",
    "message-delay.queue-default",
    "message-delay.any-queue",
    "message-delay.own",
    is_delayed=lambda self, message: message.begins > message.created,
)
lie("does not read the delay of a message", "message-delay.own", delay_of=_as_the_queue_says)
lie("takes a delay of 0 for none", "message-delay.own", delay_of=_zero_is_unset)
lie(
    "delays in delay queues only",
    "message-delay.any-queue",
    "message-delay.range-in-any-queue",
    delay_of=_in_delay_queues_only,
)
lie("delays for an hour", "message-delay.range", message_delay=(0, 3600))
lie("delays for a minute", "message-delay.range", message_delay=(0, 60))
lie("takes negative delays", "message-delay.range", message_delay=(-1, 900))
lie("takes a delay of null", "message-delay.range", delay_of=_null_is_unset)
lie(
    "reads delays out of text",
    "message-delay.range",
    "message-delay.range-in-any-queue",
    delay_of=_loosely_typed,
)
lie(
    "knows no include_delayed",
    "message-delay.include-delayed",
    message_list=_listing_as("include_delayed", "false"),
)
lie(
    "forgets include_delayed in links",
    "message-delay.include-delayed",
    told_messages=_forgotten_by_links,
)
lie("hides delayed messages from their ids", "message-delay.by-id", named=_not_by_id)
lie("keeps delayed messages from deletion", "message-delay.by-id", remove=_kept_from_deletion)
lie("shows a delay as a claim", "message-delay.by-id", claim_query=_under_a_claim)
lie("lets life begin after the delay", "message-delay.life", stored=_life_begins_after)
lie("adds the delay to the ttl", "message-delay.life", stored=_longer_ttl)
lie(
    "pops delayed messages",
    "message-pop.delayed",
    is_poppable=lambda self, message: not self.is_claimed(message),
)
lie(
    "keeps delayed messages from a purge", "queue-purge.delayed-messages", purge=_purged_but_delayed
)
lie(
    "takes delayed messages for the ends of a queue",
    "queue-get-stats.delayed",
    "queue-get-stats.all-delayed",
    ends=lambda self, live: live,
)
lie(
    "has no statistics without ends",
    "queue-get-stats.all-delayed",
    ends=_unavailable_without_ends,
)
