# SPDX-License-Identifier: Apache-2.0
"""The command ``zaqar-server``: what it prints, how it stops, and what it says when it can't
start."""

import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zaqar_impl.tests.acceptance.running import RunningServer, refused

EXIT_USAGE, EXIT_STORAGE, EXIT_PORT = 2, 3, 4
HEADERS = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_the_printed_curl_line_works(server: RunningServer) -> None:
    """What the server prints can be pasted as it is."""
    line = server.text[server.text.index("  curl ") : server.text.index("Ctrl-C")]

    answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)

    assert "201 Created" in answer.stdout, answer


@pytest.mark.option("DEFAULT.admin_mode")
@pytest.mark.parametrize("flag", ["--admin-mode", "--admin_mode"])
def test_admin_mode_is_told_at_the_start(tmp_path: Path, flag: str) -> None:
    """In both spellings it opens administration, and one line says to whom."""
    server = RunningServer(tmp_path, flag, "--workers", "1").wait_ready()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/v2/health", headers=HEADERS)
    health = json.loads(connection.getresponse().read())
    connection.close()
    server.stop()

    assert health["storage_reachable"] is True
    assert "whoever reaches the port is an administrator" in server.text


def test_the_served_document_and_its_page_need_no_headers(server: RunningServer) -> None:
    """Anybody may read what the service can do."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/openapi.json")
    document = json.loads(connection.getresponse().read())
    connection.request("GET", "/docs/")
    page = connection.getresponse()

    assert document["openapi"] == "3.0.3"
    assert "/v2/queues/{queue_name}/messages" in document["paths"]
    assert page.status == 200
    assert b"swagger" in page.read().lower()
    connection.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_and_data_survive(tmp_path: Path, sign: signal.Signals) -> None:
    """Stopped by a signal the command ends with 0, and the next start has the data."""
    first = RunningServer(tmp_path / "db", "--workers", "1").wait_ready()
    connection = http.client.HTTPConnection("127.0.0.1", first.port)
    connection.request("PUT", "/v2/queues/kept", b'{"team": "blue"}', HEADERS)
    assert connection.getresponse().status == 201
    connection.close()
    assert first.stop(sign) == 0

    second = RunningServer(tmp_path / "db", "--workers", "1").wait_ready()
    connection = http.client.HTTPConnection("127.0.0.1", second.port)
    connection.request("GET", "/v2/queues/kept", headers=HEADERS)
    metadata = json.loads(connection.getresponse().read())
    connection.close()
    assert second.stop() == 0
    assert metadata["team"] == "blue"


def test_a_request_in_flight_is_finished_on_sigterm(tmp_path: Path) -> None:
    """A body that is still on its way when the server is told to stop is taken and answered."""
    server = RunningServer(tmp_path / "db", "--workers", "1").wait_ready()
    body = b'{"messages": [{"body": 1}]}'
    head = b"POST /v2/queues/slow/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(
        body
    )
    head += b"".join(f"{name}: {value}\r\n".encode() for name, value in HEADERS.items())
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head + b"\r\n" + body[:10])
        time.sleep(0.5)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        time.sleep(1)
        client.sendall(body[10:])
        answer = client.recv(65536)
    stopping.join()

    assert answer.startswith(b"HTTP/1.1 201")


def test_a_taken_port_is_told(tmp_path: Path, taken_port: int) -> None:
    """Exit 4 and one line that names the port."""
    status, line = refused("--port", str(taken_port), "--data-dir", str(tmp_path / "db"))

    assert status == EXIT_PORT
    assert f"port {taken_port}" in line


def test_an_unreachable_mongodb_is_told(taken_port: int) -> None:
    """Exit 3 and one line, within seconds."""
    uri = f"mongodb://127.0.0.1:{taken_port}/?serverSelectionTimeoutMS=2000&connectTimeoutMS=1000"

    status, line = refused("--port", "0", "--mongodb-uri", uri)

    assert status == EXIT_STORAGE
    assert "MongoDB" in line


@pytest.mark.parametrize("uri", ["nonsense", "mongodb://", "mongodb://host:port/"])
def test_a_malformed_uri_is_told(uri: str) -> None:
    """One line that says what is wrong with it."""
    status, line = refused("--port", "0", "--mongodb-uri", uri)

    assert status == EXIT_USAGE
    assert "URI" in line


def test_a_data_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    """Exit 3 and the path."""
    place = tmp_path / "db"
    place.write_text("not a directory")

    status, line = refused("--port", "0", "--data-dir", str(place))

    assert status == EXIT_STORAGE
    assert str(place) in line


def test_a_data_directory_in_use_is_told(server: RunningServer) -> None:
    """A second server does not touch the data of a running one."""
    status, line = refused("--port", "0", "--data-dir", str(server.data_dir))

    assert status == EXIT_STORAGE
    assert str(server.data_dir) in line


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param(
            "[transport]\nmax_messages_per_page = many\n", "max_messages_per_page", id="type"
        ),
        pytest.param("[transport]\ndefault_claim_ttl = 59\n", "default_claim_ttl", id="bound"),
        pytest.param("[DEFAULT]\nauth_strategy = keystone\n", "auth_strategy", id="choice"),
        pytest.param("[drivers]\nmessage_store = paper\n", "paper", id="driver"),
        pytest.param(
            "[transport]\ndefault_claim_ttl = 900\nmax_claim_ttl = 600\n",
            "max_claim_ttl",
            id="pair",
        ),
    ],
)
def test_a_wrong_value_in_a_file_is_told(tmp_path: Path, content: str, names: str) -> None:
    """Exit 2 and one line that names the option."""
    file = tmp_path / "zaqar.conf"
    file.write_text(content)

    status, line = refused("--port", "0", "--config-file", str(file))

    assert status == EXIT_USAGE
    assert names in line


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Exit 2 and the path of the file."""
    status, line = refused("--config-file", str(tmp_path / "none.conf"))

    assert status == EXIT_USAGE
    assert "none.conf" in line


def test_an_unwritable_data_directory_is_told() -> None:
    """Exit 3 and the path; under /proc nobody may make a directory, root neither."""
    status, line = refused("--port", "0", "--data-dir", "/proc/zaqar/db")

    assert status == EXIT_STORAGE
    assert "/proc/zaqar" in line


def test_a_dead_mongod_ends_the_server(tmp_path: Path) -> None:
    """Exit 3 and a line that says that MongoDB is gone."""
    server = RunningServer(tmp_path / "db", "--workers", "1").wait_ready()

    server.mongod().kill()

    assert server.wait() == EXIT_STORAGE
    assert "zaqar-server: " in server.output[-1]
