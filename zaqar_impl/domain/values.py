# SPDX-License-Identifier: Apache-2.0
"""The things the API speaks of, as frozen values.

Times are seconds since the epoch as floats, lifetimes are whole seconds, bodies are the JSON bytes
that the producer sent. Nothing here knows of HTTP, JSON documents or MongoDB.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: A queue's metadata: any JSON object. Reserved keys begin with an underscore.
Metadata = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the project whose data it sees, and the client instance it comes from.

    ``client_id`` is normalised, so that two spellings of one UUID are the same client.
    """

    project: str
    client_id: str


class Kind(StrEnum):
    """What holds messages. Each kind is a name space of its own: queue x and topic x have nothing
    to do with each other."""

    QUEUE = "queue"
    #: Messages of a topic are read and pushed, never claimed.
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class QueueRef:
    """The address of a queue, or of a topic, which is a queue of another kind: its project, its
    name and its kind. It need not exist. As text it is what messages to clients call it."""

    project: str
    name: str
    kind: Kind = Kind.QUEUE

    def __str__(self) -> str:
        return f"{self.kind.capitalize()} {self.name!r}"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that exists, with its metadata as stored (reserved keys are not filled in).

    ``revision`` changes with the metadata, and with the queue when it is made again; only the
    driver that gave it can read it. None stands for no revision in particular."""

    ref: QueueRef
    metadata: Metadata
    revision: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be posted: its body as JSON bytes, its lifetime, and for how long it is
    withheld first, in seconds.

    With a ``key_id`` the body is not JSON but sealed, with the key of that id (``sealing``)."""

    body: bytes
    ttl: int
    delay: int = 0
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A live message.

    ``position`` is its place in the queue's log, from 1, and the marker of listings.
    ``claim_id`` names the live claim it is under, ``None`` if there is none: an expired claim is
    never shown. ``checksum`` is for clients, where they are to have one; drivers leave it alone.
    ``key_id`` is as in :class:`NewMessage`, in whichever queue the message is now.
    """

    id: str
    position: int
    body: bytes
    created: float
    expires: float
    claim_id: str | None = None
    claim_count: int = 0
    checksum: str | None = None
    key_id: str | None = None

    @property
    def ttl(self) -> int:
        """Lifetime in whole seconds, extensions by claims included, so ``ttl - age`` is what
        remains."""
        return math.ceil(round(self.expires - self.created, 3))

    def age(self, now: float) -> int:
        """Whole seconds since the message was posted, never negative."""
        return max(0, int(now - self.created))


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """What a claimant asks for: the claim's lifetime, and the grace that its messages outlive it
    by, in seconds."""

    ttl: int
    grace: int


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """What becomes of messages that were claimed ``max_claim_count`` times: they move to ``queue``
    of the same project, where they live ``ttl`` seconds more if it is given."""

    queue: str
    max_claim_count: int
    ttl: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A live claim with the messages that are still under it, oldest first; ``created`` is its last
    renewal."""

    id: str
    ttl: int
    created: float
    messages: Sequence[Message]

    def age(self, now: float) -> int:
        """Whole seconds since the claim was made or last renewed, never negative."""
        return max(0, int(now - self.created))


@dataclass(frozen=True, slots=True)
class QueueStats:
    """How many live messages a queue holds, and the first and last of those that are not
    delayed."""

    claimed: int
    free: int
    oldest: Message | None
    newest: Message | None

    @property
    def total(self) -> int:
        return self.claimed + self.free


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to be made: who is notified, for how many seconds, and how.

    With a ``lease`` it ends earlier, after so many seconds, unless whoever holds it renews that."""

    subscriber: str
    ttl: int
    options: Mapping[str, Any]
    confirmed: bool = False
    lease: int | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """What is to be different of a subscription; None leaves a thing as it is."""

    subscriber: str | None = None
    ttl: int | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A live subscription of a queue.

    It expires ``ttl`` seconds after its creation, or after the last change of its ttl, and no later
    than its ``lease`` if it has one. ``confirmed`` is whether the subscriber has agreed.
    """

    id: str
    subscriber: str
    ttl: int
    options: Mapping[str, Any]
    created: float
    expires: float
    confirmed: bool = False
    lease: float | None = None

    @property
    def ends(self) -> float:
        """The moment from which it is nothing any more, unless its lease is renewed."""
        return self.expires if self.lease is None else min(self.expires, self.lease)

    def age(self, now: float) -> int:
        """Whole seconds since it was made, never negative."""
        return max(0, int(now - self.created))
