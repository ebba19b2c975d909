# SPDX-License-Identifier: Apache-2.0
"""The actions of the WebSocket as a binding gets them."""

from typing import Any

import pytest

from zaqar_impl.specdoc import (
    ASYNCAPI,
    SWITCHES,
    Action,
    actions,
    bundle,
    channel,
    deploy_actions,
    reply,
    spec_root,
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return bundle(spec_root(), ASYNCAPI)


@pytest.fixture(scope="module")
def known(document: dict[str, Any]) -> dict[str, Action]:
    return {action.id: action for action in actions(document)}


def test_every_operation_that_is_received_is_an_action(
    document: dict[str, Any], known: dict[str, Action]
) -> None:
    """All but the notification, which is sent."""
    assert set(known) == set(document["operations"]) - {"notify"}


def test_members_of_all_parts_have_their_defaults(known: dict[str, Action]) -> None:
    """A body is made of several shapes; what each says by default is known, and no more."""
    assert known["claim_create"].defaults == {"limit": 10, "ttl": 300, "grace": 60}
    assert known["message_list"].defaults == {
        "limit": 10,
        "echo": False,
        "include_claimed": False,
        "include_delayed": False,
        "with_links": False,
    }
    assert known["subscription_update"].defaults == {}
    assert known["pool_queue_move"].defaults == {"kind": "queue"}


@pytest.mark.parametrize(
    ("action", "body", "told"),
    [
        ("claim_create", {"queue_name": "jobs"}, None),
        ("claim_create", {}, '"queue_name" is a required property'),
        ("claim_create", {"queue_name": "jobs", "ttl": 1}, "ttl: 1 is less than the minimum of 60"),
        ("claim_create", {"queue_name": "jobs", "ttl": True}, 'ttl: true is not of type "integer"'),
        ("message_post", {"queue_name": "a", "messages": [3]}, "messages[0]: 3 is not of type"),
        ("queue_list", {}, None),
        ("ping_node", [], '[] is not of type "object"'),
        ("pool_create", {"pool_name": "a", "uri": "a://b", "weight": 1, "x": 1}, "'x'"),
    ],
)
def test_bodies_are_checked(
    action: str, body: Any, told: str | None, known: dict[str, Action]
) -> None:
    """A violation names the member and the rule."""
    violation = known[action].body.violation(body)

    assert (violation is None) if told is None else (told in (violation or ""))


def test_body_may_be_absent_where_nothing_is_required(known: dict[str, Action]) -> None:
    """Then an empty object is as good."""
    absent = {name for name, action in known.items() if not action.body_required}

    assert {"queue_list", "ping_node", "authenticate"} <= absent
    assert all(known[name].body.violation({}) is None for name in absent)
    assert all(action.body.violation({}) for action in known.values() if action.body_required)


def test_headers_are_checked(known: dict[str, Action]) -> None:
    """Client-ID and project for all, token and project to authenticate."""
    headers = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}

    assert known["queue_get"].headers.violation(headers) is None
    assert "Client-ID" in (known["queue_get"].headers.violation({"X-Project-ID": "demo"}) or "")
    assert "X-Auth-Token" in (known["authenticate"].headers.violation(headers) or "")
    assert known["authenticate"].headers.violation({**headers, "X-Auth-Token": "t"}) is None


def test_what_is_secret_is_known(document: dict[str, Any], known: dict[str, Action]) -> None:
    """Tokens and signatures among the headers, the uri of a pool among the members."""
    assert channel(document).secret_headers == {"x-auth-token", "url-signature"}
    assert {name for name, action in known.items() if action.secrets} == {
        "pool_create",
        "pool_update",
    }
    assert known["pool_create"].secrets == {"uri"}


def test_action_has_the_path_of_rest(known: dict[str, Action]) -> None:
    """By which a signature is judged; an action of the connection has none."""
    body = {"queue_name": "jobs", "message_id": "1"}

    assert known["message_delete"].method == "DELETE"
    assert known["message_delete"].rest_path(body) == "/v2/queues/jobs/messages/1"
    assert known["authenticate"].rest_path({}) is None


def test_replies_have_statuses_and_shapes(
    document: dict[str, Any], known: dict[str, Action]
) -> None:
    """Each reply of an action has a shape; one that it never gives has none."""
    assert known["claim_create"].replies == (201, 204, 400, 403, 500, 503)
    nothing = {
        "request": {"action": "claim_create", "headers": {}, "body": {}, "api": "v2"},
        "headers": {"status": 204},
        "body": {"claim_id": None},
    }
    assert reply(document, "claim_create", 204).violation(nothing) is None
    assert reply(document, "claim_create", 201).violation(nothing) is not None
    with pytest.raises(KeyError):
        reply(document, "claim_create", 200)


def test_limits_of_a_deployment_are_in_its_actions(document: dict[str, Any]) -> None:
    """Also in the largest message, which is the largest of two options and the envelope."""
    options = {
        "max_messages_per_page": 7,
        "max_messages_post_size": 1000,
        "max_queue_metadata": 2000,
        "client_id_uuid_safe": "off",
    }
    deployed = deploy_actions(document, options, SWITCHES)

    found = {action.id: action for action in actions(deployed)}
    assert found["message_list"].defaults["limit"] == 7
    assert found["message_post"].max_bytes == 1000
    assert channel(deployed).max_frame == 2000 + 65536
    headers = {"Client-ID": "any text of mine", "X-Project-ID": "demo"}
    assert found["queue_get"].headers.violation(headers) is None
    assert channel(document).max_frame == 262144 + 65536


def test_close_codes_of_the_server_are_known(document: dict[str, Any]) -> None:
    """Each with the sentence that says when it is used."""
    codes = channel(document).close_codes

    assert set(codes) == {1001, 1002, 1007, 1008, 1009, 1011, 1013, 4003}
    assert all(sentence.endswith(".") for sentence in codes.values())
