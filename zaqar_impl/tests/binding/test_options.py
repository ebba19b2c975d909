# SPDX-License-Identifier: Apache-2.0
"""What each option of ``[transport]`` changes for clients; each deployment here differs from the
default in what the test is about."""

from typing import Any

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import Clock, Deploy

MESSAGES = "/v2/queues/q/messages"
CLAIMS = "/v2/queues/q/claims"
SUBSCRIPTIONS = "/v2/queues/q/subscriptions"
ALL = {"echo": "true"}


async def post(api: httpx.AsyncClient, count: int = 1, **members: Any) -> httpx.Response:
    """Post so many messages, each with these members."""
    messages = [{"body": number, **members} for number in range(count)]
    return await api.post(MESSAGES, json={"messages": messages})


async def subscribe(api: httpx.AsyncClient, subscriber: str, **members: Any) -> httpx.Response:
    return await api.post(SUBSCRIPTIONS, json={"subscriber": subscriber, **members})


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 400


@pytest.mark.option("transport.default_message_ttl")
async def test_default_message_ttl(deployment: Deploy) -> None:
    """A message posted without a lifetime gets this one."""
    api = deployment(default_message_ttl=120)

    await post(api)

    [message] = (await api.get(MESSAGES, params=ALL)).json()["messages"]
    assert message["ttl"] == 120


@pytest.mark.option("transport.default_message_delay")
async def test_default_message_delay(deployment: Deploy) -> None:
    """Queues show it as their default delay; it delays nothing."""
    api = deployment(default_message_delay=30)
    await api.put("/v2/queues/q")
    await post(api)

    shown = (await api.get("/v2/queues/q")).json()

    assert shown["_default_message_delay"] == 30
    assert len((await api.get(MESSAGES, params=ALL)).json()["messages"]) == 1


@pytest.mark.option("transport.default_claim_ttl")
async def test_default_claim_ttl(deployment: Deploy) -> None:
    """A claim made without a lifetime gets this one."""
    api = deployment(default_claim_ttl=70)
    await post(api)

    claim = (await api.post(CLAIMS)).headers["location"]

    assert (await api.get(claim)).json()["ttl"] == 70


@pytest.mark.option("transport.default_claim_grace")
async def test_default_claim_grace(deployment: Deploy, clock: Clock) -> None:
    """Claimed messages outlive the claim by this much, if they would have ended before."""
    api = deployment(default_claim_grace=100)
    await post(api, ttl=60)
    claim = (await api.post(CLAIMS, json={"ttl": 60})).headers["location"]
    await api.delete(claim)

    clock.now += 159
    before = (await api.get(MESSAGES, params=ALL)).json()["messages"]
    clock.now += 2

    assert len(before) == 1
    assert (await api.get(MESSAGES, params=ALL)).json()["messages"] == []


@pytest.mark.option("transport.default_subscription_ttl")
async def test_default_subscription_ttl(deployment: Deploy) -> None:
    """A subscription made without a lifetime gets this one."""
    api = deployment(default_subscription_ttl=90)
    await api.put("/v2/queues/q")

    made = (await subscribe(api, "http://example.org")).json()["subscription_id"]

    assert (await api.get(f"{SUBSCRIPTIONS}/{made}")).json()["ttl"] == 90


@pytest.mark.option("transport.subscriber_types")
async def test_subscriber_types(deployment: Deploy) -> None:
    """Subscribers of other schemes are refused."""
    api = deployment(subscriber_types=("https",))
    await api.put("/v2/queues/q")

    taken = await subscribe(api, "https://example.org")

    assert taken.status_code == 201
    assert refused(await subscribe(api, "http://example.org"))


@pytest.mark.option("transport.max_queues_per_page")
async def test_max_queues_per_page(deployment: Deploy) -> None:
    """A longer page of queues can't be asked for."""
    api = deployment(max_queues_per_page=3)

    within = await api.get("/v2/queues", params={"limit": 3})

    assert within.status_code == 200
    assert refused(await api.get("/v2/queues", params={"limit": 4}))


@pytest.mark.option("transport.max_messages_per_page")
async def test_max_messages_per_page(deployment: Deploy) -> None:
    """A longer page of messages, or more ids, can't be asked for."""
    api = deployment(max_messages_per_page=2)
    await post(api)

    within = await api.get(MESSAGES, params={"limit": 2})

    assert within.status_code == 200
    assert refused(await api.get(MESSAGES, params={"limit": 3}))
    assert refused(await api.get(f"{MESSAGES}?ids=a,b,c"))
    assert refused(await api.delete(f"{MESSAGES}?ids=a,b,c"))


@pytest.mark.option("transport.max_subscriptions_per_page")
async def test_max_subscriptions_per_page(deployment: Deploy) -> None:
    """A longer page of subscriptions can't be asked for."""
    api = deployment(max_subscriptions_per_page=3)
    await api.put("/v2/queues/q")

    within = await api.get(SUBSCRIPTIONS, params={"limit": 3})

    assert within.status_code == 200
    assert refused(await api.get(SUBSCRIPTIONS, params={"limit": 4}))


@pytest.mark.option("transport.max_messages_per_claim_or_pop")
async def test_max_messages_per_claim_or_pop(deployment: Deploy) -> None:
    """More messages can be neither claimed nor popped at once."""
    api = deployment(max_messages_per_claim_or_pop=2)
    await post(api, 3)

    claimed = await api.post(CLAIMS, params={"limit": 2})

    assert len(claimed.json()["messages"]) == 2
    assert refused(await api.post(CLAIMS, params={"limit": 3}))
    assert refused(await api.delete(MESSAGES, params={"pop": 3}))


@pytest.mark.option("transport.max_queue_metadata")
async def test_max_queue_metadata(deployment: Deploy) -> None:
    """Longer metadata are refused."""
    api = deployment(max_queue_metadata=12)

    within = await api.put("/v2/queues/q", content=b'{"a": "bcd"}')

    assert within.status_code == 201
    assert refused(await api.put("/v2/queues/q", content=b'{"a": "bcde"}'))


@pytest.mark.option("transport.max_messages_post_size")
async def test_max_messages_post_size(deployment: Deploy) -> None:
    """A longer request with messages is refused."""
    body = b'{"messages": [{"body": "12345"}]}'
    api = deployment(max_messages_post_size=len(body))

    within = await api.post(MESSAGES, content=body)

    assert within.status_code == 201
    assert refused(await api.post(MESSAGES, content=body.replace(b"5", b"56")))


@pytest.mark.option("transport.max_message_ttl")
async def test_max_message_ttl(deployment: Deploy) -> None:
    """A longer life is refused."""
    api = deployment(max_message_ttl=4000)

    within = await post(api, ttl=4000)

    assert within.status_code == 201
    assert refused(await post(api, ttl=4001))


@pytest.mark.option("transport.max_message_delay")
async def test_max_message_delay(deployment: Deploy) -> None:
    """A longer delay is refused."""
    api = deployment(max_message_delay=5)

    within = await post(api, delay=5)

    assert within.status_code == 201
    assert refused(await post(api, delay=6))


@pytest.mark.option("transport.max_claim_ttl")
async def test_max_claim_ttl(deployment: Deploy) -> None:
    """A longer claim is refused."""
    api = deployment(max_claim_ttl=400)

    within = await api.post(CLAIMS, json={"ttl": 400})

    assert within.status_code == 204
    assert refused(await api.post(CLAIMS, json={"ttl": 401}))


@pytest.mark.option("transport.max_claim_grace")
async def test_max_claim_grace(deployment: Deploy) -> None:
    """A longer grace is refused."""
    api = deployment(max_claim_grace=400)

    within = await api.post(CLAIMS, json={"grace": 400})

    assert within.status_code == 204
    assert refused(await api.post(CLAIMS, json={"grace": 401}))


@pytest.mark.option("transport.client_id_uuid_safe")
async def test_client_id_uuid_safe(deployment: Deploy) -> None:
    """Only where it is off, a Client-ID may be other than a UUID."""
    strict, free = deployment(), deployment(client_id_uuid_safe="off")
    headers = {"Client-ID": "machine-number-7"}

    taken = await free.get("/v2/queues", headers=headers)

    assert taken.status_code == 200
    assert refused(await strict.get("/v2/queues", headers=headers))


@pytest.mark.option("transport.min_length_client_id", "transport.max_length_client_id")
@pytest.mark.parametrize(("length", "status"), [(3, 400), (4, 200), (6, 200), (7, 400)], ids=str)
async def test_lengths_of_client_ids(deployment: Deploy, length: int, status: int) -> None:
    """A Client-ID that need not be a UUID is no shorter and no longer than these."""
    api = deployment(client_id_uuid_safe="off", min_length_client_id=4, max_length_client_id=6)

    answer = await api.get("/v2/queues", headers={"Client-ID": "x" * length})

    assert answer.status_code == status


@pytest.mark.option("transport.message_delete_with_claim_id")
async def test_message_delete_with_claim_id(deployment: Deploy) -> None:
    """Messages are deleted by ids only together with the ids of their claims."""
    api = deployment(message_delete_with_claim_id=True)
    await post(api)
    claimed = await api.post(CLAIMS)
    [message] = claimed.json()["messages"]
    claim = claimed.headers["location"].rsplit("/", 1)[1]

    bare = await api.delete(MESSAGES, params={"ids": message["id"]})
    named = await api.delete(MESSAGES, params={"ids": message["id"], "claim_ids": claim})

    assert refused(bare)
    assert named.status_code == 204
