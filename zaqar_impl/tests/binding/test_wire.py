# SPDX-License-Identifier: Apache-2.0
"""What is wrong with requests as bytes: broken, endless, slow and cut-off ones, against a real
socket."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from zaqar_impl.config import load
from zaqar_impl.rest.protocol import GuardedProtocol
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.tests.binding.conftest import HEADERS, Clock, application_of

HEAD = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
POST = b"POST /v2/queues/wire/messages HTTP/1.1\r\nHost: x\r\n" + HEAD


class HastyProtocol(GuardedProtocol):
    """The protocol with little patience, so that tests are quick."""

    SLOWEST_HEAD = 0.5


@pytest.fixture(scope="module")
def port(clock: Clock) -> Iterator[int]:
    """The application behind uvicorn on a free port; bodies have a second to arrive."""
    app = application_of(load([], {}), MemoryStorage(clock), clock, slowest_body=1.0)
    config = uvicorn.Config(
        app, http=HastyProtocol, ws="none", lifespan="off", log_config=None, interface="asgi3"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=10)


def ask(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts with pauses between them; everything that comes back until the server closes
    or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for part in parts:
            try:
                client.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(pause)
        client.settimeout(2)
        answer = b""
        try:
            while data := client.recv(65536):
                answer += data
        except (TimeoutError, ConnectionResetError):
            pass
    return answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no HTTP"),
        pytest.param(
            b"FOO /v2/queues HTTP/1.1\r\nHost: x\r\n" + HEAD + b"\r\n", id="unknown method"
        ),
        pytest.param(POST + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(POST + b"Content-Length: many\r\n\r\n", id="length that is no number"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", id="broken chunk"),
        pytest.param(
            b"GET /v2/queues HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", id="large header"
        ),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", id="large path"),
        pytest.param(
            b"GET /v2/queues HTTP/1.1\r\n" + b"A: b\r\n" * 40_000 + b"\r\n", id="many headers"
        ),
    ],
)
def test_what_is_no_request_is_a_400(port: int, request_bytes: bytes) -> None:
    """The answer has the API's form, and the connection is closed."""
    answer = ask(port, request_bytes)

    assert answer.startswith(b"HTTP/1.1 400"), answer[:200]
    assert b'{"title":"Bad Request","description":' in answer


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"GET /v2/queues HTTP/1.1\r\nA: ", id="a header"),
        pytest.param(b"GET /v2/queues?", id="a query"),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 40_000, id="trailers"
        ),
    ],
)
def test_a_line_without_an_end_is_cut(port: int, start: bytes) -> None:
    """Nothing of a head is taken for ever, and no more than its bound."""
    assert ask(port, start, *[b"x" * 30_000] * 4, pause=0.05).startswith(b"HTTP/1.1 400")


def test_a_head_that_does_not_end_is_given_up(port: int) -> None:
    """Slow headers are a 408."""
    answer = ask(port, POST[:40], pause=1.0)

    assert answer.startswith(b"HTTP/1.1 408")


def test_a_body_that_does_not_end_is_given_up(port: int) -> None:
    """A slow body is a 408, and nothing of it is stored."""
    answer = ask(
        port, POST + b"Content-Length: 100\r\n\r\n" + b'{"messages": [{"body": 1}]}', pause=1.5
    )
    listed = ask(
        port, b"GET /v2/queues/wire/messages?echo=true HTTP/1.1\r\nHost: x\r\n" + HEAD + b"\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer.lower()
    assert b'"messages":[]' in listed


def test_a_whole_request_is_served(port: int) -> None:
    """The same request in two parts, quickly enough, is taken."""
    body = b'{"messages": [{"body": 1}]}'

    answer = ask(port, POST.replace(b"wire", b"whole") + b"Content-Length: 27\r\n\r\n", body)

    assert answer.startswith(b"HTTP/1.1 201")


def test_a_request_that_is_cut_off_stores_nothing(port: int) -> None:
    """A client that goes away in the middle of its body has posted nothing."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(POST + b"Content-Length: 27\r\n\r\n" + b'{"messages": [{"body": 1}')
    time.sleep(0.3)

    listed = ask(
        port, b"GET /v2/queues/wire/messages?echo=true HTTP/1.1\r\nHost: x\r\n" + HEAD + b"\r\n"
    )

    assert b'"messages":[]' in listed


@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_an_over_large_body_gets_its_answer(port: int, size: int) -> None:
    """The client can read why, although it was still sending."""
    answer = ask(port, POST + b"Content-Length: %d\r\n\r\n" % size, b"x" * size)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"262144" in answer


def test_an_endless_body_is_cut(port: int) -> None:
    """A client that never stops is told so and let go, and is not kept in memory."""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    answer = ask(port, POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 400)

    assert answer.startswith(b"HTTP/1.1 400")
    assert ask(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 300")


def test_a_slow_client_holds_up_nobody(port: int) -> None:
    """While one body dribbles in, others are served."""
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(POST + b"Content-Length: 100\r\n\r\n{")
        started = time.monotonic()
        answer = ask(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 300")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("offer", [b"h2c", b"websocket"])
def test_an_offer_to_upgrade_is_ignored(port: int, offer: bytes) -> None:
    """The request is served as it is, body and all."""
    head = POST + b"Connection: Upgrade\r\nUpgrade: " + offer + b"\r\nContent-Length: 27\r\n\r\n"

    assert ask(port, head + b'{"messages": [{"body": 1}]}').startswith(b"HTTP/1.1 201")


def test_the_rest_of_a_refused_body_is_not_awaited_for_ever(port: int) -> None:
    """A client that was refused and says nothing more is let go."""
    request = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request)
        answer = b""
        while data := client.recv(65536):
            answer += data

    assert answer.startswith(b"HTTP/1.1 404")


def test_a_huge_body_is_refused_before_it_is_sent(port: int) -> None:
    """By what it declares; also one that asks first is not asked for."""
    huge = ask(port, POST + b"Content-Length: 999999999999\r\n\r\n")
    asking = ask(port, POST + b"Expect: 100-continue\r\nContent-Length: 300000\r\n\r\n")

    assert huge.startswith(b"HTTP/1.1 400")
    assert asking.startswith(b"HTTP/1.1 400")


def test_what_follows_a_request_does_not_overtake_its_answer(port: int) -> None:
    """A good request with rubbish behind it is answered for what it is."""
    request = POST + b"Content-Length: 27\r\n\r\n" + b'{"messages": [{"body": 1}]}'

    assert ask(port, request + b"rubbish\r\n\r\n").startswith(b"HTTP/1.1 201")
