# SPDX-License-Identifier: Apache-2.0
"""The health of the storage, and the switch that opens it to administrators."""

import logging
from typing import Any

import httpx
import pytest

from zaqar_impl.domain.health import PooledHealth
from zaqar_impl.handlers.health import storage_health
from zaqar_impl.rest import health
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.tests.binding.conftest import Deploy

OPERATIONS = {
    "create_queue",
    "post_messages",
    "claim_messages",
    "list_messages",
    "delete_messages",
    "delete_claim",
    "bulk_delete_messages",
    "delete_queue",
}


@pytest.fixture
def admin_api(deployment: Deploy) -> httpx.AsyncClient:
    """A client of a deployment in admin_mode."""
    return deployment(admin_mode=True)


@pytest.mark.option("DEFAULT.admin_mode")
async def test_health_exists_in_admin_mode_only(
    api: httpx.AsyncClient, admin_api: httpx.AsyncClient
) -> None:
    """Elsewhere nothing tells of it: the path is unknown, and in no document."""
    for client, status in ((api, 404), (admin_api, 200)):
        there = status == 200
        assert (await client.get("/v2/health")).status_code == status
        assert ("/v2/health" in (await client.get("/openapi.json")).json()["paths"]) == there
        actions = (await client.get("/asyncapi.json")).json()["operations"]
        assert ("check_node_health" in actions) == there
        home = (await client.get("/v2/")).json()["resources"]
        assert home.get("rel/health", {}).get("href") == ("/v2/health" if there else None)


async def test_client_is_no_administrator_by_its_own_word(api: httpx.AsyncClient) -> None:
    """X-Roles of a client is worth nothing."""
    answer = await api.get("/v2/health", headers={"X-Roles": "admin"})

    assert answer.status_code == 404


async def test_pools_and_flavors_need_pooling_too(admin_api: httpx.AsyncClient) -> None:
    """admin_mode alone does not let them exist."""
    for path in ("/v2/pools", "/v2/pools/east", "/v2/pools/east/queues", "/v2/flavors/fast"):
        assert (await admin_api.get(path)).status_code == 404
    home = (await admin_api.get("/v2/")).json()["resources"]
    assert [name for name in home if "pool" in name or "flavor" in name] == []


async def test_health_of_a_storage_that_is_well(admin_api: httpx.AsyncClient) -> None:
    """Everything would succeed, and the messages are counted."""
    messages = {"messages": [{"body": n, "ttl": 60} for n in range(5)]}
    await admin_api.post("/v2/queues/jobs/messages", json=messages)
    await admin_api.post("/v2/queues/jobs/claims", json={"ttl": 60, "grace": 60})

    health = (await admin_api.get("/v2/health")).json()

    assert health["storage_reachable"] is True
    assert set(health["operation_status"]) == OPERATIONS
    for status in health["operation_status"].values():
        assert status == {"succeeded": True, "seconds": status["seconds"], "ref": None}
    volume = health["message_volume"]
    assert volume["claimed"] >= 5
    assert volume["free"] + volume["claimed"] == volume["total"]


async def test_health_of_a_storage_that_is_gone(
    deployment: Deploy, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, with 200; the ids of the failures are in the log beside the cause."""
    with caplog.at_level(logging.WARNING):
        answer = await deployment(broken=True, admin_mode=True).get("/v2/health")

    assert answer.status_code == 200
    health = answer.json()
    assert health["storage_reachable"] is False
    assert "message_volume" not in health
    assert {status["succeeded"] for status in health["operation_status"].values()} == {False}
    logged = [record.getMessage() for record in caplog.records]
    for status in health["operation_status"].values():
        assert any(status["ref"] in line and "driver text" in line for line in logged)
    assert "driver text" not in answer.text


async def test_pools_have_a_member_each() -> None:
    """Beside the catalogue."""
    one: Any = await storage_health(MemoryStorage(FakeClock()))
    request: Any = None

    answer = health.document(PooledHealth(True, {"east": one, "west": one}), request, 0)

    document = bytes(answer.body).decode()
    assert document.count("storage_reachable") == 2
    assert '"catalog_reachable":true' in document


async def test_missing_identity_comes_first(admin_api: httpx.AsyncClient) -> None:
    """As everywhere below /v2."""
    bare = await admin_api.get("/v2/health", headers={"Client-ID": "x"})

    assert bare.status_code == 400
