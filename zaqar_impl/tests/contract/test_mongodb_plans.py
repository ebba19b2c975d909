# SPDX-License-Identifier: Apache-2.0
"""How MongoDB finds what the driver asks for, as its own profiler tells it."""

import asyncio
import itertools
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from zaqar_impl.domain.values import (
    ClaimTerms,
    DeadLetters,
    NewMessage,
    NewSubscription,
    QueueRef,
    SubscriptionChange,
)
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.mongodb import MongoStorage
from zaqar_impl.storage.mongodb.health import COUNTED, SAMPLED

TERMS = ClaimTerms(ttl=100, grace=60)
#: Messages in the queue that is looked at, and in each of some others beside it.
MESSAGES, BESIDE = 300, 300
#: What one call may look at, in keys or documents: pages are 10, and nothing grows with the queue.
LOOKED_AT = 60


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def storage(mongod: EmbeddedMongod, clock: FakeClock) -> AsyncIterator[MongoStorage]:
    """A driver on a database of its own, for profiling is switched on for a whole database."""
    storage = MongoStorage(mongod.uri, f"plans-{secrets.token_hex(4)}", clock)
    await storage.open()
    yield storage
    await storage.connection.client.drop_database(storage.connection.database.name)
    await storage.close()


@pytest.fixture
async def ref(storage: MongoStorage) -> QueueRef:
    """A queue of many messages, among others."""
    for name in ("a", "jobs", "z"):
        new = [NewMessage(b"{}", 3600)] * (MESSAGES if name == "jobs" else BESIDE)
        await storage.queues.create(QueueRef("project", name), {})
        await storage.messages.post(QueueRef("project", name), new, producer="me")
    return QueueRef("project", "jobs")


async def every_bounded_call(storage: MongoStorage, clock: FakeClock, ref: QueueRef) -> None:
    """All calls of the interface whose work does not grow with what is stored."""
    queues, messages, claims = storage.queues, storage.messages, storage.claims
    await queues.create(ref, {})
    await queues.get(ref)
    await queues.list(ref.project, after="a", limit=10, accept=lambda _: True)
    await queues.count(ref.project, lambda _: True)
    await queues.update(ref, lambda old: {**old, "a": 1})
    [message] = await messages.post(ref, [NewMessage(b"{}", 3600)], producer="me")
    await messages.post(ref, [NewMessage(b"{}", 3600, delay=1)] * 3, producer="me")
    for claimed, delayed in itertools.product((True, False), repeat=2):
        await messages.list(
            ref,
            after=100,
            limit=10,
            hide_producer="other",
            include_claimed=claimed,
            include_delayed=delayed,
        )
    await messages.get_many(ref, [message])
    await messages.delete(ref, message, claim_id=None)
    await messages.delete_many(ref, [message], claim_ids=None)
    await messages.pop(ref, 10)
    await messages.pop(ref, 10, accept=lambda message: message.position > 25)
    assert await claims.create(ref, TERMS, 10, accept=lambda message: message.position > 45)
    expiring = await claims.create(ref, TERMS, 10)
    assert expiring is not None
    await claims.get(ref, expiring.id)
    await claims.renew(ref, expiring.id, TERMS)
    clock.advance(TERMS.ttl)
    made = await claims.create(ref, TERMS, 10)
    assert made is not None
    await messages.delete(ref, made.messages[0].id, claim_id=made.id)
    await messages.delete_many(ref, [made.messages[1].id], claim_ids=[made.id])
    await claims.release(ref, made.id)
    await claims.create(ref, TERMS, 10, dead_letters=DeadLetters("z", 1, ttl=60))
    await every_call_of_subscriptions(storage, clock, ref)


async def every_call_of_subscriptions(
    storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """Also when an expired subscription stands in the way."""
    store = storage.subscriptions
    for ttl in (60, 600, 600):
        made, _ = await store.create(ref, NewSubscription("http://a", ttl, {}))
        clock.advance(60)
    other, _ = await store.create(ref, NewSubscription("http://b", 60, {}))
    clock.advance(60)
    await store.update(ref, made.id, SubscriptionChange(other.subscriber))
    for after in (None, other.id):
        await store.list(ref, after=after, limit=10)
    await store.get(ref, made.id)
    await store.confirm(ref, made.id, True)
    await store.delete(ref, made.id)


async def every_call_that_grows(storage: MongoStorage, ref: QueueRef) -> None:
    """Those that look at, or remove, all messages of a queue."""
    await storage.messages.stats(ref)
    await storage.messages.purge(ref)
    await storage.subscriptions.purge(ref)
    await storage.queues.delete(ref)


async def profile(storage: MongoStorage) -> list[dict[str, Any]]:
    """What was planned and done in the database since profiling began, and stop that."""
    database = storage.connection.database
    await database.command("profile", 0)
    return await database["system.profile"].find({"planSummary": {"$exists": True}}).to_list()


def looked_at(op: dict[str, Any]) -> int:
    """Keys or documents; an operation that a unique index refuses tells neither."""
    return int(max(op.get("keysExamined", 0), op.get("docsExamined", 0)))


async def test_every_query_uses_an_index_and_its_order(
    storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """No call scans a collection, and none has results sorted in memory."""
    await storage.connection.database.command("profile", 2)
    await every_bounded_call(storage, clock, ref)
    await every_call_that_grows(storage, ref)

    done = await profile(storage)

    assert len(done) > 40
    assert [op for op in done if "COLLSCAN" in op["planSummary"]] == []
    assert [op for op in done if op.get("hasSortStage")] == []


async def test_calls_look_at_no_more_than_they_need(
    storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """What a call costs does not depend on how many messages the queue has."""
    await storage.connection.database.command("profile", 2)
    await every_bounded_call(storage, clock, ref)

    done = await profile(storage)

    assert len(done) > 30
    costly = [op for op in done if looked_at(op) > LOOKED_AT]
    assert costly == []


async def test_counting_and_finding_work_within_the_index(
    storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """Statistics read no message but the two ends, and the search for claimable messages none but
    those that are claimed."""
    await storage.messages.post(ref, [NewMessage(b"{}", 3600, delay=9)] * 3, producer="me")
    await storage.connection.database.command("profile", 2)
    await storage.messages.stats(ref)
    assert await storage.claims.create(ref, TERMS, 10) is not None

    done = await profile(storage)

    inside = [op for op in done if {"held", "delayed"} & set(re.findall(r"\w+", op["planSummary"]))]
    assert len(inside) == 5
    assert sorted(op["docsExamined"] for op in inside) == [0, 0, 0, 0, 10]


async def test_expired_messages_are_removed_by_the_server(storage: MongoStorage) -> None:
    """An index tells it when, with a delay for clocks that differ; reads do not wait for it."""
    indexes = await storage.connection.messages.index_information()

    assert indexes["by_expiry"]["key"] == [("expires", 1)]
    assert indexes["by_expiry"]["expireAfterSeconds"] == 60


async def test_opening_again_changes_no_index(storage: MongoStorage) -> None:
    """The indexes are these, and no others."""
    await storage.open()

    for queues in storage.connection.queues.values():
        assert set(await queues.index_information()) == {"_id_", "by_name"}
    assert set(await storage.connection.messages.index_information()) == {
        "_id_",
        "by_position",
        "by_hold",
        "by_claim",
        "by_delay",
        "by_expiry",
    }


@pytest.mark.parametrize("messages", [1_000, COUNTED + 1])
async def test_health_looks_at_few_messages(
    messages: int, storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """However many there are; and the figures are about right."""
    await scatter(storage, ref, QueueRef("project", "z"), messages)
    claimed = messages // 4
    await storage.claims.create(ref, TERMS, claimed)
    await storage.connection.database.command("profile", 2)

    await storage.writable()
    volume = await storage.volume()

    done = await profile(storage)
    assert max(looked_at(op) for op in done) <= max(claimed, SAMPLED) <= COUNTED
    assert [op for op in done if "COLLSCAN" in op["planSummary"]] == []
    assert volume.total == messages
    assert abs(volume.claimed - claimed) <= (0 if messages <= COUNTED else messages / 8)


async def scatter(storage: MongoStorage, ref: QueueRef, other: QueueRef, total: int) -> None:
    """Post until there are so many messages, a fourth of them to the queue, here and there.

    MongoDB draws its samples from some places of a young collection far more often than from
    others.
    """
    missing = total - await storage.connection.messages.estimated_document_count()
    turns = itertools.cycle([(ref, 10), (other, 30)])
    posts = []
    while missing > 0:
        queue, count = next(turns)
        new = [NewMessage(b"{}", 3600)] * min(count, missing)
        posts.append(storage.messages.post(queue, new, producer="me"))
        missing -= len(new)
    await asyncio.gather(*posts)


async def test_ended_claims_are_not_counted(
    storage: MongoStorage, clock: FakeClock, ref: QueueRef
) -> None:
    """A message that was claimed once is free."""
    await storage.claims.create(ref, TERMS, 10)
    clock.advance(TERMS.ttl)

    volume = await storage.volume()

    assert (volume.claimed, volume.free) == (0, volume.total)
