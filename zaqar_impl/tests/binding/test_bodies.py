# SPDX-License-Identifier: Apache-2.0
"""Bodies and query parameters that are wrong: a 400 that says what and where, and nothing
stored."""

import json
import time
from typing import Any

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import OTHER_CLIENT
from zaqar_impl.tests.binding.test_admission import told

MESSAGES = "/v2/queues/q/messages"
PATCH = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param(None, "messages", id="empty object"),
        pytest.param([], "object", id="array"),
        pytest.param("text", "object", id="string"),
        pytest.param({"messages": []}, "messages", id="no message"),
        pytest.param({"messages": {}}, "messages", id="messages an object"),
        pytest.param({"messages": ["x"]}, "messages[0]", id="a message that is no object (D-31)"),
        pytest.param({"messages": [{"body": 1}, {}]}, "messages[1]", id="no body"),
        pytest.param({"messages": [{"body": 1, "ttl": 59}]}, "messages[0].ttl: 59", id="ttl below"),
        pytest.param({"messages": [{"body": 1, "ttl": 1209601}]}, "1209600", id="ttl above"),
        pytest.param({"messages": [{"body": 1, "ttl": True}]}, "ttl", id="ttl a boolean (D-61)"),
        pytest.param({"messages": [{"body": 1, "ttl": 60.0}]}, "ttl", id="ttl a float"),
        pytest.param({"messages": [{"body": 1, "ttl": "60"}]}, "ttl", id="ttl a string"),
        pytest.param({"messages": [{"body": 1, "ttl": None}]}, "ttl", id="ttl null"),
        pytest.param({"messages": [{"body": 1, "ttl": 10**40}]}, "ttl", id="ttl huge"),
        pytest.param({"messages": [{"body": 1, "delay": 901}]}, "delay: 901", id="late"),
        pytest.param({"messages": [{"body": 1, "delay": True}]}, "delay", id="delay true (D-61)"),
    ],
)
async def test_bad_posts_store_nothing(api: httpx.AsyncClient, body: Any, names: str) -> None:
    """A refused post names the member, and makes neither messages nor the queue (D-40)."""
    answer = await api.post(MESSAGES, content=json.dumps({} if body is None else body))

    assert names in told(answer, 400)
    assert (await api.get("/v2/queues")).json()["queues"] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="no body"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b'{"messages": [{"body": NaN}]}', id="NaN (D-60)"),
        pytest.param(b'{"messages": [{"body": 1e999}]}', id="infinity (D-60)"),
        pytest.param(b'{"messages": [{"body": "\\ud800"}]}', id="lone surrogate (D-35)"),
        pytest.param(b'{"messages": [{"body": 1, "body": 2}]}', id="duplicate key"),
        pytest.param(
            b'{"messages": [{"body": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", id="deep (D-35)"
        ),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
async def test_bad_json_stores_nothing(api: httpx.AsyncClient, text: bytes) -> None:
    """What is no clear JSON is refused as a whole."""
    told(await api.post(MESSAGES, content=text), 400)

    assert (await api.get("/v2/queues")).json()["queues"] == []


@pytest.mark.parametrize(
    "body",
    [
        "null",
        '"plain"',
        '{"a\\u0000": 1, "$set": {"b.c": [null]}}',
        "123456789012345678901234567890",
        "1.10",
        "-0",
        '"é😀\\u2028"',
        "[" * 190 + "]" * 190,
        '{"a": {"$oid": "x"}, "": ""}',
    ],
)
async def test_bodies_come_back_as_they_came(api: httpx.AsyncClient, body: str) -> None:
    """Byte for byte, in every way to read them."""
    posted = await api.post(MESSAGES, content=f'{{"messages": [{{"body": {body}}}]}}'.encode())
    href = posted.json()["resources"][0]

    for reading in (
        await api.get(href),
        await api.get(MESSAGES, params={"echo": "true"}),
        await api.get(MESSAGES, params={"ids": href.rsplit("/", 1)[1]}),
        await api.post("/v2/queues/q/claims"),
    ):
        assert f'"body":{body}' in reading.text


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("/v2/queues", "limit=0", "limit"),
        ("/v2/queues", "limit=21", "20"),
        ("/v2/queues", "limit=abc", "limit"),
        ("/v2/queues", "limit=2.0", "limit"),
        ("/v2/queues", "limit=1_0", "limit"),
        ("/v2/queues", "limit=%D9%A3", "limit"),
        ("/v2/queues", "detailed=TRUE", "detailed"),
        ("/v2/queues", "detailed=2", "detailed"),
        ("/v2/queues", "name=%FF", "UTF-8"),
        (MESSAGES, "limit=-1", "limit"),
        (MESSAGES, "echo=maybe", "echo"),
        (MESSAGES, "ids=" + ",".join([24 * "a"] * 21), "20"),
    ],
)
async def test_bad_queries(api: httpx.AsyncClient, path: str, query: str, names: str) -> None:
    """A wrong query parameter is named, with its bound."""
    assert names in told(await api.get(f"{path}?{query}"), 400)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("limit=2", 2),
        ("limit=%202%20", 2),
        ("limit=", 3),
        ("limit", 3),
        ("limit=1,2", 2),
        ("limit=1&limit=2", 2),
        ("limit=+2", 2),
        ("unknown=1", 3),
        ("limit=2&&", 2),
    ],
)
async def test_spellings_of_queries(api: httpx.AsyncClient, query: str, count: int) -> None:
    """Blanks, empty and repeated values mean what they meant upstream (contract 2.12)."""
    await api.post(MESSAGES, json={"messages": [{"body": n} for n in range(3)]})

    page = await api.get(f"{MESSAGES}?{query}", headers=OTHER_CLIENT)

    assert len(page.json()["messages"]) == count


@pytest.mark.parametrize("spelling", ["true", "True", "yes", "t", "y", "1", "on"])
async def test_spellings_of_true(api: httpx.AsyncClient, spelling: str) -> None:
    """Each of them shows the client its own messages."""
    await api.post(MESSAGES, json={"messages": [{"body": 1}]})

    assert len((await api.get(f"{MESSAGES}?echo={spelling}")).json()["messages"]) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_default_message_ttl", 59),
        ("_default_message_ttl", ""),
        ("_default_message_ttl", []),
        ("_default_message_ttl", True),
        ("_default_message_ttl", 1209601),
        ("_max_messages_post_size", 0),
        ("_max_messages_post_size", 262145),
        ("_default_message_delay", -1),
        ("_default_message_delay", 901),
        ("_default_message_delay", {}),
        ("_dead_letter_queue", 5),
        ("_dead_letter_queue", "a b"),
        ("_dead_letter_queue", "q"),
        ("_dead_letter_queue_messages_ttl", 59),
        ("_max_claim_count", True),
        ("_enable_encrypt_messages", 1),
        ("_enable_encrypt_messages", "true"),
        ("_enable_encrypt_messages", True),
        ("_retry_policy", {"minimum_delay": None}),
        ("_retry_policy", []),
        ("big", 2**63),
        ("small", -(2**63) - 1),
        ("nested", {"a": [2**63]}),
    ],
)
async def test_bad_reserved_metadata(api: httpx.AsyncClient, key: str, value: Any) -> None:
    """Wrong types and ranges are refused alike on creation and on change (D-30, D-33)."""
    created = await api.put("/v2/queues/q", json={key: value})
    await api.put("/v2/queues/q", json={})
    change = [{"op": "add", "path": f"/metadata/{key}", "value": value}]
    changed = await api.patch("/v2/queues/q", content=json.dumps(change), headers=PATCH)

    told(created, 400)
    told(changed, 400)
    assert (await api.get("/v2/queues/q")).json().get(key) != value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="object (D-33)"),
        pytest.param(["x"], id="no operation"),
        pytest.param([{"op": "test", "path": "/metadata/a", "value": 1}], id="unknown op"),
        pytest.param([{"op": "add", "path": "/metadata/a"}], id="no value"),
        pytest.param([{"op": "add", "path": 5, "value": 1}], id="path a number (D-33)"),
        pytest.param([{"op": "add", "path": "/metadata/a/b", "value": 1}], id="three segments"),
        pytest.param([{"op": "add", "path": "metadata/a", "value": 1}], id="no leading slash"),
        pytest.param([{"op": "remove", "path": "/other/a"}], id="other first segment (D-83)"),
        pytest.param([{"op": "remove", "path": "/metadata/~2"}], id="bad escape"),
        pytest.param([{"op": "remove", "path": "/metadata/"}], id="empty key"),
    ],
)
async def test_bad_changes_change_nothing(api: httpx.AsyncClient, body: Any) -> None:
    """A change is applied wholly or not at all."""
    await api.put("/v2/queues/q", json={"a": 0})

    told(await api.patch("/v2/queues/q", content=json.dumps(body), headers=PATCH), 400)

    assert (await api.get("/v2/queues/q")).json()["a"] == 0


async def test_metadata_can_not_grow_beyond_its_bound(api: httpx.AsyncClient) -> None:
    """Neither in one request nor by many changes (D-45)."""
    await api.put("/v2/queues/q")
    statuses = []
    for n in range(4):
        change = [{"op": "add", "path": f"/metadata/{n}", "value": "x" * 20_000}]
        answer = await api.patch("/v2/queues/q", content=json.dumps(change), headers=PATCH)
        statuses.append(answer.status_code)

    assert statuses == [200, 200, 200, 400]


@pytest.mark.parametrize(
    "body",
    [
        {"ttl": 59},
        {"ttl": 43201},
        {"grace": 59},
        {"ttl": None},
        {"ttl": True},
        {"grace": "60"},
        [],
        1,
        "x",
    ],
)
async def test_bad_claims_claim_nothing(api: httpx.AsyncClient, body: Any) -> None:
    """Wrong terms are refused, for a new claim and for a renewal."""
    await api.post(MESSAGES, json={"messages": [{"body": 1}]})

    told(await api.post("/v2/queues/q/claims", content=json.dumps(body)), 400)
    told(await api.patch("/v2/queues/q/claims/unknown", content=json.dumps(body)), 400)

    assert (await api.get("/v2/queues/q/stats")).json()["messages"]["claimed"] == 0


@pytest.mark.parametrize(
    "query",
    ["", "pop=1&ids=a", "pop=0", "pop=21", "pop=x", "ids=" + ",".join("abcdefghijklmnopqrstu")],
)
async def test_bad_bulk_deletions_delete_nothing(api: httpx.AsyncClient, query: str) -> None:
    """Exactly one of ids and pop, in range."""
    await api.post(MESSAGES, json={"messages": [{"body": 1}]})

    told(await api.delete(f"{MESSAGES}?{query}"), 400)

    assert (await api.get("/v2/queues/q/stats")).json()["messages"]["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"resource_types": None},
        {"resource_types": 5},
        {"resource_types": "messages"},
        {"resource_types": [["messages"]]},
        {"resource_types": ["message"]},
    ],
)
async def test_bad_purges_purge_nothing(api: httpx.AsyncClient, body: Any) -> None:
    """What to purge has to be said clearly (D-32)."""
    await api.post(MESSAGES, json={"messages": [{"body": 1}]})

    told(await api.post("/v2/queues/q/purge", content=json.dumps(body)), 400)

    assert (await api.get("/v2/queues/q/stats")).json()["messages"]["total"] == 1


async def test_ids_make_other_parameters_be_ignored(api: httpx.AsyncClient) -> None:
    """Whoever asks by id is not asked for anything else."""
    posted = await api.post(MESSAGES, json={"messages": [{"body": 1}]})
    message_id = posted.json()["resources"][0].rsplit("/", 1)[1]

    answer = await api.get(f"{MESSAGES}?ids={message_id}&limit=0&echo=maybe")

    assert [message["id"] for message in answer.json()["messages"]] == [message_id]


async def test_a_filter_may_have_any_name(api: httpx.AsyncClient) -> None:
    """Also that of the parameter which stands for all filters; links keep it."""
    await api.put("/v2/queues/a", json={"metadata_filter": "x &=#é"})
    await api.put("/v2/queues/b", json={"metadata_filter": "y"})

    page = await api.get("/v2/queues", params={"metadata_filter": "x &=#é"})
    following = await api.get(page.json()["links"][0]["href"])

    assert [queue["name"] for queue in page.json()["queues"]] == ["a"]
    assert following.json() == {"queues": [], "links": []}


async def test_a_large_post_has_a_location_that_clients_can_read(api: httpx.AsyncClient) -> None:
    """The header stays small; the body names all messages."""
    posted = await api.post(MESSAGES, json={"messages": [{"body": n} for n in range(5000)]})

    assert len(posted.json()["resources"]) == 5000
    assert len(posted.headers["location"]) < 4096


async def test_many_faults_cost_no_more_than_one(api: httpx.AsyncClient) -> None:
    """A request full of faults is refused at the first."""
    body = json.dumps({"messages": [1] * 80_000})
    started = time.perf_counter()

    told(await api.post(MESSAGES, content=body), 400)

    assert time.perf_counter() - started < 0.3
