# SPDX-License-Identifier: Apache-2.0
"""Claims in pools, and the way to a dead letter queue that lives in another pool."""

from dataclasses import dataclass, replace

from zaqar_impl.domain.errors import Forbidden, InvalidInput, NotFound, StorageUnavailable
from zaqar_impl.domain.stored import QueueFrozen
from zaqar_impl.domain.values import Claim, ClaimTerms, DeadLetters, QueueRef
from zaqar_impl.storage.interface import MessageFilter, Storage
from zaqar_impl.storage.pooling.router import Router
from zaqar_impl.storage.transfer import Movable


class PooledClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` over pools.

    A dead letter queue that is new gets the pool of the queue that needs it, and then the driver
    moves the messages. :class:`_Apart` does where the two live in different pools.
    """

    def __init__(self, router: Router) -> None:
        self._router = router

    async def create(
        self,
        ref: QueueRef,
        terms: ClaimTerms,
        limit: int,
        *,
        dead_letters: DeadLetters | None = None,
        accept: MessageFilter | None = None,
    ) -> Claim | None:
        if dead_letters is None:
            return await self._router.call(
                ref, lambda store: store.claims.create(ref, terms, limit, accept=accept)
            )
        while True:
            try:
                return await self._create(ref, terms, limit, dead_letters, accept)
            except QueueFrozen as frozen:
                await self._router.thaw(frozen)

    async def _create(
        self,
        ref: QueueRef,
        terms: ClaimTerms,
        limit: int,
        dead_letters: DeadLetters,
        accept: MessageFilter | None,
    ) -> Claim | None:
        dead = QueueRef(ref.project, dead_letters.queue)
        place, target = await self._router.home(ref), await self._router.home(dead)
        source = self._router.at(place)
        if place and target and target.name != place.name:
            apart = _Apart(source, ref, self._router.at(target), dead, dead_letters, accept)
            return await apart.create(terms, limit)
        try:
            return await source.claims.create(
                ref, terms, limit, dead_letters=dead_letters, accept=accept
            )
        except NotFound:
            if place and target is None:
                await self._router.reserve(dead, place)
            raise

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        return await self._router.call(ref, lambda store: store.claims.get(ref, claim_id))

    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        return await self._router.call(ref, lambda store: store.claims.renew(ref, claim_id, terms))

    async def release(self, ref: QueueRef, claim_id: str) -> None:
        await self._router.call(ref, lambda store: store.claims.release(ref, claim_id))


@dataclass(frozen=True, slots=True)
class _Apart:
    """Claims from a queue whose dead letter queue lives in another pool.

    Between pools a move is not atomic: messages are claimed, appended to the dead letter queue
    unless they are there already, and then deleted. If the process dies in between, a message is in
    both; it is claimed in its old queue until that claim ends, and the next claim moves it again,
    to where it is. It is never lost.
    """

    source: Storage
    ref: QueueRef
    target: Storage
    dead: QueueRef
    dead_letters: DeadLetters
    accept: MessageFilter | None

    async def create(self, terms: ClaimTerms, limit: int) -> Claim | None:
        """Claim, and move what was claimed too often, until something is left of the claim."""
        while claim := await self.source.claims.create(self.ref, terms, limit, accept=self.accept):
            most = self.dead_letters.max_claim_count
            spent = [message.id for message in claim.messages if message.claim_count > most]
            if spent and await self._is_one_store(claim):
                return await self._create_within(claim, terms, limit)
            if spent:
                await self._move(claim, spent)
            kept = [message for message in claim.messages if message.id not in spent]
            if kept:
                return replace(claim, messages=kept)
        return None

    async def _is_one_store(self, claim: Claim) -> bool:
        """Whether the target is the source under another name: it knows a claim that was made just
        now. It has all messages already, in their old queue."""
        try:
            return await self.target.claims.get(self.ref, claim.id) is not None
        except StorageUnavailable:
            await self.source.claims.release(self.ref, claim.id)
            raise

    async def _create_within(self, claim: Claim, terms: ClaimTerms, limit: int) -> Claim | None:
        """Let the driver move them, as within any store."""
        await self.source.claims.release(self.ref, claim.id)
        return await self.source.claims.create(
            self.ref, terms, limit, dead_letters=self.dead_letters, accept=self.accept
        )

    async def _move(self, claim: Claim, spent: list[str]) -> None:
        try:
            await self._copy(spent)
        except (NotFound, StorageUnavailable):
            await self._undo(claim)
            raise
        try:
            await self.source.messages.delete_many(self.ref, spent, claim_ids=[claim.id])
        except (Forbidden, InvalidInput):
            # The claim ended meanwhile; who has the messages now moves them again.
            return

    async def _undo(self, claim: Claim) -> None:
        """Nobody gets the claim, so it must not bring others of its messages nearer to being dead
        letters: their queue may be away for long."""
        if isinstance(self.source, Movable):
            await self.source.transfer.unclaim(self.ref, claim.id)
        else:
            await self.source.claims.release(self.ref, claim.id)

    async def _copy(self, spent: list[str]) -> None:
        if not isinstance(self.source, Movable) or not isinstance(self.target, Movable):
            raise StorageUnavailable("The dead letter queue lives where messages can't be taken.")
        stored = await self.source.transfer.read(self.ref, spent)
        letters = [replace(one, claim=None, claim_count=one.claim_count - 1) for one in stored]
        await self.target.transfer.adopt(self.dead, letters, ttl=self.dead_letters.ttl)
