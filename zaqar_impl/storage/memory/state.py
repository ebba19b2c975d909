# SPDX-License-Identifier: Apache-2.0
"""What the driver keeps, and what is true of it now."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.stored import Freeze, QueueChanged, QueueFrozen
from zaqar_impl.domain.values import Message, Metadata, Queue, QueueRef
from zaqar_impl.domain.watching import Event, Removed
from zaqar_impl.storage.interface import PASSED_OVER, MessageFilter
from zaqar_impl.storage.memory.subscriptions import Shelf


class Watching(Protocol):
    """Somebody who is told of all that happens."""

    def take(self, event: Event) -> None:
        """Keep it if it is about something that is watched."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The hold of one claim on one message."""

    id: str
    created: int
    ttl: int

    @property
    def end(self) -> int:
        return self.created + self.ttl * 1000


@dataclass(slots=True)
class Entry:
    """One message of a log. Its mark may be over; only :meth:`claim` knows the time."""

    id: str
    position: int
    body: bytes
    producer: str
    created: int
    expires: int
    #: Until then it is delayed.
    begins: int = 0
    mark: Mark | None = None
    claim_count: int = 0
    key_id: str | None = None

    def claim(self, now: int) -> Mark | None:
        """The live claim it is under."""
        return self.mark if self.mark is not None and self.mark.end > now else None

    def is_claimable(self, now: int) -> bool:
        """Whether neither a claim nor a delay holds it."""
        return self.begins <= now and self.claim(now) is None

    def hold(self, mark: Mark, grace: int) -> None:
        """Put the message under a claim, and let it outlive the claim by the grace."""
        self.mark = mark
        self.expires = max(self.expires, mark.end + grace * 1000)

    def move(self, position: int, now: int, ttl: int | None) -> None:
        """Put the message at a place in another log, unclaimed, perhaps with a new life."""
        self.position, self.mark = position, None
        if ttl is not None:
            self.created, self.expires = now, now + ttl * 1000

    def shown(self, now: int) -> Message:
        claim = self.claim(now)
        return Message(
            id=self.id,
            position=self.position,
            body=self.body,
            created=self.created / 1000,
            expires=self.expires / 1000,
            claim_id=claim.id if claim else None,
            claim_count=self.claim_count,
            key_id=self.key_id,
        )


@dataclass(slots=True)
class Log:
    """One queue: metadata, the last position given out, the messages in order of position, and the
    subscriptions by id."""

    metadata: Metadata
    head: int = 0
    entries: list[Entry] = field(default_factory=list)
    subscriptions: Shelf = field(default_factory=dict)
    freeze: Freeze | None = None
    #: Another object after each change of the metadata.
    revision: object = field(default_factory=object)


class State:
    """All queues, and the one way to reach their live messages."""

    def __init__(self, clock: Clock) -> None:
        self.logs: dict[QueueRef, Log] = {}
        self.watches: set[Watching] = set()
        self._clock = clock

    def now(self) -> int:
        return round(self._clock() * 1000)

    def log(self, ref: QueueRef) -> Log:
        """The queue, for what can't be without one.

        Raises:
            NotFound: it does not exist.
        """
        if ref not in self.logs:
            raise NotFound(f"{ref} does not exist.")
        return self.logs[ref]

    def drop(self, ref: QueueRef) -> None:
        """Let the queue, if there is one, be no more."""
        if (log := self.logs.pop(ref, None)) is not None:
            self.tell([Removed(subscription_id) for subscription_id in log.subscriptions])

    def tell(self, events: Sequence[Event]) -> None:
        """Let those who watch know."""
        for watch in self.watches:
            for event in events:
                watch.take(event)

    def check_open(self, ref: QueueRef) -> None:
        """Return if the queue may be changed, or does not exist.

        Raises:
            QueueFrozen: it is being moved.
        """
        log = self.logs.get(ref)
        if log is not None and log.freeze is not None:
            raise QueueFrozen(ref, log.freeze)

    def check_seen(self, ref: QueueRef, seen: Queue | None) -> None:
        """Return if the queue is as it was seen.

        Raises:
            QueueChanged: it is not.
        """
        if seen is not None and seen.revision is not None:
            log = self.logs.get(ref)
            if log is None or log.revision is not seen.revision:
                raise QueueChanged

    def shelf(self, ref: QueueRef) -> Shelf | None:
        """The subscriptions of a queue, None where there is no queue."""
        return self.logs[ref].subscriptions if ref in self.logs else None

    def shelves(self) -> Iterable[Shelf]:
        """The subscriptions of all queues."""
        return [log.subscriptions for log in self.logs.values()]

    def live(self, ref: QueueRef) -> Sequence[Entry]:
        """The live messages in order of position; expired ones are dropped on the way."""
        log = self.logs.get(ref)
        if log is None:
            return []
        now = self.now()
        log.entries = [entry for entry in log.entries if entry.expires > now]
        return log.entries

    def remove(self, ref: QueueRef, gone: Sequence[Entry]) -> None:
        if gone:
            log = self.logs[ref]
            log.entries = [entry for entry in log.entries if entry not in gone]

    def shown(self, entries: Iterable[Entry]) -> Sequence[Message]:
        now = self.now()
        return [entry.shown(now) for entry in entries]

    def claimable(self, ref: QueueRef, limit: int) -> Sequence[Entry]:
        now = self.now()
        claimable = (entry for entry in self.live(ref) if entry.is_claimable(now))
        return list(itertools.islice(claimable, limit))

    def accepted(self, found: Sequence[Entry], accept: MessageFilter | None) -> Sequence[Entry]:
        """Those that are accepted; the others are delayed anew."""
        if accept is None:
            return found
        now = self.now()
        taken: list[Entry] = []
        for entry in found:
            if accept(entry.shown(now)):
                taken.append(entry)
            else:
                entry.begins = now + PASSED_OVER * 1000
        return taken

    def claimed(self, ref: QueueRef, claim_id: str) -> Sequence[Entry]:
        now = self.now()
        marked = [(entry, entry.claim(now)) for entry in self.live(ref)]
        return [entry for entry, claim in marked if claim is not None and claim.id == claim_id]
