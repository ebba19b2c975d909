# SPDX-License-Identifier: Apache-2.0
"""Encryption at rest, as clients see it: of deployments with a key, without one, and of one whose
operator changes keys."""

import functools
import hashlib
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from starlette.types import ASGIApp

from zaqar_impl.config import load
from zaqar_impl.domain.values import NewMessage, QueueRef
from zaqar_impl.storage.interface import PASSED_OVER
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.tests.binding.conftest import HEADERS, Clock, Deploy, application_of

OLD, NEW = "the old key, ".ljust(40, "o"), "the new key, ".ljust(40, "n")
QUEUE = "/v2/queues/q"
MESSAGES = f"{QUEUE}/messages"
CLAIMS = f"{QUEUE}/claims"
ENCRYPT = {"_enable_encrypt_messages": True}
PATCH = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}

#: JSON that comes back only if nobody parses it on the way.
BODIES = (
    '"clear text"',
    '""',
    "null",
    "123456789012345678901234567890",
    '{"b": 1.10, "a": ["é", {"\\u0000": null}]}',
)

#: Makes a client of a deployment with these keys; all are of one storage.
WithKeys = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="module")
def moving_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def storage(moving_clock: Clock) -> MemoryStorage:
    return MemoryStorage(moving_clock)


@pytest.fixture(scope="module")
def deployed(storage: MemoryStorage, moving_clock: Clock) -> Callable[..., ASGIApp]:
    """Gives the application of a deployment with these keys; each is built once."""

    @functools.cache
    def build(*keys: str, **options: Any) -> ASGIApp:
        given: dict[tuple[str | None, str], Any] = {
            ("transport", "message_encryption_keys"): keys,
            **{(None, name): value for name, value in options.items()},
        }
        settings = load([], given)
        return application_of(settings, storage, moving_clock)

    return build


@pytest.fixture
def ref() -> QueueRef:
    """The queue, in a project of its own."""
    return QueueRef(uuid.uuid4().hex, "q")


@pytest.fixture
async def with_keys(deployed: Callable[..., ASGIApp], ref: QueueRef) -> AsyncIterator[WithKeys]:
    async with AsyncExitStack() as stack:

        def make(*keys: str, **options: Any) -> httpx.AsyncClient:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(deployed(*keys, **options)),
                base_url="http://zaqar",
                headers={**HEADERS, "X-Project-ID": ref.project},
            )
            stack.push_async_callback(client.aclose)
            return client

        yield make


async def set_flag(api: httpx.AsyncClient, value: bool) -> httpx.Response:
    change = {"op": "replace", "path": "/metadata/_enable_encrypt_messages", "value": value}
    return await api.patch(QUEUE, content=json.dumps([change]), headers=PATCH)


async def post(api: httpx.AsyncClient, *texts: str) -> list[str]:
    """Post these bodies, given as JSON text; their hrefs."""
    messages = ", ".join(f'{{"body": {text}}}' for text in texts)
    content = f'{{"messages": [{messages}]}}'
    answer = await api.post(MESSAGES, content=content.encode())
    assert answer.status_code == 201, answer.text
    hrefs: list[str] = answer.json()["resources"]
    return hrefs


async def stored(storage: MemoryStorage, ref: QueueRef) -> list[tuple[bytes, str | None]]:
    """The bodies that the storage holds, with the mark of each."""
    found = await storage.messages.list(
        ref,
        after=0,
        limit=100,
        hide_producer=None,
        include_claimed=True,
        include_delayed=True,
    )
    return [(message.body, message.key_id) for message in found]


async def listed(api: httpx.AsyncClient, **params: Any) -> list[Any]:
    """The bodies of a listing."""
    answer = await api.get(MESSAGES, params={"echo": "true", "include_claimed": "true", **params})
    assert answer.status_code == 200, answer.text
    return [message["body"] for message in answer.json()["messages"]]


async def test_bodies_come_back_on_every_way(
    with_keys: WithKeys, storage: MemoryStorage, ref: QueueRef
) -> None:
    """Byte for byte; what is stored shows none of them."""
    api = with_keys(NEW)
    assert (await api.put(QUEUE, json=ENCRYPT)).status_code == 201
    hrefs = await post(api, *BODIES)
    ids = [href.rpartition("/")[2] for href in hrefs]

    answers = [await api.get(MESSAGES, params={"echo": "true"})]
    answers += [await api.get(MESSAGES, params={"ids": ids})]
    answers += [await api.post(CLAIMS)]
    answers += [await api.get(answers[-1].headers["location"])]
    for text, href in zip(BODIES, hrefs, strict=True):
        assert ('"body":' + text).encode() in (await api.get(href)).content
    kept = await stored(storage, ref)
    await api.delete(answers[-1].json()["href"])
    answers += [await api.delete(MESSAGES, params={"pop": 20})]

    for answer in answers:
        for text in BODIES:
            assert ('"body":' + text).encode() in answer.content
    assert {len(key or "") for _, key in kept} == {16}
    for text, (body, _) in zip(BODIES, kept, strict=True):
        assert len(text) < 4 or text.encode() not in body


async def test_each_message_is_as_the_flag_was_when_it_was_posted(
    with_keys: WithKeys, storage: MemoryStorage, ref: QueueRef
) -> None:
    """So queues that were switched on and off are read right."""
    api = with_keys(NEW)
    await api.put(QUEUE)
    await post(api, '"1"')
    for value, text in ((True, '"2"'), (False, '"3"'), (True, '"4"')):
        changed = await set_flag(api, value)
        assert changed.json()["_enable_encrypt_messages"] is value
        await post(api, text)

    assert await listed(api) == ["1", "2", "3", "4"]
    kept = await stored(storage, ref)
    assert [key is not None for _, key in kept] == [False, True, False, True]
    assert [body for body, key in kept if key is None] == [b'"1"', b'"3"']


async def test_dead_letters_are_opened(with_keys: WithKeys) -> None:
    """In a queue that does not encrypt itself."""
    api = with_keys(NEW)
    await api.put(QUEUE, json={**ENCRYPT, "_max_claim_count": 0, "_dead_letter_queue": "dead"})
    await post(api, '"1"')

    assert (await api.post(CLAIMS)).status_code == 204

    answer = await api.post("/v2/queues/dead/claims")
    assert [message["body"] for message in answer.json()["messages"]] == ["1"]


async def test_checksum_is_that_of_the_clear_body(with_keys: WithKeys) -> None:
    """A client can compare it with what it posted."""
    api = with_keys(NEW, enable_checksum=True)
    await api.put(QUEUE, json=ENCRYPT)
    [href] = await post(api, '"two"')

    message = (await api.get(href)).json()

    assert message["checksum"] == "MD5:" + hashlib.md5(b'"two"').hexdigest()


async def test_largest_post_can_be_encrypted(with_keys: WithKeys) -> None:
    """The bound of a request is that of its clear text."""
    api = with_keys(NEW)
    await api.put(QUEUE, json=ENCRYPT)
    frame = len('{"messages": [{"body": ""}]}')

    [href] = await post(api, f'"{"x" * (262144 - frame)}"')

    assert (await api.get(href)).json()["body"] == "x" * (262144 - frame)


# -- without a key


@pytest.mark.parametrize("request_of", ["put", "patch"])
async def test_server_without_key_refuses(api: httpx.AsyncClient, request_of: str) -> None:
    """It names the field, and nothing is made or changed."""
    await api.put("/v2/queues/q")

    if request_of == "put":
        answer = await api.put("/v2/queues/other", json=ENCRYPT)
    else:
        answer = await set_flag(api, True)

    assert answer.status_code == 400
    assert "_enable_encrypt_messages" in answer.json()["description"]
    assert (await api.get(QUEUE)).json()["_enable_encrypt_messages"] is False
    names = [queue["name"] for queue in (await api.get("/v2/queues")).json()["queues"]]
    assert names == ["q"]


@pytest.mark.parametrize("value", [0, 1, "true", "", [], {}])
async def test_flag_is_strictly_boolean(with_keys: WithKeys, value: Any) -> None:
    """Also where there is a key."""
    answer = await with_keys(NEW).put(QUEUE, json={"_enable_encrypt_messages": value})

    assert answer.status_code == 400
    assert "_enable_encrypt_messages" in answer.json()["description"]


@pytest.mark.parametrize("value", [False, None])
async def test_flag_that_asks_for_nothing_needs_no_key(api: httpx.AsyncClient, value: Any) -> None:
    """The queue stores clear text, as by default."""
    assert (await api.put(QUEUE, json={"_enable_encrypt_messages": value})).status_code == 201
    await post(api, "1")
    assert await listed(api) == [1]


async def test_post_is_refused_when_the_key_is_gone(
    with_keys: WithKeys, storage: MemoryStorage, ref: QueueRef
) -> None:
    """It is not the client's fault, and no clear text is stored; other queues go on."""
    await with_keys(NEW).put(QUEUE, json=ENCRYPT)
    api = with_keys()

    answer = await api.post(MESSAGES, json={"messages": [{"body": "1"}]})
    other = await api.post("/v2/queues/other/messages", json={"messages": [{"body": "1"}]})

    assert (answer.status_code, other.status_code) == (503, 201)
    assert "Retry-After" in answer.headers
    assert "encryption" in answer.json()["description"]
    assert await stored(storage, ref) == []
    assert (await set_flag(api, False)).status_code == 200
    await post(api, '"2"')
    assert await stored(storage, ref) == [(b'"2"', None)]


# -- bodies that can't be opened


@pytest.fixture
async def half(with_keys: WithKeys) -> tuple[httpx.AsyncClient, list[str]]:
    """A deployment that can open every second message, and where they are."""
    await with_keys(OLD).put(QUEUE, json=ENCRYPT)
    hrefs = [
        href
        for number in range(10)
        for href in await post(with_keys((OLD, NEW)[number % 2]), str(number))
    ]
    return with_keys(NEW), hrefs


async def test_lists_leave_out_what_can_not_be_opened(
    half: tuple[httpx.AsyncClient, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    """A reader that pages gets all others; the log says which key is missing and no body."""
    api, _ = half
    pages, url = [], f"{MESSAGES}?echo=true&limit=1"
    with caplog.at_level(logging.WARNING):
        while page := (await api.get(url)).json()["messages"]:
            pages.append([message["body"] for message in page])
            url = (await api.get(url)).json()["links"][0]["href"]

    assert pages == [[1], [3], [5], [7], [9]]
    assert "there is no key" in caplog.text
    assert OLD not in caplog.text


async def test_lists_pass_quickly_over_what_can_not_be_opened(
    with_keys: WithKeys, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many lie between two messages, a page costs a few questions to the storage."""
    await with_keys(OLD).put(QUEUE, json=ENCRYPT)
    for _ in range(3):
        await with_keys(OLD).post(MESSAGES, json={"messages": [{"body": 0}] * 500})
    await post(with_keys(NEW), "1")
    await post(with_keys(NEW), "2")
    api, url = with_keys(NEW), f"{MESSAGES}?echo=true&limit=1"

    asked = AsyncMock(wraps=storage.messages.list)
    monkeypatch.setattr(storage.messages, "list", asked)
    first = (await api.get(url)).json()
    second = (await api.get(first["links"][0]["href"])).json()

    assert [first["messages"][0]["body"], second["messages"][0]["body"]] == [1, 2]
    assert asked.await_count == 4


async def test_fetches_say_what_can_not_be_opened(
    half: tuple[httpx.AsyncClient, list[str]],
) -> None:
    """One is unavailable; among others it is left out, as if it were gone."""
    api, hrefs = half
    ids = [href.rpartition("/")[2] for href in hrefs]

    one = await api.get(hrefs[0])
    none = await api.get(MESSAGES, params={"ids": [ids[0], ids[2]]})
    some = await api.get(MESSAGES, params={"ids": ids})

    assert (one.status_code, none.status_code) == (503, 503)
    assert "is kept" in one.json()["description"]
    assert [message["body"] for message in some.json()["messages"]] == [1, 3, 5, 7, 9]


async def test_consumers_get_all_others(half: tuple[httpx.AsyncClient, list[str]]) -> None:
    """By claims and by pops, however few they ask for; nothing is lost meanwhile."""
    api, _ = half
    claimed = [
        [
            message["body"]
            for message in (await api.post(CLAIMS, params={"limit": 1})).json()["messages"]
        ]
        for _ in range(2)
    ]
    popped = [
        [m["body"] for m in (await api.delete(MESSAGES, params={"pop": 1})).json()["messages"]]
        for _ in range(4)
    ]

    assert (claimed, popped) == ([[1], [3]], [[5], [7], [9], []])
    assert (await api.post(CLAIMS)).status_code == 204
    stats = (await api.get(f"{QUEUE}/stats")).json()["messages"]
    assert (stats["claimed"], stats["total"]) == (2, 7)


async def test_nothing_is_lost_when_the_key_comes_back(
    half: tuple[httpx.AsyncClient, list[str]], with_keys: WithKeys, moving_clock: Clock
) -> None:
    """It is listed at once, and consumed after a while."""
    api, _ = half
    assert (await api.delete(MESSAGES, params={"pop": 20})).status_code == 200
    whole = with_keys(NEW, OLD)

    assert await listed(whole, include_delayed="true") == [0, 2, 4, 6, 8]
    moving_clock.now += PASSED_OVER
    popped = (await whole.delete(MESSAGES, params={"pop": 20})).json()["messages"]
    assert [message["body"] for message in popped] == [0, 2, 4, 6, 8]


async def test_other_projects_text_is_not_opened(
    with_keys: WithKeys, storage: MemoryStorage, ref: QueueRef
) -> None:
    """Whoever can write into the database can't make the server decrypt for another project."""
    api = with_keys(NEW)
    await api.put(QUEUE, json=ENCRYPT)
    await post(api, '"mine"')
    [(body, key)] = await stored(storage, ref)
    thief = QueueRef("thief", "q")
    await storage.queues.create(thief, {})
    [copied] = await storage.messages.post(thief, [NewMessage(body, 60, key_id=key)], producer="x")

    answer = await api.get(f"{MESSAGES}/{copied}", headers={"X-Project-ID": "thief"})

    assert answer.status_code == 503


# -- options


@pytest.mark.option("transport.message_encryption_key")
async def test_one_key_is_enough(deployment: Deploy) -> None:
    """With it a queue can ask for encryption, which it can't without."""
    api = deployment(message_encryption_key=NEW)

    assert (await api.put(QUEUE, json=ENCRYPT)).status_code == 201
    await post(api, "1")
    assert await listed(api) == [1]


@pytest.mark.option("transport.message_encryption_keys")
async def test_keys_can_be_changed(
    with_keys: WithKeys, storage: MemoryStorage, ref: QueueRef
) -> None:
    """Step by step, as the operator's page tells it; at each step both hosts read everything."""
    first = with_keys(OLD)
    await first.put(QUEUE, json=ENCRYPT)
    await post(first, "1")
    second = with_keys(OLD, NEW)
    await post(second, "2")
    assert await listed(first) == await listed(second) == [1, 2]
    third = with_keys(NEW, OLD)
    await post(third, "3")
    assert await listed(second) == await listed(third) == [1, 2, 3]

    keys = [key for _, key in await stored(storage, ref)]
    assert keys[0] == keys[1] != keys[2]
    assert await listed(with_keys(NEW)) == [3]


async def test_document_has_no_key(with_keys: WithKeys) -> None:
    """Nor has any page that the server gives of itself."""
    api = with_keys(NEW)

    for path in ("/openapi.json", "/", "/v2/"):
        answer = await api.get(path)
        assert NEW not in answer.text
        assert "message_encryption_key" not in answer.text
