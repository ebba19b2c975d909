# SPDX-License-Identifier: Apache-2.0
"""What a watch tells: what happens to the queues and subscriptions that it watches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zaqar_impl.domain.values import Message, QueueRef


@dataclass(frozen=True, slots=True)
class Posted:
    """The next messages of a queue's log, as they were posted, and by their ids the watched
    subscriptions that the queue has at that moment."""

    ref: QueueRef
    messages: Sequence[Message]
    subscriptions: Collection[str]


@dataclass(frozen=True, slots=True)
class Removed:
    """The subscription is gone, alone or with its queue, and watched no more. What was posted
    before that was told before."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class Retimed:
    """The subscription expires at another moment now."""

    subscription_id: str
    expires: float


@dataclass(frozen=True, slots=True)
class Frozen:
    """Nothing is posted to the queue any more where it is watched, for somebody carries it away,
    or gives that up again. What was posted before was told before."""

    ref: QueueRef


Event = Posted | Removed | Retimed | Frozen
