# SPDX-License-Identifier: Apache-2.0
"""Queues in memory."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

from zaqar_impl.domain.stored import QueueFrozen
from zaqar_impl.domain.values import Kind, Metadata, Queue, QueueRef
from zaqar_impl.storage.interface import QueueFilter
from zaqar_impl.storage.memory.state import Log, State


class MemoryQueues:
    """:class:`~zaqar_impl.storage.interface.QueueStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._logs = state.logs

    async def create(self, ref: QueueRef, metadata: Metadata) -> bool:
        if ref in self._logs:
            freeze = self._logs[ref].freeze
            if freeze is not None and freeze.arriving:
                raise QueueFrozen(ref, freeze)
            return False
        self._logs[ref] = Log(deepcopy(metadata))
        return True

    async def get(self, ref: QueueRef) -> Queue | None:
        log = self._logs.get(ref)
        return Queue(ref, deepcopy(log.metadata), log.revision) if log else None

    async def recall(self, ref: QueueRef, *, seconds: float = math.inf) -> Queue | None:
        return await self.get(ref)

    async def list(
        self,
        project: str,
        *,
        after: str | None,
        limit: int,
        accept: QueueFilter,
        kind: Kind = Kind.QUEUE,
    ) -> Sequence[Queue]:
        accepted = self._accepted(project, kind, accept)
        rest = (queue for queue in accepted if after is None or queue.ref.name > after)
        return list(itertools.islice(rest, limit))

    async def count(self, project: str, accept: QueueFilter, *, kind: Kind = Kind.QUEUE) -> int:
        return sum(1 for _ in self._accepted(project, kind, accept))

    async def update(
        self, ref: QueueRef, change: Callable[[Metadata], Metadata]
    ) -> Metadata | None:
        log = self._logs.get(ref)
        if log is None:
            return None
        self._state.check_open(ref)
        log.metadata, log.revision = deepcopy(change(deepcopy(log.metadata))), object()
        return deepcopy(log.metadata)

    async def delete(self, ref: QueueRef) -> None:
        self._state.check_open(ref)
        self._state.drop(ref)

    def _accepted(self, project: str, kind: Kind, accept: QueueFilter) -> Iterator[Queue]:
        own = (ref for ref in self._logs if (ref.project, ref.kind) == (project, kind))
        refs = sorted(own, key=lambda ref: ref.name)
        return filter(accept, (Queue(ref, deepcopy(self._logs[ref].metadata)) for ref in refs))
