# SPDX-License-Identifier: Apache-2.0
"""Following queues in MongoDB, by one change stream for all that a process follows.

The stream gives what is committed by a majority, in the order in which it was committed, which for
the messages of a queue is that of their positions (see ``log``). It goes on from where it was after
whatever has ended it, for the server's own log keeps what was missed.

The server passes on only what concerns the queues and subscriptions that are watched, so the stream
is opened anew when these change, soon and not at once: many may change together. It begins then at
the moment at which the first of them was added, and what it tells twice is told once.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId, Timestamp
from pymongo import ASCENDING
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.errors import InvalidOperation, OperationFailure, PyMongoError

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import NotFound, StorageUnavailable
from zaqar_impl.domain.values import Kind, QueueRef
from zaqar_impl.domain.watching import Event, Frozen, Posted, Removed, Retimed
from zaqar_impl.storage.ending import check_cancelled
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.client import BY_ID, BY_POSITION, Connection, answered, index_name
from zaqar_impl.storage.mongodb.directory import Directory

LOG = logging.getLogger(__name__)

#: How long the server waits for news before it says that there is none, in milliseconds. As long it
#: takes at the most until an addition has an effect, and many share it.
WAIT_MS = 100
#: Seconds after which a server that says nothing is taken for gone.
SILENT_SECONDS = 10.0
#: Seconds until a stream that could not be opened is tried again.
PAUSE_SECONDS = 0.2
#: How many times as long as it took to open the stream it is left alone, for opening it takes the
#: longer, the more is followed.
REST_FACTOR = 5
#: How many messages are read at once where the stream's history is lost.
PAGE = 50

#: What the server says when it has not kept, or can't find, what the stream is to go on from.
_HISTORY_LOST = (136, 280, 286)

Stream = AsyncDatabaseChangeStream[d.Document]


@dataclass(slots=True)
class _Followed:
    """A queue that is followed: the last position that was told, and whether what comes next must
    be read from the log, for the stream may not have it."""

    ref: QueueRef
    last: int
    is_behind: bool = False
    subscriptions: set[str] = field(default_factory=set)


class _Ids(list[ObjectId]):
    """Ids for a pipeline, which nobody changes: pymongo copies all of it, which would take several
    times as long as all else."""

    def __deepcopy__(self, _memo: object) -> "_Ids":
        return self


class MongoWatch:
    """:class:`~zaqar_impl.storage.watching.Watch` on MongoDB."""

    def __init__(self, connection: Connection, directory: Directory, clock: Clock) -> None:
        self.connection = connection
        self._directory = directory
        self._clock = clock
        self._queues: dict[ObjectId, _Followed] = {}
        self._owners: dict[ObjectId, ObjectId] = {}
        self._stream: Stream | None = None
        #: The moment of the server's history that the stream has got to, None where there is none
        #: to go on from.
        self._place: Timestamp | None = None
        #: The moment that it has to go back to for what was added.
        self._back: Timestamp | None = None
        self._is_stale = False
        self._not_before = 0.0
        self._is_wanted = asyncio.Event()
        self._fails = False

    @answered
    async def add(self, ref: QueueRef, subscription_id: str, *, after: int | None = None) -> int:
        # Before it looks at the queue, so that the stream has all that happens afterwards.
        place = self._place or await self._committed_time()
        queue, head = await self._find(ref, subscription_id)
        self._back = min(self._back or place, place)
        followed = self._queues.setdefault(queue, _Followed(ref, head if after is None else after))
        if after is None:
            # What was told since it has looked is not told again.
            begin = max(head, followed.last)
        else:
            begin = after
            followed.last, followed.is_behind = min(followed.last, after), True
        followed.subscriptions.add(subscription_id)
        self._owners[ObjectId(subscription_id)] = queue
        self._is_stale = True
        self._is_wanted.set()
        return begin

    def discard(self, subscription_id: str) -> None:
        known = d.object_id(subscription_id)
        queue = self._owners.pop(known, None) if known else None
        if queue is None:
            return
        followed = self._queues[queue]
        followed.subscriptions.discard(subscription_id)
        if not followed.subscriptions:
            del self._queues[queue]
        self._is_stale = True

    async def next(self) -> Sequence[Event]:
        while True:
            check_cancelled()
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    events = await self._look()
                self._tell_of(None)
            except InvalidOperation as error:  # the client is closed
                raise StorageUnavailable() from error
            except (PyMongoError, TimeoutError) as error:
                await self._fail(error)
                continue
            if events:
                return events

    async def close(self) -> None:
        with contextlib.suppress(PyMongoError):
            await self._leave()

    async def _find(self, ref: QueueRef, subscription_id: str) -> tuple[ObjectId, int]:
        """The queue of a subscription, and its head."""
        record = await self._directory.read(ref, committed=True)
        found = await self.connection.subscriptions.find_one(
            {d.ID: d.object_id(subscription_id)}, {d.QUEUE: 1}, hint=BY_ID
        )
        if record is None or found is None or found[d.QUEUE] != record.id:
            raise NotFound(f"Subscription {subscription_id!r} does not exist in {ref}.")
        return record.id, record.head

    async def _committed_time(self) -> Timestamp:
        """A moment of the server's history; what is read from now on is not from before it."""
        async with self.connection.client.start_session(causal_consistency=False) as session:
            await self.connection.queues[Kind.QUEUE].find_one({}, {d.ID: 1}, session=session)
            assert session.operation_time is not None
            return session.operation_time

    async def _look(self) -> Sequence[Event]:
        """What the stream, or the log where that is behind, says next; nothing after a while."""
        if not self._queues:
            await self._rest()
            return []
        if self._stream is None or (self._is_stale and time.monotonic() >= self._not_before):
            await self._open()
        behind = [(queue, each) for queue, each in self._queues.items() if each.is_behind]
        if behind:
            return await self._catch_up(*behind[0])
        assert self._stream is not None
        change = await self._stream.try_next()
        self._note(self._stream, change)
        return [] if change is None else self._events(change)

    async def _rest(self) -> None:
        """Return when something is watched again, or after a while."""
        await self._leave()
        if self._queues:
            return
        self._place = self._back = None
        self._is_wanted.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENT_SECONDS / 2):
                await self._is_wanted.wait()

    async def _open(self) -> None:
        """Open the stream anew, for what is watched now."""
        await self._leave()
        if self._place is None and self._back is None:
            # Before the log is read, so that the stream has all that this does not show.
            self._place = await self._committed_time()
        began, begin = time.monotonic(), min(each for each in (self._back, self._place) if each)
        self._is_stale, self._back, self._place = False, None, begin
        self._stream = await self.connection.database.watch(
            _pipeline(_Ids(self._queues), _Ids(self._owners)),
            max_await_time_ms=WAIT_MS,
            start_at_operation_time=begin,
        )
        now = time.monotonic()
        self._not_before = now + REST_FACTOR * (now - began)

    async def _leave(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    def _note(self, stream: Stream, change: Mapping[str, Any] | None) -> None:
        """Remember where the stream is.

        A moment, and not the token of an event: that leads on only where the stream passes the
        event on, which it may not do any more when it is opened anew.
        """
        if change is not None:
            self._place = change["clusterTime"]
        elif moment := _moment(stream.resume_token):
            self._place = moment

    def _events(self, change: Mapping[str, Any]) -> Sequence[Event]:
        """What a change says to those who follow; nothing if it was told before."""
        if change["operationType"] == "insert":
            return self._posted(change["fullDocument"])
        key = change["documentKey"][d.ID]
        if (followed := self._queues.get(key)) is not None:
            if change["operationType"] == "update":
                return [Frozen(followed.ref)]
            return self._removed(sorted(followed.subscriptions))
        if key not in self._owners:
            return []
        if change["operationType"] == "delete":
            return self._removed([str(key)])
        ends = change["updateDescription"]["updatedFields"][d.ENDS]
        return [Retimed(str(key), d.seconds(ends))]

    def _posted(self, message: Mapping[str, Any]) -> Sequence[Event]:
        followed = self._queues.get(message[d.QUEUE])
        if followed is None or message[d.POSITION] <= followed.last:
            return []
        followed.last = int(message[d.POSITION])
        told = d.to_message(message, d.now(self._clock))
        return [Posted(followed.ref, [told], tuple(followed.subscriptions))]

    def _removed(self, subscriptions: Sequence[str]) -> Sequence[Event]:
        for subscription_id in subscriptions:
            self.discard(subscription_id)
        return [Removed(subscription_id) for subscription_id in subscriptions]

    async def _catch_up(self, queue: ObjectId, followed: _Followed) -> Sequence[Event]:
        """The next messages that are in the log, to those subscriptions that are there still: none
        is told of what may have been posted after its removal."""
        found = self.connection.messages_snapshot.find(
            {d.QUEUE: queue, d.POSITION: {"$gt": followed.last}},
            hint=index_name(BY_POSITION),
            limit=PAGE,
            sort=[(d.POSITION, ASCENDING)],
        )
        page = await found.to_list()
        events = [*self._removed(await self._missing(queue, followed))]
        if page and followed.subscriptions:
            followed.last = int(page[-1][d.POSITION])
            messages = [d.to_message(document, d.now(self._clock)) for document in page]
            events.append(Posted(followed.ref, messages, tuple(followed.subscriptions)))
        followed.is_behind = len(page) == PAGE
        return events

    async def _missing(self, queue: ObjectId, followed: _Followed) -> Sequence[str]:
        """Those of the queue's subscriptions that are gone."""
        asked = sorted(followed.subscriptions)
        queues = self.connection.queues[followed.ref.kind]
        if await queues.find_one({d.ID: queue}, {d.ID: 1}) is None:
            return asked
        rows = self.connection.subscriptions.find(
            {d.ID: {"$in": d.object_ids(asked)}}, {d.ID: 1}, hint=BY_ID
        )
        present = {str(row[d.ID]) for row in await rows.to_list()}
        return [each for each in asked if each not in present]

    async def _fail(self, error: Exception) -> None:
        """Get ready to try again."""
        self._tell_of(error)
        with contextlib.suppress(PyMongoError):
            await self._leave()
        if isinstance(error, OperationFailure) and error.code in _HISTORY_LOST:
            self._place = self._back = None
            for followed in self._queues.values():
                followed.is_behind = True
        await asyncio.sleep(PAUSE_SECONDS)

    def _tell_of(self, error: Exception | None) -> None:
        """Let the log say once that the stream fails, and once that it is back."""
        if error is not None and not self._fails:
            LOG.warning("what is posted can't be followed, trying again: %s", error or "no answer")
        elif error is None and self._fails:
            LOG.info("what is posted is followed again")
        self._fails = error is not None


def _moment(token: Mapping[str, Any] | None) -> Timestamp | None:
    """The moment that the server has got to when it had nothing to tell, from the token that it
    gives then: 82, which is the type, seconds and number are how each token begins."""
    text = str(token["_data"]) if token else ""
    if not text.startswith("82"):
        return None
    return Timestamp(int(text[2:10], 16), int(text[10:18], 16))


def _pipeline(queues: _Ids, subscriptions: _Ids) -> Sequence[Mapping[str, Any]]:
    """What lets those changes pass that concern these queues and subscriptions.

    Messages that are adopted by a queue were claimed before, so they are told from those that are
    posted.
    """
    posted = {
        "ns.coll": "messages",
        "operationType": "insert",
        f"fullDocument.{d.QUEUE}": {"$in": queues},
        f"fullDocument.{d.CLAIM_COUNT}": 0,
    }
    # Each list of ids is there once: to write them is most of what opening the stream takes.
    of_queues = {
        "ns.coll": {"$in": ["queues", "topics"]},
        f"documentKey.{d.ID}": {"$in": queues},
        "$or": _deleted_or_set(d.FREEZE),
    }
    of_subscriptions = {
        "ns.coll": "subscriptions",
        f"documentKey.{d.ID}": {"$in": subscriptions},
        "$or": _deleted_or_set(d.ENDS),
    }
    kept = ["operationType", "clusterTime", "documentKey", "fullDocument"]
    return [
        {"$match": {"$or": [posted, of_queues, of_subscriptions]}},
        {"$project": dict.fromkeys([*kept, f"updateDescription.updatedFields.{d.ENDS}"], 1)},
    ]


def _deleted_or_set(field: str) -> Sequence[Mapping[str, Any]]:
    """That a document is gone, or that this field of it has another value."""
    changed = {f"updateDescription.updatedFields.{field}": {"$exists": True}}
    return [{"operationType": "delete"}, {"operationType": "update", **changed}]
