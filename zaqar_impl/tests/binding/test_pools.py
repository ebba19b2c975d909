# SPDX-License-Identifier: Apache-2.0
"""Pools, flavors, and what queues have to do with them, over pools in memory."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from zaqar_impl.config import load
from zaqar_impl.domain.pools import Pool
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.storage.management.memory import MemoryManagement
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.storage.pooling import PooledStorage
from zaqar_impl.tests.binding.conftest import HEADERS, Clock, application_of

SECRET = "mongodb://zaqar:s3cr3t@127.0.0.1:1/?authSource=admin"
CAPABILITIES = ["FIFO", "CLAIMS", "AOD", "HIGH_THROUGHPUT"]


@pytest.fixture
async def pools(clock: Clock, request: pytest.FixtureRequest) -> AsyncIterator[PooledStorage]:
    """Without a pool; ``virtual`` as parameter lets the message store stand in."""
    default = MemoryStorage(clock) if getattr(request, "param", None) == "virtual" else None
    storage = PooledStorage(MemoryManagement(clock), database="", default=default, clock=clock)
    yield storage
    await storage.close()


class Current:
    """Whichever storage the test has made: the application is built only once."""

    storage: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.storage, name)


@pytest.fixture(scope="module")
def current() -> Current:
    return Current()


@pytest.fixture(scope="module")
def pooled_application(clock: Clock, current: Current) -> ASGIApp:
    settings = load([], {(None, "admin_mode"): True, (None, "pooling"): True})
    return application_of(settings, current, clock, pools=current)


@pytest.fixture
async def admin(
    pooled_application: ASGIApp, current: Current, pools: PooledStorage
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a deployment with pools."""
    current.storage = pools
    transport = httpx.ASGITransport(pooled_application)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://zaqar", headers=HEADERS
    ) as client:
        yield client


async def put_pool(admin: httpx.AsyncClient, name: str, **more: Any) -> httpx.Response:
    body = {"uri": f"memory://{name}", "weight": 1, **more}
    return await admin.put(f"/v2/pools/{name}", json=body)


async def make(admin: httpx.AsyncClient, *names: str) -> None:
    for name in names:
        assert (await put_pool(admin, name)).status_code == 201


async def post(admin: httpx.AsyncClient, queue: str, *bodies: Any) -> int:
    messages = [{"body": body, "ttl": 300} for body in bodies]
    answer = await admin.post(f"/v2/queues/{queue}/messages", json={"messages": messages})
    return answer.status_code


async def read(admin: httpx.AsyncClient, queue: str) -> list[Any]:
    answer = await admin.get(f"/v2/queues/{queue}/messages?echo=true&include_claimed=true")
    return [message["body"] for message in answer.json()["messages"]]


@pytest.mark.option("DEFAULT.pooling")
async def test_pools_need_both_switches(admin: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    """Elsewhere the path is unknown."""
    assert (await api.get("/v2/pools")).status_code == 404
    assert (await admin.get("/v2/pools")).status_code == 200


async def test_pool_is_shown_as_it_was_put(admin: httpx.AsyncClient) -> None:
    """201 for a new one and for a replaced one; options only when they are asked for."""
    made = await put_pool(admin, "east", weight=7, flavor="fast", options={"database": "x"})
    assert (made.status_code, made.headers["Location"], made.content) == (
        201, "/v2/pools/east", b"",
    )  # fmt: skip
    shown = {
        "name": "east", "href": "/v2/pools/east", "uri": "memory://east", "weight": 7,
        "flavor": "fast",
    }  # fmt: skip
    assert (await admin.get("/v2/pools/east")).json() == shown
    detailed = (await admin.get("/v2/pools/east?detailed=true")).json()
    assert detailed == {**shown, "options": {"database": "x"}}

    assert (await put_pool(admin, "east")).status_code == 201
    replaced = (await admin.get("/v2/pools/east?detailed=true")).json()
    assert replaced == {**shown, "weight": 1, "flavor": None, "options": {}}


async def test_pools_are_listed_by_name(admin: httpx.AsyncClient) -> None:
    """A page at a time, with the address of the page."""
    await make(admin, "b", "a", "c")

    first = await admin.get("/v2/pools?limit=2")
    assert [pool["name"] for pool in first.json()["pools"]] == ["a", "b"]
    assert first.headers["Content-Location"] == "/v2/pools?limit=2"
    second = await admin.get(first.json()["links"][0]["href"])
    assert [pool["name"] for pool in second.json()["pools"]] == ["c"]
    last = await admin.get(second.json()["links"][0]["href"])
    assert last.json() == {"pools": [], "links": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"uri": "paper://a", "weight": 1}, "uri"),
        ({"uri": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "weight": 1}, "uri"),
        ({"uri": "mongodb://127.0.0.1:port", "weight": 1}, "uri"),
        ({"uri": "mongodb://127.0.0.1:1/?w=1", "weight": 1}, "w has to be majority"),
        ({"uri": "mongodb://u:***@127.0.0.1", "weight": 1}, "uri"),
        ({"uri": "mongodb://***@127.0.0.1", "weight": 1}, "uri"),
        ({"uri": "mongodb://127.0.0.1", "weight": 1, "options": {"database": 1}}, "options"),
        ({"uri": "memory://a", "weight": -1}, "weight"),
        ({"weight": 1}, "uri"),
        ({"uri": "memory://a", "weight": 1, "group": "g"}, "group"),
    ],
)
async def test_wrong_pool_is_refused(admin: httpx.AsyncClient, body: Any, field: str) -> None:
    """400 names the field, and nothing is made."""
    answer = await admin.put("/v2/pools/east", json=body)

    assert answer.status_code == 400, answer.text
    assert field in answer.json()["description"]
    assert (await admin.get("/v2/pools/east")).status_code == 404


async def test_reserved_and_wrong_names_are_refused(admin: httpx.AsyncClient) -> None:
    """The health document needs one of them."""
    for name in ("catalog_reachable", "a" * 65, "a%20b"):
        assert (await put_pool(admin, name)).status_code == 400


async def test_uri_belongs_to_one_pool(admin: httpx.AsyncClient) -> None:
    """409, by PUT and PATCH."""
    await make(admin, "a", "b")

    assert (await put_pool(admin, "c", uri="memory://a")).status_code == 409
    change = await admin.patch("/v2/pools/b", json={"uri": "memory://a"})
    assert change.status_code == 409


async def test_pool_is_changed(admin: httpx.AsyncClient) -> None:
    """What is named, and nothing else; null and the empty text clear the flavor."""
    await put_pool(admin, "a", flavor="fast", options={"database": "x"})

    changed = await admin.patch("/v2/pools/a", json={"weight": 0})
    assert (changed.status_code, changed.json()["weight"]) == (200, 0)
    assert changed.json()["flavor"] == "fast"
    for none in ("", None):
        await admin.patch("/v2/pools/a", json={"flavor": "slow"})
        cleared = await admin.patch("/v2/pools/a", json={"flavor": none})
        assert cleared.json()["flavor"] is None
    assert (await admin.patch("/v2/pools/a", json={})).status_code == 400
    assert (await admin.patch("/v2/pools/a", json={"weight": 1, "x": 1})).status_code == 400
    assert (await admin.patch("/v2/pools/b", json={"weight": 1})).status_code == 404
    shown = (await admin.get("/v2/pools/a?detailed=true")).json()
    assert (shown["weight"], shown["options"]) == (0, {"database": "x"})


async def test_secrets_are_never_shown(
    admin: httpx.AsyncClient, pools: PooledStorage, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in pools nor in refusals nor in the log; and what is shown may be sent back."""
    await pools.management.pools.put(Pool("a", SECRET, 1))
    masked = "mongodb://***@127.0.0.1:1/?authSource=admin"
    answers = [
        await admin.get("/v2/pools"),
        await admin.get("/v2/pools/a?detailed=true"),
        await admin.patch("/v2/pools/a", json={"weight": 2, "uri": masked}),
        await admin.put("/v2/pools/a", json={"weight": 3, "uri": masked}),
        await admin.put("/v2/pools/b", json={"weight": 3, "uri": SECRET}),
        await admin.put("/v2/pools/b", json={"weight": 3, "uri": SECRET + "&w=s3cr3t"}),
        await admin.patch("/v2/pools/a", json={"uri": "mongodb://zaqar:s3cr3t:@x:s3cr3t"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 201, 400, 400, 400]
    assert all("s3cr3t" not in answer.text for answer in answers)
    assert "s3cr3t" not in caplog.text
    assert answers[1].json()["uri"] == masked
    kept = await pools.management.pools.get("a")
    assert kept is not None
    assert (kept.uri, kept.weight) == (SECRET, 3)
    assert "s3cr3t" not in repr(kept)


async def test_pool_that_is_needed_is_not_deleted(admin: httpx.AsyncClient) -> None:
    """403 while queues live in it, or it is the only one of its flavor; 204 for unknown ones."""
    await make(admin, "a")
    await post(admin, "jobs", 1)
    refused = await admin.delete("/v2/pools/a")
    assert refused.status_code == 403
    assert await read(admin, "jobs") == [1]

    await admin.delete("/v2/queues/jobs")
    await admin.patch("/v2/pools/a", json={"flavor": "fast"})
    assert (await admin.delete("/v2/pools/a")).status_code == 403
    await admin.patch("/v2/pools/a", json={"flavor": ""})
    for _ in range(2):
        assert (await admin.delete("/v2/pools/a")).status_code == 204
    assert (await admin.get("/v2/pools/a")).status_code == 404


async def test_flavor_walks_through_its_life(admin: httpx.AsyncClient) -> None:
    """Made, shown, listed, changed, deleted; its pools show it."""
    await make(admin, "a", "b")
    made = await admin.put("/v2/flavors/fast", json={"pool_list": ["a"], "capabilities": {}})
    assert (made.status_code, made.headers["Location"]) == (201, "/v2/flavors/fast")
    shown = {
        "name": "fast", "href": "/v2/flavors/fast", "pool_list": ["a"],
        "capabilities": CAPABILITIES,
    }  # fmt: skip
    other_project = {"X-Project-ID": "another"}
    assert (await admin.get("/v2/flavors/fast", headers=other_project)).json() == shown
    listed = (await admin.get("/v2/flavors")).json()["flavors"]
    assert listed == [{"name": "fast", "href": "/v2/flavors/fast", "pool_list": ["a"]}]
    detailed = (await admin.get("/v2/flavors?detailed=true")).json()["flavors"]
    assert detailed == [shown]

    changed = await admin.patch("/v2/flavors/fast", json={"pool_list": ["b"]})
    assert (changed.status_code, changed.json()) == (200, {**shown, "pool_list": ["b"]})
    assert (await admin.get("/v2/pools/a")).json()["flavor"] is None
    assert (await admin.get("/v2/pools/b")).json()["flavor"] == "fast"
    for _ in range(2):
        assert (await admin.delete("/v2/flavors/fast")).status_code == 204
    assert (await admin.get("/v2/flavors/fast")).status_code == 404
    assert (await admin.get("/v2/pools/b")).json()["flavor"] is None


async def test_wrong_flavors_are_refused(admin: httpx.AsyncClient) -> None:
    """And nothing is changed by them."""
    await make(admin, "a")
    await admin.put("/v2/flavors/fast", json={"pool_list": ["a"]})

    wrong: list[dict[str, Any]] = [
        {}, {"pool_list": []}, {"pool_list": ["x"]}, {"pool_list": ["a"], "pool": "a"},
    ]  # fmt: skip
    for body in wrong:
        assert (await admin.put("/v2/flavors/new", json=body)).status_code == 400
        assert (await admin.patch("/v2/flavors/fast", json=body)).status_code == 400
    taken = await admin.put("/v2/flavors/new", json={"pool_list": ["a"]})
    assert taken.status_code == 409
    assert (await admin.patch("/v2/flavors/new", json={"pool_list": ["a"]})).status_code == 404
    assert (await admin.get("/v2/flavors/new")).status_code == 404


async def test_flavored_queue_lives_in_its_flavor(admin: httpx.AsyncClient) -> None:
    """An unknown flavor is 400, one without a usable pool 503, and neither makes a queue; without
    a flavor, pools of flavors are left alone."""
    await make(admin, "plain", "quick")
    await admin.put("/v2/flavors/fast", json={"pool_list": ["quick"]})

    for number in range(8):
        made = await admin.put(f"/v2/queues/f{number}", json={"_flavor": "fast"})
        assert made.status_code == 201
        assert await post(admin, f"p{number}", 1) == 201
    unknown = await admin.put("/v2/queues/x", json={"_flavor": "none"})
    assert (unknown.status_code, "_flavor" in unknown.json()["description"]) == (400, True)
    await admin.patch("/v2/pools/quick", json={"weight": 0})
    unusable = await admin.put("/v2/queues/x", json={"_flavor": "fast"})
    assert unusable.status_code == 503
    assert "Retry-After" in unusable.headers

    assert {entry["name"] for entry in await inside(admin, "quick")} == {f"f{n}" for n in range(8)}
    assert {entry["name"] for entry in await inside(admin, "plain")} == {f"p{n}" for n in range(8)}
    assert (await admin.head("/v2/queues/x")).status_code == 404


async def inside(admin: httpx.AsyncClient, pool: str) -> list[Any]:
    return list((await admin.get(f"/v2/pools/{pool}/queues?limit=20")).json()["queues"])


async def test_queue_stays_in_its_pool(admin: httpx.AsyncClient) -> None:
    """Whatever is said of its flavor later: its messages are there (D-72)."""
    await make(admin, "plain", "quick", "slow")
    await admin.put("/v2/flavors/fast", json={"pool_list": ["quick"]})
    await admin.put("/v2/flavors/lazy", json={"pool_list": ["slow"]})
    await admin.put("/v2/queues/jobs", json={"_flavor": "fast"})
    await post(admin, "jobs", 1)
    patch = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}

    async def flavor(name: str) -> int:
        change = [{"op": "add", "path": "/metadata/_flavor", "value": name}]
        answer = await admin.patch("/v2/queues/jobs", json=change, headers=patch)
        return answer.status_code

    assert (await admin.put("/v2/queues/jobs")).status_code == 204
    assert (await admin.put("/v2/queues/jobs", json={"_flavor": "lazy"})).status_code == 204
    assert await read(admin, "jobs") == [1]
    assert await flavor("none") == 404
    assert (await admin.get("/v2/queues/jobs")).json()["_flavor"] == "fast"
    assert await flavor("lazy") == 200
    assert await read(admin, "jobs") == [1]
    assert [entry["name"] for entry in await inside(admin, "quick")] == ["jobs"]


async def test_without_pools_everything_that_needs_one_is_503(admin: httpx.AsyncClient) -> None:
    """And says when to come back (D-74)."""
    subscriber = {"subscriber": "http://hooks.example.org/in", "ttl": 300, "options": {}}
    answers = [
        await admin.put("/v2/queues/jobs"),
        await admin.post("/v2/queues/jobs/messages", json={"messages": [{"body": 1}]}),
        await admin.post("/v2/queues/jobs/subscriptions", json=subscriber),
    ]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all("Retry-After" in answer.headers for answer in answers)


@pytest.mark.option("pooling:catalog.enable_virtual_pool")
@pytest.mark.parametrize("pools", ["virtual"], indirect=True)
async def test_virtual_pool_takes_what_no_pool_can(
    admin: httpx.AsyncClient, pools: PooledStorage, clock: Clock
) -> None:
    """What lives there, or lived there before there were pools, stays reachable when pools come."""
    assert await post(admin, "early", 1) == 201
    assert (await admin.put("/v2/queues/x", json={"_flavor": "fast"})).status_code == 400
    default = (await pools.stores())[""]
    old = QueueRef("demo", "old")
    await default.queues.create(old, {})
    await default.messages.post(old, [NewMessage(b"2", 300)], producer="somebody")

    await make(admin, "a")
    await post(admin, "late", 3)
    for queue, body in (("early", 1), ("old", 2), ("late", 3)):
        assert (await admin.put(f"/v2/queues/{queue}")).status_code == 204
        assert await read(admin, queue) == [body]
    names = [queue["name"] for queue in (await admin.get("/v2/queues")).json()["queues"]]
    assert names == ["early", "late", "old"]
    assert [entry["name"] for entry in await inside(admin, "a")] == ["late"]

    moved = await admin.post("/v2/pools/a/queues", json={"project": "demo", "name": "old"})
    assert moved.status_code == 200
    assert await read(admin, "old") == [2]


async def test_queues_of_all_pools_are_listed_together(admin: httpx.AsyncClient) -> None:
    """By name, in pages, counted."""
    await make(admin, "a", "b", "c")
    names = [f"q{number:02}" for number in range(25)]
    for name in names:
        await admin.put(f"/v2/queues/{name}")

    page = (await admin.get("/v2/queues?limit=20&with_count=true")).json()
    assert page["count"] == 25
    rest = (await admin.get(page["links"][0]["href"])).json()
    assert [queue["name"] for queue in page["queues"] + rest["queues"]] == names


async def test_queues_of_a_pool_are_listed(admin: httpx.AsyncClient) -> None:
    """Of all projects, with their messages, in pages."""
    await make(admin, "a")
    await post(admin, "jobs", 1, 2)
    await admin.put("/v2/queues/jobs", headers={"X-Project-ID": "zoo/with/slashes"})

    first = (await admin.get("/v2/pools/a/queues?limit=1")).json()
    assert first["queues"] == [{"project": "demo", "kind": "queue", "name": "jobs", "messages": 2}]
    second = (await admin.get(first["links"][0]["href"])).json()
    assert [entry["project"] for entry in second["queues"]] == ["zoo/with/slashes"]
    last = (await admin.get(second["links"][0]["href"])).json()
    assert last == {"queues": [], "links": []}
    assert (await admin.get("/v2/pools/a/queues?marker=none")).status_code == 200
    assert (await admin.get("/v2/pools/x/queues")).status_code == 404


async def test_queue_is_moved(admin: httpx.AsyncClient) -> None:
    """With its messages; the pool that it leaves can go."""
    await make(admin, "a")
    await post(admin, "jobs", 1, 2)
    await make(admin, "b")
    wish = {"project": "demo", "name": "jobs"}

    moved = await admin.post("/v2/pools/b/queues", json=wish)
    assert moved.status_code == 200, moved.text
    assert moved.json() == {"from": "a", "to": "b", "messages": 2}
    assert await post(admin, "jobs", 3) == 201
    assert await read(admin, "jobs") == [1, 2, 3]
    again = await admin.post("/v2/pools/b/queues", json={**wish, "kind": "queue"})
    assert again.json() == {"from": "b", "to": "b", "messages": 0}
    assert (await admin.delete("/v2/pools/a")).status_code == 204


async def test_what_cannot_be_moved_is_told(admin: httpx.AsyncClient) -> None:
    """404 for an unknown queue or pool, 400 for a wrong body."""
    await make(admin, "a", "b")
    await post(admin, "jobs", 1)
    wish = {"project": "demo", "name": "jobs"}

    assert (await admin.post("/v2/pools/x/queues", json=wish)).status_code == 404
    for other in ({**wish, "name": "x"}, {**wish, "project": "x"}, {**wish, "kind": "topic"}):
        assert (await admin.post("/v2/pools/a/queues", json=other)).status_code == 404
    for wrong in ({}, {"project": "demo"}, {**wish, "kind": "stack"}):
        assert (await admin.post("/v2/pools/a/queues", json=wrong)).status_code == 400


async def test_health_is_told_for_each_pool(admin: httpx.AsyncClient) -> None:
    """Under its name."""
    await make(admin, "a", "b")

    health = (await admin.get("/v2/health")).json()

    assert health["catalog_reachable"] is True
    assert health["a"]["storage_reachable"] is True
    assert set(health) == {"a", "b", "catalog_reachable"}


async def test_pool_that_no_driver_fits_hides_no_other(
    admin: httpx.AsyncClient, pools: PooledStorage
) -> None:
    """Another host may have a driver that this one lacks; the catalogue is well all the same."""
    await make(admin, "a")
    await pools.management.pools.put(Pool("b", "elsewhere://b", 0))

    health = (await admin.get("/v2/health")).json()

    assert health["catalog_reachable"] is True
    assert health["a"]["storage_reachable"] is True
    assert health["b"]["storage_reachable"] is False
    assert not any(one["succeeded"] for one in health["b"]["operation_status"].values())


async def test_definition_of_a_pool_is_no_tenants_business(
    admin: httpx.AsyncClient, pools: PooledStorage
) -> None:
    """Whose queue is in a pool that can't be opened learns no more than that it is not there."""
    await pools.management.pools.put(Pool("b", "elsewhere://b", 1))

    answer = await admin.put("/v2/queues/jobs")

    assert answer.status_code == 503
    assert "driver" not in answer.text
