# SPDX-License-Identifier: Apache-2.0
"""Servers that delete, count and purge wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Queue
from . import lie


def _kept(of: Any) -> Any:
    """An override of `queue_delete` that leaves some messages for the next queue of that name."""

    def queue_delete(self: Miniature, call: Call) -> Answer:
        left = [message for message in self.live(call) if of(self, message)]
        claims = dict(self.queues[self.key(call)].claims) if self.find(call) else {}
        self.notes[self.key(call)] = (left, claims)
        return Miniature.queue_delete(self, call)

    return queue_delete


def _made_with_left(self: Miniature, call: Call, metadata: dict[str, Any] | None = None) -> Queue:
    queue = Miniature.made(self, call, metadata)
    messages, claims = self.notes.pop(self.key(call), ([], {}))
    queue.messages += messages
    queue.claims |= claims
    return queue


def _delete_not_found(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.queue_delete(self, call)


def _stats(change: Any) -> Any:
    """An override of `queue_get_stats` that changes what it tells."""

    def queue_get_stats(self: Miniature, call: Call) -> Answer:
        answer = Miniature.queue_get_stats(self, call)
        assert isinstance(answer.content, dict)
        return replace(answer, content={"messages": change(answer.content["messages"])})

    return queue_get_stats


def _stats_not_found(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.queue_get_stats(self, call)


def _purge_makes(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.queue_purge(self, call)


def _purge_deletes(self: Miniature, call: Call) -> Answer:
    answer = Miniature.queue_purge(self, call)
    self.queues.pop(self.key(call), None)
    return answer


def _purge_regardless(self: Miniature, call: Call) -> Answer:
    answer = Miniature.queue_purge(self, call)
    if queue := self.find(call):
        queue.messages.clear()
    return answer


def _any_array(self: Miniature, types: object) -> None:
    if types is not None and not isinstance(types, list):
        raise Refusal(400, "resource_types is not an array")


def _free_only(self: Miniature, queue: Queue) -> None:
    queue.messages = [message for message in queue.messages if self.is_claimed(message)]


def _first_page(self: Miniature, queue: Queue) -> None:
    del queue.messages[:20]


lie("does not find a queue to delete", "queue-delete.no-content", queue_delete=_delete_not_found)
lie(
    "keeps the messages of a deleted queue",
    "queue-delete.removes-everything",
    "queue-delete.removes-claimed",
    queue_delete=_kept(lambda self, message: True),
    made=_made_with_left,
)
lie(
    "keeps the claimed messages of a deleted queue",
    "queue-delete.removes-claimed",
    queue_delete=_kept(lambda self, message: Miniature.is_claimed(self, message)),
    made=_made_with_left,
)
lie(
    "does not find a queue to count",
    "queue-get-stats.unknown-queue",
    queue_get_stats=_stats_not_found,
)
lie(
    "counts claimed messages as free",
    "queue-get-stats.claimed",
    queue_get_stats=_stats(lambda told: {**told, "free": told["total"], "claimed": 0}),
)
lie(
    "does not count the newest message",
    "queue-get-stats.counts",
    queue_get_stats=_stats(lambda told: {**told, "total": max(0, told["total"] - 1)}),
)
lie(
    "tells the newest message as the oldest",
    "queue-get-stats.counts",
    queue_get_stats=_stats(
        lambda told: {**told, "oldest": told["newest"]} if "newest" in told else told
    ),
)
lie(
    "tells an oldest message of nothing",
    "queue-get-stats.counts/empty",
    "queue-get-stats.unknown-queue",
    queue_get_stats=_stats(lambda told: {"oldest": None, "newest": None, **told}),
)
lie("purges the queue itself", "queue-purge.everything", queue_purge=_purge_deletes)
lie("purges one page", "queue-purge.everything", purge=_first_page)
lie("makes the queue that is purged", "queue-purge.unknown-queue", queue_purge=_purge_makes)
lie("purges messages whatever is asked", "queue-purge.types", queue_purge=_purge_regardless)
lie("takes any type to purge", "queue-purge.types-refused", check_types=_any_array)
lie("takes null for no types", "queue-purge.types-form", check_types=_any_array)
lie("purges free messages only", "queue-purge.claimed-messages", purge=_free_only)
lie(
    "shows messages whose time is over",
    "queue-get-stats.expired-not-counted",
    "message-list.expired-hidden",
    "message-get.expired",
    "message-pop.expired",
    "claim-create.expired-messages",
    is_live=lambda self, message: True,
)
