# SPDX-License-Identifier: Apache-2.0
"""The MongoDB driver: a replica set or a sharded cluster, MongoDB 5.0 or newer.

``client`` holds the connection and the indexes, ``documents`` the layout; ``queues``, ``messages``,
``claims`` and ``subscriptions`` are the four stores, and ``transfer`` carries messages between
stores; ``log`` appends messages and ``claimable`` finds them for claims, both in groups;
``watching`` follows the logs as they grow; ``attempts`` tries again what can be, and ``abandoned``
clears up after processes that died; ``health`` tells how the storage is.
"""

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.health import MessageVolume
from zaqar_impl.storage.interface import (
    ClaimStore,
    MessageStore,
    QueueStore,
    SubscriptionStore,
)
from zaqar_impl.storage.mongodb.claimable import Claimable
from zaqar_impl.storage.mongodb.claims import MongoClaims
from zaqar_impl.storage.mongodb.client import Connection, answered
from zaqar_impl.storage.mongodb.directory import Directory
from zaqar_impl.storage.mongodb.floors import Floors
from zaqar_impl.storage.mongodb.health import MongoHealth
from zaqar_impl.storage.mongodb.log import Log
from zaqar_impl.storage.mongodb.messages import MongoMessages
from zaqar_impl.storage.mongodb.queues import MongoQueues
from zaqar_impl.storage.mongodb.subscriptions import MongoSubscriptions
from zaqar_impl.storage.mongodb.transfer import MongoTransfer
from zaqar_impl.storage.mongodb.watching import MongoWatch
from zaqar_impl.storage.transfer import TransferStore
from zaqar_impl.storage.watching import Watch


def open_driver(uri: str, database: str, clock: Clock) -> "MongoStorage":
    """The driver's entry point; raises ValueError for a URI or database that cannot be used."""
    return MongoStorage(uri, database, clock)


class MongoStorage:
    """:class:`~zaqar_impl.storage.interface.Storage` on MongoDB."""

    def __init__(self, uri: str, database: str, clock: Clock) -> None:
        self.connection = Connection(uri, database)
        self._health = MongoHealth(self.connection, clock)
        self._clock = clock
        directory = self._directory = Directory(self.connection)
        self.floors = floors = Floors(self.connection, clock)
        self._log = Log(self.connection, directory)
        self._claimable = Claimable(self.connection, directory, floors, clock)
        queues = MongoQueues(self.connection, directory)
        messages = MongoMessages(
            self.connection, directory, self._log, self._claimable, floors, clock
        )
        self._draining = (self._log, self._claimable, queues, messages, floors)
        self.queues: QueueStore = queues
        self.messages: MessageStore = messages
        self.claims: ClaimStore = MongoClaims(self.connection, directory, self._claimable, clock)
        self.subscriptions: SubscriptionStore = MongoSubscriptions(
            self.connection, directory, clock
        )
        self.transfer: TransferStore = MongoTransfer(self.connection, directory, clock)

    @answered
    async def open(self) -> None:
        await self.connection.open()

    async def ping(self) -> None:
        await self.connection.ping()

    async def writable(self) -> None:
        await self._health.writable()

    async def volume(self) -> MessageVolume:
        return await self._health.volume()

    def watch(self) -> Watch:
        return MongoWatch(self.connection, self._directory, self._clock)

    async def close(self) -> None:
        """Let what was begun on behalf of several callers end, then close the connections."""
        for part in self._draining:
            await part.drain()
        await self.connection.close()
