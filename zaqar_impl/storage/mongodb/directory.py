# SPDX-License-Identifier: Apache-2.0
"""The one place where a queue's name becomes the id of its messages' log, and what this process
remembers of queues so that it need not ask each time.

What is remembered may be out of date, for other processes change queues too. Three rules keep
that from being seen:

* A post names the revision that it goes by, and its transaction looks at it again (``log``).
* Who finds something in a remembered log has found it; who finds nothing asks for the queue and
  looks again (:meth:`Directory.ask`). A queue that was deleted has nothing any more.
* Nothing but a post goes by what is older than :data:`REMEMBERED_SECONDS`, and a move of a queue
  waits for as long before it takes the queue for frozen.

What this process itself changes it forgets at once.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from bson import ObjectId

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.stored import Freeze, QueueFrozen
from zaqar_impl.domain.values import Metadata, QueueRef
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import FRESH, Connection

#: How long a queue may be taken for what it was, in seconds.
REMEMBERED_SECONDS = 1.0
#: How many queues are remembered; those used last.
REMEMBERED_QUEUES = 20_000

_FIELDS = {d.HEAD: 1, d.REVISION: 1, d.METADATA: 1, d.FREEZE: 1}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Revision:
    """Which state of which queue a caller goes by."""

    queue: ObjectId
    revision: ObjectId


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A queue's document, as it was at the moment ``read`` of the monotonic clock."""

    id: ObjectId
    head: int
    revision: ObjectId
    metadata: Metadata
    freeze: Freeze | None
    read: float

    def check_open(self, ref: QueueRef) -> None:
        """Return if the queue could be changed.

        Raises:
            QueueFrozen: it is being moved.
        """
        if self.freeze is not None:
            raise QueueFrozen(ref, self.freeze)


class Directory:
    """Finds queues by name."""

    def __init__(self, connection: Connection) -> None:
        self._committed = connection.queues
        self._fresh = {
            kind: collection.with_options(read_concern=FRESH)
            for kind, collection in connection.queues.items()
        }
        self._remembered: OrderedDict[QueueRef, QueueRecord] = OrderedDict()
        self._forgotten = 0

    async def read(self, ref: QueueRef, *, committed: bool = False) -> QueueRecord | None:
        """The queue as it is now, or None; ``committed`` is for what is shown to clients."""
        began, forgotten = time.monotonic(), self._forgotten
        queues = self._committed if committed else self._fresh
        found = await queues[ref.kind].find_one(d.named(ref), _FIELDS)
        if found is None:
            self.forget(ref)
            return None
        record = _record(found, began)
        if forgotten == self._forgotten:  # or this process may have changed it since
            self._remember(ref, record)
        return record

    async def read_to_change(self, ref: QueueRef) -> QueueRecord | None:
        """As :meth:`read`, for those who change something of the queue.

        Raises:
            QueueFrozen: it is being moved.
        """
        record = await self.read(ref)
        if record is not None:
            record.check_open(ref)
        return record

    async def get(self, ref: QueueRef) -> QueueRecord:
        """As :meth:`read_to_change`, for what can't be without a queue.

        Raises:
            NotFound: there is no such queue.
        """
        if (record := await self.read_to_change(ref)) is None:
            raise NotFound(f"{ref} does not exist.")
        return record

    def recall(self, ref: QueueRef, seconds: float = math.inf) -> QueueRecord | None:
        """The queue as it was when this process last looked; None if that was longer ago, or
        never."""
        record = self._remembered.get(ref)
        if record is None or time.monotonic() - record.read > seconds:
            return None
        self._remembered.move_to_end(ref)
        return record

    def forget(self, ref: QueueRef) -> None:
        """Nothing that was read so far counts any more: this process has changed the queue."""
        self._forgotten += 1
        self._remembered.pop(ref, None)

    async def ask(
        self, ref: QueueRef, work: Callable[[ObjectId], Awaitable[_T]], *, to_change: bool = False
    ) -> _T | None:
        """What ``work`` gives for the queue's id; None if there is no queue.

        It is called again if it gives nothing (what is false) for a queue that was remembered, and
        another one bears the name by now.

        Raises:
            QueueFrozen: it is ``to_change`` something of a queue that is being moved.
        """
        record = self.recall(ref, REMEMBERED_SECONDS)
        known = record is not None
        if record is None and (record := await self.read(ref)) is None:
            return None
        if to_change:
            record.check_open(ref)
        result = await work(record.id)
        if result or not known:
            return result
        now = await self.read(ref)
        if now is None or now.id == record.id:
            return result
        if to_change:
            now.check_open(ref)
        return await work(now.id)

    def _remember(self, ref: QueueRef, record: QueueRecord) -> None:
        self._remembered[ref] = record
        self._remembered.move_to_end(ref)
        if len(self._remembered) > REMEMBERED_QUEUES:
            self._remembered.popitem(last=False)


def _record(found: Mapping[str, Any], read: float) -> QueueRecord:
    return QueueRecord(
        id=found[d.ID],
        head=int(found[d.HEAD]),
        revision=found[d.REVISION],
        metadata=orjson.loads(found[d.METADATA]),
        freeze=d.to_freeze(found),
        read=read,
    )
