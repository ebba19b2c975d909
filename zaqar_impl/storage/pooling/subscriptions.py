# SPDX-License-Identifier: Apache-2.0
"""Subscriptions in pools: they live with their queue."""

from collections.abc import Sequence

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

    async def delete(self, ref: QueueRef, subscription_id: str) -> None:
        await self._router.call(ref, lambda store: store.subscriptions.delete(ref, subscription_id))

    async def purge(self, ref: QueueRef) -> None:
        await self._router.call(ref, lambda store: store.subscriptions.purge(ref))
