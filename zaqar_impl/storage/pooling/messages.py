# SPDX-License-Identifier: Apache-2.0
"""Messages in pools: each call goes to the pool of its queue."""

from collections.abc import Sequence

from zaqar_impl.domain.values import Message, NewMessage, Queue, QueueRef, QueueStats
from zaqar_impl.storage.interface import MessageFilter
from zaqar_impl.storage.pooling.router import Router


class PooledMessages:
    """:class:`~zaqar_impl.storage.interface.MessageStore` over pools."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def post(
        self,
        ref: QueueRef,
        messages: Sequence[NewMessage],
        *,
        producer: str,
        seen: Queue | None = None,
    ) -> Sequence[str]:
        return await self._router.call(
            ref, lambda store: store.messages.post(ref, messages, producer=producer, seen=seen)
        )

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
        return await self._router.call(
            ref,
            lambda store: store.messages.list(
                ref,
                after=after,
                limit=limit,
                hide_producer=hide_producer,
                include_claimed=include_claimed,
                include_delayed=include_delayed,
            ),
        )

    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        return await self._router.call(ref, lambda store: store.messages.get_many(ref, ids))

    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        await self._router.call(
            ref, lambda store: store.messages.delete(ref, message_id, claim_id=claim_id)
        )

    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        await self._router.call(
            ref, lambda store: store.messages.delete_many(ref, ids, claim_ids=claim_ids)
        )

    async def pop(
        self, ref: QueueRef, limit: int, *, accept: MessageFilter | None = None
    ) -> Sequence[Message]:
        return await self._router.call(
            ref, lambda store: store.messages.pop(ref, limit, accept=accept)
        )

    async def purge(self, ref: QueueRef) -> None:
        await self._router.call(ref, lambda store: store.messages.purge(ref))

    async def stats(self, ref: QueueRef) -> QueueStats:
        return await self._router.call(ref, lambda store: store.messages.stats(ref))
