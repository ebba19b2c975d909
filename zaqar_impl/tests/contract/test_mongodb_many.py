# SPDX-License-Identifier: Apache-2.0
"""What calls look at in a queue with many messages, the older half of which stands in their way.

``ZAQAR_MANY_MESSAGES`` sets how many; the test line takes some, ``tox -e load`` a million. With
``--log-cli-level=INFO`` the times are told.
"""

import logging
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from bson import Int64, ObjectId

from zaqar_impl.domain.values import ClaimTerms, DeadLetters, NewMessage, QueueRef
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.mongodb import MongoStorage
from zaqar_impl.storage.mongodb import documents as d
from zaqar_impl.storage.mongodb.claimable import LET_GO
from zaqar_impl.storage.mongodb.pages import NEAR

LOG = logging.getLogger(__name__)

MESSAGES = int(os.environ.get("ZAQAR_MANY_MESSAGES", "20000"))
HALF = MESSAGES // 2
BATCH = 10_000
REF = QueueRef("project", "jobs")
TERMS = ClaimTerms(ttl=100, grace=60)
NEW = NewMessage(b"{}", 3600)
#: Seconds that the messages of the older half have expired, or are held for, or were.
LONG = 1000
#: What one query may look at, in keys or documents, where nothing is in its way; pages are 10.
LOOKED_AT = 60
#: A clock by which the server sweeps nothing, however long this takes.
LATER = 10 * 86400

Calls = dict[str, Callable[[], Awaitable[Any]]]


def older(state: str, now: float) -> d.Document:
    """How messages of the older half differ from the others."""
    long_ago, later = d.moment(now - LONG), d.moment(now + LONG)
    if state == "expired":
        return {d.EXPIRES: long_ago}
    claim = {"ttl": LONG, "created": long_ago, "before": d.moment(now + 2 * LONG)}
    match state:
        case "claimed":
            return {d.HELD: later, d.CLAIM: claim, d.CLAIM_COUNT: 1}
        case "overdue":
            return {d.HELD: d.moment(now - 1), d.CLAIM: claim, d.CLAIM_COUNT: 1}
    return {}


async def fill(storage: MongoStorage, state: str, clock: FakeClock) -> None:
    """A queue, with messages put there behind the driver's back, before there are indexes."""
    queue, now = ObjectId(), clock()
    new = d.message_document(NEW, "me", d.moment(now)) | {d.EXPIRES: d.moment(now + 5 * LONG)}
    difference = older(state, now)
    for first in range(1, MESSAGES + 1, BATCH):
        batch = []
        for position in range(first, min(first + BATCH, MESSAGES + 1)):
            message = d.placed(new, queue, position) | {d.ID: ObjectId()}
            if position <= HALF:
                message |= difference
                if d.CLAIM in message:
                    message[d.CLAIM] = {"id": ObjectId(), **difference[d.CLAIM]}
            batch.append(message)
        await storage.connection.messages.insert_many(batch, ordered=False)
    made = {**d.named(REF), d.METADATA: b"{}", d.REVISION: ObjectId(), d.HEAD: Int64(MESSAGES)}
    await storage.connection.queues[REF.kind].insert_one({d.ID: queue, **made})


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.advance(time.time() + LATER - clock())
    return clock


@pytest.fixture
async def storage(
    request: pytest.FixtureRequest, mongod: EmbeddedMongod, clock: FakeClock
) -> AsyncIterator[MongoStorage]:
    """A driver on a database with such a queue."""
    storage = MongoStorage(mongod.uri, f"many-{secrets.token_hex(4)}", clock)
    await fill(storage, request.param, clock)
    await storage.connection.open()  # with as long as it takes to make the indexes
    await storage.queues.create(QueueRef("project", "dead"), {})
    yield storage
    await storage.connection.client.drop_database(storage.connection.database.name)
    await storage.close()


def calls_of(storage: MongoStorage) -> Calls:
    """What producers, readers and claimers do, all from the beginning of the queue."""
    messages, claims = storage.messages, storage.claims
    dead = DeadLetters("dead", 2, ttl=60)

    def page(*, claimed: bool, delayed: bool) -> Awaitable[Any]:
        return messages.list(
            REF,
            after=0,
            limit=10,
            hide_producer="other",
            include_claimed=claimed,
            include_delayed=delayed,
        )

    return {
        "list": lambda: page(claimed=False, delayed=False),
        "list with claimed": lambda: page(claimed=True, delayed=False),
        "list all": lambda: page(claimed=True, delayed=True),
        "claim": lambda: claims.create(REF, TERMS, 10),
        "claim with dead letters": lambda: claims.create(REF, TERMS, 10, dead_letters=dead),
        "pop": lambda: messages.pop(REF, 10),
        "post": lambda: messages.post(REF, [NEW], producer="me"),
    }


async def profiled(storage: MongoStorage, call: Callable[[], Awaitable[Any]]) -> Any:
    """What the call gives, how long it took, and what was done in the database for it."""
    database = storage.connection.database
    await database["system.profile"].drop()
    await database.command("profile", 2)
    began = time.monotonic()
    result = await call()
    took = time.monotonic() - began
    await database.command("profile", 0)
    done = await database["system.profile"].find({"planSummary": {"$exists": True}}).to_list()
    return result, took, done


def looked_at(op: dict[str, Any]) -> int:
    return int(max(op.get("keysExamined") or 0, op.get("docsExamined") or 0))


@pytest.mark.parametrize(
    ("storage", "bound"),
    [
        ("live", LOOKED_AT),
        ("expired", LOOKED_AT),
        ("claimed", NEAR + LOOKED_AT),
        ("overdue", 2 * LET_GO + LOOKED_AT),
    ],
    indirect=["storage"],
)
async def test_what_stands_in_the_way_is_passed_by(storage: MongoStorage, bound: int) -> None:
    """The first search from the beginning finds where that is; after it every call looks at little,
    in the order of an index."""
    calls = calls_of(storage)
    times = {}
    for name in ("list", "claim"):
        _, times[f"first {name}"], _ = await profiled(storage, calls[name])
        await storage.floors.drain()

    for name, call in calls.items():
        result, times[name], done = await profiled(storage, call)
        assert result, name
        assert [op for op in done if "COLLSCAN" in op["planSummary"]] == [], name
        assert [op for op in done if op.get("hasSortStage")] == [], name
        assert [op for op in done if looked_at(op) > bound] == [], name

    LOG.info("%s", {name: f"{took * 1000:.0f} ms" for name, took in times.items()})


@pytest.mark.parametrize("storage", ["overdue"], indirect=True)
async def test_the_oldest_come_first_while_holds_are_let_go(storage: MongoStorage) -> None:
    """Step by step, so that no call takes long; and nothing is passed over by that."""
    position = 0
    for _ in range(30):
        claim = await storage.claims.create(REF, TERMS, 100)
        assert claim is not None
        assert [m.position for m in claim.messages] == list(range(position + 1, position + 101))
        position += 100

    [stats] = [await storage.messages.stats(REF)]
    assert (stats.claimed, stats.free) == (position, MESSAGES - position)


@pytest.mark.parametrize("storage", ["claimed"], indirect=True)
async def test_a_page_goes_over_the_claimed_ones(storage: MongoStorage, clock: FakeClock) -> None:
    """It begins before them and ends behind them; also where some holds have run out."""
    released = await storage.connection.messages.update_many(
        {d.POSITION: {"$in": [3, NEAR + 5]}}, {"$set": {d.HELD: d.UNHELD}}
    )
    assert released.modified_count == 2
    page = calls_of(storage)["list"]
    expected = [3, NEAR + 5, *range(HALF + 1, HALF + 9)]
    assert [message.position for message in await page()] == expected

    overdue = d.moment(clock() - 1)
    await storage.connection.messages.update_many(
        {d.POSITION: {"$in": [7, NEAR + 9]}}, {"$set": {d.HELD: overdue}}
    )
    expected = [3, 7, NEAR + 5, NEAR + 9, *range(HALF + 1, HALF + 7)]
    assert [message.position for message in await page()] == expected


@pytest.mark.parametrize("storage", ["expired"], indirect=True)
async def test_a_queue_of_which_all_has_expired_is_known_to_be_empty(
    storage: MongoStorage, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is posted afterwards is found."""
    monkeypatch.setattr("zaqar_impl.storage.mongodb.floors.LONG_SECONDS", 0.0)
    clock.advance(6 * LONG)
    calls = calls_of(storage)
    assert not await calls["list"]()
    await storage.floors.drain()

    for name in ("list", "claim"):
        result, _, done = await profiled(storage, calls[name])
        assert not result
        assert max(looked_at(op) for op in done) <= LOOKED_AT
    await calls["post"]()
    [message] = await calls["list"]()
    assert message.position == MESSAGES + 1
