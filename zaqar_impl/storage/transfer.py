# SPDX-License-Identifier: Apache-2.0
"""What a driver promises that can give messages and queues to other stores, and take theirs.

It goes by the rules of :mod:`zaqar_impl.storage.interface`, and proves itself with
``TransferContract`` of the contract suite.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from zaqar_impl.domain.stored import Freeze, StoredMessage, StoredQueue
from zaqar_impl.domain.values import QueueRef, Subscription


class TransferStore(Protocol):
    """Carrying messages and whole queues between stores, with all that is kept of them.

    A queue that is carried away is frozen: whatever would change it raises
    :class:`~zaqar_impl.domain.stored.QueueFrozen`, and reads go on. A queue that is on its way in
    is frozen too, as arriving, and what belongs to the move changes it by naming its token. A
    freeze has no end of its own: who keeps the queue's address decides about it.
    """

    #: Seconds after which no call that began before a freeze has any effect any more.
    settle_seconds: float

    async def read(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[StoredMessage]:
        """Those of the messages that exist, each once, in order of position."""

    async def adopt(
        self, ref: QueueRef, messages: Sequence[StoredMessage], *, ttl: int | None
    ) -> None:
        """Append those of the messages that do not live in this store, all or none and in this
        order.

        What lives in a frozen queue does not count, and is taken out of it: it goes with the queue
        when that has moved, or its arrival is given up.

        They take the next positions, whatever theirs were, keep id, body, producer and claim count,
        are under no claim and not delayed, and with a ``ttl`` begin their life anew.

        Raises:
            NotFound: there is no such queue.
        """

    async def unclaim(self, ref: QueueRef, claim_id: str) -> None:
        """Undo a claim that was just made, and that nobody has heard of: its messages are claimable
        at once, and it does not count. An unknown claim is as good as undone."""

    async def freeze(self, ref: QueueRef, token: str) -> StoredQueue | None:
        """Freeze the queue, to be carried away, and give it as it is from now on; None if there is
        none. Doing it again changes nothing.

        Raises:
            QueueFrozen: it is frozen otherwise.
        """

    async def frozen(self, ref: QueueRef) -> Freeze | None:
        """How the queue is frozen; None if it is not, or does not exist."""

    async def unfreeze(self, ref: QueueRef, freeze: Freeze) -> bool:
        """Let the queue be changed again if it is frozen in just this way; whether it was."""

    async def drop(self, ref: QueueRef, freeze: Freeze) -> bool:
        """Remove the queue as :meth:`QueueStore.delete` does, if it is frozen in just this way;
        whether it was."""

    async def page(self, ref: QueueRef, *, after: int, limit: int) -> Sequence[StoredMessage]:
        """Up to ``limit`` live messages with a position greater than ``after``, in order of it;
        fewer, but not none, where they are large."""

    async def receive(self, ref: QueueRef, queue: StoredQueue, token: str) -> None:
        """Make the queue, with no messages yet, arriving. Doing it again changes nothing.

        Raises:
            Conflict: there is such a queue, and it is not arriving.
            QueueFrozen: it is arriving by another move.
        """

    async def put_messages(
        self, ref: QueueRef, messages: Sequence[StoredMessage], token: str
    ) -> None:
        """Put the messages into the arriving queue as they are, positions and claims too. Those
        that are there already stay as they are, and so do those that live in another queue of this
        store; as for :meth:`adopt`, in a frozen one they do not.

        Raises:
            NotFound: the queue does not arrive by this move any more.
        """

    async def put_subscriptions(
        self, ref: QueueRef, subscriptions: Sequence[Subscription], token: str
    ) -> None:
        """Likewise for subscriptions."""


@runtime_checkable
class Movable(Protocol):
    """A storage that can give queues to other stores, and take theirs. A driver need not be: its
    queues stay in the pool that they were made in."""

    transfer: TransferStore
