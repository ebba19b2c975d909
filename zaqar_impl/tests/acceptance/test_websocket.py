# SPDX-License-Identifier: Apache-2.0
"""The WebSocket of the real command, on a real mongod: beside REST, several workers, stopped and
killed."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from websocket import WebSocketException

from zaqar_impl.bench.websocket import WEBSOCKET_SCENARIOS
from zaqar_impl.specdoc import ASYNCAPI, bundle, spec_root
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.websocket.clients import Client, Closed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own imports warn
    from zaqarclient.transport import get_transport_for
    from zaqarclient.transport.errors import ResourceNotFound
    from zaqarclient.transport.request import Request

DOCUMENT = bundle(spec_root(), ASYNCAPI)

#: Seconds after which the subscriptions of a killed process are gone.
LEASE = 60


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """REST and the WebSocket with two workers."""
    folder = tmp_path_factory.mktemp("both")
    running = RunningServer(folder, "--workers", "1", "--websocket-workers", "2", role="all")
    try:
        yield running.wait_ready()
    finally:
        assert running.stop() == 0, running.text
        assert "Traceback" not in running.text


@pytest.fixture
def connect(both: RunningServer) -> Iterator[Callable[[], Client]]:
    """Makes connections in one project; closed after the test."""
    clients: list[Client] = []
    project = uuid.uuid4().hex

    def make() -> Client:
        clients.append(Client(both.websocket_url, DOCUMENT, project))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def workers(server: RunningServer) -> list[psutil.Process]:
    """The processes that serve connections."""
    masters = psutil.Process(server.process.pid).children()
    return [child for master in masters for child in master.children()]


def test_notified_of_what_is_posted_anywhere(
    both: RunningServer, connect: Callable[[], Client]
) -> None:
    """Over REST, and through either worker; each message once, in order."""
    clients = [connect() for _ in range(6)]
    for client in clients:
        assert client.ask("subscription_create", {"queue_name": "q"}).status == 201
    posted = []
    for number in range(30):
        if number % 3:
            clients[number % 6].headers = clients[0].headers
            connect().ask("message_post", {"queue_name": "q", "messages": [{"body": number}]})
        else:
            answer = requests.post(
                f"{both.url}/v2/queues/q/messages",
                json={"messages": [{"body": number}]},
                headers=clients[0].headers,
                timeout=10,
            )
            assert answer.status_code == 201
        posted.append(number)
    for client in clients:
        assert [client.notification()["body"] for _ in posted] == posted


def test_pages(both: RunningServer) -> None:
    """Both processes serve the document; a plain GET is answered with a page for people."""
    root = both.websocket_url.replace("ws:", "http:")
    documents = [requests.get(f"{url}/asyncapi.json", timeout=10) for url in (both.url, root[:-1])]
    assert documents[0].json() == documents[1].json()
    page = requests.get(root, timeout=10)
    assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
    assert requests.get(f"{root}elsewhere", timeout=10).status_code == 404
    broken = requests.get(
        root, headers={"Connection": "upgrade", "Upgrade": "websocket"}, timeout=9
    )
    assert broken.status_code == 400


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_zaqarclient(both: RunningServer) -> None:
    """Its transport for the WebSocket, as its documentation uses it: it authenticates first."""
    url, queue = both.websocket_url, {"queue_name": "zc"}
    options = {"os_auth_token": "none", "os_project_id": "clients"}
    with get_transport_for(url, options={"auth_opts": {"options": options}}) as transport:

        def ask(action: str, **body: Any) -> Any:
            asked = Request(url, action, content=json.dumps({**queue, **body}))
            return json.loads(transport.send(asked).content)

        ask("queue_create")
        [posted] = ask("message_post", messages=[{"body": {"n": 1}, "ttl": 70}])["message_ids"]
        claim = ask("claim_create", ttl=100, grace=60)
        assert [message["id"] for message in claim["messages"]] == [posted]
        ask("message_delete", message_id=posted, claim_id=claim["claim_id"])
        with pytest.raises(ResourceNotFound):
            ask("message_get", message_id=posted)
        assert ask("subscription_create", ttl=600)["subscription_id"]
        body = {"messages": [{"body": "told"}]}
        headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "clients"}
        address = f"{both.url}/v2/queues/zc/messages"
        assert requests.post(address, json=body, headers=headers, timeout=10).status_code == 201
        assert transport.recv()["body"] == "told"
        ask("queue_delete")


@pytest.mark.long
def test_killed_worker(both: RunningServer, connect: Callable[[], Client]) -> None:
    """The connections of the other one go on, one is started in its place, and its subscriptions
    end."""
    clients = [connect() for _ in range(12)]
    for client in clients:
        assert client.ask("subscription_create", {"queue_name": "k"}).status == 201
    os.kill(workers(both)[0].pid, signal.SIGKILL)
    lost = sum(not _answers(client) for client in clients)
    assert lost < len(clients)
    poster = _eventually(connect)
    until = time.monotonic() + LEASE
    asked = {"queue_name": "k", "limit": 20}
    while len(poster.ask("subscription_list", asked).body["subscriptions"]) > 12 - lost:
        assert time.monotonic() < until
        time.sleep(1)


def _answers(client: Client) -> bool:
    try:
        return client.ask("ping_node").status == 204
    except (Closed, OSError, WebSocketException):
        return False


def _eventually(make: Callable[[], Any]) -> Any:
    for _ in range(100):
        try:
            return make()
        except (OSError, WebSocketException):
            time.sleep(0.1)
    return make()


def test_stopping(tmp_path: Path) -> None:
    """The request at hand is answered, then 1001 comes; nothing is left behind."""
    server = RunningServer(tmp_path, "--websocket-workers", "1", role="websocket").wait_ready()
    clients = [Client(server.websocket_url, DOCUMENT, "p") for _ in range(10)]
    assert clients[0].ask("subscription_create", {"queue_name": "s"}).status == 201
    for client in clients[5:]:
        for _ in range(300):
            client.send("message_post", {"queue_name": "q", "messages": [{"body": "x"}]})
    assert server.stop(signal.SIGINT) == 0, server.text
    for client in clients:
        assert client.closed() == 1001
        client.close()
    assert "Traceback" not in server.text


def test_port_that_is_taken(both: RunningServer, tmp_path: Path) -> None:
    """Is told as that of REST is, with the flag that helps."""
    port = both.websocket_url.rstrip("/").rsplit(":", 1)[1]
    server = RunningServer(tmp_path, "--websocket-port", port, port=None, role="websocket")
    assert server.wait() == 4
    assert "--websocket-port" in server.text


@pytest.mark.parametrize("scenario", WEBSOCKET_SCENARIOS)
def test_bench(both: RunningServer, scenario: str) -> None:
    """Each scenario brings something, without an error; that of idle connections tells memory."""
    command = [sys.executable, "-c", "from zaqar_impl.bench.cli import main; main()"]
    flags = ["--scenario", scenario, "--connections", "20", "--time", "1", "--nodebug"]
    flags += ["--server_url", both.websocket_url.rstrip("/")]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["scenarios"]
    assert run["errors"] == {}
    assert run["rate"] > 0
    assert any("MiB" in note for note in run.get("notes", [])) == (scenario == "ws-idle")
