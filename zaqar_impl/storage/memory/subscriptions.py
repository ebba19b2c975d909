# SPDX-License-Identifier: Apache-2.0
"""The subscriptions of the reference driver; it knows nothing of messages.

As in the rest of the driver no method awaits anything, so each one is atomic on the event loop.
"""

import itertools
import re
import secrets
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import replace
from typing import Protocol

from zaqar_impl.domain.errors import Conflict, NotFound
from zaqar_impl.domain.values import (
    NewSubscription,
    QueueRef,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.domain.watching import Event, Removed, Retimed

#: Subscriptions by id, in order of id. Expired ones may be among them.
Shelf = dict[str, Subscription]

_ID_TEXT = re.compile(r"[0-9a-f]{24}")


class Shelves(Protocol):
    """Where subscriptions are kept; they go when their queue goes."""

    def now(self) -> int:
        """The time in milliseconds."""

    def check_open(self, ref: QueueRef) -> None:
        """Return if the queue may be changed."""

    def shelf(self, ref: QueueRef) -> Shelf | None:
        """The subscriptions of a queue, None where there is no queue."""

    def shelves(self) -> Iterable[Shelf]:
        """The subscriptions of all queues."""

    def tell(self, events: Sequence[Event]) -> None:
        """Let those who watch know."""


class MemorySubscriptions:
    """:class:`~zaqar_impl.storage.interface.SubscriptionStore` in memory."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        # No two stores begin at the same: subscriptions keep their ids when their queue moves.
        self._numbers = itertools.count(secrets.randbits(95))

    async def create(self, ref: QueueRef, new: NewSubscription) -> tuple[Subscription, bool]:
        self._shelves.check_open(ref)
        if (shelf := self._shelves.shelf(ref)) is None:
            raise NotFound(f"{ref} does not exist.")
        if found := self._of(ref, new.subscriber):
            return deepcopy(found), False
        now = self._now()
        made = Subscription(
            id=f"{next(self._numbers):024x}",
            subscriber=new.subscriber,
            ttl=new.ttl,
            options=deepcopy(new.options),
            created=now,
            expires=now + new.ttl,
            confirmed=new.confirmed,
            lease=None if new.lease is None else now + new.lease,
        )
        shelf[made.id] = made
        return deepcopy(made), True

    async def list(self, ref: QueueRef, *, after: str | None, limit: int) -> Sequence[Subscription]:
        if after is not None and not _ID_TEXT.fullmatch(after):
            return []
        ordered = sorted(self._live(ref).values(), key=lambda one: one.id)
        rest = (one for one in ordered if after is None or one.id > after)
        return deepcopy(list(itertools.islice(rest, limit)))

    async def get(self, ref: QueueRef, subscription_id: str) -> Subscription | None:
        return deepcopy(self._live(ref).get(subscription_id))

    async def update(self, ref: QueueRef, subscription_id: str, change: SubscriptionChange) -> bool:
        self._shelves.check_open(ref)
        shelf = self._live(ref)
        if (found := shelf.get(subscription_id)) is None:
            return False
        if change.subscriber is not None and change.subscriber != found.subscriber:
            if self._of(ref, change.subscriber):
                raise Conflict("The queue has another subscription of this subscriber.")
            found = replace(found, subscriber=change.subscriber, confirmed=False)
        if change.ttl is not None:
            found = replace(found, ttl=change.ttl, expires=self._now() + change.ttl)
            self._shelves.tell([Retimed(found.id, found.expires)])
        if change.options is not None:
            found = replace(found, options=deepcopy(change.options))
        shelf[subscription_id] = found
        return True

    async def confirm(self, ref: QueueRef, subscription_id: str, confirmed: bool) -> bool:
        self._shelves.check_open(ref)
        shelf = self._live(ref)
        if subscription_id not in shelf:
            return False
        shelf[subscription_id] = replace(shelf[subscription_id], confirmed=confirmed)
        return True

    async def renew(self, ids: Sequence[str], *, seconds: int) -> AbstractSet[str]:
        now, renewed = self._now(), set()
        for shelf in self._shelves.shelves():
            for held in [shelf[one] for one in ids if one in shelf]:
                if held.lease is not None and held.expires > now:
                    shelf[held.id] = replace(held, lease=now + seconds)
                    renewed.add(held.id)
        return renewed

    async def delete(self, ref: QueueRef, subscription_id: str) -> None:
        self._shelves.check_open(ref)
        if self._live(ref).pop(subscription_id, None) is not None:
            self._shelves.tell([Removed(subscription_id)])

    async def purge(self, ref: QueueRef) -> None:
        self._shelves.check_open(ref)
        shelf = self._live(ref)
        self._shelves.tell([Removed(subscription_id) for subscription_id in shelf])
        shelf.clear()

    def _now(self) -> float:
        return self._shelves.now() / 1000

    def _live(self, ref: QueueRef) -> Shelf:
        """The live subscriptions; expired ones are dropped on the way."""
        shelf, now = self._shelves.shelf(ref) or {}, self._now()
        for gone in [one.id for one in shelf.values() if one.ends <= now]:
            del shelf[gone]
        return shelf

    def _of(self, ref: QueueRef, subscriber: str) -> Subscription | None:
        same = (one for one in self._live(ref).values() if one.subscriber == subscriber)
        return next(same, None)
