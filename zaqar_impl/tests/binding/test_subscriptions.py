# SPDX-License-Identifier: Apache-2.0
"""Subscriptions over REST: refusals that name the field, and what the kit does not look at."""

from typing import Any

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import Clock, Deploy
from zaqar_impl.tests.binding.test_admission import told

SUBSCRIPTIONS = "/v2/queues/q/subscriptions"
HOOK = "https://hooks.example.org/in"


async def subscribed(api: httpx.AsyncClient, **more: Any) -> str:
    """The path of a new subscription."""
    answer = await api.post(SUBSCRIPTIONS, json={"subscriber": HOOK, **more})
    assert answer.status_code == 201, answer.text
    return f"{SUBSCRIPTIONS}/{answer.json()['subscription_id']}"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param([], "object", id="array (D-34)"),
        pytest.param({}, "subscriber", id="nothing"),
        pytest.param({"subscriber": None}, "subscriber", id="subscriber null (D-34)"),
        pytest.param({"subscriber": ""}, "subscriber", id="subscriber empty (D-34)"),
        pytest.param({"subscriber": 1}, "subscriber: 1", id="subscriber a number (D-34)"),
        pytest.param({"subscriber": "ftp://h"}, "subscriber", id="scheme"),
        pytest.param({"subscriber": "http:"}, "no host", id="no host (D-41)"),
        pytest.param({"subscriber": HOOK, "ttl": 0}, "ttl: 0", id="ttl 0 (D-41)"),
        pytest.param({"subscriber": HOOK, "ttl": None}, "ttl: null", id="ttl null (D-34)"),
        pytest.param({"subscriber": HOOK, "ttl": True}, "ttl", id="ttl a boolean (D-61)"),
        pytest.param({"subscriber": HOOK, "ttl": 10**12}, "year 10000", id="ttl beyond 9999"),
        pytest.param({"subscriber": HOOK, "ttl": 10**40}, "ttl", id="ttl huge"),
        pytest.param({"subscriber": HOOK, "options": []}, "options: []", id="options (D-41)"),
        pytest.param(
            {"subscriber": HOOK, "options": {"post_data": 1}}, "options.post_data", id="data (D-41)"
        ),
        pytest.param(
            {"subscriber": HOOK, "options": {"post_headers": {"X": 1}}},
            "options.post_headers.X",
            id="headers (D-41)",
        ),
        pytest.param(
            {"subscriber": HOOK, "options": {"trust_id": 1}}, "options.trust_id", id="trust"
        ),
        pytest.param(
            {"subscriber": HOOK, "options": {"_retry_policy": {"minimum_delay_retries": -1}}},
            "options._retry_policy.minimum_delay_retries",
            id="negative retries (D-42)",
        ),
        pytest.param(
            {"subscriber": HOOK, "options": {"_retry_policy": {"minimum_delay": 21}}},
            "_retry_policy",
            id="delays too close",
        ),
        pytest.param(
            {"subscriber": HOOK, "options": {"a": [2**63]}}, "options", id="integer of 65 bits"
        ),
    ],
)
async def test_bad_subscriptions_store_nothing(
    api: httpx.AsyncClient, body: Any, names: str
) -> None:
    """A refusal names the field, and makes no queue (D-40)."""
    assert names in told(await api.post(SUBSCRIPTIONS, json=body), 400)
    assert (await api.get("/v2/queues")).json()["queues"] == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param([], "object", id="array"),
        pytest.param({}, "at least one", id="nothing"),
        pytest.param({"confirmed": True}, "at least one", id="nothing known"),
        pytest.param({"subscriber": ""}, "subscriber", id="subscriber empty (D-41)"),
        pytest.param({"subscriber": "http://h:0", "ttl": 60}, "port", id="port (D-41)"),
        pytest.param({"ttl": 59, "options": {}}, "ttl: 59", id="ttl"),
        pytest.param({"ttl": 10**12}, "year 10000", id="ttl beyond 9999"),
        pytest.param({"ttl": 60, "options": {"from": []}}, "options.from", id="option (D-41)"),
        pytest.param({"ttl": 60, "options": {"a": 2**64}}, "options", id="integer of 65 bits"),
    ],
)
async def test_bad_changes_change_nothing(api: httpx.AsyncClient, body: Any, names: str) -> None:
    """A refusal names the field, and all of the subscription stays."""
    path = await subscribed(api, ttl=600)
    before = (await api.get(path)).json()

    assert names in told(await api.patch(path, json=body), 400)
    assert (await api.get(path)).json() == before


async def test_null_is_no_change(api: httpx.AsyncClient) -> None:
    """null beside a value leaves what it is about; nothing but null is refused."""
    path = await subscribed(api, options={"a": 1})

    assert (await api.patch(path, json={"ttl": 600, "options": None})).status_code == 204
    assert (await api.get(path)).json()["options"] == {"a": 1}
    assert "at least one" in told(await api.patch(path, json={"ttl": None}), 400)


async def test_limits_are_the_deployments(deployment: Deploy) -> None:
    """Types, default lifetime and page size are options, and the document shows the last two."""
    api = deployment(
        subscriber_types=("mailto",), default_subscription_ttl=90, max_subscriptions_per_page=5
    )

    assert "mailto" in told(await api.post(SUBSCRIPTIONS, json={"subscriber": HOOK}), 400)
    await api.post(SUBSCRIPTIONS, json={"subscriber": "mailto:ops@example.org"})
    page = (await api.get(SUBSCRIPTIONS)).json()
    assert [one["ttl"] for one in page["subscriptions"]] == [90]
    assert "maximum of 5" in told(await api.get(f"{SUBSCRIPTIONS}?limit=6"), 400)
    schemas = (await api.get("/openapi.json")).json()["components"]["schemas"]
    assert schemas["SubscriptionTtl"]["default"] == 90


async def test_conflicts_have_their_headers(api: httpx.AsyncClient) -> None:
    """A confirmed subscriber is told where the subscriptions are."""
    path = await subscribed(api)
    await api.put(f"{path}/confirm", json={"confirmed": True})

    answer = await api.post(SUBSCRIPTIONS, json={"subscriber": HOOK})

    assert "confirmed" in told(answer, 409)
    assert answer.headers["Location"] == SUBSCRIPTIONS
    await api.post(SUBSCRIPTIONS, json={"subscriber": "http://other"})
    assert "another" in told(await api.patch(path, json={"subscriber": "http://other"}), 409)


async def test_subscription_ends_exactly(api: httpx.AsyncClient, clock: Clock) -> None:
    """To the second, and a change of the ttl counts from then on."""
    path = await subscribed(api, ttl=60)
    clock.now += 59
    assert (await api.get(path)).json()["age"] == 59
    await api.patch(path, json={"ttl": 120})
    clock.now += 119
    shown = (await api.get(path)).json()
    assert (shown["age"], shown["ttl"]) == (178, 120)
    clock.now += 1

    told(await api.get(path), 404)
    assert (await api.get(SUBSCRIPTIONS)).json() == {"subscriptions": [], "links": []}


@pytest.mark.parametrize("path", [SUBSCRIPTIONS, f"{SUBSCRIPTIONS}/x"])
async def test_storage_that_is_gone_is_503(broken_api: httpx.AsyncClient, path: str) -> None:
    """As for every other operation."""
    answer = await broken_api.get(path)

    told(answer, 503)
    assert "Retry-After" in answer.headers
