# SPDX-License-Identifier: Apache-2.0
"""The management driver on MongoDB; it may share the database of a message store.

No promise needs a lock that a process could die with: ``catalogue`` and ``pools`` tell how they
keep out of each other's way.
"""

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage.management.interface import Catalogue, FlavorStore, PoolStore
from zaqar_impl.storage.management.mongodb import documents as d
from zaqar_impl.storage.management.mongodb.catalogue import MongoCatalogue
from zaqar_impl.storage.management.mongodb.flavors import MongoFlavors
from zaqar_impl.storage.management.mongodb.pools import MongoPools
from zaqar_impl.storage.mongodb.client import Connection, answered


def open_driver(uri: str, database: str, clock: Clock) -> "MongoManagement":
    """The driver's entry point; raises ValueError for a URI or database that cannot be used."""
    return MongoManagement(uri, database, clock)


class MongoManagement:
    """:class:`~zaqar_impl.storage.management.interface.Management` on MongoDB."""

    def __init__(self, uri: str, database: str, clock: Clock) -> None:
        self.connection = Connection(uri, database)
        self.pools: PoolStore = MongoPools(self.connection, clock)
        self.flavors: FlavorStore = MongoFlavors(self.connection)
        self.catalogue: Catalogue = MongoCatalogue(self.connection, clock)

    @answered
    async def open(self) -> None:
        await self.connection.check_server()
        database = self.connection.database
        await database["pools"].create_indexes([d.BY_URI, d.BY_FLAVOR])
        await database["catalogue"].create_indexes(
            [d.BY_NAME, d.BY_PROJECT, d.BY_POOL, d.BY_APART, d.BY_TARGET]
        )

    async def ping(self) -> None:
        await self.connection.ping()

    async def close(self) -> None:
        await self.connection.close()
