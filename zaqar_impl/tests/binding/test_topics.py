# SPDX-License-Identifier: Apache-2.0
"""Topics over REST: refusals that call a topic a topic, and what the kit does not look at."""

from typing import Any

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import Deploy
from zaqar_impl.tests.binding.test_admission import told

TOPIC = "/v2/topics/alerts"
MESSAGES = f"{TOPIC}/messages"
SUBSCRIPTIONS = f"{TOPIC}/subscriptions"
HOOK = "https://hooks.example.org/in"
PATCH = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}


async def posted(api: httpx.AsyncClient, *bodies: Any) -> list[str]:
    """The paths of new messages of the topic."""
    messages = [{"body": body} for body in bodies]
    answer = await api.post(MESSAGES, json={"messages": messages})
    assert answer.status_code == 201, answer.text
    paths: list[str] = answer.json()["resources"]
    return paths


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        pytest.param("PATCH", TOPIC, "Topic 'alerts' does not exist", id="patch"),
        pytest.param("GET", f"{MESSAGES}/5", "Message '5' does not exist in topic 'alerts'"),
        pytest.param("GET", f"{SUBSCRIPTIONS}/5", "'5' does not exist in topic 'alerts'"),
        pytest.param("PATCH", f"{SUBSCRIPTIONS}/5", "'5' does not exist in topic 'alerts'"),
        pytest.param("PUT", f"{SUBSCRIPTIONS}/5/confirm", "does not exist in topic 'alerts'"),
    ],
)
async def test_what_is_missing_is_missing_in_a_topic(
    method: str, path: str, names: str, api: httpx.AsyncClient
) -> None:
    """404 says which topic has not what."""
    operations = [{"op": "add", "path": "/metadata/a", "value": 1}]
    body: Any = operations if path == TOPIC else {"ttl": 60, "confirmed": True}
    headers = PATCH if path == TOPIC else {}

    assert names in told(await api.request(method, path, json=body, headers=headers), 404)


@pytest.mark.parametrize("path", ["/v2/topics/", "/v2/topics/a%20b", "/v2/topics/a%0A/messages"])
async def test_bad_name_is_that_of_a_topic(path: str, api: httpx.AsyncClient) -> None:
    """A name that no topic can have is told, an empty one and a line feed (D-59) among them."""
    assert "topic name is invalid" in told(await api.get(path), 400)


@pytest.mark.parametrize("path", [f"{TOPIC}/claims", f"{TOPIC}/claims/5", f"{TOPIC}/share"])
async def test_topics_have_neither_claims_nor_share(path: str, api: httpx.AsyncClient) -> None:
    """These paths do not exist, whatever the method."""
    for method in ("GET", "POST", "PATCH", "DELETE"):
        told(await api.request(method, path), 404)


async def test_conflict_and_size_speak_of_the_topic(api: httpx.AsyncClient) -> None:
    """409 and 400 name the topic where they name anything."""
    await api.put(TOPIC, json={"_max_messages_post_size": 30})
    body = {"subscriber": HOOK}
    made = (await api.post(SUBSCRIPTIONS, json=body)).json()["subscription_id"]
    await api.put(f"{SUBSCRIPTIONS}/{made}/confirm", json={"confirmed": True})
    operations = [{"op": "replace", "path": "/metadata/_max_claim_count", "value": 1}]

    large = await api.post(MESSAGES, json={"messages": [{"body": "x" * 40}]})
    again = await api.post(SUBSCRIPTIONS, json=body)
    replaced = await api.patch(TOPIC, json=operations, headers=PATCH)

    assert "this topic takes at most 30" in told(large, 400)
    assert "subscribed to topic 'alerts'" in told(again, 409)
    assert "the topic has no such metadata key" in told(replaced, 409)


async def test_dead_letter_queue_may_have_the_name_of_the_topic(api: httpx.AsyncClient) -> None:
    """It names a queue, which is not the topic of that name."""
    answer = await api.put(TOPIC, json={"_dead_letter_queue": "alerts"})

    assert answer.status_code == 201
    assert (await api.get(TOPIC)).json()["_dead_letter_queue"] == "alerts"
    told(await api.put("/v2/queues/alerts", json={"_dead_letter_queue": "alerts"}), 400)


async def test_deletion_by_ids_needs_no_claims(deployment: Deploy) -> None:
    """Nothing is claimed in a topic, so no setting asks for the claims of its messages."""
    api = deployment(message_delete_with_claim_id=True)
    first, second, third = [path.rpartition("/")[2] for path in await posted(api, 1, 2, 3)]

    plain = await api.delete(MESSAGES, params={"ids": first})
    with_claims = await api.delete(MESSAGES, params={"ids": second, "claim_ids": "5"})
    popped = await api.delete(MESSAGES, params={"pop": 1, "claim_ids": "5"})

    assert [plain.status_code, with_claims.status_code] == [204, 204]
    assert [message["id"] for message in popped.json()["messages"]] == [third]


async def test_include_claimed_is_an_unknown_parameter(api: httpx.AsyncClient) -> None:
    """It is ignored, whatever its value, and not kept in links."""
    await posted(api, 1)

    answer = await api.get(MESSAGES, params={"echo": "true", "include_claimed": "maybe"})

    assert answer.status_code == 200
    (link,) = answer.json()["links"]
    assert link["href"] == f"{MESSAGES}?echo=true&marker=1"


async def test_link_of_the_list_keeps_every_parameter(api: httpx.AsyncClient) -> None:
    """Also with_count and the metadata filters (D-47)."""
    await api.put(TOPIC, json={"severity": "high"})
    given = {"limit": "1", "detailed": "yes", "name": "al", "with_count": "1", "severity": "high"}

    listed = (await api.get("/v2/topics", params=given)).json()

    assert [topic["href"] for topic in listed["topics"]] == [TOPIC]
    assert listed["count"] == 1
    assert listed["links"][0]["href"] == (
        "/v2/topics?limit=1&detailed=true&name=al&with_count=true&severity=high&marker=alerts"
    )


async def test_queue_of_the_same_name_keeps_its_dead_letters(api: httpx.AsyncClient) -> None:
    """Dead letters move to the queue of that name, never to the topic."""
    await api.put("/v2/queues/q", json={"_max_claim_count": 0, "_dead_letter_queue": "alerts"})
    await posted(api, "of the topic")
    await api.post("/v2/queues/q/messages", json={"messages": [{"body": "dead"}]})

    assert (await api.post("/v2/queues/q/claims")).status_code == 204
    of_queue = await api.get("/v2/queues/alerts/messages", params={"echo": "true"})
    of_topic = await api.get(MESSAGES, params={"echo": "true"})

    assert [message["body"] for message in of_queue.json()["messages"]] == ["dead"]
    assert [message["body"] for message in of_topic.json()["messages"]] == ["of the topic"]


async def test_storage_that_is_gone_is_told(broken_api: httpx.AsyncClient) -> None:
    """503 for what needs it, in topics too."""
    body = {"messages": [{"body": 1}]}
    answers = [
        await broken_api.get("/v2/topics"),
        await broken_api.put(TOPIC),
        await broken_api.post(MESSAGES, json=body),
        await broken_api.get(f"{TOPIC}/stats"),
        await broken_api.get(SUBSCRIPTIONS),
    ]

    assert {answer.status_code for answer in answers} == {503}
