# SPDX-License-Identifier: Apache-2.0
"""Claims in memory."""

import secrets

from zaqar_impl.domain.values import Claim, ClaimTerms, QueueRef
from zaqar_impl.storage.memory.state import Mark, State


class MemoryClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def create(self, ref: QueueRef, terms: ClaimTerms, limit: int) -> Claim | None:
        mark = Mark(secrets.token_hex(12), self._state.now(), terms.ttl)
        for entry in self._state.claimable(ref, limit):
            entry.hold(mark, terms.grace)
            entry.claim_count += 1
        return await self.get(ref, mark.id)

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        held = self._state.claimed(ref, claim_id)
        if not held or held[0].mark is None:
            return None
        mark = held[0].mark
        return Claim(mark.id, mark.ttl, mark.created / 1000, self._state.shown(held))

    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        held = self._state.claimed(ref, claim_id)
        mark = Mark(claim_id, self._state.now(), terms.ttl)
        for entry in held:
            entry.hold(mark, terms.grace)
        return bool(held)

    async def release(self, ref: QueueRef, claim_id: str) -> None:
        for entry in self._state.claimed(ref, claim_id):
            entry.mark = None
