# SPDX-License-Identifier: Apache-2.0
"""Claims in memory."""

import secrets
from collections.abc import Sequence

from zaqar_impl.domain.values import Claim, ClaimTerms, DeadLetters, QueueRef
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.memory.state import Entry, Mark, State


class MemoryClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def create(
        self,
        ref: QueueRef,
        terms: ClaimTerms,
        limit: int,
        *,
        dead_letters: DeadLetters | None = None,
        accept: MessageFilter | None = None,
    ) -> Claim | None:
        self._state.check_open(ref)
        while candidates := self._state.claimable(ref, limit):
            kept = candidates
            if dead_letters is not None:
                most = dead_letters.max_claim_count
                kept = [entry for entry in candidates if entry.claim_count < most]
                spent = [entry for entry in candidates if entry.claim_count >= most]
                self._move(ref, spent, dead_letters)
            if kept := self._state.accepted(kept, accept):
                mark = Mark(secrets.token_hex(12), self._state.now(), terms.ttl)
                for entry in kept:
                    entry.hold(mark, terms.grace)
                    entry.claim_count += 1
                return await self.get(ref, mark.id)
        return None

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        held = self._state.claimed(ref, claim_id)
        if not held or held[0].mark is None:
            return None
        mark = held[0].mark
        return Claim(mark.id, mark.ttl, mark.created / 1000, self._state.shown(held))

    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        self._state.check_open(ref)
        held = self._state.claimed(ref, claim_id)
        mark = Mark(claim_id, self._state.now(), terms.ttl)
        for entry in held:
            entry.hold(mark, terms.grace)
        return bool(held)

    async def release(self, ref: QueueRef, claim_id: str) -> None:
        self._state.check_open(ref)
        for entry in self._state.claimed(ref, claim_id):
            entry.mark = None

    def _move(self, ref: QueueRef, spent: Sequence[Entry], dead_letters: DeadLetters) -> None:
        """Move the messages to the end of the dead letter queue."""
        if not spent:
            return
        dead = QueueRef(ref.project, dead_letters.queue)
        self._state.check_open(dead)
        target = self._state.log(dead)
        self._state.remove(ref, spent)
        for entry in spent:
            target.head += 1
            entry.move(target.head, self._state.now(), dead_letters.ttl)
        target.entries = [*target.entries, *spent]
