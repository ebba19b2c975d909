# SPDX-License-Identifier: Apache-2.0
"""Follows the queues that the connections of a process subscribe to."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Self

from zaqar_impl.domain.errors import StorageUnavailable, ZaqarError
from zaqar_impl.domain.values import Message, NewSubscription, QueueRef
from zaqar_impl.domain.watching import Event, Posted, Removed, Retimed
from zaqar_impl.handlers.service import Service
from zaqar_impl.handlers.subscriptions import connection_subscription
from zaqar_impl.push.following import Deliver, Ended, Following
from zaqar_impl.push.notices import Notice
from zaqar_impl.storage.ending import ended

LOG = logging.getLogger(__name__)

#: For how many seconds a process that died leaves its subscriptions behind, at the most, and how
#: often a living one says that it lives.
LEASE = 45
RENEW_EVERY = 15.0
#: Seconds until something that the storage refused is tried again.
TRY_AGAIN = 2.0
#: Seconds between looks at what has expired, and until then messages may come in that were posted
#: before.
SWEEP_EVERY = 1.0
LINGER = 1.0
#: Connections that end within so many seconds are noted together.
GATHER = 0.05


class Follower:
    """Keeps the subscriptions of this process's connections, and tells them what is posted.

    It lives on one event loop, from ``async with`` to its end.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._followings: dict[str, Following] = {}
        self._left: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watch = self._service.storage.watch()
        for work in (self._tell(), self._renew(), self._sweep()):
            self._start(work)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Give all subscriptions back, as far as the storage answers."""
        await ended([*self._tasks, *([self._leaving] if self._leaving else [])])
        self._left.update(self._followings)
        self._followings.clear()
        with contextlib.suppress(StorageUnavailable):
            await self._give_back()
        await self._watch.close()

    def __len__(self) -> int:
        return len(self._followings)

    async def subscribe(
        self,
        ref: QueueRef,
        connection: str,
        *,
        deliver: Deliver,
        ended: Ended = lambda _: None,
        ttl: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Following | None:
        """Subscribe a connection to a queue, which is made when there is none; None if it is
        subscribed already.

        What is posted after this has returned is delivered, once and in order, and nothing that was
        posted before it was called. ``deliver`` may be called before it returns.

        Raises:
            InvalidInput: such a subscription can't be.
        """
        new = connection_subscription(self._service, connection, ttl, options, lease=LEASE)
        follow = partial(self._follow, ref, new, deliver, ended)
        return await self._service.on_demand(ref, follow)

    def stop(self, following: Following) -> None:
        """The connection has gone: deliver nothing more, and let the subscription end soon."""
        subscription_id = following.subscription.id
        if self._followings.pop(subscription_id, None) is None:
            return
        self._watch.discard(subscription_id)
        self._leave(subscription_id)

    async def _follow(
        self, ref: QueueRef, new: NewSubscription, deliver: Deliver, ended: Ended
    ) -> Following | None:
        made, _ = await self._service.storage.subscriptions.create(ref, new)
        if made.id in self._followings:
            return None
        # It may be there from an attempt that failed on its way.
        self._left.discard(made.id)
        following = self._followings[made.id] = Following(ref, made, deliver, ended)
        try:
            following.after = await self._watch.add(ref, made.id)
        except BaseException:
            self.stop(following)
            raise
        return following

    def _leave(self, subscription_id: str) -> None:
        self._left.add(subscription_id)
        if self._leaving is None or self._leaving.done():
            self._leaving = asyncio.create_task(self._leave_together())

    async def _leave_together(self) -> None:
        """Give back the subscriptions of all that leave at about the same time."""
        while self._left:
            await asyncio.sleep(GATHER)
            try:
                await self._give_back()
            except StorageUnavailable:
                await asyncio.sleep(TRY_AGAIN)

    async def _give_back(self) -> None:
        left = sorted(self._left)
        if left:
            await self._service.storage.subscriptions.renew(left, seconds=0)
            self._left.difference_update(left)

    async def _renew(self) -> None:
        """Keep the leases, and find out which subscriptions are gone without a word."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            held = dict(self._followings)
            while held:
                try:
                    live = await self._service.storage.subscriptions.renew(
                        list(held), seconds=LEASE
                    )
                except StorageUnavailable:
                    await asyncio.sleep(TRY_AGAIN)
                    continue
                for subscription_id in held.keys() - live:
                    self._end(subscription_id)
                break

    async def _sweep(self) -> None:
        """End what has expired."""
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            before = self._service.clock() - LINGER
            for subscription_id in [
                one for one, following in self._followings.items() if following.expires <= before
            ]:
                self._watch.discard(subscription_id)
                self._end(subscription_id)

    async def _tell(self) -> None:
        """Tell the connections what happens."""
        while True:
            try:
                events = await self._watch.next()
            except StorageUnavailable:  # it is closed, and so will this be
                await asyncio.sleep(TRY_AGAIN)
                continue
            for event in events:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        match event:
            case Posted():
                await self._deliver(event)
            case Removed():
                self._end(event.subscription_id)
            case Retimed():
                if following := self._followings.get(event.subscription_id):
                    following.expires = event.expires

    async def _deliver(self, event: Posted) -> None:
        """Let all subscribers have the messages; they are opened and filtered once for all."""
        notice = Notice(event.ref, await self._told(event.ref, event.messages))
        last = event.messages[-1].position
        for subscription_id in event.subscriptions:
            if following := self._followings.get(subscription_id):
                try:
                    following.take(notice, last)
                except Exception:
                    LOG.exception("a connection can't take what it is told; it is told no more")
                    self.stop(following)

    async def _told(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as readers see them; those that a filter fails for are told to nobody."""
        told: list[Message] = []
        for message in messages:
            try:
                told.extend(await self._service.told(ref, [message]))
            except ZaqarError as error:
                LOG.warning("%s: message %s is told to nobody: %s", ref, message.id, error)
        return told

    def _end(self, subscription_id: str) -> None:
        if following := self._followings.pop(subscription_id, None):
            following.end()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))
