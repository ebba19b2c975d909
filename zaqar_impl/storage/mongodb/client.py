# SPDX-License-Identifier: Apache-2.0
"""The connection to MongoDB: collections, concerns, indexes, deadlines and errors.

It knows nothing of what queues and messages mean. Everything is read from the primary.

Writes are acknowledged by a majority, unless the URI says otherwise: the promises of the interface
hold through failovers only with a majority. What a caller is shown has been committed by a majority
too, so that no failover can take it back. What merely prepares a write is read ``FRESH``, for the
write checks it again.
"""

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pymongo
from bson import CodecOptions
from bson.codec_options import DatetimeConversion
from pymongo import ASCENDING, AsyncMongoClient, IndexModel, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.driver_info import DriverInfo
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from zaqar_impl.domain.errors import StorageUnavailable, StorageUnfit
from zaqar_impl.domain.values import Kind
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.abandoned import DRIVER_NAME, AbandonedTransactions
from zaqar_impl.storage.mongodb.attempts import in_transaction

#: How long one call of the interface may take, in seconds, unless the URI has ``timeoutMS``: longer
#: than a replica set with default settings takes to elect a primary, and shorter than clients wait
#: for an answer.
CALL_SECONDS = 20.0
#: How much longer than that a call waits for work that it shares with other calls, in seconds.
GRACE_SECONDS = 1.0
#: How long a ping may take, in seconds.
PING_SECONDS = 3.0
#: How soon a server that went silent is found out, unless the URI says otherwise. When one does not
#: answer its monitor in ``connectTimeoutMS``, 20 s by default, pymongo breaks off what waits for it
#: and tries it again; until then it would wait for the silent one, whoever is primary by then.
WATCHFUL: Mapping[str, int] = {"heartbeatFrequencyMS": 1000, "connectTimeoutMS": 2000}
SCHEMES = ("mongodb://", "mongodb+srv://")
#: MongoDB 5.0, the first with snapshot reads outside of transactions.
MIN_WIRE_VERSION = 13
#: How long an expired message stays on disk, in seconds, at least. Reads never show it, but the
#: server, whose clock may be ahead of ours, must not remove what a claim of this moment still finds
#: alive.
SWEEP_DELAY_SECONDS = 60

FRESH = ReadConcern("local")
COMMITTED = ReadConcern("majority")
#: Committed, and all of one moment; on a sharded cluster too.
SNAPSHOT = ReadConcern("snapshot")

#: Find a queue, and list the queues of a project by name. One of a name; topics have a collection
#: of their own.
QUEUES_BY_NAME = IndexModel(
    [(d.PROJECT, ASCENDING), (d.NAME, ASCENDING)], name="by_name", unique=True
)
#: List a queue by position; claim, pop, purge and remove its messages. One message at a position.
BY_POSITION = IndexModel(
    [(d.QUEUE, ASCENDING), (d.POSITION, ASCENDING)], name="by_position", unique=True
)
#: Find the oldest unclaimed messages; find holds that ran out, and count claimed and free ones,
#: within the index.
BY_HOLD = IndexModel(
    [(field, ASCENDING) for field in (d.QUEUE, d.HELD, d.POSITION, d.EXPIRES)], name="by_hold"
)
#: Find the messages of a claim by position. Partial: most messages never see a claim.
BY_CLAIM = IndexModel(
    [(d.CLAIM_ID, ASCENDING), (d.POSITION, ASCENDING)],
    name="by_claim",
    partialFilterExpression={d.CLAIM_ID: {"$exists": True}},
)
#: Count the delayed messages of a queue, within the index. Partial: most messages have no delay.
BY_DELAY = IndexModel(
    [(field, ASCENDING) for field in (d.QUEUE, d.DELAYED, d.EXPIRES)],
    name="by_delay",
    partialFilterExpression={d.DELAYED: {"$exists": True}},
)
#: Let the server remove expired messages and subscriptions, also those of queues that were deleted.
BY_EXPIRY = IndexModel(
    [(d.EXPIRES, ASCENDING)], name="by_expiry", expireAfterSeconds=SWEEP_DELAY_SECONDS
)
#: Find a subscription by its subscriber. One of a subscriber for each queue.
BY_SUBSCRIBER = IndexModel(
    [(d.QUEUE, ASCENDING), (d.SUBSCRIBER, ASCENDING)], name="by_subscriber", unique=True
)
#: List, find and remove the subscriptions of a queue by id.
BY_QUEUE = IndexModel([(d.QUEUE, ASCENDING), (d.ID, ASCENDING)], name="by_queue")

Collection = AsyncCollection[d.Document]

_T = TypeVar("_T")
_P = ParamSpec("_P")


#: The index that every collection has.
BY_ID = "_id_"


def index_name(index: IndexModel) -> str:
    """What a query's ``hint`` wants."""
    return str(index.document["name"])


class Connection:
    """One client of one database.

    Raises:
        ValueError: the URI or the name of the database cannot be used.
    """

    def __init__(self, uri: str, database: str) -> None:
        if not uri.startswith(SCHEMES):
            raise ValueError(f"it does not begin with {' or '.join(SCHEMES)}")
        try:
            self.client = _client(uri)
            given = self.client.write_concern
            self._write_concern = WriteConcern("majority") if given.is_server_default else given
            self.database = self.client.get_database(
                database,
                codec_options=CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS),
                read_preference=ReadPreference.PRIMARY,
                read_concern=COMMITTED,
                write_concern=self._write_concern,
            )
        except (PyMongoError, OSError, UserWarning) as error:
            raise ValueError(str(error)) from error
        if not given.acknowledged:
            raise ValueError("w=0 leaves writes without an answer; leave it out, or use w=majority")
        self.call_seconds = self.client.options.timeout or CALL_SECONDS
        self.abandoned = AbandonedTransactions(self.client, self.call_seconds)
        self._reach_seconds = min(self.client.options.server_selection_timeout, self.call_seconds)
        self.queues: Mapping[Kind, Collection] = {
            Kind.QUEUE: self.database["queues"],
            Kind.TOPIC: self.database["topics"],
        }
        self.subscriptions: Collection = self.database["subscriptions"]
        self.messages: Collection = self.database["messages"]
        self.messages_fresh = self.messages.with_options(read_concern=FRESH)
        self.messages_snapshot = self.messages.with_options(read_concern=SNAPSHOT)

    async def open(self) -> None:
        """Check that the server can do what the driver needs; make the indexes that are missing."""
        await self.check_server()
        for collection in self.queues.values():
            await collection.create_indexes([QUEUES_BY_NAME])
        await self.messages.create_indexes([BY_POSITION, BY_HOLD, BY_CLAIM, BY_DELAY, BY_EXPIRY])
        await self.subscriptions.create_indexes([BY_SUBSCRIBER, BY_QUEUE, BY_EXPIRY])

    async def check_server(self) -> None:
        """Return if the server can do what the driver needs.

        Raises:
            StorageUnfit: it can't.
        """
        hello = await self.database.command("hello")
        if "setName" not in hello and hello.get("msg") != "isdbgrid":
            raise StorageUnfit("the server is neither in a replica set nor a mongos")
        if hello["maxWireVersion"] < MIN_WIRE_VERSION:
            raise StorageUnfit("the server is older than MongoDB 5.0")

    async def close(self) -> None:
        """Let go of all connections."""
        await self.abandoned.close()
        await self.client.close()

    async def ping(self) -> None:
        """Ask the primary whether it is there."""
        with self.at_once():
            await self.database.command("ping")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Give a cheap question a few seconds, and one error for everything that fails; it does
        not wait for an election."""
        try:
            with self.time_limit(min(PING_SECONDS, self._reach_seconds)):
                yield
        except PyMongoError as error:
            raise StorageUnavailable() from error

    async def reach(self) -> None:
        """Wait for a primary if none is known, for no longer than ``serverSelectionTimeoutMS``.

        pymongo itself would wait until the call's deadline, which is for what takes long to do.
        """
        servers = self.client.topology_description.server_descriptions().values()
        if not any(server.is_writable for server in servers):
            with self.time_limit(self._reach_seconds):
                await self.database.command("ping")

    def transaction(
        self, work: Callable[[AsyncClientSession], Awaitable[_T]]
    ) -> Coroutine[Any, Any, _T]:
        """Run ``work`` in a transaction, and again after a short pause if another was quicker.

        Whatever ``work`` raises ends the transaction with no effect.
        """
        return in_transaction(self.client, self._write_concern, work)

    def time_limit(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """Give what pymongo does inside this long altogether."""
        return pymongo.timeout(seconds or self.call_seconds)


def _client(uri: str) -> AsyncMongoClient[d.Document]:
    """A client by what the whole URI says: pymongo would warn of an option that it does not know or
    whose value it can't take, tls among them, and go on without it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return AsyncMongoClient(uri, driver=DriverInfo(DRIVER_NAME), **watchful(uri))


def watchful(uri: str) -> dict[str, Any]:
    """Those of :data:`WATCHFUL` that the URI does not give: pymongo would let an argument win."""
    given = {name.lower() for name, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}
    return {name: value for name, value in WATCHFUL.items() if name.lower() not in given}


class Connected(Protocol):
    """What :func:`answered` needs of the object whose method it wraps."""

    connection: Connection


_S = TypeVar("_S", bound=Connected)


def answered(
    method: Callable[Concatenate[_S, _P], Awaitable[_T]],
) -> Callable[Concatenate[_S, _P], Coroutine[Any, Any, _T]]:
    """Give a method its deadline, and one error for everything that fails in MongoDB."""

    @wraps(method)
    async def call(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        connection = self.connection
        try:
            # pymongo's limit ends its own work tidily. The outer one ends the wait for work that is
            # shared with others.
            async with asyncio.timeout(connection.call_seconds + GRACE_SECONDS):
                with connection.time_limit():
                    await connection.reach()
                    with connection.abandoned.watching():
                        return await method(self, *args, **kwargs)
        except (PyMongoError, TimeoutError) as error:
            raise StorageUnavailable() from error

    return call
