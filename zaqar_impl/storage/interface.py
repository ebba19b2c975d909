# SPDX-License-Identifier: Apache-2.0
"""What a storage driver promises.

A driver is found by entry point (group ``zaqar_impl.storage``) and proves itself with the contract
suite in ``zaqar_impl.storage.contract``. The promises that hold for every method:

* Projects never see each other, nor do queues and topics: every call is scoped by its
  :class:`QueueRef`, or by project and kind, compared exactly. What is said here of queues holds for
  topics too, which are queues of another kind. Clients claim nothing from those, but the service
  holds messages with a claim where it pops them through filters.
* Queues are made by :meth:`QueueStore.create` alone. What needs one that is not there says so, and
  the caller makes it.
* A message, claim or subscription whose time has passed is treated as if it did not exist, from
  that very moment, whether or not the driver has removed it yet. Time is the driver's injected
  clock.
* An unknown queue, message, claim or subscription, and an id that this driver could never have
  given out, are alike: reads give nothing, removals do nothing. Only what a docstring lists under
  *Raises* is raised besides :class:`~zaqar_impl.domain.errors.StorageUnavailable`, which any method
  may raise and which keeps the original error as its cause.
* After StorageUnavailable nobody knows whether a write has happened. A post, anything about a
  queue, and a removal that names claims happened wholly or not at all. Other removals and claims of
  several messages may have happened for some of them: repeating a removal or a renewal is safe, and
  messages of a claim whose id nobody got are free again when it expires.
* A message that was posted with a delay is delayed for that long, counted from its post. It is in
  its place in the log from the beginning; who lists, claims or pops passes over it meanwhile.
* Limits are 1 or more, and batches are not empty.
* Methods may be called concurrently, in one process and in many, and are atomic with respect to
  each other as far as their docstrings say.
"""

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from zaqar_impl.domain.health import MessageVolume
from zaqar_impl.domain.values import (
    Claim,
    ClaimTerms,
    DeadLetters,
    Kind,
    Message,
    Metadata,
    NewMessage,
    NewSubscription,
    Queue,
    QueueRef,
    QueueStats,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.storage.watching import Watch

#: Decides whether a queue belongs into a listing; pure and quick, called once for each queue looked
#: at.
QueueFilter = Callable[[Queue], bool]

#: Decides whether a consumer can be given a message; pure and quick, perhaps called again.
MessageFilter = Callable[[Message], bool]

#: For how many seconds a message is delayed that its :data:`MessageFilter` did not accept: long
#: enough to get past many of them, and nobody waits for hours once they are accepted.
PASSED_OVER = 600


class QueueStore(Protocol):
    """Queues and their metadata."""

    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        """Create the queue unless it exists; of concurrent calls exactly one gives True.

        An existing queue is left as it is, its metadata too. A queue that is created again after
        :meth:`delete` starts empty and with position 1.
        """

    async def get(self, ref: QueueRef) -> Queue | None:
        """The queue, or None."""

    async def recall(self, ref: QueueRef, *, seconds: float = math.inf) -> Queue | None:
        """The queue, or None, perhaps as it was so many seconds ago: a driver may remember it.

        Without bound it is for those who go on to :meth:`MessageStore.post`, which looks again.
        What this process itself has done to the queue shows at once.
        """

    async def list(
        self,
        project: str,
        *,
        after: str | None,
        limit: int,
        accept: QueueFilter,
        kind: Kind = Kind.QUEUE,
    ) -> Sequence[Queue]:
        """Up to ``limit`` accepted queues of the project with a name greater than ``after``, by
        name in byte order."""

    async def count(self, project: str, accept: QueueFilter, *, kind: Kind = Kind.QUEUE) -> int:
        """How many queues of the project are accepted."""

    async def update(
        self, ref: QueueRef, change: Callable[[Metadata], Metadata]
    ) -> Metadata | None:
        """Replace the metadata by ``change(metadata)`` atomically; give what was stored, or None
        for an unknown queue.

        ``change`` is pure and may be called again when another writer came between; what it raises
        goes to the caller and nothing is stored.
        """

    async def delete(self, ref: QueueRef) -> None:
        """Remove the queue, all its messages, claimed ones too, and its subscriptions."""


class MessageStore(Protocol):
    """The message log of each queue."""

    async def post(
        self,
        ref: QueueRef,
        messages: Sequence[NewMessage],
        *,
        producer: str,
        seen: Queue | None = None,
    ) -> Sequence[str]:
        """Append the messages, all or none, durably, and give their ids in order.

        They take the next positions of the queue without a gap. A position becomes visible only
        after all lower ones have, so a reader that lists by position can never pass over a message;
        positions never go back while the queue lives, also when it is emptied.

        ``seen`` is the queue that the messages were made for: if its metadata has changed since, or
        it is another queue by now, nothing is appended.

        Raises:
            NotFound: there is no such queue.
            QueueChanged: it is not as it was ``seen``, or was seen and is gone.
            InvalidInput: a body is too large for this driver. Any driver takes 1 MiB.
        """

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
        """Up to ``limit`` messages with a position greater than ``after``, in order of position.

        Messages of ``hide_producer`` are left out; claimed ones too unless ``include_claimed``,
        delayed ones too unless ``include_delayed``.
        """

    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        """Those of the messages that exist, delayed ones too, each once, in order of position."""

    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        """Remove one message; atomic against claims: it goes only if the rules below hold at that
        moment.

        Raises:
            Forbidden: the message is under a live claim, and that is not ``claim_id``.
            InvalidInput: ``claim_id`` is given, but the message is under no live claim.
        """

    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        """Remove the messages that exist.

        With ``claim_ids`` None, claims are ignored. Otherwise each message that exists must be
        under one of these claims, live, or nothing is removed.

        Raises:
            Forbidden: a message is under a live claim that is not among ``claim_ids``.
            InvalidInput: a message is under no live claim though ``claim_ids`` were given.
        """

    async def pop(
        self, ref: QueueRef, limit: int, *, accept: MessageFilter | None = None
    ) -> Sequence[Message]:
        """Remove and give the up to ``limit`` oldest messages that are neither claimed nor delayed,
        in order of position; no message to two callers.

        Messages that ``accept`` does not accept are not removed but delayed, by ``PASSED_OVER``
        seconds from now, so that they do not stand before others. Fewer may come back then than
        there are, but none only when no other was left.
        """

    async def purge(self, ref: QueueRef) -> None:
        """Remove all messages that are there when it is called, claimed and delayed ones too;
        positions go on where they were."""

    async def stats(self, ref: QueueRef) -> QueueStats:
        """Count the live messages, delayed ones as free; ``oldest`` and ``newest`` pass over
        delayed ones, and are None when there is no other."""


class ClaimStore(Protocol):
    """Claims: exclusive, temporary holds on messages."""

    async def create(
        self,
        ref: QueueRef,
        terms: ClaimTerms,
        limit: int,
        *,
        dead_letters: DeadLetters | None = None,
        accept: MessageFilter | None = None,
    ) -> Claim | None:
        """Claim up to ``limit`` of the oldest messages that are neither claimed nor delayed, or
        give None when there is none.

        A message is never under two live claims. Each message that would expire before the claim's
        end plus the grace has its life extended to that moment. Fewer messages than asked for may
        come back under contention, and where some of them move or are passed over, but None only
        when no claimable message was left.

        Each message counts how often it was claimed, however its claims ended. With
        ``dead_letters``, a claimable message that has reached that count is not claimed but moved,
        atomically and in order, to the end of the dead letter queue. It keeps id, body, producer
        and count, is claimable there at once, and with a ``ttl`` begins its life anew.

        Messages that ``accept`` does not accept are neither claimed nor counted, but passed over as
        by :meth:`MessageStore.pop`.

        Raises:
            NotFound: a message has to move, and there is no dead letter queue. Nothing was claimed.
        """

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        """The live claim with the messages still under it; None once no message is left."""

    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        """Let the claim start anew now with these terms (lives are extended as in :meth:`create`);
        False if it is not live."""

    async def release(self, ref: QueueRef, claim_id: str) -> None:
        """End the claim: its messages are claimable at once. Lives that were extended stay so."""


class SubscriptionStore(Protocol):
    """Subscriptions: who is notified of a queue's messages."""

    async def create(self, ref: QueueRef, new: NewSubscription) -> tuple[Subscription, bool]:
        """Store a subscription and give it with True; or give the one that this subscriber has of
        the queue, as it is, with False.

        Subscribers are compared exactly. Of concurrent calls with one subscriber exactly one gives
        True. A subscription with a lease is as good as expired when that has ended.

        Raises:
            NotFound: there is no such queue.
        """

    async def list(self, ref: QueueRef, *, after: str | None, limit: int) -> Sequence[Subscription]:
        """Up to ``limit`` subscriptions with an id greater than ``after``, by id; none if ``after``
        is no id of this driver. It need not be the id of a subscription that exists."""

    async def get(self, ref: QueueRef, subscription_id: str) -> Subscription | None:
        """The subscription, or None."""

    async def update(self, ref: QueueRef, subscription_id: str, change: SubscriptionChange) -> bool:
        """Apply the change, wholly or not at all; False if there is no such subscription.

        A new ttl lets the lifetime start anew, and the age goes on. Another subscriber has not
        confirmed.

        Raises:
            Conflict: the queue has another subscription of the new subscriber.
        """

    async def confirm(self, ref: QueueRef, subscription_id: str, confirmed: bool) -> bool:
        """Set whether the subscriber has agreed; False if there is no such subscription."""

    async def renew(self, ids: Sequence[str], *, seconds: int) -> AbstractSet[str]:
        """Let the leases of these subscriptions, of whatever queues, end so many seconds from now;
        the ids of those that are there.

        A lease that has ended begins anew as long as the subscription was not removed: its holder
        may just not have reached the storage. Only the holder of a subscription renews it, and with
        0 seconds gives it back. After StorageUnavailable some may have been renewed.
        """

    async def delete(self, ref: QueueRef, subscription_id: str) -> None:
        """Remove the subscription."""

    async def purge(self, ref: QueueRef) -> None:
        """Remove all subscriptions of the queue, which stays."""


class Storage(Protocol):
    """One opened driver."""

    queues: QueueStore
    messages: MessageStore
    claims: ClaimStore
    subscriptions: SubscriptionStore

    async def open(self) -> None:
        """Connect and make what the driver needs; idempotent, safe in many processes at once.

        Raises:
            StorageUnfit: what answers is nothing that the driver can work with.
        """

    async def ping(self) -> None:
        """Return when the storage answers a cheap question, within seconds.

        Raises:
            StorageUnavailable: it does not.
        """

    async def writable(self) -> None:
        """Return when a write would be acknowledged now, within seconds; nothing is stored for it.

        Raises:
            StorageUnavailable: it would not.
        """

    async def volume(self) -> MessageVolume | None:
        """About how many messages there are, or None if that is not cheap to tell.

        It takes no longer with millions of messages. Expired messages may count as long as they are
        not removed.
        """

    def watch(self) -> Watch:
        """A new watch that watches nothing yet; to be closed before the storage is."""

    async def close(self) -> None:
        """Let go of connections; no other method is called afterwards."""
