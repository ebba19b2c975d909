# SPDX-License-Identifier: Apache-2.0
"""What a watch promises: it follows the logs of some queues as they grow.

It goes by the rules of :mod:`zaqar_impl.storage.interface`, and proves itself with the contract
suite.
"""

from collections.abc import Sequence
from typing import Protocol

from zaqar_impl.domain.values import QueueRef
from zaqar_impl.domain.watching import Event


class Watch(Protocol):
    """Tells what happens to subscriptions that this process holds, and to their queues.

    From the moment at which :meth:`add` returns, each message that is posted to the queue, by
    whatever process, is told, in order of position, though others consume it at once, and though
    the storage fails in between, however long: until it is back nothing is told. What the watch
    tells of one queue and its subscriptions has the order in which it happened. Messages may be
    told again, after additions or failures; their positions say so.

    Messages that come from other queues, as dead letters do, are not posted, and not told. Only
    where a storage has lost the history that the watch goes by are messages told that are there,
    rather than those that were posted.
    """

    async def add(self, ref: QueueRef, subscription_id: str, *, after: int | None = None) -> int:
        """Watch a subscription and its queue; the position after which it is told of messages.

        That is the last one given out by now, unless ``after`` says otherwise. If the queue is
        watched already, earlier ones may still be told.

        Raises:
            NotFound: there is no such queue or subscription.
        """

    def discard(self, subscription_id: str) -> None:
        """Watch it no more; it may be unknown."""

    async def next(self) -> Sequence[Event]:
        """What has happened next, in order; it waits until something has.

        It is called again only when it has returned.

        Raises:
            StorageUnavailable: the storage was closed.
        """

    async def close(self) -> None:
        """End the watch; ``next`` is cancelled by the caller before."""
