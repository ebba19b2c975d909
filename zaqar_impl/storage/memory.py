# SPDX-License-Identifier: Apache-2.0
"""The reference driver: everything in dictionaries of this process, gone when it ends.

It is the shortest honest reading of the interface, for unit tests and for trying the service out.
No method awaits anything, so each one is atomic on the event loop. Times are kept in whole
milliseconds, as in MongoDB.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator, Sequence
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
from zaqar_impl.storage.interface import QueueFilter
from zaqar_impl.storage.removal import check_removal


def open_driver(uri: str, database: str, clock: Clock) -> "MemoryStorage":
    """The driver's entry point; there is nothing that the URI or the database could say."""
    return MemoryStorage(clock)


def _new_id() -> str:
    return secrets.token_hex(12)


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
    """One queue: metadata, the last position given out, the messages in order of position."""

    metadata: Metadata
    head: int = 0
    entries: list[_Entry] = field(default_factory=list)

    def remove(self, gone: Sequence[_Entry]) -> None:
        ids = {entry.id for entry in gone}
        self.entries = [entry for entry in self.entries if entry.id not in ids]


class _State:
    """All queues, and the one way to reach their live messages."""

    def __init__(self, clock: Clock) -> None:
        self.logs: dict[QueueRef, _Log] = {}
        self._clock = clock

    def now(self) -> int:
        return round(self._clock() * 1000)

    def live(self, ref: QueueRef) -> Sequence[_Entry]:
        """The live messages in order of position; expired ones are dropped on the way."""
        log = self.logs.get(ref)
        if log is None:
            return []
        now = self.now()
        log.entries = [entry for entry in log.entries if entry.expires > now]
        return log.entries

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
        created = ref not in self._logs
        self._logs.setdefault(ref, _Log(metadata))
        return created

    async def get(self, ref: QueueRef) -> Queue | None:
        log = self._logs.get(ref)
        return Queue(ref, log.metadata) if log else None

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
        log.metadata = change(log.metadata)
        return log.metadata

    async def delete(self, ref: QueueRef) -> None:
        self._logs.pop(ref, None)

    def _accepted(self, project: str, accept: QueueFilter) -> Iterator[Queue]:
        own = sorted(ref.name for ref in self._logs if ref.project == project)
        refs = (QueueRef(project, name) for name in own)
        return filter(accept, (Queue(ref, self._logs[ref].metadata) for ref in refs))


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
            _Entry(_new_id(), position, new.body, producer, now, now + new.ttl * 1000)
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
            entry.shown(now)
            for entry in self._state.live(ref)
            if entry.position > after
            and (hide_producer is None or entry.producer != hide_producer)
            and (include_claimed or entry.claim(now) is None)
        )
        return list(itertools.islice(wanted, limit))

    async def get_many(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
        now = self._state.now()
        return [entry.shown(now) for entry in self._named(ref, ids)]

    async def delete(self, ref: QueueRef, message_id: str, *, claim_id: str | None) -> None:
        self._remove(ref, [message_id], None if claim_id is None else [claim_id])

    async def delete_many(
        self, ref: QueueRef, ids: Sequence[str], *, claim_ids: Sequence[str] | None
    ) -> None:
        if claim_ids is None:
            self._drop(ref, self._named(ref, ids))
        else:
            self._remove(ref, ids, claim_ids)

    async def pop(self, ref: QueueRef, limit: int) -> Sequence[Message]:
        popped = self._state.claimable(ref, limit)
        self._drop(ref, popped)
        return [entry.shown(self._state.now()) for entry in popped]

    async def purge(self, ref: QueueRef) -> None:
        if ref in self._state.logs:
            self._state.logs[ref].entries = []

    async def stats(self, ref: QueueRef) -> QueueStats:
        now = self._state.now()
        live = self._state.live(ref)
        claimed = sum(1 for entry in live if entry.claim(now) is not None)
        return QueueStats(
            claimed=claimed,
            free=len(live) - claimed,
            oldest=live[0].shown(now) if live else None,
            newest=live[-1].shown(now) if live else None,
        )

    def _remove(self, ref: QueueRef, ids: Sequence[str], claim_ids: Sequence[str] | None) -> None:
        """Remove the messages that exist if the rule allows it for all of them."""
        now = self._state.now()
        named = self._named(ref, ids)
        for claim in [entry.claim(now) for entry in named]:
            check_removal(claim.id if claim else None, claim_ids)
        self._drop(ref, named)

    def _named(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[_Entry]:
        return [entry for entry in self._state.live(ref) if entry.id in ids]

    def _drop(self, ref: QueueRef, gone: Sequence[_Entry]) -> None:
        if gone:
            self._state.logs[ref].remove(gone)


class MemoryClaims:
    """:class:`~zaqar_impl.storage.interface.ClaimStore` in memory."""

    def __init__(self, state: _State) -> None:
        self._state = state

    async def create(self, ref: QueueRef, terms: ClaimTerms, limit: int) -> Claim | None:
        mark = _Mark(_new_id(), self._state.now(), terms.ttl)
        for entry in self._state.claimable(ref, limit):
            entry.hold(mark, terms.grace)
            entry.claim_count += 1
        return await self.get(ref, mark.id)

    async def get(self, ref: QueueRef, claim_id: str) -> Claim | None:
        held = self._state.claimed(ref, claim_id)
        if not held or held[0].mark is None:
            return None
        mark, now = held[0].mark, self._state.now()
        return Claim(mark.id, mark.ttl, mark.created / 1000, [entry.shown(now) for entry in held])

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
        self.queues = MemoryQueues(state)
        self.messages = MemoryMessages(state)
        self.claims = MemoryClaims(state)

    async def open(self) -> None:
        """Nothing to connect to."""

    async def ping(self) -> None:
        """Memory always answers."""

    async def close(self) -> None:
        """Nothing to let go of."""
