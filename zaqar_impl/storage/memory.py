# SPDX-License-Identifier: Apache-2.0
"""The reference driver: everything in dictionaries of this process, gone when it ends.

It is the shortest honest reading of the interface, for unit tests and for trying the service out.
No method awaits anything, so each one is atomic on the event loop. Times are kept in whole
milliseconds, as in MongoDB.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.values import (
    Claim,
    ClaimTerms,
    Message,
    Metadata,
    NewMessage,
    Queue,
    QueueRef,
    QueueStats,
)
from zaqar_impl.storage.interface import (
    ClaimStore,
    MessageStore,
    QueueFilter,
    QueueStore,
    SubscriptionStore,
)
from zaqar_impl.storage.memory_subscriptions import MemorySubscriptions, Shelf
from zaqar_impl.storage.removal import check_removal


def open_driver(uri: str, database: str, clock: Clock) -> "MemoryStorage":
    """The driver's entry point; there is nothing that the URI or the database could say."""
    return MemoryStorage(clock)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The hold of one claim on one message."""

    id: str
    created: int
    ttl: int

    @property
    def end(self) -> int:
        return self.created + self.ttl * 1000


@dataclass(slots=True)
class _Entry:
    """One message of a log. Its mark may be over; only :meth:`claim` knows the time."""

    id: str
    position: int
    body: bytes
    producer: str
    created: int
    expires: int
    mark: _Mark | None = None
    claim_count: int = 0

    def claim(self, now: int) -> _Mark | None:
        """The live claim it is under."""
        return self.mark if self.mark is not None and self.mark.end > now else None

    def hold(self, mark: _Mark, grace: int) -> None:
        """Put the message under a claim, and let it outlive the claim by the grace."""
        self.mark = mark
        self.expires = max(self.expires, mark.end + grace * 1000)

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
        )


@dataclass(slots=True)
class _Log:
    """One queue: metadata, the last position given out, the messages in order of position, and the
    subscriptions by id."""

    metadata: Metadata
    head: int = 0
    entries: list[_Entry] = field(default_factory=list)
    subscriptions: Shelf = field(default_factory=dict)


class _State:
    """All queues, and the one way to reach their live messages."""

    def __init__(self, clock: Clock) -> None:
        self.logs: dict[QueueRef, _Log] = {}
        self._clock = clock

    def now(self) -> int:
        return round(self._clock() * 1000)

    def shelf(self, ref: QueueRef, *, make: bool = False) -> Shelf:
        """The subscriptions of a queue, which is made on demand."""
        if make:
            self.logs.setdefault(ref, _Log({}))
        return self.logs[ref].subscriptions if ref in self.logs else {}

    def live(self, ref: QueueRef) -> Sequence[_Entry]:
        """The live messages in order of position; expired ones are dropped on the way."""
        log = self.logs.get(ref)
        if log is None:
            return []
        now = self.now()
        log.entries = [entry for entry in log.entries if entry.expires > now]
        return log.entries

    def remove(self, ref: QueueRef, gone: Sequence[_Entry]) -> None:
        if gone:
            log = self.logs[ref]
            log.entries = [entry for entry in log.entries if entry not in gone]

    def shown(self, entries: Iterable[_Entry]) -> Sequence[Message]:
        now = self.now()
        return [entry.shown(now) for entry in entries]

    def claimable(self, ref: QueueRef, limit: int) -> Sequence[_Entry]:
        now = self.now()
        unclaimed = (entry for entry in self.live(ref) if entry.claim(now) is None)
        return list(itertools.islice(unclaimed, limit))

    def claimed(self, ref: QueueRef, claim_id: str) -> Sequence[_Entry]:
        now = self.now()
        marked = [(entry, entry.claim(now)) for entry in self.live(ref)]
        return [entry for entry, claim in marked if claim is not None and claim.id == claim_id]


class MemoryQueues:
    """:class:`~zaqar_impl.storage.interface.QueueStore` in memory."""

    def __init__(self, state: _State) -> None:
        self._logs = state.logs

    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        if ref in self._logs:
            return False
        self._logs[ref] = _Log(deepcopy(metadata))
        return True

    async def get(self, ref: QueueRef) -> Queue | None:
        log = self._logs.get(ref)
        return Queue(ref, deepcopy(log.metadata)) if log else None

    async def list(
        self, project: str, *, after: str | None, limit: int, accept: QueueFilter
    ) -> Sequence[Queue]:
        rest = (q for q in self._accepted(project, accept) if after is None or q.ref.name > after)
        return list(itertools.islice(rest, limit))

    async def count(self, project: str, accept: QueueFilter) -> int:
        return sum(1 for _ in self._accepted(project, accept))

    async def update(
        self, ref: QueueRef, change: Callable[[Metadata], Metadata]
    ) -> Metadata | None:
        log = self._logs.get(ref)
        if log is None:
            return None
        log.metadata = deepcopy(change(deepcopy(log.metadata)))
        return deepcopy(log.metadata)

    async def delete(self, ref: QueueRef) -> None:
        self._logs.pop(ref, None)

    def _accepted(self, project: str, accept: QueueFilter) -> Iterator[Queue]:
        own = sorted(ref.name for ref in self._logs if ref.project == project)
        refs = (QueueRef(project, name) for name in own)
        return filter(accept, (Queue(ref, deepcopy(self._logs[ref].metadata)) for ref in refs))


class MemoryMessages:
    """:class:`~zaqar_impl.storage.interface.MessageStore` in memory."""

    def __init__(self, state: _State) -> None:
        self._state = state

    async def post(
        self, ref: QueueRef, messages: Sequence[NewMessage], *, producer: str
    ) -> Sequence[str]:
        log = self._state.logs.setdefault(ref, _Log({}))
        now = self._state.now()
        posted = [
            _Entry(secrets.token_hex(12), position, new.body, producer, now, now + new.ttl * 1000)
            for position, new in enumerate(messages, start=log.head + 1)
        ]
        log.entries = log.entries + posted
        log.head += len(posted)
        return [entry.id for entry in posted]

    async def list(
        self,
        ref: QueueRef,
        *,
        after: int,
        limit: int,
        hide_producer: str | None,
        include_claimed: bool,
    ) -> Sequence[Message]:
        now = self._state.now()
        wanted = (
            entry
            for entry in self._state.live(ref)
            if entry.position > after
            and (hide_producer is None or entry.producer != hide_producer)
            and (include_claimed or entry.claim(now) is None)
        )
        return self._state.shown(itertools.islice(wanted, limit))

    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        return self._state.shown(self._named(ref, ids))

    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        self._remove(ref, [message_id], None if claim_id is None else [claim_id])

    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        if claim_ids is None:
            self._state.remove(ref, self._named(ref, ids))
        else:
            self._remove(ref, ids, claim_ids)

    async def pop(self, ref: QueueRef, limit: int) -> Sequence[Message]:
        popped = self._state.claimable(ref, limit)
        self._state.remove(ref, popped)
        return self._state.shown(popped)

    async def purge(self, ref: QueueRef) -> None:
        if ref in self._state.logs:
            self._state.logs[ref].entries = []

    async def stats(self, ref: QueueRef) -> QueueStats:
        live = self._state.shown(self._state.live(ref))
        claimed = sum(1 for message in live if message.claim_id is not None)
        oldest, newest = (live[0], live[-1]) if live else (None, None)
        return QueueStats(claimed, len(live) - claimed, oldest, newest)

    def _remove(self, ref: QueueRef, ids: Sequence[str], claim_ids: Sequence[str] | None) -> None:
        """Remove the messages that exist if the rule allows it for all of them."""
        now = self._state.now()
        named = self._named(ref, ids)
        for claim in [entry.claim(now) for entry in named]:
            check_removal(claim.id if claim else None, claim_ids)
        self._state.remove(ref, named)

    def _named(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[_Entry]:
        return [entry for entry in self._state.live(ref) if entry.id in ids]


class MemoryClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` in memory."""

    def __init__(self, state: _State) -> None:
        self._state = state

    async def create(self, ref: QueueRef, terms: ClaimTerms, limit: int) -> Claim | None:
        mark = _Mark(secrets.token_hex(12), self._state.now(), terms.ttl)
        for entry in self._state.claimable(ref, limit):
            entry.hold(mark, terms.grace)
            entry.claim_count += 1
        return await self.get(ref, mark.id)

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        held = self._state.claimed(ref, claim_id)
        if not held or held[0].mark is None:
            return None
        mark = held[0].mark
        return Claim(mark.id, mark.ttl, mark.created / 1000, self._state.shown(held))

    async def renew(self, ref: QueueRef, claim_id: str, terms: ClaimTerms) -> bool:
        held = self._state.claimed(ref, claim_id)
        mark = _Mark(claim_id, self._state.now(), terms.ttl)
        for entry in held:
            entry.hold(mark, terms.grace)
        return bool(held)

    async def release(self, ref: QueueRef, claim_id: str) -> None:
        for entry in self._state.claimed(ref, claim_id):
            entry.mark = None


class MemoryStorage:
    """The whole of it; nothing here can ever be unavailable."""

    def __init__(self, clock: Clock) -> None:
        state = _State(clock)
        self.queues: QueueStore = MemoryQueues(state)
        self.messages: MessageStore = MemoryMessages(state)
        self.claims: ClaimStore = MemoryClaims(state)
        self.subscriptions: SubscriptionStore = MemorySubscriptions(state)

    async def open(self) -> None: ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...
