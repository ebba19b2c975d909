# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a request is said, in an order to rely on; what is secret is not repeated."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from zaqar_impl.tests.websocket.clients import Client
from zaqar_impl.tests.websocket.conftest import Deploy

SECRET = "aa0a77c5-the-secret"
KEY = "the key of the deployment"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"action": None}, "action"),
        ({"action": 7, "headers": None}, "action"),
        ({"action": "nonsense", "headers": None}, "nonsense"),
        ({"action": "notify"}, "notify"),
        ({"request_id": 7}, "request_id"),
        ({"request_id": "x" * 256}, "request_id"),
        ({"headers": None, "body": 7}, "headers"),
        ({"headers": {}, "body": 7}, "Client-ID"),
        ({"headers": {"Client-ID": "x", "X-Project-ID": "p"}}, "Client-ID"),
        ({"headers": {"X-Project-ID": "p"}}, "Client-ID"),
        ({"body": None}, "body"),
        ({"body": []}, "body"),
        ({"body": {"queue_name": "?", "limit": True}}, "queue_name"),
        ({"body": {"queue_name": "q", "limit": True}}, "limit"),
        ({"body": {"queue_name": "q", "limit": 21}}, "limit"),
        ({"body": {"queue_name": "q", "echo": "yes"}}, "echo"),
        ({"body": {}}, "queue_name"),
    ],
    ids=range(17),
)
def test_faults(client: Client, change: dict[str, Any], told: str) -> None:
    """A 400 that names what is meant; the connection goes on."""
    request = {"action": "message_list", "headers": client.headers, "body": {"queue_name": "q"}}
    client.socket.send(json.dumps({**request, **change}))
    reply = client.reply()
    assert reply.status == 400
    assert told in reply.body["error"]
    assert reply.request["action"] == change.get("action", "message_list")
    assert client.ask("message_list", {"queue_name": "q"}).status == 200


@pytest.mark.parametrize("missing", ["action", "headers", "body"])
def test_missing_members(client: Client, missing: str) -> None:
    """The same; what is missing is repeated as nothing."""
    request = {"action": "message_list", "headers": client.headers, "body": {"queue_name": "q"}}
    del request[missing]
    client.socket.send(json.dumps(request))
    reply = client.reply()
    assert (reply.status, missing in reply.body["error"]) == (400, True)
    assert not reply.request[missing]


def test_what_is_not_known_is_ignored_and_repeated(client: Client) -> None:
    """Headers, members of the request and of the body."""
    client.headers |= {"X-Other": [1], "x-big": 10**40}  # type: ignore[dict-item]
    body = {"queue_name": "q", "more": {"a": 1.50}}
    reply = client.ask("queue_create", body, extra=1, request_id="é" * 255)
    assert reply.status == 201
    assert reply.request == {
        "action": "queue_create",
        "headers": client.headers,
        "body": body,
        "api": "v2",
        "request_id": "é" * 255,
    }


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("action", ["queue_list", "nonsense", "message_list"])
@pytest.mark.parametrize("name", ["X-Auth-Token", "x-auth-token", "URL-Signature", "url-SIGNATURE"])
def test_secrets_are_not_repeated(client: Client, name: str, action: str, binary: bool) -> None:
    """Whatever becomes of the request."""
    client.headers |= {name: SECRET, "kept": 10**40 if not binary else 1}  # type: ignore[dict-item]
    reply = client.ask(action, {"queue_name": "?"}, binary=binary)
    assert SECRET not in str(reply.text)
    assert name not in reply.request["headers"]
    assert "kept" in reply.request["headers"]


@pytest.fixture
def shared(connect: Callable[..., Client]) -> Client:
    """A connection of somebody with nothing but a share of the messages of queue q, for GET and
    POST."""
    client = connect(secret_key=KEY)
    share = client.ask("queue_share", {"queue_name": "q", "methods": ["GET", "POST"]}).body
    client.headers |= {
        "URL-Signature": share["signature"],
        "URL-Expires": share["expires"],
        "URL-Methods": share["methods"][::-1],
        "URL-Paths": share["paths"],
    }
    return client


def test_signature_opens(shared: Client) -> None:
    """What it is for."""
    messages = [{"body": 1}]
    assert shared.ask("message_post", {"queue_name": "q", "messages": messages}).status == 201
    listed = shared.ask("message_list", {"queue_name": "q", "echo": True}).body["messages"]
    named = {"queue_name": "q", "message_id": listed[0]["id"]}
    assert shared.ask("message_get", named, binary=True).status == 200


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("message_list", {"queue_name": "other"}),
        ("message_list", {}),
        ("message_list", 7),
        ("message_list", None),
        ("message_delete", {"queue_name": "q", "message_id": "x"}),
        ("queue_list", {}),
        ("queue_delete", {"queue_name": "q"}),
        ("claim_create", {"queue_name": "q"}),
        ("topic_message_list", {"topic_name": "q"}),
        ("ping_node", {}),
    ],
)
def test_signature_opens_nothing_else(shared: Client, action: str, body: Any) -> None:
    """Neither another queue nor another action."""
    assert shared.ask(action, body).status == 403


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("URL-Signature", "", 403),
        ("URL-Signature", "0" * 64, 403),
        ("URL-Expires", "2999-01-01T00:00:00", 403),
        ("URL-Expires", "2000-01-01T00:00:00", 403),
        ("URL-Methods", ["GET"], 403),
        ("URL-Methods", "GET", 400),
        ("URL-Paths", ["/v2/queues"], 403),
        ("URL-Paths", "/v2/queues/q/messages", 400),
        ("X-Project-ID", "other", 403),
    ],
)
def test_changed_shares_open_nothing(shared: Client, header: str, value: Any, status: int) -> None:
    """Nor those of which a part is missing."""
    assert shared.ask("message_list", {"queue_name": "q"}).status == 200
    before = shared.headers[header]
    shared.headers[header] = value
    assert shared.ask("message_list", {"queue_name": "q"}).status == status
    del shared.headers[header]
    if header not in ("URL-Signature", "X-Project-ID"):
        assert shared.ask("message_list", {"queue_name": "q"}).status == 403
    shared.headers[header] = before


def test_without_a_key_no_signature_is_right(client: Client) -> None:
    """Not even an empty one."""
    client.headers["URL-Signature"] = ""
    assert client.ask("queue_list").status == 403


def test_each_request_counts_for_its_own_project(deployments: Deploy) -> None:
    """On one connection."""
    client = deployments().connect()
    own = client.headers["X-Project-ID"]
    client.ask("queue_create", {"queue_name": "mine"})
    client.headers["X-Project-ID"] = f"{own}-2"
    assert client.ask("queue_list").body == {"queues": []}
    client.headers["X-Project-ID"] = own
    assert client.ask("queue_list").body == {"queues": [{"name": "mine"}]}
    client.close()
