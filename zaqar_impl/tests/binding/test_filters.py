# SPDX-License-Identifier: Apache-2.0
"""Message filters, as clients meet them: the filter of the example package, and one that fails."""

import hashlib
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp

from zaqar_impl.config import load
from zaqar_impl.filters import IncomingMessage, MessageFilter, OutgoingMessage
from zaqar_impl.filters.pipeline import Pipeline, Stage
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.tests.binding.conftest import HEADERS, Clock, application_of

MESSAGES = "/v2/queues/q/messages"
SECRET = "5105105105105100"

CONFIGURATION = """
[DEFAULT]
enable_checksum = true
[transport]
message_encryption_key = a key of the deployment with filters
[storage]
message_pipeline = guard
[filter:guard]
refuse = card
redact = password
hide = phone
"""


class Failing(MessageFilter):
    """Works until a body has a secret in it, or until it is told to fail or dawdle on delivery."""

    fails_on_delivery = False
    dawdles = 0.0

    def __init__(self, clock: Clock) -> None:
        super().__init__({})
        self.clock = clock

    async def on_post(self, message: IncomingMessage) -> None:
        if message.body == SECRET:
            raise KeyError("secret")

    async def on_delivery(self, message: OutgoingMessage) -> None:
        if self.fails_on_delivery:
            raise RuntimeError("out of order")
        self.clock.now += self.dawdles


Clients = dict[str, httpx.AsyncClient]


@pytest.fixture(scope="module")
def filter_that_fails(clock: Clock) -> Failing:
    return Failing(clock)


@pytest.fixture
def failing(filter_that_fails: Failing) -> Iterator[Failing]:
    yield filter_that_fails
    filter_that_fails.fails_on_delivery, filter_that_fails.dawdles = False, 0.0


@pytest.fixture(scope="module")
def deployments(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, filter_that_fails: Failing
) -> dict[str, ASGIApp]:
    """Three deployments over one storage: without filters, with the example's, and with the one
    that fails."""
    file = tmp_path_factory.mktemp("filters") / "zaqar.conf"
    file.write_text(CONFIGURATION)
    plain, storage = load([], {}), MemoryStorage(clock)
    shaky = Pipeline([Stage("shaky", filter_that_fails)])
    return {
        "plain": application_of(plain, storage, clock),
        "guarded": application_of(load([file], {}), storage, clock),
        "failing": application_of(plain, storage, clock, filters=shaky),
    }


@pytest.fixture
async def clients(deployments: dict[str, ASGIApp]) -> AsyncIterator[Clients]:
    """A client of each deployment, all in one new project."""
    headers = {**HEADERS, "X-Project-ID": uuid.uuid4().hex}
    async with AsyncExitStack() as stack:
        made = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(application), base_url="http://zaqar", headers=headers
            )
            for name, application in deployments.items()
        }
        for client in made.values():
            await stack.enter_async_context(client)
        yield made


async def posted(api: httpx.AsyncClient, *bodies: Any) -> httpx.Response:
    """The answer to a post; a body may be JSON text as bytes."""
    content = b",".join(
        b'{"body": %b}' % (body if isinstance(body, bytes) else orjson.dumps(body))
        for body in bodies
    )
    return await api.post(MESSAGES, content=b'{"messages": [%b]}' % content)


async def listed(api: httpx.AsyncClient) -> list[Any]:
    answer = await api.get(MESSAGES, params={"echo": "true", "include_claimed": "true"})
    return [message["body"] for message in answer.json()["messages"]]


@pytest.mark.option("storage.message_pipeline")
async def test_a_filter_redacts_what_is_stored(clients: Clients) -> None:
    """Who reads past the filter sees it too: it is not there."""
    answer = await posted(clients["guarded"], {"user": "ada", "password": "x", "phone": "1"})

    assert answer.status_code == 201
    assert await listed(clients["plain"]) == [{"user": "ada", "password": "***", "phone": "1"}]


async def test_a_filter_refuses(clients: Clients) -> None:
    """With its own words; no message of the post is stored, and no queue is made."""
    answer = await posted(clients["guarded"], {"user": "ada"}, {"card": SECRET})

    assert answer.status_code == 400
    assert answer.json()["description"] == (
        "messages[1] is refused: the body may have no member 'card'."
    )
    assert await listed(clients["plain"]) == []
    assert (await clients["plain"].head("/v2/queues/q")).status_code == 404


async def test_a_filter_knows_the_metadata_of_the_queue(
    clients: Clients,
) -> None:
    """The example lets owners refuse more."""
    await clients["plain"].put("/v2/queues/q", json={"refuse": ["born"]})

    assert (await posted(clients["guarded"], {"born": 1970})).status_code == 400


async def test_a_filter_sees_every_way_out(clients: Clients) -> None:
    """Lists, fetches, claims and pops; the checksum is of what the client gets."""
    api = clients["guarded"]
    posts = await posted(clients["plain"], {"phone": "1"})
    [href] = posts.json()["resources"]
    hidden = {"phone": "***"}

    one = (await api.get(href)).json()
    many = (await api.get(MESSAGES, params={"ids": one["id"]})).json()["messages"]
    page = (await api.get(MESSAGES, params={"echo": "true"})).json()["messages"]
    made = await api.post("/v2/queues/q/claims")
    claim = (await api.get(made.headers["location"])).json()["messages"]
    await api.delete(made.headers["location"])
    popped = (await api.delete(MESSAGES, params={"pop": 1})).json()["messages"]

    told = [one, *many, *page, *made.json()["messages"], *claim]
    assert [message["body"] for message in [*told, *popped]] == [hidden] * 6
    text = hashlib.md5(b'{"phone": "***"}').hexdigest()
    assert [message["checksum"] for message in told] == [f"MD5:{text}"] * 5


async def test_a_pop_through_filters_is_a_pop(clients: Clients) -> None:
    """The messages are gone, in order, and no claim shows."""
    await posted(clients["plain"], 1, 2, 3)

    popped = (await clients["guarded"].delete(MESSAGES, params={"pop": 2})).json()["messages"]
    rest = (await clients["guarded"].delete(MESSAGES, params={"pop": 2})).json()["messages"]
    none = (await clients["guarded"].delete(MESSAGES, params={"pop": 2})).json()["messages"]

    assert [(message["body"], message["claim_count"]) for message in popped] == [(1, 0), (2, 0)]
    assert [message["body"] for message in rest] == [3]
    assert none == []


async def test_bodies_that_a_filter_leaves_alone_keep_their_bytes(
    clients: Clients,
) -> None:
    """On their way in and out."""
    body = b'{ "n" : [ 12345678901234567890123, 1.10, 1E2 ] }'
    answer = await posted(clients["guarded"], body)

    [href] = answer.json()["resources"]
    shown = await clients["guarded"].get(href)

    assert body in shown.content


async def test_a_filter_that_fails_on_post_stores_nothing(
    clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a 500 that tells nothing, the log has the filter's name, and no body."""
    with caplog.at_level(logging.ERROR):
        answer = await posted(clients["failing"], "good", SECRET)

    assert answer.status_code == 500
    assert "shaky" not in answer.text
    assert await listed(clients["plain"]) == []
    assert "message filter 'shaky' failed on a message posted to queue 'q'" in caplog.text
    assert SECRET not in answer.text + caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{MESSAGES}?echo=true"),
        ("DELETE", f"{MESSAGES}?pop=5"),
        ("POST", "/v2/queues/q/claims"),
    ],
)
async def test_a_filter_that_fails_on_delivery_loses_nothing(
    clients: Clients, failing: Failing, method: str, path: str
) -> None:
    """Once it works again the messages are there, unclaimed; nothing was handed out unseen."""
    await posted(clients["plain"], "a", "b")
    failing.fails_on_delivery = True

    answer = await clients["failing"].request(method, path)
    failing.fails_on_delivery = False

    assert answer.status_code == 500
    assert b'"a"' not in answer.content
    popped = (await clients["failing"].delete(MESSAGES, params={"pop": 5})).json()["messages"]
    assert [message["body"] for message in popped] == ["a", "b"]


async def test_a_filter_that_dawdles_loses_nothing(clients: Clients, failing: Failing) -> None:
    """A pop that could not be finished in time removes nothing: others may have the messages by
    now."""
    await posted(clients["plain"], "a")
    failing.dawdles = 31

    answer = await clients["failing"].delete(MESSAGES, params={"pop": 5})

    assert answer.status_code == 500
    assert await listed(clients["plain"]) == ["a"]


async def test_encryption_is_inside_of_filters(clients: Clients) -> None:
    """What is posted is filtered and then sealed, what is read is opened and then filtered."""
    api = clients["guarded"]
    await api.put("/v2/queues/q", json={"_enable_encrypt_messages": True})
    [href] = (await posted(api, {"password": "x", "phone": "1"})).json()["resources"]

    unreadable = await clients["plain"].get(href)
    shown = (await api.get(href)).json()["body"]
    [popped] = (await api.delete(MESSAGES, params={"pop": 1})).json()["messages"]

    assert unreadable.status_code == 503
    assert shown == popped["body"] == {"password": "***", "phone": "***"}
    assert (await api.get(href)).status_code == 404


async def test_filters_see_topics_as_well(clients: Clients) -> None:
    """On every way in and out that topics have."""
    messages, body = "/v2/topics/t/messages", {"password": "x", "phone": "1"}
    api = clients["guarded"]
    refused = await api.post(messages, json={"messages": [{"body": {"card": SECRET}}]})
    taken = await api.post(messages, json={"messages": [{"body": body}]})
    [href] = taken.json()["resources"]

    one = (await api.get(href)).json()
    many = (await api.get(messages, params={"ids": one["id"]})).json()["messages"]
    page = (await api.get(messages, params={"echo": "true"})).json()["messages"]
    popped = (await api.delete(messages, params={"pop": 1})).json()["messages"]

    assert refused.status_code == 400
    hidden = {"password": "***", "phone": "***"}
    assert [message["body"] for message in [one, *many, *page, *popped]] == [hidden] * 4
    assert (await api.get(href)).status_code == 404
