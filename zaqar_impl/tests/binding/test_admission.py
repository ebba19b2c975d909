# SPDX-License-Identifier: Apache-2.0
"""The door: what is refused before an operation is looked at, and in which order."""

import logging
from collections.abc import Iterator

import httpx
import pytest

from zaqar_impl import logs
from zaqar_impl.tests.binding.conftest import HEADERS, BrokenStorage, Deploy


def told(answer: httpx.Response, status: int) -> str:
    """The description of an error that has the API's form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    body = answer.json()
    assert set(body) == {"title", "description"}
    return str(body["description"])


@pytest.mark.parametrize(
    "path",
    [
        "/v2",
        "/v1/queues",
        "/v1.1/queues",
        "/nothing",
        "/v2//queues",
        "/v2/ping/",
        "/v2/queues/a/messages/",
        "/v2/queues/a%2Fb",
        "/v2/queues/a/messages/1/2",
        "/v2/queues/a/nothing",
        "/docsx",
    ],
)
async def test_unknown_paths(api: httpx.AsyncClient, path: str) -> None:
    """No such path is a 404, whatever else is wrong with the request."""
    told(await api.get(path, headers={"Accept": "text/plain"}), 404)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Accept": "text/plain", "Client-ID": "x"}, 406, id="Accept before Client-ID"),
        pytest.param({"Client-ID": "x", "X-Project-ID": ""}, 400, id="Client-ID before name"),
    ],
)
async def test_the_first_fault_decides(
    api: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    """The checks have an order, and the method comes last."""
    description = told(await api.post("/v2/queues/bad*name", headers=headers), status)

    assert "name" not in description


async def test_bad_name_comes_before_bad_method(api: httpx.AsyncClient) -> None:
    """A wrong method on a bad name is told to be a bad name."""
    assert "queue name" in told(await api.post("/v2/queues/bad*name"), 400)


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/", "POST", "GET, OPTIONS"),
        ("/v2/queues", "POST", "GET, OPTIONS"),
        ("/v2/queues/a", "POST", "DELETE, GET, HEAD, PATCH, PUT, OPTIONS"),
        ("/v2/queues/a/stats", "HEAD", "GET, OPTIONS"),
        ("/v2/queues/a/messages", "PUT", "DELETE, GET, POST, OPTIONS"),
        ("/v2/ping", "PUT", "GET, HEAD, OPTIONS"),
    ],
)
async def test_wrong_methods(api: httpx.AsyncClient, path: str, method: str, allow: str) -> None:
    """A 405 says what is allowed."""
    answer = await api.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allow


async def test_head_of_a_queue_is_get_without_the_body(api: httpx.AsyncClient) -> None:
    """The headers are those of GET; a queue that does not exist is not found, and not made."""
    await api.put("/v2/queues/a", json={"team": "blue"})

    head, get = await api.head("/v2/queues/a"), await api.get("/v2/queues/a")

    assert head.status_code == 200
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]
    assert [(await api.head("/v2/queues/b")).status_code for _ in range(2)] == [404, 404]


async def test_options(api: httpx.AsyncClient) -> None:
    """A valid OPTIONS request is told the methods; any other gets a bare 200."""
    good = await api.options("/v2/queues/a")
    bad = await api.options("/nothing", headers={"Client-ID": ""})

    assert (good.status_code, good.headers["allow"]) == (200, "DELETE, GET, HEAD, PATCH, PUT")
    assert (bad.status_code, bad.content) == (200, b"")
    assert "allow" not in bad.headers


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        "text/html, application/json;q=0.1",
        "application/json; charset=utf-8",
        "*",
        "text/*;q=1, */*;q=0.1",
    ],
)
async def test_acceptable(api: httpx.AsyncClient, accept: str) -> None:
    """Whoever takes JSON in some way gets it."""
    assert (await api.get("/v2/queues", headers={"Accept": accept})).status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain",
        "application/xml",
        "garbage",
        "application/json;q=0",
        "application/json;q=0, */*",
        "application/vnd.openstack.messaging-v2+json",
    ],
)
async def test_not_acceptable(api: httpx.AsyncClient, accept: str) -> None:
    """Whoever does not is told so, in JSON (D-58)."""
    told(await api.get("/v2/queues", headers={"Accept": accept}), 406)


@pytest.mark.parametrize(
    "client_id",
    [
        "3381af922b9e11e3b19171861300734c",
        "{3381af92-2b9e-11e3-b191-71861300734c}",
        "urn:uuid:3381af92-2b9e-11e3-b191-71861300734c",
        "3381AF92-2B9E-11E3-B191-71861300734C",
    ],
)
async def test_spellings_of_a_client_id_are_one_client(
    api: httpx.AsyncClient, client_id: str
) -> None:
    """Echo filtering knows a client in every spelling."""
    await api.post("/v2/queues/q/messages", json={"messages": [{"body": 1}]})

    page = await api.get("/v2/queues/q/messages", headers={"Client-ID": client_id})

    assert page.json()["messages"] == []


@pytest.mark.parametrize(
    "client_id", ["", "x", "3381af92", ".*", "3381af92-2b9e-11e3-b191-71861300734c\x7f"]
)
async def test_bad_client_ids(api: httpx.AsyncClient, client_id: str) -> None:
    """What is no UUID is refused."""
    assert "Client-ID" in told(await api.get("/v2/queues", headers={"Client-ID": client_id}), 400)


async def test_free_client_ids(deployment: Deploy) -> None:
    """With client_id_uuid_safe = off any text of the right length is a client (D-36)."""
    api = deployment(client_id_uuid_safe="off")

    posted = await api.post(
        "/v2/queues/q/messages",
        json={"messages": [{"body": 1}]},
        headers={"Client-ID": "producer-1"},
    )
    own = await api.get("/v2/queues/q/messages", headers={"Client-ID": "producer-1"})
    others = await api.get("/v2/queues/q/messages", headers={"Client-ID": "producer-2"})

    assert posted.status_code == 201
    assert own.json()["messages"] == []
    assert len(others.json()["messages"]) == 1
    told(await api.get("/v2/queues", headers={"Client-ID": "short"}), 400)
    told(await api.get("/v2/queues", headers={"Client-ID": "x" * 37}), 400)


@pytest.mark.parametrize("project", ["", "p" * 257, "a\x01b", "a\x7f"])
async def test_bad_projects(api: httpx.AsyncClient, project: str) -> None:
    """Empty, over-long and unprintable projects are refused, also where no queue is named."""
    told(await api.get("/v2/queues", headers={"X-Project-ID": project}), 400)


@pytest.mark.parametrize("name", ["Client-ID", "X-Project-ID", "X-Tenant"])
async def test_repeated_identity(api: httpx.AsyncClient, name: str) -> None:
    """Two different values could mean anything; the same twice means itself."""
    value = HEADERS["Client-ID"]
    twice = [(name, value), (name, value.upper())]
    request = httpx.Request("GET", "http://zaqar/v2/queues", headers=[*HEADERS.items(), *twice])

    assert "more than once" in told(await api.send(request), 400)


async def test_missing_identity(api: httpx.AsyncClient) -> None:
    """Each missing header is named."""
    for name in HEADERS:
        request = api.build_request("GET", "/v2/queues")
        del request.headers[name]
        assert name in told(await api.send(request), 400)


@pytest.mark.parametrize("project", ["x.*", "(", "a/b", "$ne", "demo|x"])
async def test_projects_are_text(api: httpx.AsyncClient, project: str) -> None:
    """A project is compared, never interpreted (D-20)."""
    await api.put("/v2/queues/mine")

    answer = await api.get("/v2/queues", headers={"X-Project-ID": project})

    assert answer.json()["queues"] == []


@pytest.mark.parametrize("name", ["X-Tenant-ID", "X-Tenant"])
async def test_older_spellings_of_the_project_header(api: httpx.AsyncClient, name: str) -> None:
    """They mean the same."""
    await api.put("/v2/queues/mine")
    request = api.build_request("GET", "/v2/queues", headers={name: api.headers["X-Project-ID"]})
    del request.headers["X-Project-ID"]

    assert len((await api.send(request)).json()["queues"]) == 1


@pytest.mark.parametrize(
    "name", ["%20", "a b", "%C3%A9", "a" * 65, "a%0A", "%00", "a%25", "", "(.*)"]
)
async def test_bad_queue_names(api: httpx.AsyncClient, name: str) -> None:
    """A name has 1 to 64 plain characters (D-59)."""
    assert "queue name" in told(await api.put(f"/v2/queues/{name}"), 400)


@pytest.mark.parametrize("name", ["a", "A-b_c.9", "a" * 64, "..."])
async def test_good_queue_names(api: httpx.AsyncClient, name: str) -> None:
    """All of the alphabet, up to 64."""
    request = api.build_request("PUT", "/v2/queues/x")
    request.url = request.url.copy_with(raw_path=f"/v2/queues/{name}".encode())

    assert (await api.send(request)).status_code == 201


async def test_form_data_is_refused(api: httpx.AsyncClient) -> None:
    """A form is not JSON."""
    told(await api.put("/v2/queues/q", data={"a": "b"}), 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=utf-8", "nonsense"]
)
async def test_json_is_json_whatever_it_is_called(
    api: httpx.AsyncClient, content_type: str
) -> None:
    """The Content-Type of a JSON body does not matter."""
    answer = await api.put(
        "/v2/queues/q", content=b'{"a": 1}', headers={"Content-Type": content_type}
    )

    assert answer.status_code == 201


async def test_a_patch_needs_its_own_content_type(api: httpx.AsyncClient) -> None:
    """Exactly, case included; an over-large body is told first."""
    patch = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}
    await api.put("/v2/queues/q")

    good = await api.patch("/v2/queues/q", content=b"[]", headers=patch)
    upper = {"Content-Type": patch["Content-Type"].upper()}
    large = await api.patch("/v2/queues/q", content=b" " * 65537)

    assert good.status_code == 200
    told(await api.patch("/v2/queues/q", content=b"[]", headers=upper), 415)
    told(await api.patch("/v2/queues/q", content=b"[]"), 415)
    assert "65536" in told(large, 400)


async def test_chunked_bodies_are_served(api: httpx.AsyncClient) -> None:
    """A body needs no Content-Length, and its bound holds without one too."""

    async def chunks(count: int):  # type: ignore[no-untyped-def]
        yield b'{"messages": [{"body": "'
        for _ in range(count):
            yield b"x" * 1024
        yield b'"}]}'

    small = await api.post("/v2/queues/q/messages", content=chunks(3))
    large = await api.post("/v2/queues/q/messages", content=chunks(300))

    assert small.status_code == 201
    assert "262144" in told(large, 400)


async def test_a_body_of_the_largest_size_is_taken(api: httpx.AsyncClient) -> None:
    """The bound itself is allowed, one byte more is not."""
    body = b'{"messages": [{"body": "%s"}]}'
    fill = 262144 - len(body) + 2

    exact = await api.post("/v2/queues/q/messages", content=body % (b"x" * fill))
    more = await api.post("/v2/queues/q/messages", content=body % (b"x" * (fill + 1)))

    assert exact.status_code == 201
    told(more, 400)


async def test_a_dead_storage_is_503_everywhere(broken_api: httpx.AsyncClient) -> None:
    """Retry-After, generic words, and nothing of the driver's."""
    answers = [
        await broken_api.get("/v2/ping"),
        await broken_api.get("/v2/queues"),
        await broken_api.put("/v2/queues/q"),
        await broken_api.post("/v2/queues/q/messages", json={"messages": [{"body": 1}]}),
        await broken_api.get("/v2/queues/q/messages"),
        await broken_api.post("/v2/queues/q/claims"),
    ]

    for answer in answers:
        assert "driver" not in told(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    assert (await broken_api.head("/v2/ping")).status_code == 204


@pytest.fixture
def lines_name_requests() -> Iterator[None]:
    """Log lines have the request they belong to, as in a process of the service."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logs.record)
    yield
    logging.setLogRecordFactory(before)


async def test_an_unexpected_error_tells_nothing(
    broken_api: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lines_name_requests: None,
) -> None:
    """A 500 has generic words; the log has the cause, under the id that the answer names."""

    async def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(BrokenStorage, "__call__", fail)
    answer = await broken_api.get("/v2/queues")

    assert "secret" not in told(answer, 500)
    [record] = [each for each in caplog.records if each.getMessage() == "unexpected error"]
    assert vars(record)["context"] == {"request_id": answer.headers["x-openstack-request-id"]}
    assert "a secret" in caplog.text


async def test_a_client_writes_no_log_lines(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A path is logged as it was sent, with its line feeds encoded."""
    with caplog.at_level("DEBUG"):
        await api.get("/v2/queues/q/messages/a%0AERROR%20forged")

    assert "a%0AERROR%20forged" in caplog.text


@pytest.mark.parametrize("path", ["/v2/queues/q/messages/a%0A", "/v2/queues/q/claims/%0A"])
async def test_ids_may_be_any_text(api: httpx.AsyncClient, path: str) -> None:
    """What can't be an id is the id of nothing."""
    assert (await api.delete(path)).status_code == 204


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/", "/asyncapi.json", "/docs/websocket"])
async def test_the_documents_need_no_identity(api: httpx.AsyncClient, path: str) -> None:
    """Anybody may read those of REST and of the WebSocket, and their pages."""
    answer = await api.send(httpx.Request("GET", f"http://zaqar{path}"))

    assert answer.status_code == 200
    assert answer.headers["x-openstack-request-id"]
