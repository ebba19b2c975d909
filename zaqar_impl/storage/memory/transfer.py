# SPDX-License-Identifier: Apache-2.0
"""Carrying messages and queues from and to memory."""

import itertools
from collections.abc import Sequence
from copy import deepcopy

from zaqar_impl.domain.errors import Conflict, NotFound
from zaqar_impl.domain.stored import Freeze, Hold, QueueFrozen, StoredMessage, StoredQueue
from zaqar_impl.domain.values import QueueRef, Subscription
from zaqar_impl.domain.watching import Frozen
from zaqar_impl.storage.memory.state import Entry, Log, Mark, State


class MemoryTransfer:
    """:class:`~zaqar_impl.storage.transfer.TransferStore` in memory."""

    settle_seconds = 0.0

    def __init__(self, state: State) -> None:
        self._state = state

    async def read(self, ref: QueueRef, ids: Sequence[str]) -> Sequence[StoredMessage]:
        now = self._state.now()
        return [_stored(entry, now) for entry in self._state.live(ref) if entry.id in ids]

    async def adopt(
        self, ref: QueueRef, messages: Sequence[StoredMessage], *, ttl: int | None
    ) -> None:
        self._state.check_open(ref)
        log = self._state.log(ref)
        known = self._settled(log, messages)
        adopted = [_entry(message) for message in messages if message.id not in known]
        for entry in adopted:
            log.head += 1
            entry.begins = 0
            entry.move(log.head, self._state.now(), ttl)
        log.entries = [*log.entries, *adopted]

    async def unclaim(self, ref: QueueRef, claim_id: str) -> None:
        self._state.check_open(ref)
        for entry in self._state.claimed(ref, claim_id):
            entry.mark = None
            entry.claim_count -= 1

    async def freeze(self, ref: QueueRef, token: str) -> StoredQueue | None:
        if (log := self._state.logs.get(ref)) is None:
            return None
        if log.freeze != Freeze(token):
            self._state.check_open(ref)
        log.freeze = Freeze(token)
        self._state.tell([Frozen(ref)])
        return StoredQueue(deepcopy(log.metadata), log.head)

    async def frozen(self, ref: QueueRef) -> Freeze | None:
        log = self._state.logs.get(ref)
        return log.freeze if log else None

    async def unfreeze(self, ref: QueueRef, freeze: Freeze) -> bool:
        if await self.frozen(ref) != freeze:
            return False
        self._state.logs[ref].freeze = None
        return True

    async def drop(self, ref: QueueRef, freeze: Freeze) -> bool:
        if await self.frozen(ref) != freeze:
            return False
        self._state.drop(ref)
        return True

    async def page(self, ref: QueueRef, *, after: int, limit: int) -> Sequence[StoredMessage]:
        now = self._state.now()
        rest = (entry for entry in self._state.live(ref) if entry.position > after)
        return [_stored(entry, now) for entry in itertools.islice(rest, limit)]

    async def receive(self, ref: QueueRef, queue: StoredQueue, token: str) -> None:
        arriving = Freeze(token, arriving=True)
        log = self._state.logs.get(ref)
        if log is None:
            made = Log(deepcopy(queue.metadata), queue.head, freeze=arriving)
            self._state.logs[ref] = made
        elif log.freeze is None or not log.freeze.arriving:
            raise Conflict(f"{ref} is in that pool already, though it lives in another.")
        elif log.freeze != arriving:
            raise QueueFrozen(ref, log.freeze)

    async def put_messages(
        self, ref: QueueRef, messages: Sequence[StoredMessage], token: str
    ) -> None:
        log = self._arriving(ref, token)
        known = self._settled(log, messages)
        new = [_entry(message) for message in messages if message.id not in known]
        log.entries = sorted([*log.entries, *new], key=lambda entry: entry.position)

    async def put_subscriptions(
        self, ref: QueueRef, subscriptions: Sequence[Subscription], token: str
    ) -> None:
        log = self._arriving(ref, token)
        for subscription in subscriptions:
            log.subscriptions.setdefault(subscription.id, deepcopy(subscription))

    def _arriving(self, ref: QueueRef, token: str) -> Log:
        log = self._state.logs.get(ref)
        if log is None or log.freeze != Freeze(token, arriving=True):
            raise NotFound(f"{ref} does not arrive any more.")
        return log

    def _settled(self, own: Log, messages: Sequence[StoredMessage]) -> set[str]:
        """The ids of what lives in this queue, or in one that stays. From the others, which may be
        gone at any moment, the messages are removed."""
        settled: set[str] = set()
        ids = {message.id for message in messages}
        for log in self._state.logs.values():
            if log is own or log.freeze is None:
                settled |= {entry.id for entry in log.entries}
            else:
                log.entries = [entry for entry in log.entries if entry.id not in ids]
        return settled


def _stored(entry: Entry, now: int) -> StoredMessage:
    mark = entry.claim(now)
    return StoredMessage(
        id=entry.id,
        position=entry.position,
        body=entry.body,
        producer=entry.producer,
        created=entry.created / 1000,
        expires=entry.expires / 1000,
        begins=entry.begins / 1000,
        claim=Hold(mark.id, mark.created / 1000, mark.ttl) if mark else None,
        claim_count=entry.claim_count,
        key_id=entry.key_id,
    )


def _entry(message: StoredMessage) -> Entry:
    hold = message.claim
    return Entry(
        id=message.id,
        position=message.position,
        body=message.body,
        producer=message.producer,
        created=_milliseconds(message.created),
        expires=_milliseconds(message.expires),
        begins=_milliseconds(message.begins),
        mark=Mark(hold.id, _milliseconds(hold.created), hold.ttl) if hold else None,
        claim_count=message.claim_count,
        key_id=message.key_id,
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
