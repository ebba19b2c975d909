# SPDX-License-Identifier: Apache-2.0
"""Each action does what its operation does over REST, and is answered as the document says, which
the client checks of every reply."""

from collections.abc import Callable
from typing import Any

import pytest

from zaqar_impl.handlers import HANDLERS
from zaqar_impl.specdoc import ASYNCAPI, bundle, spec_root
from zaqar_impl.tests.websocket.clients import Client, Reply
from zaqar_impl.websocket.binding import BINDINGS

HOOK = "http://hooks.example/in"
SECRET = "aa0a77c5-the-secret"
ADMIN = {"admin_mode": True, "pooling": True}


def test_each_action_is_bound() -> None:
    """No line is missing, and none is left over."""
    document = bundle(spec_root(), ASYNCAPI)
    asked = {name for name, one in document["operations"].items() if one["action"] == "receive"}
    assert asked == set(BINDINGS)
    assert asked - {"authenticate"} <= set(HANDLERS)


def statuses(client: Client, *requests: tuple[str, Any]) -> list[int]:
    """What these requests are answered with, in order."""
    return [client.ask(action, body).status for action, body in requests]


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_life(client: Client, kind: str) -> None:
    """Make, change, show, list, count, purge, delete."""
    one = {f"{kind}_name": "one"}
    change = [{"op": "add", "path": "/metadata/b", "value": 2}]
    assert statuses(
        client,
        (f"{kind}_create", {**one, "metadata": {"a": 1}}),
        (f"{kind}_create", {**one, "metadata": None}),
        (f"{kind}_update", {**one, "changes": change}),
        (f"{kind}_update", {f"{kind}_name": "none", "changes": change}),
        (f"{kind}_get_stats", one),
        (f"{kind}_purge", {**one, "resource_types": ["messages"]}),
        (f"{kind}_purge", {**one, "resource_types": ["queues"]}),
    ) == [201, 204, 200, 404, 200, 204, 400]
    shown = client.ask(f"{kind}_get", one).body
    assert (shown["a"], shown["b"]) == (1, 2)

    listed = client.ask(f"{kind}_list", {"detailed": True, "with_count": True, "with_links": True})
    [entry] = listed.body[f"{kind}s"]
    assert (entry["name"], entry["metadata"]["b"], listed.body["count"]) == ("one", 2, 1)
    assert listed.body["links"] == [{"rel": "next", "marker": "one"}]
    assert client.ask(f"{kind}_list").body == {f"{kind}s": [{"name": "one"}]}

    assert statuses(client, (f"{kind}_delete", one), (f"{kind}_delete", one)) == [204, 204]
    assert client.ask(f"{kind}_list").body == {f"{kind}s": []}


@pytest.mark.parametrize(("prefix", "named"), [("", "queue_name"), ("topic_", "topic_name")])
def test_messages(client: Client, prefix: str, named: str) -> None:
    """Post, list page by page, get, get several, pop, delete."""
    one = {named: "one"}
    posts = [{"body": {"n": n}, "ttl": 300} for n in range(5)]
    ids = client.ask(f"{prefix}message_post", {**one, "messages": posts}).body["message_ids"]
    query = {**one, "echo": True, "limit": 3, "with_links": True}
    first = client.ask(f"{prefix}message_list", query).body
    rest = client.ask(
        f"{prefix}message_list", {**query, "marker": first["links"][0]["marker"]}
    ).body
    listed = first["messages"] + rest["messages"]
    assert [message["id"] for message in listed] == ids
    assert all(message["claim_id"] is None for message in listed)
    assert client.ask(f"{prefix}message_list", one).body == {"messages": []}

    found = client.ask(f"{prefix}message_get", {**one, "message_id": ids[1]}).body["messages"]
    assert found["body"] == {"n": 1}
    several = client.ask(f"{prefix}message_get_many", {**one, "message_ids": ids[2:]}).body
    assert [message["id"] for message in several["messages"]] == ids[2:]
    [popped] = client.ask(f"{prefix}message_delete_many", {**one, "pop": 1}).body["messages"]
    assert (popped["id"], popped["claim_count"]) == (ids[0], 0)
    assert statuses(
        client,
        (f"{prefix}message_delete", {**one, "message_id": ids[1]}),
        (f"{prefix}message_delete_many", {**one, "message_ids": ids[2:4]}),
        (f"{prefix}message_delete_many", one),
        (f"{prefix}message_get", {**one, "message_id": ids[1]}),
        (f"{prefix}message_post", {**one, "messages": [7]}),
    ) == [204, 204, 400, 404, 400]
    assert len(client.ask(f"{prefix}message_list", query).body["messages"]) == 1


def test_claims(client: Client) -> None:
    """Claim, show, renew, delete with the claim, release."""
    one = {"queue_name": "one"}
    assert client.ask("claim_create", one).body == {"claim_id": None}
    client.ask("message_post", {**one, "messages": [{"body": n} for n in range(2)]})
    made = client.ask("claim_create", {**one, "ttl": 100, "grace": 60, "limit": 1})
    claim = {**one, "claim_id": made.body["claim_id"]}
    [message] = made.body["messages"]
    assert (made.status, message["claim_id"]) == (201, claim["claim_id"])
    assert client.ask("claim_get", claim).body["messages"] == [message]
    named = {**one, "message_id": message["id"]}
    assert statuses(
        client,
        ("message_delete", named),
        ("claim_update", {**claim, "ttl": 200}),
        ("message_delete", {**named, "claim_id": claim["claim_id"]}),
        ("claim_delete", claim),
        ("claim_get", claim),
        ("claim_update", claim),
        ("claim_create", {**one, "ttl": 1}),
    ) == [403, 204, 204, 204, 404, 404, 400]


@pytest.mark.parametrize(("prefix", "named"), [("", "queue_name"), ("topic_", "topic_name")])
def test_subscriptions(client: Client, prefix: str, named: str) -> None:
    """Subscribe, once only, show, change, confirm, list, end."""
    one = {named: "one"}
    made = client.ask(f"{prefix}subscription_create", {**one, "subscriber": HOOK, "ttl": 600})
    again = client.ask(f"{prefix}subscription_create", {**one, "subscriber": HOOK})
    assert (made.status, again.status, type(again.body)) == (201, 409, str)
    it = {**one, "subscription_id": made.body["subscription_id"]}
    assert statuses(
        client,
        (f"{prefix}subscription_update", {**it, "ttl": 900}),
        (f"{prefix}subscription_confirm", {**it, "confirmed": True}),
        (f"{prefix}subscription_create", {**one, "subscriber": "ftp://x/"}),
        (f"{prefix}subscription_create", {**one, "subscriber": "websocket:0"}),
    ) == [204, 204, 400, 400]
    shown = client.ask(f"{prefix}subscription_get", it).body
    assert (shown["ttl"], shown["confirmed"], shown["source"]) == (900, True, "one")
    listed = client.ask(f"{prefix}subscription_list", {**one, "with_links": True}).body
    assert listed == {
        "subscriptions": [shown],
        "links": [{"rel": "next", "marker": shown["id"]}],
    }
    assert statuses(
        client, (f"{prefix}subscription_delete", it), (f"{prefix}subscription_get", it)
    ) == [204, 404]


def test_pools_and_flavors(connect: Callable[..., Client]) -> None:
    """Those of administrators; the address of a pool is in no reply."""
    client = connect(**ADMIN)
    uri = "mongodb://user:secret-word@db.example/?replicaSet=r"
    replies: list[Reply] = []

    def ask(action: str, body: Any = None) -> Reply:
        replies.append(client.ask(action, body))
        return replies[-1]

    gold = {"flavor_name": "gold"}
    assert ask("check_node_health").status == 200
    assert ask("pool_create", {"pool_name": "p", "uri": uri, "weight": 1}).status in (201, 400)
    assert ask("pool_list", {"detailed": True, "with_links": True}).status == 200
    assert ask("pool_get", {"pool_name": "none"}).status == 404
    assert ask("pool_update", {"pool_name": "none", "uri": uri}).status in (404, 400)
    assert ask("pool_delete", {"pool_name": "none"}).status == 204
    assert ask("pool_queue_list", {"pool_name": "none"}).status == 404
    move = {"pool_name": "none", "project": "p", "kind": "queue", "name": "q"}
    assert ask("pool_queue_move", move).status == 404
    assert ask("flavor_create", {**gold, "pool_list": ["none"]}).status == 400
    assert ask("flavor_update", {**gold, "pool_list": ["none"]}).status in (400, 404)
    assert ask("flavor_list", {"with_links": True}).body == {"flavors": [], "links": []}
    assert ask("flavor_get", gold).status == 404
    assert ask("flavor_delete", gold).status == 204
    assert all("secret-word" not in str(reply.text) for reply in replies)


def test_what_is_switched_off_is_unknown(client: Client) -> None:
    """And what it has of secrets is not repeated all the same."""
    reply = client.ask("pool_create", {"pool_name": "p", "uri": f"mongodb://u:{SECRET}@h/"})
    assert (reply.status, reply.request["action"]) == (400, "pool_create")
    assert SECRET not in str(reply.text)


def test_system(client: Client) -> None:
    """The service itself."""
    assert client.ask("ping_node").status == 204
    assert "rel/queues" in client.ask("get_home_doc", {}).body["resources"]
    client.headers["X-Auth-Token"] = SECRET
    reply = client.ask("authenticate")
    assert reply.status == 200
    assert SECRET not in str(reply.text)


def test_push(connect: Callable[..., Client]) -> None:
    """In the form asked for, in the order of the queue, of the queues of the connection, until the
    subscription ends."""
    subscriber, poster = connect(), connect()
    poster.headers = subscriber.headers
    made = {
        name: subscriber.ask("subscription_create", {"queue_name": name}, binary=name == "b")
        for name in ("a", "b")
    }
    topic = subscriber.ask("topic_subscription_create", {"topic_name": "a"})
    assert [one.status for one in (*made.values(), topic)] == [201] * 3
    again = subscriber.ask("subscription_create", {"queue_name": "a"}, binary=True)
    assert again.status == 409

    for name in ("a", "other", "b"):
        messages = [{"body": [name, n], "ttl": 70} for n in range(3)]
        assert poster.ask("message_post", {"queue_name": name, "messages": messages}).status == 201
    told = [subscriber.notification() for _ in range(6)]
    for name in ("a", "b"):
        assert [one for one in told if one["queue_name"] == name] == [
            {"body": [name, n], "ttl": 70, "Message_Type": "Notification", "queue_name": name}
            for n in range(3)
        ]

    it = {"queue_name": "a", "subscription_id": made["a"].body["subscription_id"]}
    assert poster.ask("subscription_get", it).body["subscriber"].startswith("websocket:")
    assert poster.ask("subscription_delete", it).status == 204
    for name in ("a", "b"):
        poster.ask("message_post", {"queue_name": name, "messages": [{"body": name}]})
    assert subscriber.notification()["queue_name"] == "b"
    subscriber.close()


def test_encoding_of_notifications(connect: Callable[..., Client]) -> None:
    """It is that of the last subscription that succeeded."""
    client = connect()
    client.ask("subscription_create", {"queue_name": "a"})
    client.ask("subscription_create", {"queue_name": "b"}, binary=True)
    client.ask("subscription_create", {"queue_name": "b"})
    client.send("message_post", {"queue_name": "a", "messages": [{"body": 1}]})
    texts = {type(text) for text, told in (client.next(), client.next()) if "request" not in told}
    assert texts == {bytes}
