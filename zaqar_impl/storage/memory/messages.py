# SPDX-License-Identifier: Apache-2.0
"""Messages in memory."""

import itertools
import secrets
from collections.abc import Sequence

from zaqar_impl.domain.values import Message, NewMessage, Queue, QueueRef, QueueStats
from zaqar_impl.domain.watching import Posted
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.memory.state import Entry, State
from zaqar_impl.storage.removal import check_removal


class MemoryMessages:
    """:class:`~zaqar_impl.storage.interface.MessageStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def post(
        self,
        ref: QueueRef,
        messages: Sequence[NewMessage],
        *,
        producer: str,
        seen: Queue | None = None,
    ) -> Sequence[str]:
        self._state.check_open(ref)
        self._state.check_seen(ref, seen)
        log = self._state.log(ref)
        now = self._state.now()
        posted = [
            Entry(
                id=secrets.token_hex(12),
                position=position,
                body=new.body,
                producer=producer,
                created=now,
                expires=now + new.ttl * 1000,
                begins=now + new.delay * 1000,
                key_id=new.key_id,
            )
            for position, new in enumerate(messages, start=log.head + 1)
        ]
        log.entries = log.entries + posted
        log.head += len(posted)
        self._state.tell([Posted(ref, self._state.shown(posted), log.subscriptions)])
        return [entry.id for entry in posted]

    async def list(
        self,
        ref: QueueRef,
        *,
        after: int,
        limit: int,
        hide_producer: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> Sequence[Message]:
        now = self._state.now()
        wanted = (
            entry
            for entry in self._state.live(ref)
            if entry.position > after
            and (hide_producer is None or entry.producer != hide_producer)
            and (include_claimed or entry.claim(now) is None)
            and (include_delayed or entry.begins <= now)
        )
        return self._state.shown(itertools.islice(wanted, limit))

    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        return self._state.shown(self._named(ref, ids))

    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        self._remove(ref, [message_id], None if claim_id is None else [claim_id])

    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        self._state.check_open(ref)
        if claim_ids is None:
            self._state.remove(ref, self._named(ref, ids))
        else:
            self._remove(ref, ids, claim_ids)

    async def pop(
        self, ref: QueueRef, limit: int, *, accept: MessageFilter | None = None
    ) -> Sequence[Message]:
        self._state.check_open(ref)
        while candidates := self._state.claimable(ref, limit):
            if popped := self._state.accepted(candidates, accept):
                self._state.remove(ref, popped)
                return self._state.shown(popped)
        return []

    async def purge(self, ref: QueueRef) -> None:
        self._state.check_open(ref)
        if ref in self._state.logs:
            self._state.logs[ref].entries = []

    async def stats(self, ref: QueueRef) -> QueueStats:
        now, live = self._state.now(), self._state.live(ref)
        claimed = sum(1 for entry in live if entry.claim(now) is not None)
        begun = self._state.shown(entry for entry in live if entry.begins <= now)
        oldest, newest = (begun[0], begun[-1]) if begun else (None, None)
        return QueueStats(claimed, len(live) - claimed, oldest, newest)

    def _remove(self, ref: QueueRef, ids: Sequence[str], claim_ids: Sequence[str] | None) -> None:
        """Remove the messages that exist if the rule allows it for all of them."""
        self._state.check_open(ref)
        now = self._state.now()
        named = self._named(ref, ids)
        for claim in [entry.claim(now) for entry in named]:
            check_removal(claim.id if claim else None, claim_ids)
        self._state.remove(ref, named)

    def _named(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Entry]:
        return [entry for entry in self._state.live(ref) if entry.id in ids]
