# SPDX-License-Identifier: Apache-2.0
"""Options whose effect shows in processes: what they listen on, where the data are, what is
logged."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.acceptance.running import RunningServer

HEADERS = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}
EXIT_USAGE = 2
#: The system's log, as the C library knows it.
SYSTEM_LOG = Path("/dev/log")

Start = Callable[..., RunningServer]


def asked(server: RunningServer, method: str, path: str) -> tuple[int, Any]:
    """Status and body of an answer."""
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, headers=HEADERS)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongod]:
    """A MongoDB that is there already."""
    with EmbeddedMongod(tmp_path_factory.mktemp("mongod")) as running:
        yield running


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server that knows nothing but a file with this content, and these flags; stopped
    after the test."""
    running: list[RunningServer] = []

    def make(content: str, *flags: str) -> RunningServer:
        file = tmp_path / "zaqar.conf"
        file.write_text(content)
        running.append(RunningServer(None, "--config-file", str(file), *flags, port=None))
        return running[-1].wait_ready()

    yield make
    for server in running:
        assert server.stop() == 0, server.text


def refused(file: Path, content: str) -> str:
    """What is said of a file that the server does not start with, without the file's name."""
    file.write_text(content)
    done = subprocess.run(
        [sys.executable, "-c", "from zaqar_impl.cli import main; main()",
         "--websocket-port", "0", "--config-file", str(file)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    [line] = done.stderr.splitlines()
    return line.removeprefix(f"zaqar-server: {file}: ")


@pytest.mark.option(
    "drivers:transport:wsgi.bind", "drivers:transport:wsgi.port", "drivers:transport:wsgi.workers"
)
@pytest.mark.option(
    "drivers:message_store:mongodb.uri",
    "drivers:message_store:mongodb.database",
    "DEFAULT.unreliable",
)
def test_where_to_listen_and_to_store(
    start: Start, mongod: EmbeddedMongod, free_port: int, tmp_path: Path
) -> None:
    """On the address and port, with so many workers, in that database of that MongoDB, also with
    weak writes if that is wanted; a MongoDB of its own is not started."""
    store = f"[drivers:message_store:mongodb]\nuri = {mongod.uri}&w=1\ndatabase = theirs\n"
    assert "unreliable" in refused(tmp_path / "weak.conf", store)

    server = start(
        f"[DEFAULT]\nunreliable = true\n{store}"
        f"[drivers:transport:wsgi]\nbind = 127.0.0.2\nport = {free_port}\nworkers = 3\n"
    )
    status, _ = asked(server, "PUT", "/v2/queues/kept")

    assert (status, server.url) == (201, f"http://127.0.0.2:{free_port}")
    assert len(server.workers()) == 3
    with MongoClient[dict[str, Any]](mongod.uri) as client:
        assert client["theirs"]["queues"].count_documents({}) == 1
    assert not any("--dbpath" in p.cmdline() for p in psutil.Process(server.process.pid).children())


@pytest.mark.option("embedded.data_dir")
def test_data_dir(start: Start, tmp_path: Path) -> None:
    """The embedded MongoDB has its data there."""
    place = tmp_path / "here"

    start(f"[embedded]\ndata_dir = {place}\n[drivers:transport:wsgi]\nport = 0\nworkers = 1\n")

    assert (place / "WiredTiger").exists()


@pytest.mark.option("drivers.message_store")
def test_message_store(start: Start, tmp_path: Path) -> None:
    """The driver is used; one that is not installed stops the start."""
    server = start(
        "[drivers]\nmessage_store = memory\n[drivers:transport:wsgi]\nport = 0\nworkers = 1\n"
    )

    assert asked(server, "PUT", "/v2/queues/q")[0] == 201
    assert "MongoDB" not in server.text
    assert refused(tmp_path / "other.conf", "[drivers]\nmessage_store = redis\n").startswith(
        "[drivers] message_store: No storage driver is called 'redis'"
    )


@pytest.mark.option("drivers.transport")
@pytest.mark.option(
    "drivers:transport:websocket.bind",
    "drivers:transport:websocket.port",
    "drivers:transport:websocket.workers",
)
def test_transport(tmp_path: Path, free_port: int) -> None:
    """The WebSocket alone, on that address and port, with so many workers."""
    file = tmp_path / "zaqar.conf"
    file.write_text(
        "[drivers]\nmessage_store = memory\ntransport = websocket\n"
        f"[drivers:transport:websocket]\nbind = 127.0.0.2\nport = {free_port}\nworkers = 3\n"
    )
    server = RunningServer(None, "--config-file", str(file), port=None, role=None).wait_ready()
    try:
        assert server.websocket_url == f"ws://127.0.0.2:{free_port}/"
        assert "REST API" not in server.text
        [master] = [one for one in psutil.Process(server.process.pid).children() if one.children()]
        assert len(master.children()) == 3
    finally:
        assert server.stop() == 0, server.text


@pytest.mark.option("DEFAULT.auth_strategy")
def test_auth_strategy(server: RunningServer, tmp_path: Path) -> None:
    """Empty: the header is trusted, and the server says so. A strategy that it lacks stops it."""
    line = refused(tmp_path / "zaqar.conf", "[DEFAULT]\nauth_strategy = keystone\n")

    assert line.startswith("[DEFAULT] auth_strategy = keystone: has to be empty;")
    assert asked(server, "GET", "/v2/queues")[0] == 200
    assert "No authentication" in server.text


def test_the_log_of_all_processes(start: Start, tmp_path: Path) -> None:
    """Parent and workers write one file: warnings of the start, then requests with their ids."""
    log = tmp_path / "zaqar.log"
    server = start(
        f"[DEFAULT]\ndebug = true\nlog_file = {log}\npooling = true\nsecret = hunter2\n"
        "[drivers]\nmessage_store = memory\n[drivers:transport:wsgi]\nport = 0\nworkers = 2\n"
    )
    for _ in range(20):
        asked(server, "GET", "/v2/queues")

    text = log.read_text()
    assert f"WARNING zaqar_impl.cli [-] {tmp_path}/zaqar.conf: [DEFAULT] secret: unknown" in text
    assert text.count("[DEFAULT] secret") == 1
    assert "hunter2" not in text + server.text
    requests = [line for line in text.splitlines() if " GET /v2/queues 200 " in line]
    assert len(requests) == 20
    assert all(" [req-" in line for line in requests)


def test_flags_of_the_log(start: Start, tmp_path: Path) -> None:
    """They win over the file; a switch is turned off with "no" before its name."""
    log = tmp_path / "flag.log"
    server = start(
        f"[DEFAULT]\ndebug = true\nuse_json = true\nlog_file = {tmp_path}/file.log\nmistake = 1\n"
        "[drivers]\nmessage_store = memory\n[drivers:transport:wsgi]\nport = 0\nworkers = 1\n",
        "--nodebug", "--nouse-json", "--log-file", str(log),
    )  # fmt: skip
    asked(server, "GET", "/v2/queues")

    [line] = log.read_text().splitlines()
    assert "WARNING zaqar_impl.cli [-] " in line
    assert not (tmp_path / "file.log").exists()


@pytest.fixture
def system_log() -> Iterator[socket.socket]:
    """Takes the place of the system's log."""
    if SYSTEM_LOG.exists() or not os.access(SYSTEM_LOG.parent, os.W_OK):
        pytest.skip("this machine has a log of its own, or lets nobody take its place")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(SYSTEM_LOG))
        listening.settimeout(10)
        try:
            yield listening
        finally:
            SYSTEM_LOG.unlink()


@pytest.mark.option("DEFAULT.use_syslog", "DEFAULT.syslog_log_facility")
def test_syslog(start: Start, system_log: socket.socket) -> None:
    """The system's log gets the lines of the facility, and stderr has them too."""
    server = start(
        "[DEFAULT]\nuse_syslog = true\nsyslog_log_facility = local3\ncache = 1\n"
        "[drivers]\nmessage_store = memory\n[drivers:transport:wsgi]\nport = 0\nworkers = 1\n"
    )

    line = system_log.recv(65536).decode()

    local3, warning = 19, 4
    assert line.startswith(f"<{local3 * 8 + warning}>")
    assert "[DEFAULT] cache: unknown option" in line
    assert "[DEFAULT] cache: unknown option" in server.text
