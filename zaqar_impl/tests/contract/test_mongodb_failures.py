# SPDX-License-Identifier: Apache-2.0
"""The MongoDB driver when MongoDB, the network, or another process fails."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from zaqar_impl.domain.errors import InvalidInput, StorageUnavailable, StorageUnfit
from zaqar_impl.domain.values import (
    ClaimTerms,
    NewMessage,
    NewSubscription,
    QueueRef,
    SubscriptionChange,
)
from zaqar_impl.mongod import EmbeddedMongod, find_mongod
from zaqar_impl.mongod.child import Child
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.interface import (
    ClaimStore,
    MessageStore,
    QueueStore,
    SubscriptionStore,
)
from zaqar_impl.storage.mongodb import MongoStorage
from zaqar_impl.storage.mongodb.client import Connection
from zaqar_impl.storage.mongodb.directory import Directory
from zaqar_impl.storage.mongodb.documents import message_document, now
from zaqar_impl.storage.mongodb.log import Log
from zaqar_impl.storage.mongodb.messages import MAX_BODY_BYTES
from zaqar_impl.storage.mongodb.queues import MongoQueues

DATABASE = "failures"
ID = "0" * 24
NEW = [NewMessage(b"{}", 60)]
TERMS = ClaimTerms(ttl=60, grace=60)


@pytest.fixture
def ref() -> QueueRef:
    return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


@pytest.fixture
async def storage(mongod: EmbeddedMongod) -> AsyncIterator[MongoStorage]:
    storage = MongoStorage(mongod.uri, DATABASE, FakeClock())
    await storage.open()
    yield storage
    await storage.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def every_call(storage: MongoStorage, ref: QueueRef) -> dict[str, Coroutine[Any, Any, Any]]:
    """One call of each method of the interface."""
    queues, messages, claims = storage.queues, storage.messages, storage.claims
    subscriptions = storage.subscriptions
    return {
        "queues.create": queues.create(ref, {}),
        "queues.recall": queues.recall(ref),
        "queues.get": queues.get(ref),
        "queues.list": queues.list("p", after=None, limit=5, accept=lambda _: True),
        "queues.count": queues.count("p", lambda _: True),
        "queues.update": queues.update(ref, lambda old: old),
        "queues.delete": queues.delete(ref),
        "messages.post": messages.post(ref, NEW, producer="me"),
        "messages.list": messages.list(
            ref, after=0, limit=5, hide_producer=None, include_claimed=True, include_delayed=True
        ),
        "messages.get_many": messages.get_many(ref, [ID]),
        "messages.delete": messages.delete(ref, ID, claim_id=None),
        "messages.delete_many": messages.delete_many(ref, [ID], claim_ids=[ID]),
        "messages.pop": messages.pop(ref, 5),
        "messages.purge": messages.purge(ref),
        "messages.stats": messages.stats(ref),
        "claims.create": claims.create(ref, TERMS, 5),
        "claims.get": claims.get(ref, ID),
        "claims.renew": claims.renew(ref, ID, TERMS),
        "claims.release": claims.release(ref, ID),
        "subscriptions.create": subscriptions.create(ref, NewSubscription("a:", 60, {})),
        "subscriptions.list": subscriptions.list(ref, after=None, limit=5),
        "subscriptions.get": subscriptions.get(ref, ID),
        "subscriptions.update": subscriptions.update(ref, ID, SubscriptionChange(ttl=60)),
        "subscriptions.confirm": subscriptions.confirm(ref, ID, True),
        "subscriptions.renew": subscriptions.renew([ID], seconds=60),
        "subscriptions.delete": subscriptions.delete(ref, ID),
        "subscriptions.purge": subscriptions.purge(ref),
        "open": storage.open(),
        "ping": storage.ping(),
        "writable": storage.writable(),
        "volume": storage.volume(),
    }


def methods(store: type) -> set[str]:
    return {name for name in vars(store) if not name.startswith("_")}


async def test_every_method_says_unavailable_when_nobody_answers(ref: QueueRef) -> None:
    """Within the time that the URI gives, and with pymongo's own error as the cause."""
    storage = MongoStorage(
        f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=200", DATABASE, FakeClock()
    )
    calls = every_call(storage, ref)

    began = time.monotonic()
    answers = await asyncio.gather(*calls.values(), return_exceptions=True)
    took = time.monotonic() - began
    await storage.close()

    stores = {
        "queues": QueueStore,
        "messages": MessageStore,
        "claims": ClaimStore,
        "subscriptions": SubscriptionStore,
    }
    assert set(calls) == {"open", "ping", "writable", "volume"} | {
        f"{name}.{method}" for name, store in stores.items() for method in methods(store)
    }
    assert {type(answer) for answer in answers} == {StorageUnavailable}
    assert all(isinstance(a.__cause__, PyMongoError) for a in answers if isinstance(a, Exception))
    assert took < 5


async def test_hung_server_ends_calls_at_their_deadline(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """A server that takes a call and never answers is unavailable; later it may be back."""
    await storage.queues.create(ref, {})
    await storage.messages.post(ref, NEW, producer="me")
    hasty = MongoStorage(f"{mongod.uri}&timeoutMS=500", DATABASE, FakeClock())
    await hasty.ping()

    os.kill(mongod.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await hasty.messages.post(ref, NEW, producer="me")
        with pytest.raises(StorageUnavailable):
            await hasty.messages.stats(ref)
        took = time.monotonic() - began
    finally:
        os.kill(mongod.pid, signal.SIGCONT)

    assert took < 4
    await until_answered(lambda: hasty.messages.post(ref, NEW, producer="me"))
    assert (await storage.messages.stats(ref)).total >= 2
    await hasty.close()


async def test_storage_that_can_not_write_says_so(
    mongod: EmbeddedMongod, storage: MongoStorage
) -> None:
    """Without a primary, which is what a replica set without its majority comes to."""
    async with AsyncMongoClient[Any](mongod.uri) as client:
        await storage.writable()

        await client.admin.command("replSetStepDown", 6, force=True)
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await storage.writable()
        took = time.monotonic() - began

    assert took < 5
    await until_answered(storage.writable)


async def until_answered(call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Call until the storage is back."""
    deadline = time.monotonic() + 20
    while True:
        try:
            await call()
            return
        except StorageUnavailable:
            assert time.monotonic() < deadline


async def test_standalone_server_is_refused(tmp_path: Path) -> None:
    """Without a replica set there are no transactions; the cause says so."""
    port = free_port()
    (tmp_path / "db").mkdir()
    command = [str(find_mongod()), "--dbpath", str(tmp_path / "db"), "--port", str(port)]
    server = Child([*command, "--bind_ip", "127.0.0.1", "--nounixsocket"], tmp_path / "output")
    storage = MongoStorage(f"mongodb://127.0.0.1:{port}", DATABASE, FakeClock())

    with pytest.raises(StorageUnfit) as refused:
        await storage.open()
    await storage.close()
    server.stop()

    assert "replica set" in str(refused.value)


async def test_appending_the_same_messages_again_adds_nothing(
    mongod: EmbeddedMongod, ref: QueueRef
) -> None:
    """So an attempt that follows one with an unknown outcome cannot post twice."""
    connection = Connection(mongod.uri, DATABASE)
    await connection.open()
    directory = Directory(connection)
    log = Log(connection, directory)
    await MongoQueues(connection, directory).create(ref, {})
    posted = now(FakeClock())
    first, other = ([message_document(new, "me", posted) for new in NEW * 2] for _ in range(2))

    await log.append(ref, first)
    await asyncio.gather(*(log.append(ref, post) for post in (other, first)))

    queue = await directory.read(ref)
    assert queue is not None
    assert queue.head == 4
    assert await connection.messages.count_documents({"queue": queue.id}) == 4
    await connection.close()


async def test_message_too_large_for_mongodb_is_refused(
    storage: MongoStorage, ref: QueueRef
) -> None:
    """The posts beside it are not touched by that, and the largest that fits is kept."""
    largest = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
    posts = [[NewMessage(body, 60)] for body in (largest, largest + b" ", b"1", b"2")]
    await storage.queues.create(ref, {})

    answers = await asyncio.gather(
        *(storage.messages.post(ref, post, producer="me") for post in posts),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [list, InvalidInput, list, list]
    found = await storage.messages.list(
        ref, after=0, limit=9, hide_producer=None, include_claimed=True, include_delayed=True
    )
    assert {message.body for message in found} == {largest, b"1", b"2"}


@contextlib.asynccontextmanager
async def left_open(mongod: EmbeddedMongod, ref: QueueRef) -> AsyncIterator[None]:
    """A transaction that has moved the head of the queue, and that its process never ends."""
    dead = Connection(mongod.uri, DATABASE)
    is_open = asyncio.Event()

    async def die(session: AsyncClientSession) -> None:
        await dead.queues[ref.kind].update_one(
            {"project": ref.project}, {"$inc": {"head": 5}}, session=session
        )
        is_open.set()
        await asyncio.Event().wait()

    dying = asyncio.create_task(dead.transaction(die))
    await is_open.wait()
    yield
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await dead.close()


async def test_dead_process_holds_nobody_up_for_long(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """A transaction that its process has left open is ended by whoever meets it.

    Transactions of others, who may share the server, are left alone.
    """
    await storage.queues.create(ref, {})
    async with (
        left_open(mongod, ref),
        AsyncMongoClient[Any](mongod.uri) as client,
        client.start_session() as others,
    ):
        async with await others.start_transaction():
            await client[DATABASE]["others"].insert_one({}, session=others)

            began = time.monotonic()
            await storage.messages.post(ref, NEW, producer="me")
            took = time.monotonic() - began

        assert await client[DATABASE]["others"].count_documents({}) == 1
        assert took < 8
        queue = await Directory(storage.connection).read(ref)
        assert queue is not None
        assert queue.head == 1


async def test_call_of_little_time_gets_through_too(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """A transaction was left open right before a call that has three seconds: it can't be told from
    a slow one when the call first looks, so the call looks again."""
    await storage.queues.create(ref, {})
    hasty = MongoStorage(f"{mongod.uri}&timeoutMS=3000", DATABASE, FakeClock())
    await hasty.open()
    async with left_open(mongod, ref):
        assert await hasty.messages.post(ref, NEW, producer="me")
    await hasty.close()


async def test_deletions_beside_what_a_deletion_left(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """Two calls share a command: one is about messages that a deleted queue has left, the other one
    about the queue that bears its name by now, which another process has made."""
    await storage.queues.create(ref, {})
    old = await storage.messages.post(ref, NEW, producer="me")
    other = MongoStorage(mongod.uri, DATABASE, FakeClock())
    await other.open()
    await other.connection.queues[ref.kind].delete_one({"project": ref.project, "name": ref.name})
    await other.queues.create(ref, {})
    new = await other.messages.post(ref, NEW, producer="me")

    await asyncio.gather(
        *(storage.messages.delete_many(ref, ids, claim_ids=None) for ids in (old, new))
    )

    assert await other.messages.get_many(ref, new) == []
    await other.close()


async def test_dead_letter_survives_what_a_deletion_left(
    storage: MongoStorage, ref: QueueRef
) -> None:
    """A process died before it had removed the messages of a queue that is gone: a copy there is
    nowhere."""
    dead = replace(ref, name="dead")
    for one in (ref, dead):
        await storage.queues.create(one, {})
    posted = await storage.messages.post(ref, NEW, producer="me")
    letters = await storage.transfer.read(ref, posted)
    await storage.connection.queues[ref.kind].delete_one({"project": ref.project, "name": ref.name})

    await storage.transfer.adopt(dead, letters, ttl=None)

    assert [message.id for message in await storage.messages.get_many(dead, posted)] == posted
