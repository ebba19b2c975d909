# SPDX-License-Identifier: Apache-2.0
"""What MongoDB holds of encrypted messages, and what becomes of them when somebody changes it."""

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import bson
import pytest

from zaqar_impl.domain.errors import EncryptionUnavailable
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.domain.values import Caller, QueueRef
from zaqar_impl.handlers.claims import claim_create, claim_delete, claim_get
from zaqar_impl.handlers.messages import (
    PostedMessage,
    message_delete_many,
    message_get,
    message_list,
    message_post,
)
from zaqar_impl.handlers.queues import queue_create
from zaqar_impl.handlers.service import Service
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.specdoc import bundle, shape, spec_root
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.interface import PASSED_OVER
from zaqar_impl.storage.mongodb import MongoStorage

DATABASE = "encryption"
#: Long enough that no random bytes have it in them.
PLAIN = b"a text that nobody is to find"
BODY = b'"' + PLAIN + b'"'


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def storage(mongod: EmbeddedMongod, clock: FakeClock) -> AsyncIterator[MongoStorage]:
    storage = MongoStorage(mongod.uri, DATABASE, clock)
    await storage.open()
    await storage.connection.messages.delete_many({})
    yield storage
    await storage.close()


@pytest.fixture
def service(storage: MongoStorage, clock: FakeClock) -> Service:
    return Service(
        storage=storage,
        limits=Limits(),
        clock=clock,
        metadata_shape=shape(bundle(spec_root()), "QueueMetadata"),
        home_document={},
        keys=KeyRing([secrets.token_urlsafe()]),
    )


@pytest.fixture
async def caller(service: Service) -> Caller:
    """Somebody with an encrypting queue "q"."""
    caller = Caller(f"project-{secrets.token_hex(8)}", "client")
    await queue_create(service, caller, queue_name="q", metadata={"_enable_encrypt_messages": True})
    return caller


async def post(service: Service, caller: Caller, *bodies: bytes) -> list[str]:
    messages = [PostedMessage(body, None, None) for body in bodies]
    return list(
        await message_post(service, caller, queue_name="q", messages=messages, size=len(bodies))
    )


async def raw(storage: MongoStorage) -> list[bytes]:
    """Every document of a message, as the bytes in which MongoDB gives it."""
    return [bson.encode(document) async for document in storage.connection.messages.find()]


async def listed(service: Service, caller: Caller, queue: str = "q") -> list[bytes]:
    page = await message_list(
        service,
        caller,
        queue_name=queue,
        limit=20,
        echo=True,
        include_claimed=True,
        include_delayed=True,
    )
    return [message.body for message in page.messages]


async def test_storage_never_sees_clear_text(
    service: Service, storage: MongoStorage, caller: Caller
) -> None:
    """Nor while a message is claimed; a reader does."""
    await post(service, caller, BODY, BODY)
    claim = await claim_create(service, caller, queue_name="q", limit=1)

    documents = await raw(storage)
    everything = [
        bson.encode(document)
        for name in await storage.connection.database.list_collection_names()
        async for document in storage.connection.database[name].find()
    ]

    assert len(documents) == 2
    assert not any(PLAIN in document for document in everything)
    assert claim is not None
    assert await listed(service, caller) == [BODY, BODY]


async def test_dead_letters_stay_sealed(
    service: Service, storage: MongoStorage, caller: Caller
) -> None:
    """They move as they are, into a queue that does not encrypt, and are opened from there."""
    await post(service, caller, BODY)
    [before] = [document async for document in storage.connection.messages.find()]
    await storage.queues.update(
        QueueRef(caller.project, "q"),
        lambda old: {**old, "_max_claim_count": 0, "_dead_letter_queue": "dead"},
    )

    assert await claim_create(service, caller, queue_name="q", limit=1) is None

    [after] = [document async for document in storage.connection.messages.find()]
    assert after["queue"] != before["queue"]
    assert (after["body"], after["key"]) == (before["body"], before["key"])
    assert PLAIN not in bson.encode(after)
    assert await listed(service, caller, "dead") == [BODY]


async def test_clear_messages_are_stored_clear(
    service: Service, storage: MongoStorage, caller: Caller
) -> None:
    """So this test would see a text if it were there; and they have no mark."""
    await storage.queues.update(QueueRef(caller.project, "q"), lambda _: {})
    await post(service, caller, BODY)

    [document] = [document async for document in storage.connection.messages.find()]

    assert PLAIN in bson.encode(document)
    assert "key" not in document


def _cut(document: dict[str, Any]) -> dict[str, Any]:
    return {"body": document["body"][:-1]}


def _flipped(document: dict[str, Any]) -> dict[str, Any]:
    body = bytearray(document["body"])
    body[-20] ^= 1
    return {"body": bytes(body)}


def _other_key(document: dict[str, Any]) -> dict[str, Any]:
    return {"key": document["key"][::-1] + "0"}


def _emptied(document: dict[str, Any]) -> dict[str, Any]:
    return {"body": b""}


@pytest.mark.parametrize("change", [_cut, _flipped, _other_key, _emptied])
async def test_changed_message_is_in_nobodys_way(
    service: Service,
    storage: MongoStorage,
    clock: FakeClock,
    caller: Caller,
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """The others are listed, claimed and popped; the changed one is kept until it is mended."""
    ids = await post(service, caller, *(b"%d" % number for number in range(4)))
    messages = storage.connection.messages
    document = await messages.find_one({"_id": bson.ObjectId(ids[0])})
    assert document is not None
    await messages.update_one({"_id": document["_id"]}, {"$set": change(document)})

    assert await listed(service, caller) == [b"1", b"2", b"3"]
    with pytest.raises(EncryptionUnavailable):
        await message_get(service, caller, queue_name="q", message_id=ids[0])
    claim = await claim_create(service, caller, queue_name="q", limit=1)
    assert claim is not None
    assert [message.body for message in claim.messages] == [b"1"]
    popped = await message_delete_many(service, caller, queue_name="q", pop=20)
    assert [message.body for message in popped or ()] == [b"2", b"3"]
    await claim_delete(service, caller, queue_name="q", claim_id=claim.id)

    mended = {name: document[name] for name in ("body", "key")}
    await messages.update_one({"_id": document["_id"]}, {"$set": mended})
    clock.advance(PASSED_OVER)
    popped = await message_delete_many(service, caller, queue_name="q", pop=20)
    assert [message.body for message in popped or ()] == [b"0", b"1"]


async def test_message_that_is_changed_under_its_claim_is_left_out(
    service: Service, storage: MongoStorage, caller: Caller
) -> None:
    """The claim goes on with the others."""
    ids = await post(service, caller, b"1", b"2")
    claim = await claim_create(service, caller, queue_name="q", limit=2)
    assert claim is not None
    await storage.connection.messages.update_one(
        {"_id": bson.ObjectId(ids[0])}, {"$set": {"body": b"no seal"}}
    )

    shown = await claim_get(service, caller, queue_name="q", claim_id=claim.id)

    assert [message.body for message in shown.messages] == [b"2"]


async def test_swapped_bodies_of_two_projects_are_not_opened(
    service: Service, storage: MongoStorage, caller: Caller
) -> None:
    """Who has a project and the database can't read the messages of another project."""
    thief = Caller(f"thief-{secrets.token_hex(8)}", "client")
    await queue_create(service, thief, queue_name="q", metadata={"_enable_encrypt_messages": True})
    [mine], [theirs] = await post(service, caller, BODY), await post(service, thief, b"1")
    messages = storage.connection.messages
    document = await messages.find_one({"_id": bson.ObjectId(mine)})
    assert document is not None
    await messages.update_one({"_id": bson.ObjectId(theirs)}, {"$set": {"body": document["body"]}})

    assert await listed(service, thief) == []
    assert await listed(service, caller) == [BODY]
