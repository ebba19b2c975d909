# SPDX-License-Identifier: Apache-2.0
"""Pools, each a mongod of its own: one that is killed under load, queues that move under load, and
the client that exists."""

import http.client
import json
import time
import uuid
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from zaqar_impl.tests.acceptance.history import claim_violations, reading_violations
from zaqar_impl.tests.acceptance.mongods import PoolMongod, pool_mongods
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.acceptance.traffic import Load

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own imports warn
    from zaqarclient.queues import client as zaqarclient
    from zaqarclient.transport import errors as zaqarerrors

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

#: Seconds in which requests have to be answered by pools that are up, on a busy machine.
QUICK = 3.0


@pytest.fixture(scope="module")
def mongods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[PoolMongod]]:
    with pool_mongods(tmp_path_factory.mktemp("pools"), 3) as started:
        yield started


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, mongods: list[PoolMongod]
) -> Iterator[RunningServer]:
    """A server with two workers, the register in its own mongod, and two pools, one and two."""
    directory = tmp_path_factory.mktemp("pooled")
    config = directory / "zaqar.conf"
    config.write_text("[DEFAULT]\npooling = true\nadmin_mode = true\n")
    running = RunningServer(directory / "db", "--workers", "2", "--config-file", str(config))
    try:
        running.wait_ready()
        for name, mongod in zip(("one", "two"), mongods, strict=False):
            assert ask(running, "PUT", f"/v2/pools/{name}", pool(mongod))[0] == 201
        yield running
    finally:
        assert running.stop() == 0, running.text


def pool(mongod: PoolMongod, weight: int = 0) -> dict[str, Any]:
    return {"uri": mongod.uri, "weight": weight, "options": {}}


def ask(
    server: RunningServer, method: str, path: str, body: Any = None
) -> tuple[int, Any, http.client.HTTPMessage]:
    """Status, parsed body and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "load"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None, answer.headers


def queue_in(server: RunningServer, pool_name: str, queue: str) -> None:
    """Create the queue in that pool."""
    ask(server, "PATCH", f"/v2/pools/{pool_name}", {"weight": 1})
    assert ask(server, "PUT", f"/v2/queues/{queue}", {})[0] == 201
    ask(server, "PATCH", f"/v2/pools/{pool_name}", {"weight": 0})


def load_on(server: RunningServer, queue: str) -> Load:
    """Producers and readers."""
    load = Load(server.port)
    load.consume(*(load.reader(queue, number) for number in range(2)))
    load.produce(*(load.producer(queue, number, batch=1 + number) for number in range(3)))
    return load


def test_pool_is_killed_under_load(server: RunningServer, mongods: list[PoolMongod]) -> None:
    """Its queues are 503 with Retry-After until it is back, and have all that was acknowledged;
    the others are not even slowed."""
    queue_in(server, "one", "doomed")
    queue_in(server, "two", "spared")
    doomed, spared = load_on(server, "doomed"), load_on(server, "spared")
    time.sleep(1.5)

    mongods[0].kill()
    status, _, headers = ask(server, "GET", "/v2/queues/doomed/messages?echo=true")
    assert (status, headers["Retry-After"]) == (503, "2")
    began = time.monotonic()
    assert ask(server, "GET", "/v2/queues/spared/stats")[0] == 200
    assert time.monotonic() - began < QUICK
    status, _, _ = ask(server, "GET", "/v2/ping")
    assert status == 503
    health = ask(server, "GET", "/v2/health")[1]
    assert (health["one"]["storage_reachable"], health["two"]["storage_reachable"]) == (False, True)
    before = spared.statuses.get(201, 0)
    time.sleep(1.5)
    assert spared.statuses[201] > before + 20
    mongods[0].start().wait()
    time.sleep(1.5)
    doomed.finish()
    spared.finish()

    assert set(doomed.statuses) <= {200, 201, 503}
    assert doomed.statuses[503] > 0
    assert set(spared.statuses) <= {200, 201}
    assert reading_violations(doomed.posts, doomed.seen) == []
    assert reading_violations(spared.posts, spared.seen) == []
    assert ask(server, "GET", "/v2/ping")[0] == 204


def test_queue_moves_under_load(server: RunningServer) -> None:
    """There and back: nothing is lost, nothing seen twice, the order stays, and no message is in
    two hands."""
    queue_in(server, "one", "wandering")
    queue_in(server, "one", "working")
    reading = load_on(server, "wandering")
    working = Load(server.port)
    working.consume(*(working.claimer("working", release_every=4) for _ in range(3)))
    working.produce(*(working.producer("working", number, batch=2) for number in range(2)))
    time.sleep(1)

    for queue, target in (("wandering", "two"), ("working", "two"), ("wandering", "one")):
        body = {"project": "load", "kind": "queue", "name": queue}
        status, moved, _ = ask(server, "POST", f"/v2/pools/{target}/queues", body)
        assert status == 200, moved
        assert moved["to"] == target
    time.sleep(1)
    reading.finish()
    working.finish()

    assert set(reading.statuses) <= {200, 201, 503}
    assert reading_violations(reading.posts, reading.seen) == []
    assert claim_violations(working.holds) == []
    acknowledged = {label for post in working.posts if post.acknowledged for label in post.labels}
    assert acknowledged <= working.consumed
    inside = ask(server, "GET", "/v2/pools/two/queues?limit=20")[1]["queues"]
    assert "working" in [entry["name"] for entry in inside]


def test_move_of_a_killed_worker_leaves_the_queue_whole(server: RunningServer) -> None:
    """kill -9 of the worker that moves; whoever writes next finds the queue, and it moves again."""
    queue_in(server, "one", "orphan")
    post = {"messages": [{"body": n, "ttl": 300} for n in range(20)]}
    assert ask(server, "POST", "/v2/queues/orphan/messages", post)[0] == 201
    mover = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "load"}
    wish = json.dumps({"project": "load", "name": "orphan"})
    mover.request("POST", "/v2/pools/two/queues", wish, headers)
    time.sleep(1)

    for worker in server.workers():
        worker.kill()
    mover.close()
    deadline = time.monotonic() + 60
    while ask_patiently(server, "POST", "/v2/queues/orphan/messages", post) != 201:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    body = {"project": "load", "kind": "queue", "name": "orphan"}
    while ask_patiently(server, "POST", "/v2/pools/two/queues", body) != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    _, stats, _ = ask(server, "GET", "/v2/queues/orphan/stats")
    assert stats["messages"]["total"] == 40


def ask_patiently(server: RunningServer, method: str, path: str, body: Any) -> int:
    """The status, 0 while nobody answers."""
    try:
        return ask(server, method, path, body)[0]
    except (OSError, http.client.HTTPException):
        return 0


def test_zaqarclient_walks_through_pools_and_flavors(
    server: RunningServer, mongods: list[PoolMongod]
) -> None:
    """A pool, a flavor of it, queues with and without flavor, and the end of all of them."""
    auth = {"backend": "noauth", "options": {"os_project_id": "load"}}
    zaqar = zaqarclient.Client(server.url, version=2, conf={"auth_opts": auth})
    ask(server, "PATCH", "/v2/pools/one", {"weight": 1})

    made = zaqar.pool("three", uri=mongods[2].uri, weight=10)
    flavor = zaqar.flavor("fast", pool_list=["three"])
    assert made.get()["flavor"] == "fast"
    assert flavor.get()["pool_list"] == ["three"]
    assert [known.name for known in zaqar.pools(limit=20)] == ["one", "three", "two"]
    assert [known.name for known in zaqar.flavors(limit=20, detailed=True)] == ["fast"]
    made.update({"weight": 20})
    assert made.get()["weight"] == 20

    # the client has no call that creates a queue with metadata
    assert ask(server, "PUT", "/v2/queues/flavored", {"_flavor": "fast"})[0] == 201
    flavored, plain = zaqar.queue("flavored"), zaqar.queue("plain")
    for queue in (flavored, plain):
        queue.post([{"body": queue._name, "ttl": 300}])
        assert [message.body for message in queue.messages(echo=True)] == [queue._name]
    inside = ask(server, "GET", "/v2/pools/three/queues")[1]["queues"]
    assert [(entry["name"], entry["messages"]) for entry in inside] == [("flavored", 1)]

    with pytest.raises(zaqarerrors.ForbiddenError):
        made.delete()
    flavored.delete()
    plain.delete()
    flavor.delete()
    made.delete()
    assert [known.name for known in zaqar.pools(limit=20)] == ["one", "two"]
