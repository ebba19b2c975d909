# SPDX-License-Identifier: Apache-2.0
"""Messages: their forms, their faults, their order."""

import json
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
import websocket
from websockets.sync.client import connect as websockets_connect
from websockets.typing import Subprotocol

from zaqar_impl.tests.websocket.clients import Client
from zaqar_impl.tests.websocket.conftest import Deploy

DEEP = 10_000
NO_JSON = ["{", "nonsense", "[1", '{"a": NaN}', '{"a": 1e400}', '{"a": 1, "a": 2}', '"\\ud800"',
           "[" * DEEP + "]" * DEEP]  # fmt: skip
NO_MESSAGE_PACK = {
    "incomplete": b"\x82\xa1a",
    "behind its end": msgpack.packb({}) + b"\x01",
    "no text": msgpack.packb({1: 2}),
    "binary": msgpack.packb({"a": b"x"}),
    "extension": msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
    "extension type": msgpack.packb({"a": msgpack.Timestamp(1, 2)}),
    "no number": msgpack.packb({"a": float("nan")}),
    "UTF-8": b"\x81\xa1a\xa1\xff",
    "twice": b"\x82\xa1a\x01\xa1a\x02",
    "nested": b"\x91" * 300 + b"\x01",
    "too deep": b"\x91" * DEEP + b"\x01",
}


@pytest.mark.parametrize("text", NO_JSON, ids=range(len(NO_JSON)))
def test_text_that_is_no_json(client: Client, text: str) -> None:
    """It is a 400 that repeats nothing, and the connection goes on."""
    client.socket.send(text)
    reply = client.reply()
    assert (reply.status, reply.request["action"]) == (400, None)
    assert client.ask("queue_list").status == 200


@pytest.mark.parametrize("what", NO_MESSAGE_PACK)
def test_binary_that_is_no_value_of_json(client: Client, what: str) -> None:
    """The same, in MessagePack."""
    client.socket.send_binary(NO_MESSAGE_PACK[what])
    reply = client.reply()
    assert isinstance(reply.text, bytes)
    assert (reply.status, reply.request["action"]) == (400, None)
    assert what in reply.body["error"]
    assert client.ask("queue_list", binary=True).status == 200


@pytest.mark.parametrize("value", [[], "text", 7, True, None])
def test_message_that_is_no_object(client: Client, value: Any) -> None:
    """In both forms a 400."""
    client.socket.send(json.dumps(value))
    client.socket.send_binary(msgpack.packb(value))
    for _ in range(2):
        reply = client.reply()
        assert (reply.status, reply.request["action"]) == (400, None)


def test_both_forms_on_one_connection(client: Client) -> None:
    """What goes in as the one comes out as the other, integers beyond 64 bits as good as it
    can."""
    bodies = [None, True, -1, 2**64 - 1, 1.5, "é", [1, [2]], {"$a.b": {"\x00": 1}}]
    posts = [{"body": body, "ttl": 300} for body in bodies]
    queue = {"queue_name": "forms"}
    for binary in (False, True):
        assert client.ask("message_post", {**queue, "messages": posts}, binary=binary).status == 201
    for binary in (True, False):
        listed = client.ask("message_list", {**queue, "echo": True, "limit": 20}, binary=binary)
        assert isinstance(listed.text, bytes) == binary
        assert [message["body"] for message in listed.body["messages"]] == bodies * 2

    client.ask("message_post", {"queue_name": "big", "messages": [{"body": 10**30}]})
    asked = {"queue_name": "big", "echo": True}
    assert client.ask("message_list", asked).body["messages"][0]["body"] == 10**30
    assert client.ask("message_list", asked, binary=True).body["messages"][0]["body"] == 1e30


def test_replies_keep_their_order(client: Client) -> None:
    """Whatever the actions and forms, malformed and refused ones among them; each sees what those
    before it did."""
    asked = []
    for number in range(60):
        name = f"q{number}"
        client.send("queue_create", {"queue_name": name}, binary=number % 2 == 0, request_id=name)
        client.send("queue_list", {"name": name, "limit": 20}, request_id=f"list {name}")
        client.send("message_list", {"queue_name": "?"}, request_id=f"bad {name}")
        client.socket.send("no json")
        asked += [(201, name), (200, f"list {name}"), (400, f"bad {name}"), (400, None)]
    replies = [client.reply() for _ in asked]
    assert [(r.status, r.request.get("request_id")) for r in replies] == asked
    lists = [reply.body["queues"] for reply in replies[1::4]]
    assert all(found for found in lists)


def test_fragments_with_a_ping_between(client: Client) -> None:
    """They are one message."""
    text = json.dumps({"action": "queue_list", "headers": client.headers})
    frame = websocket.ABNF.create_frame
    client.socket.send_frame(frame(text[:9], websocket.ABNF.OPCODE_TEXT, fin=0))
    client.socket.ping("in between")
    client.socket.send_frame(frame(text[9:20], websocket.ABNF.OPCODE_CONT, fin=0))
    client.socket.send_frame(frame(text[20:], websocket.ABNF.OPCODE_CONT, fin=1))
    opcode, pong = client.socket.recv_frame().opcode, None
    assert (opcode, pong) == (websocket.ABNF.OPCODE_PONG, None)
    assert client.reply().status == 200


def test_many_pings(client: Client) -> None:
    """All of them are answered, and then the request behind them."""
    for _ in range(5000):
        client.socket.ping("x")
    client.send("queue_list")
    for _ in range(5000):
        assert client.socket.recv_frame().opcode == websocket.ABNF.OPCODE_PONG
    assert client.reply().status == 200


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_websockets(deployments: Deploy, compression: str | None) -> None:
    """The other client of Python, which offers to compress, and is told no; any path and
    sub-protocol."""
    url = f"{deployments().server.websocket_url}any/path%ff/../x?y=z#f".split("#")[0]
    headers = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "p"}
    with websockets_connect(
        url, compression=compression, subprotocols=[Subprotocol("chat")]
    ) as connection:
        assert connection.subprotocol is None
        connection.send(json.dumps({"action": "ping_node", "headers": headers}))
        assert json.loads(connection.recv())["headers"]["status"] == 204


def test_headers_of_the_handshake_count_for_nothing(deployments: Deploy) -> None:
    """Each request says for itself who asks."""
    client = deployments().connect(header={"X-Project-ID": "p", "Client-ID": "c"})
    client.headers = {}
    assert client.ask("queue_list").status == 400
    client.close()


def test_close_is_echoed(connect: Callable[..., Client]) -> None:
    """With the code of the client."""
    for code in (1000, 1001, 3333):
        client = connect()
        client.socket.send_close(code, b"bye")
        assert client.closed() == code


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([b"\x81\x81\x00\x00\x00\x00\xff"], 1007),
        ([b"\x81\x01a"], 1002),
        ([b"\xc1\x81\x00\x00\x00\x00a"], 1002),
        ([b"\x83\x80\x00\x00\x00\x00"], 1002),
        ([b"\x09\x80\x00\x00\x00\x00"], 1002),
        ([b"\x80\x80\x00\x00\x00\x00"], 1002),
        ([b"\x88\x82\x00\x00\x00\x00\x00\x01"], 1002),
        ([b"\x01\x81\x00\x00\x00\x00\xc3", b"\x80\x81\x00\x00\x00\x00a"], 1007),
    ],
    ids=["no UTF-8", "no mask", "reserved bit", "unknown opcode", "fragmented ping",
         "nothing to go on", "wrong code", "no UTF-8 over frames"],
)  # fmt: skip
def test_broken_framing(connect: Callable[..., Client], frames: list[bytes], code: int) -> None:
    """It ends the connection with the code for it, and no other one."""
    other, client = connect(), connect()
    for frame in frames:
        client.socket.sock.sendall(frame)
    assert client.closed() == code
    assert other.ask("queue_list").status == 200


def test_dropped_in_the_middle_of_a_frame(connect: Callable[..., Client]) -> None:
    """It disturbs nobody."""
    other, client = connect(), connect()
    client.socket.sock.sendall(b"\x81\xfe\x10\x00\x00\x00")
    client.socket.shutdown()
    assert other.ask("queue_list").status == 200
