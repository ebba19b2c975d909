# SPDX-License-Identifier: Apache-2.0
"""Following queues in memory: whatever happens is told to all watches, and each keeps its part."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.domain.watching import Event, Frozen, Posted, Removed
from zaqar_impl.storage.memory.state import State


class MemoryWatch:
    """:class:`~zaqar_impl.storage.watching.Watch` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._watched: dict[str, QueueRef] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        state.watches.add(self)

    async def add(self, ref: QueueRef, subscription_id: str, *, after: int | None = None) -> int:
        log = self._state.logs.get(ref)
        if log is None or subscription_id not in log.subscriptions:
            raise NotFound(f"Subscription {subscription_id!r} does not exist in {ref}.")
        self._watched[subscription_id] = ref
        if after is None:
            return log.head
        missed = [entry for entry in self._state.live(ref) if entry.position > after]
        if missed:
            self.take(Posted(ref, self._state.shown(missed), [subscription_id]))
        return after

    def discard(self, subscription_id: str) -> None:
        self._watched.pop(subscription_id, None)

    def take(self, event: Event) -> None:
        """Keep it for :meth:`next` if it is about something that is watched."""
        if isinstance(event, Posted):
            told = [each for each in event.subscriptions if each in self._watched]
            if told:
                self._events.put_nowait(replace(event, subscriptions=told))
        elif isinstance(event, Frozen):
            if event.ref in self._watched.values():
                self._events.put_nowait(event)
        elif event.subscription_id in self._watched:
            if isinstance(event, Removed):
                self.discard(event.subscription_id)
            self._events.put_nowait(event)

    async def next(self) -> Sequence[Event]:
        return [await self._events.get()]

    async def close(self) -> None:
        self._state.watches.discard(self)
