# SPDX-License-Identifier: Apache-2.0
"""What the options of pooling do to the storage that the service is given."""

from typing import Any

import pytest

from zaqar_impl import wiring
from zaqar_impl.config import WrongConfiguration, load
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.pools import Pool
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.management.mongodb import MongoManagement
from zaqar_impl.storage.pooling import PooledStorage

REGISTER = "drivers:management_store:mongodb"
MESSAGES = "drivers:message_store:mongodb"


def pools(options: dict[tuple[str | None, str], Any]) -> PooledStorage:
    """The storage of a deployment with pools."""
    storage = wiring.storage(load([], {(None, "pooling"): True, **options}))
    assert isinstance(storage, PooledStorage)
    return storage


@pytest.mark.option("DEFAULT.pooling")
def test_pooling_is_off_unless_asked_for() -> None:
    """Then the message store is used as it is."""
    storage = wiring.storage(load([], {("drivers", "message_store"): "memory"}))

    assert not isinstance(storage, PooledStorage)


@pytest.mark.option("drivers.management_store")
def test_register_has_the_driver_that_is_named() -> None:
    """An unknown one is told with those there are."""
    made = pools({("drivers", "management_store"): "memory"})

    assert isinstance(made.management, MemoryManagement)
    with pytest.raises(WrongConfiguration, match=r"management_store: .*memory, mongodb"):
        pools({("drivers", "management_store"): "paper"})


@pytest.mark.option("drivers:management_store:mongodb.uri")
@pytest.mark.option("drivers:management_store:mongodb.database")
async def test_register_is_where_the_options_say(mongod: EmbeddedMongod) -> None:
    """In its own database; without a URI, beside the messages."""
    for uri in ((REGISTER, "uri"), (MESSAGES, "uri")):
        made = pools({uri: mongod.uri, (REGISTER, "database"): "register-of-options"})
        await made.open()
        await made.management.pools.put(Pool("a", "mongodb://nowhere", 1))

        assert isinstance(made.management, MongoManagement)
        database = made.management.connection.client["register-of-options"]
        assert [pool["_id"] for pool in await database["pools"].find().to_list()] == ["a"]
        await made.management.pools.delete("a")
        await made.close()


@pytest.mark.option("DEFAULT.unreliable")
async def test_pool_may_be_unreliable_if_the_operator_says_so(mongod: EmbeddedMongod) -> None:
    """Else its URI is refused."""
    pool = Pool("a", f"{mongod.uri}&w=1", 1)
    for unreliable in (False, True):
        made = pools({(REGISTER, "uri"): mongod.uri, (None, "unreliable"): unreliable})
        if unreliable:
            await made.check(pool)
        else:
            with pytest.raises(InvalidInput, match="w has to be majority"):
                await made.check(pool)
        await made.close()


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, True),
        ({(REGISTER, "uri"): "mongodb://r"}, False),
        ({(MESSAGES, "uri"): "mongodb://m"}, False),
        (
            {(REGISTER, "uri"): "mongodb://r", ("pooling:catalog", "enable_virtual_pool"): True},
            True,
        ),
        ({("drivers", "management_store"): "memory"}, False),
    ],
    ids=["nothing", "register", "messages", "virtual", "memory"],
)
def test_embedded_mongod_is_started_when_something_needs_it(
    options: dict[tuple[str | None, str], Any], needed: bool
) -> None:
    """The register, or the message store where it stands in for pools."""
    assert load([], {(None, "pooling"): True, **options}).needs_mongodb is needed
