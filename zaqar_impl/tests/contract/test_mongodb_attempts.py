# SPDX-License-Identifier: Apache-2.0
"""Writes that fail, or whose outcome is unknown, on a mongod that fails on demand."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.values import ClaimTerms, Message, NewMessage, QueueRef
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.mongodb import MongoStorage

NEW = [NewMessage(b"1", 60), NewMessage(b"2", 60)]
TERMS = ClaimTerms(ttl=60, grace=60)
WRITE_CONFLICT, NOT_PRIMARY, INTERRUPTED, DISK_FULL = 112, 10107, 11601, 14031
LATE_MAJORITY = {"code": 64, "errmsg": "waiting for replication timed out"}


@pytest.fixture
def ref() -> QueueRef:
    return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


@pytest.fixture
async def storage(mongod: EmbeddedMongod) -> AsyncIterator[MongoStorage]:
    storage = MongoStorage(mongod.uri, "commits", FakeClock())
    await storage.open()
    yield storage
    await storage.close()


@asynccontextmanager
async def failing(
    mongod: EmbeddedMongod, command: str, *, times: int | None = None, **how: Any
) -> AsyncIterator[None]:
    """The server fails this command, so often or always, in the way its fail point says."""
    async with AsyncMongoClient[Any](mongod.uri) as client:
        point = {"configureFailPoint": "failCommand"}
        mode = "alwaysOn" if times is None else {"times": times}
        data = {"failCommands": [command], **how}
        before = (await client.admin.command(point | {"mode": mode, "data": data}))["count"]
        yield
        failed = (await client.admin.command(point | {"mode": "off"}))["count"] - before
        assert failed == times or (times is None and failed > 0)


async def posted(storage: MongoStorage, ref: QueueRef) -> Sequence[Message]:
    return await storage.messages.list(
        ref, after=0, limit=100, hide_producer=None, include_claimed=True, include_delayed=True
    )


@pytest.mark.parametrize(
    ("command", "how"),
    [
        pytest.param("insert", {"errorCode": WRITE_CONFLICT}, id="conflict"),
        pytest.param("commitTransaction", {"errorCode": WRITE_CONFLICT}, id="late-conflict"),
        pytest.param("insert", {"closeConnection": True}, id="connection-lost"),
        pytest.param("commitTransaction", {"closeConnection": True}, id="commit-lost"),
        pytest.param("commitTransaction", {"errorCode": NOT_PRIMARY}, id="new-primary"),
        pytest.param("insert", {"errorCode": INTERRUPTED}, id="taken-for-abandoned"),
        pytest.param("commitTransaction", {"errorCode": INTERRUPTED}, id="commit-interrupted"),
    ],
)
async def test_post_gets_through_failures_that_pass(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef, command: str, how: dict[str, Any]
) -> None:
    """It is tried again, and is there once."""
    await storage.queues.create(ref, {})
    if how.get("errorCode") == WRITE_CONFLICT:
        how = how | {"errorLabels": ["TransientTransactionError"]}

    async with failing(mongod, command, times=2, **how):
        ids = await storage.messages.post(ref, NEW, producer="me")

    assert [message.id for message in await posted(storage, ref)] == ids
    assert [message.position for message in await posted(storage, ref)] == [1, 2]


async def test_commit_whose_answer_is_lost_is_not_repeated(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """The server has committed, but says that it does not know of a majority: asked, it tells."""
    await storage.queues.create(ref, {})

    async with failing(mongod, "commitTransaction", times=3, writeConcernError=LATE_MAJORITY):
        ids = await storage.messages.post(ref, NEW, producer="me")

    assert [message.id for message in await posted(storage, ref)] == ids


async def test_unknown_outcome_is_unavailable_and_whole(
    mongod: EmbeddedMongod, ref: QueueRef
) -> None:
    """If the server can't be asked until the deadline, the post is there wholly or not at all."""
    storage = MongoStorage(f"{mongod.uri}&timeoutMS=600", "commits", FakeClock())
    await storage.open()
    await storage.queues.create(ref, {})

    async with failing(mongod, "commitTransaction", closeConnection=True):
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await storage.messages.post(ref, NEW, producer="me")
        took = time.monotonic() - began

    assert took < 5
    assert [message.body for message in await posted(storage, ref)] in ([], [b"1", b"2"])
    await storage.close()


async def test_failure_that_stays_is_unavailable(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef
) -> None:
    """Nothing is there, and posts are possible again as soon as the server is well."""
    await storage.queues.create(ref, {})

    async with failing(mongod, "insert", errorCode=DISK_FULL):
        outcomes = await asyncio.gather(
            *(storage.messages.post(ref, NEW, producer="me") for _ in range(4)),
            return_exceptions=True,
        )

    assert {type(outcome) for outcome in outcomes} == {StorageUnavailable}
    assert await posted(storage, ref) == []
    ids = await storage.messages.post(ref, NEW, producer="me")
    assert [message.id for message in await posted(storage, ref)] == ids
    assert [message.position for message in await posted(storage, ref)] == [1, 2]


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"closeConnection": True}, id="connection-lost"),
        pytest.param({"errorCode": NOT_PRIMARY}, id="new-primary"),
        pytest.param({"writeConcernError": LATE_MAJORITY}, id="late-majority"),
    ],
)
async def test_claims_get_through_failures_that_pass(
    mongod: EmbeddedMongod, storage: MongoStorage, ref: QueueRef, how: dict[str, Any]
) -> None:
    """Whether the server has done the write or not, it is done once in effect."""
    await storage.queues.create(ref, {})
    ids = await storage.messages.post(ref, NEW, producer="me")

    async with failing(mongod, "update", times=2, **how):
        claim = await storage.claims.create(ref, TERMS, 5)
    assert claim is not None
    assert [(message.id, message.claim_count) for message in claim.messages] == [
        (id_, 1) for id_ in ids
    ]

    async with failing(mongod, "update", times=2, **how):
        assert await storage.claims.renew(ref, claim.id, TERMS) is True
    async with failing(mongod, "update", times=2, **how):
        await storage.claims.release(ref, claim.id)
    assert [message.claim_id for message in await posted(storage, ref)] == [None, None]

    async with failing(mongod, "delete", times=2, **how):
        await storage.messages.purge(ref)
    assert await posted(storage, ref) == []


async def test_expired_messages_leave_the_disk(mongod: EmbeddedMongod, ref: QueueRef) -> None:
    """By the server's clock, a while after nobody could see them any more."""
    storage = MongoStorage(mongod.uri, "commits", FakeClock(start=time.time() - 1000))
    await storage.open()
    await storage.queues.create(ref, {})
    await storage.messages.post(ref, NEW, producer="me")
    queue = await storage.connection.queues[ref.kind].find_one({"project": ref.project})
    assert queue is not None

    deadline = time.monotonic() + 15
    while await storage.connection.messages.count_documents({"queue": queue["_id"]}):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    await storage.close()
