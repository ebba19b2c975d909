# SPDX-License-Identifier: Apache-2.0
"""What clients can't do: send without bound, be silent, not read, be too many."""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import websocket

from zaqar_impl.tests.websocket.clients import Client
from zaqar_impl.tests.websocket.conftest import Deploy

TEN_MEGABYTES = 10_000_000

#: Bytes by which the server may grow for one client.
GROWTH = 30_000_000


def memory_of(deployments: Deploy, **options: Any) -> int:
    """Bytes that the processes of a deployment hold."""
    process = psutil.Process(deployments(**options).server.process.pid)
    return sum(one.memory_info().rss for one in process.children(recursive=True))


def test_largest_message(client: Client) -> None:
    """262,144 bytes of a body are taken, and no more."""
    queue = {"queue_name": "large"}
    room = 262_144 - len(json.dumps({**queue, "messages": [{"body": ""}]}, separators=(",", ":")))
    for binary in (False, True):
        fitting = {**queue, "messages": [{"body": "x" * room}]}
        assert client.ask("message_post", fitting, binary=binary).status == 201
        fitting = {**queue, "messages": [{"body": "x" * (room + 1)}]}
        assert client.ask("message_post", fitting, binary=binary).status == 400


def test_blanks_do_not_count(client: Client) -> None:
    """It is the text without them that is bounded."""
    body = {"queue_name": "blanks", "messages": [{"body": list(range(40_000))}]}
    assert client.ask("message_post", body).status == 201  # 268,894 bytes as it is sent


@pytest.mark.parametrize("binary", [False, True])
def test_message_of_ten_megabytes(
    connect: Callable[..., Client], deployments: Deploy, binary: bool
) -> None:
    """It is closed with 1009 and leaves nothing behind, here and there."""
    before = memory_of(deployments)
    client = connect()
    body = {"queue_name": "huge", "messages": [{"body": "x" * TEN_MEGABYTES}]}
    client.send("message_post", body, binary=binary)
    assert client.closed() == 1009
    listed = connect().ask("queue_list", {"name": "huge"})
    assert listed.body["queues"] == []
    assert memory_of(deployments) - before < GROWTH


def test_fragments_without_end(connect: Callable[..., Client]) -> None:
    """The same."""
    client = connect()
    frame = websocket.ABNF.create_frame
    client.socket.send_frame(frame("{", websocket.ABNF.OPCODE_TEXT, fin=0))
    for _ in range(TEN_MEGABYTES // 100_000):
        client.socket.send_frame(frame(" " * 100_000, websocket.ABNF.OPCODE_CONT, fin=0))
    assert client.closed() == 1009


@pytest.mark.option("drivers:transport:websocket.ping_interval")
def test_idle_client_is_asked_and_given_up(connect: Callable[..., Client]) -> None:
    """With a ping; one that answers stays, one that does not is closed with 1008."""
    client = connect(ping_interval=0.3)
    for _ in range(3):
        frame = client.socket.recv_frame()
        assert frame.opcode == websocket.ABNF.OPCODE_PING
        client.socket.pong(frame.data)
    assert client.ask("queue_list").status == 200

    silent = connect(ping_interval=0.3)
    frames: list[Any] = []
    while not frames or frames[-1].opcode != websocket.ABNF.OPCODE_CLOSE:
        frames.append(silent.socket.recv_frame())
    assert [frame.opcode for frame in frames] == [
        websocket.ABNF.OPCODE_PING,
        websocket.ABNF.OPCODE_CLOSE,
    ]
    assert frames[-1].data[:2] == (1008).to_bytes(2, "big")


@pytest.mark.option("drivers:transport:websocket.max_connections")
def test_too_many_connections(connect: Callable[..., Client]) -> None:
    """One too many is refused with 503, until another one has gone."""
    clients = [connect(max_connections=3) for _ in range(3)]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(max_connections=3)
    assert refused.value.status_code == 503
    assert clients[0].ask("queue_list").status == 200
    clients[1].close()
    _eventually(lambda: connect(max_connections=3))


def _eventually(attempt: Callable[[], Any]) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            attempt()
            return
        except websocket.WebSocketException:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.long
@pytest.mark.option("drivers:transport:websocket.send_timeout")
def test_client_that_asks_and_never_reads(
    connect: Callable[..., Client], deployments: Deploy
) -> None:
    """It is closed, and the server does not grow; others are answered meanwhile."""
    options = {"send_timeout": 1.0}
    slow, other = connect(**options), connect(**options)
    body = {"queue_name": "slow", "messages": [{"body": "x" * 250_000}]}
    for _ in range(10):
        assert other.ask("message_post", body).status == 201
    before = memory_of(deployments, **options)
    slow.socket.settimeout(3)  # longer than the server waits
    began = time.monotonic()
    with contextlib.suppress(websocket.WebSocketException, OSError):  # it takes no more, or is gone
        while time.monotonic() < began + 30:
            slow.send("message_list", {"queue_name": "slow", "echo": True})
    assert time.monotonic() < began + 30
    assert memory_of(deployments, **options) - before < GROWTH
    assert other.ask("queue_list").status == 200
    slow.socket.settimeout(20)
    assert _end(slow) in (1013, None)


def _end(client: Client) -> int | None:
    """The code, if the client could be told: it is waited for it to read, but not for long."""
    try:
        return client.closed()
    except (OSError, websocket.WebSocketException):
        return None


@pytest.mark.long
@pytest.mark.option("drivers:transport:websocket.send_buffer")
def test_client_that_does_not_read_what_it_is_told(
    connect: Callable[..., Client], deployments: Deploy
) -> None:
    """Closed with 1013, behind what it has been sent; the others are told everything."""
    options = {"send_buffer": 100_000, "send_timeout": 600.0}
    small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    slow, quick = deployments(**options).connect(sockopt=small), connect(**options)
    slow.headers = quick.headers
    for subscriber in (slow, quick):
        assert subscriber.ask("subscription_create", {"queue_name": "told"}).status == 201
    before = memory_of(deployments, **options)
    poster = connect(**options)
    poster.headers = quick.headers
    body = {"queue_name": "told", "messages": [{"body": "x" * 250_000}]}
    for _ in range(30):
        assert poster.ask("message_post", body).status == 201
        assert quick.notification()["ttl"] == 3600
    assert memory_of(deployments, **options) - before < GROWTH
    assert _end(slow) in (1013, None)
    slow.close()
    assert quick.ask("queue_list").status == 200
