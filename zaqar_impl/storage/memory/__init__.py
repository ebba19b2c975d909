# SPDX-License-Identifier: Apache-2.0
"""The reference driver: everything in dictionaries of this process, gone when it ends.

It is the shortest honest reading of the interface, for unit tests and for trying the service out.
No method awaits anything, so each one is atomic on the event loop. Times are kept in whole
milliseconds, as in MongoDB. ``state`` holds what there is; ``queues``, ``messages``, ``claims``
and ``subscriptions`` are the four stores, ``transfer`` carries messages between stores,
and ``watching`` tells what happens to them.
"""

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.health import MessageVolume
from zaqar_impl.storage.interface import (
    ClaimStore,
    MessageStore,
    QueueStore,
    SubscriptionStore,
)
from zaqar_impl.storage.memory.claims import MemoryClaims
from zaqar_impl.storage.memory.messages import MemoryMessages
from zaqar_impl.storage.memory.queues import MemoryQueues
from zaqar_impl.storage.memory.state import State
from zaqar_impl.storage.memory.subscriptions import MemorySubscriptions
from zaqar_impl.storage.memory.transfer import MemoryTransfer
from zaqar_impl.storage.memory.watching import MemoryWatch
from zaqar_impl.storage.transfer import TransferStore
from zaqar_impl.storage.watching import Watch


def open_driver(uri: str, database: str, clock: Clock) -> "MemoryStorage":
    """The driver's entry point; there is nothing that the URI or the database could say."""
    return MemoryStorage(clock)


class MemoryStorage:
    """The whole of it; nothing here can ever be unavailable."""

    def __init__(self, clock: Clock) -> None:
        self._state = state = State(clock)
        self.queues: QueueStore = MemoryQueues(state)
        self.messages: MessageStore = MemoryMessages(state)
        self.claims: ClaimStore = MemoryClaims(state)
        self.subscriptions: SubscriptionStore = MemorySubscriptions(state)
        self.transfer: TransferStore = MemoryTransfer(state)

    async def open(self) -> None: ...

    async def ping(self) -> None: ...

    async def writable(self) -> None: ...

    async def volume(self) -> MessageVolume:
        entries = [entry for ref in self._state.logs for entry in self._state.live(ref)]
        now = self._state.now()
        claimed = sum(entry.claim(now) is not None for entry in entries)
        return MessageVolume(claimed=claimed, total=len(entries))

    def watch(self) -> Watch:
        return MemoryWatch(self._state)

    async def close(self) -> None: ...
