# SPDX-License-Identifier: Apache-2.0
"""Subscriptions in pools: they live with their queue."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from zaqar_impl.domain.values import (
    NewSubscription,
    QueueRef,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.storage.pooling.router import Router


class PooledSubscriptions:
    """:class:`~zaqar_impl.storage.interface.SubscriptionStore` over pools."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def create(self, ref: QueueRef, new: NewSubscription) -> tuple[Subscription, bool]:
        return await self._router.call(ref, lambda store: store.subscriptions.create(ref, new))

    async def list(self, ref: QueueRef, *, after: str | None, limit: int) -> Sequence[Subscription]:
        return await self._router.call(
            ref, lambda store: store.subscriptions.list(ref, after=after, limit=limit)
        )

    async def get(self, ref: QueueRef, subscription_id: str) -> Subscription | None:
        return await self._router.call(
            ref, lambda store: store.subscriptions.get(ref, subscription_id)
        )

    async def update(self, ref: QueueRef, subscription_id: str, change: SubscriptionChange) -> bool:
        return await self._router.call(
            ref, lambda store: store.subscriptions.update(ref, subscription_id, change)
        )

    async def confirm(self, ref: QueueRef, subscription_id: str, confirmed: bool) -> bool:
        return await self._router.call(
            ref, lambda store: store.subscriptions.confirm(ref, subscription_id, confirmed)
        )

    async def renew(self, ids: Sequence[str], *, seconds: int) -> AbstractSet[str]:
        """Each store renews those that it has, so nobody need ask where their queues are; those of
        a queue that is being moved may be in two."""
        stores = (await self._router.everywhere()).values()
        renewed = await asyncio.gather(
            *(store.subscriptions.renew(ids, seconds=seconds) for store in stores),
            return_exceptions=True,
        )
        for failed in renewed:
            if isinstance(failed, BaseException):
                raise failed
        return set().union(*(found for found in renewed if not isinstance(found, BaseException)))

    async def delete(self, ref: QueueRef, subscription_id: str) -> None:
        await self._router.call(ref, lambda store: store.subscriptions.delete(ref, subscription_id))

    async def purge(self, ref: QueueRef) -> None:
        await self._router.call(ref, lambda store: store.subscriptions.purge(ref))
