# SPDX-License-Identifier: Apache-2.0
"""Connections that follow queues, over the memory driver."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from zaqar_impl.domain.errors import InvalidInput, StorageUnavailable
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.domain.values import Caller, Kind, NewMessage, QueueRef
from zaqar_impl.handlers import subscriptions as handlers
from zaqar_impl.handlers.service import Service
from zaqar_impl.push import LEASE, Follower, Following, Notice, follower
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.storage.memory.watching import MemoryWatch

REF = QueueRef("project", "jobs")
CALLER = Caller("project", "3381af92-2b9e-11e3-b191-71861300734c")
SHAPE = Shape({}, {})


class Connection:
    """Somebody who is told."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.ended: list[Following] = []

    def deliver(self, notice: Notice) -> None:
        self.notices.append(notice)

    @property
    def bodies(self) -> Sequence[bytes]:
        return [message.body for notice in self.notices for message in notice.messages]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service(clock: FakeClock) -> Service:
    return Service(MemoryStorage(clock), Limits(), clock, SHAPE, {})


@pytest.fixture
async def pushing(service: Service) -> AsyncIterator[Follower]:
    async with Follower(service) as pushing:
        yield pushing


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower that does often what it does now and then."""
    for name in ("RENEW_EVERY", "TRY_AGAIN", "SWEEP_EVERY", "GATHER"):
        monkeypatch.setattr(follower, name, 0.01)


async def subscribe(
    pushing: Follower, connection: Connection, name: str = "1", ref: QueueRef = REF, **terms: Any
) -> Following:
    following = await pushing.subscribe(
        ref, name, deliver=connection.deliver, ended=connection.ended.append, **terms
    )
    assert following
    return following


async def post(service: Service, *texts: str, ref: QueueRef = REF) -> None:
    new = [NewMessage(text.encode(), 300) for text in texts]
    await service.on_demand(
        ref, lambda: service.storage.messages.post(ref, new, producer="somebody")
    )


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.005)


async def rows(service: Service, ref: QueueRef = REF) -> Sequence[str]:
    """The subscribers that are listed."""
    found = await service.storage.subscriptions.list(ref, after=None, limit=100)
    return [one.subscriber for one in found]


async def test_connection_is_told_what_is_posted_afterwards(
    service: Service, pushing: Follower
) -> None:
    """And the queue is made for it."""
    await post(service, "0")
    connection, elsewhere = Connection(), Connection()
    await subscribe(pushing, connection)
    topic = QueueRef("project", "news", Kind.TOPIC)
    await subscribe(pushing, elsewhere, ref=topic)
    await post(service, "1", "2")
    await post(service, "3")
    await post(service, "4", ref=topic)

    await until(lambda: len(connection.bodies) == 3 and len(elsewhere.bodies) == 1)
    assert connection.bodies == [b"1", b"2", b"3"]
    assert [notice.ref for notice in elsewhere.notices] == [topic]


async def test_subscription_is_listed_and_confirmed(
    service: Service, pushing: Follower, clock: FakeClock
) -> None:
    """As any other, with the terms that were asked for."""
    following = await subscribe(pushing, Connection(), ttl=120, options={"a": 1})
    plain = await subscribe(pushing, Connection(), "2")

    found = await service.storage.subscriptions.get(REF, following.subscription.id)
    assert found == following.subscription
    assert (found.subscriber, found.ttl, found.options) == ("websocket:1", 120, {"a": 1})
    assert found.confirmed
    assert found.lease == clock() + LEASE
    assert plain.subscription.ttl == Limits().default_subscription_ttl


async def test_connection_has_one_subscription_of_a_queue(
    service: Service, pushing: Follower
) -> None:
    """And others of other queues."""
    connection = Connection()
    await subscribe(pushing, connection)
    assert await pushing.subscribe(REF, "1", deliver=connection.deliver) is None
    await subscribe(pushing, connection, ref=QueueRef("project", "other"))

    await post(service, "1")
    await post(service, "2", ref=QueueRef("project", "other"))
    await until(lambda: len(connection.bodies) == 2)
    assert len(pushing) == 2


async def test_subscribers_share_a_notice(service: Service, pushing: Follower) -> None:
    """What is made of it is made once; each is called once for it."""
    connections = [Connection() for _ in range(50)]
    for number, connection in enumerate(connections):
        await subscribe(pushing, connection, str(number))
    await post(service, "1")
    await until(lambda: all(connection.bodies for connection in connections))

    assert len({id(each.notices[0]) for each in connections}) == 1
    made: list[Notice] = []
    frames = {each.notices[0].once("json", lambda n: made.append(n)) for each in connections}
    assert (frames, len(made)) == ({None}, 1)


async def test_later_subscriber_gets_nothing_earlier(service: Service, pushing: Follower) -> None:
    """Though it shares what is told with those that were there."""
    first, second = Connection(), Connection()
    await subscribe(pushing, first)
    await post(service, "1")
    await subscribe(pushing, second, "2")
    await post(service, "2")
    await until(lambda: len(first.bodies) == 2 and len(second.bodies) == 1)

    assert second.bodies == [b"2"]


@pytest.mark.parametrize(
    ("terms", "named"),
    [({"ttl": 10**12}, "ttl"), ({"options": {"a": 2**64}}, "options")],
)
async def test_terms_are_checked(
    service: Service, pushing: Follower, terms: dict[str, Any], named: str
) -> None:
    """Before anything is made."""
    with pytest.raises(InvalidInput, match=named):
        await subscribe(pushing, Connection(), **terms)

    assert await service.storage.queues.get(REF) is None


async def test_connection_that_goes_leaves_nothing(
    service: Service, pushing: Follower, hasty: None
) -> None:
    """Others remain, and are told."""
    gone, stays = Connection(), Connection()
    following = await subscribe(pushing, gone)
    await subscribe(pushing, stays, "2")

    pushing.stop(following)
    pushing.stop(following)
    await post(service, "1")
    await until(lambda: stays.bodies == [b"1"])
    for _ in range(200):
        if await rows(service) == ["websocket:2"]:
            break
        await asyncio.sleep(0.01)

    assert await rows(service) == ["websocket:2"]
    assert (gone.bodies, gone.ended, len(pushing)) == ([], [], 1)


async def test_deleted_subscription_ends(service: Service, pushing: Follower) -> None:
    """Whoever deletes it; what was posted before is delivered, and its connection may subscribe
    again."""
    connection, again = Connection(), Connection()
    following = await subscribe(pushing, connection)
    await post(service, "1")
    await handlers.subscription_delete(
        service, CALLER, queue_name="jobs", subscription_id=following.subscription.id
    )
    await post(service, "2")
    await subscribe(pushing, again)
    await post(service, "3")

    await until(lambda: again.bodies == [b"3"])
    assert (connection.bodies, connection.ended) == ([b"1"], [following])


async def test_subscription_ends_with_its_queue(service: Service, pushing: Follower) -> None:
    """A queue of the same name is another one."""
    connection = Connection()
    following = await subscribe(pushing, connection)
    await service.storage.queues.delete(REF)
    await post(service, "1")

    await until(lambda: connection.ended == [following])
    assert (connection.bodies, len(pushing)) == ([], 0)


async def test_subscription_ends_with_its_ttl(
    service: Service, pushing: Follower, clock: FakeClock, hasty: None
) -> None:
    """Nothing that is posted from then on is delivered, and the lease is no more renewed."""
    connection = Connection()
    following = await subscribe(pushing, connection, ttl=60)
    clock.advance(40)
    await asyncio.sleep(0.05)
    clock.advance(19.9)
    await post(service, "1")
    clock.advance(0.1)
    await post(service, "2")
    await until(lambda: connection.bodies == [b"1"])
    assert await rows(service) == []
    clock.advance(1)
    await until(lambda: connection.ended == [following])

    assert connection.bodies == [b"1"]


async def test_another_ttl_counts(
    service: Service, pushing: Follower, clock: FakeClock, hasty: None
) -> None:
    """From its change on."""
    connection = Connection()
    following = await subscribe(pushing, connection, ttl=60)
    await handlers.subscription_update(
        service, CALLER, queue_name="jobs", subscription_id=following.subscription.id, ttl=600
    )
    await until(lambda: following.expires == clock() + 600)
    for _ in range(5):
        clock.advance(20)
        await asyncio.sleep(0.05)
    await post(service, "1")

    await until(lambda: connection.bodies == [b"1"])
    assert connection.ended == []


async def test_connection_can_have_no_other_subscriber(service: Service, pushing: Follower) -> None:
    """Nor can anybody else have what is shown as its subscriber."""
    following = await subscribe(pushing, Connection())
    one = following.subscription.id

    with pytest.raises(InvalidInput, match="subscriber"):
        await handlers.subscription_update(
            service, CALLER, queue_name="jobs", subscription_id=one, subscriber="http://host/"
        )
    with pytest.raises(InvalidInput, match="subscriber"):
        await handlers.subscription_create(
            service, CALLER, queue_name="jobs", subscriber=following.subscription.subscriber
        )


async def test_lease_is_kept_and_given_back(service: Service, clock: FakeClock) -> None:
    """By a process that lives, and by one that ends."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(follower, "RENEW_EVERY", 0.01)
        async with Follower(service) as pushing:
            await subscribe(pushing, Connection())
            for _ in range(5):
                clock.advance(LEASE - 1)
                await asyncio.sleep(0.05)
            assert await rows(service) == ["websocket:1"]

    assert await rows(service) == []


async def test_killed_process_leaves_nothing_after_its_lease(
    service: Service, pushing: Follower, clock: FakeClock
) -> None:
    """A process that renews nothing any more is as good as killed."""
    await subscribe(pushing, Connection())
    clock.advance(LEASE - 0.001)
    assert await rows(service) == ["websocket:1"]
    clock.advance(0.001)

    assert await rows(service) == []


async def test_storage_that_fails_is_asked_again(
    service: Service, clock: FakeClock, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal that failed is repeated, and so is a farewell."""
    connection = Connection()
    renew, failures = service.storage.subscriptions.renew, 3

    async def failing(ids: Sequence[str], *, seconds: int) -> Any:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise StorageUnavailable
        return await renew(ids, seconds=seconds)

    async with Follower(service) as pushing:
        following = await subscribe(pushing, connection)
        monkeypatch.setattr(service.storage.subscriptions, "renew", failing)
        clock.advance(LEASE - 1)
        await until(lambda: failures < 0)
        clock.advance(2)
        assert await rows(service) == ["websocket:1"]
        failures = 2
        pushing.stop(following)
        await until(lambda: failures < 0)
        await asyncio.sleep(0.05)
        assert await rows(service) == []


async def test_attempt_that_failed_is_repeated(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left is no subscription that the connection has."""

    async def failing(*_args: Any, **_kwargs: Any) -> Any:
        raise StorageUnavailable

    connection = Connection()
    async with Follower(service) as pushing:
        with monkeypatch.context() as patched:
            patched.setattr(MemoryWatch, "add", failing)
            with pytest.raises(StorageUnavailable):
                await subscribe(pushing, connection)
        await subscribe(pushing, connection)
        await asyncio.sleep(0.1)
        assert await rows(service) == ["websocket:1"]
        await post(service, "1")
        await until(lambda: connection.bodies == [b"1"])


async def test_connection_that_fails_disturbs_nobody(
    service: Service, pushing: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told no more, and the log says so."""

    def broken(_notice: Notice) -> None:
        raise RuntimeError("no room")

    await pushing.subscribe(REF, "0", deliver=broken)
    connection = Connection()
    await subscribe(pushing, connection)
    with caplog.at_level(logging.ERROR):
        await post(service, "1")
        await until(lambda: connection.bodies == [b"1"])

    assert len(pushing) == 1
    assert "no room" in caplog.text


async def test_sealed_messages_are_opened_once_for_all(clock: FakeClock) -> None:
    """Those that nobody can open are told to nobody."""
    keys = KeyRing(["0123456789abcdef" * 4])
    service = Service(MemoryStorage(clock), Limits(), clock, SHAPE, {}, keys=keys)
    await service.storage.queues.create(REF, {})
    sealed = service.keys.sealed(NewMessage(b'"hidden"', 60), "project")
    strange = NewMessage(b"?", 60, key_id="unknown")
    async with Follower(service) as pushing:
        connections = [Connection(), Connection()]
        for number, connection in enumerate(connections):
            await subscribe(pushing, connection, str(number))
        await service.storage.messages.post(REF, [sealed, strange, sealed], producer="p")
        await until(lambda: all(len(each.bodies) == 2 for each in connections))

    assert connections[0].bodies == [b'"hidden"'] * 2
    assert connections[0].notices[0] is connections[1].notices[0]
