# SPDX-License-Identifier: Apache-2.0
"""Pages of other origins, which use the API from within a browser where the operator allows it."""

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import Deploy

PAGE = "https://dashboard.example.org"
QUEUES = "/v2/queues"


def cors(answer: httpx.Response) -> dict[str, str]:
    """The headers that a browser looks at, without their common beginning."""
    beginning = "access-control-"
    return {
        name.removeprefix(beginning): value
        for name, value in answer.headers.items()
        if name.startswith(beginning)
    }


async def preflight(
    api: httpx.AsyncClient, method: str | None = "PUT", headers: str | None = "Client-ID"
) -> httpx.Response:
    """What a browser sends before a page's request: no identity, no credentials."""
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    request = httpx.Request(
        "OPTIONS",
        f"http://zaqar{QUEUES}/q",
        headers={"Origin": PAGE, **{name: value for name, value in asked.items() if value}},
    )
    return await api.send(request)


@pytest.fixture
def api(deployment: Deploy) -> httpx.AsyncClient:
    """A client of a deployment that lets one origin in."""
    return deployment(allowed_origin=(PAGE,))


@pytest.mark.option("cors.allowed_origin")
async def test_an_allowed_page_may_read_answers(api: httpx.AsyncClient) -> None:
    """Also refusals, and it is told which headers it may read."""
    good = await api.get(QUEUES, headers={"Origin": PAGE})
    bad = await api.get(QUEUES, headers={"Origin": PAGE, "Client-ID": "x"})

    assert (good.status_code, bad.status_code) == (200, 400)
    for answer in (good, bad):
        assert cors(answer) == {
            "allow-origin": PAGE,
            "allow-credentials": "true",
            "expose-headers": "X-Auth-Token,X-Subject-Token,X-Service-Token,X-OpenStack-Request-ID",
        }
    assert good.headers["vary"] == "Origin"
    assert bad.headers["vary"] == "Accept, Origin"


async def test_an_error_of_the_server_is_readable_too(deployment: Deploy) -> None:
    """A page can tell its user that the storage is gone."""
    api = deployment(broken=True, allowed_origin=(PAGE,))

    answer = await api.get(QUEUES, headers={"Origin": PAGE})

    assert answer.status_code == 503
    assert cors(answer)["allow-origin"] == PAGE


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", PAGE.upper(), ""])
async def test_other_pages_get_no_headers(api: httpx.AsyncClient, origin: str) -> None:
    """The request is processed as ever; the browser keeps the answer from the page."""
    answer = await api.get(QUEUES, headers={"Origin": origin})

    assert answer.status_code == 200
    assert cors(answer) == {}
    assert "vary" not in answer.headers


async def test_without_a_page_there_are_no_headers(api: httpx.AsyncClient) -> None:
    """Clients that are no browsers see nothing of it."""
    assert cors(await api.get(QUEUES)) == {}


async def test_it_is_off_by_default(deployment: Deploy) -> None:
    """No origin is allowed unless the operator names it."""
    api = deployment()

    answers = [await api.get(QUEUES, headers={"Origin": PAGE}), await preflight(api)]

    assert [cors(answer) for answer in answers] == [{}, {}]


async def test_a_preflight_is_told_what_it_asked_for(api: httpx.AsyncClient) -> None:
    """It needs no identity, and has an empty body."""
    answer = await preflight(api, "PUT", "client-id, X-PROJECT-ID,content-type")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["x-openstack-request-id"]
    assert cors(answer) == {
        "allow-origin": PAGE,
        "allow-credentials": "true",
        "max-age": "3600",
        "allow-methods": "PUT",
        "allow-headers": "client-id,X-PROJECT-ID,content-type",
    }


async def test_a_preflight_may_ask_for_a_method_only(api: httpx.AsyncClient) -> None:
    """Nothing is said of headers then."""
    assert "allow-headers" not in cors(await preflight(api, "GET", None))


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("TRACE", None, id="method"),
        pytest.param("put", None, id="methods are case-sensitive"),
        pytest.param("PUT", "Client-ID, X-Secret", id="header"),
        pytest.param(None, "Client-ID", id="no method"),
    ],
)
async def test_a_refused_preflight_is_a_bare_200(
    api: httpx.AsyncClient, method: str | None, headers: str | None
) -> None:
    """Without the headers the browser sends nothing further."""
    answer = await preflight(api, method, headers)

    assert (answer.status_code, answer.content) == (200, b"")
    assert cors(answer) == {}


@pytest.mark.parametrize(
    "names", ["X-Project-ID", "URL-Signature, URL-Expires, URL-Methods, URL-Paths", "Client-ID"]
)
async def test_headers_of_the_api_are_allowed_by_default(
    api: httpx.AsyncClient, names: str
) -> None:
    """A browser needs no configuration beyond the origin."""
    assert cors(await preflight(api, "GET", names))["allow-headers"]


async def test_any_page_may_be_let_in(deployment: Deploy) -> None:
    """Then without credentials, as browsers demand."""
    api = deployment(allowed_origin=("*",))

    answer = await api.get(QUEUES, headers={"Origin": "https://anywhere.example.org"})

    assert cors(answer)["allow-origin"] == "*"
    assert "allow-credentials" not in cors(answer)


@pytest.mark.option("cors.allow_credentials")
async def test_credentials_can_be_kept_out(deployment: Deploy) -> None:
    """The header is left out."""
    api = deployment(allowed_origin=(PAGE,), allow_credentials=False)

    assert "allow-credentials" not in cors(await api.get(QUEUES, headers={"Origin": PAGE}))


@pytest.mark.option("cors.max_age")
async def test_the_life_of_a_preflight_can_be_set(deployment: Deploy) -> None:
    """In seconds."""
    api = deployment(allowed_origin=(PAGE,), max_age=5)

    assert cors(await preflight(api))["max-age"] == "5"


@pytest.mark.option("cors.expose_headers")
async def test_exposed_headers_can_be_set(deployment: Deploy) -> None:
    """The list is told as it is."""
    api = deployment(allowed_origin=(PAGE,), expose_headers=("Location", "Allow"))

    answer = await api.get(QUEUES, headers={"Origin": PAGE})

    assert cors(answer)["expose-headers"] == "Location,Allow"


@pytest.mark.option("cors.allow_methods", "cors.allow_headers")
async def test_methods_and_headers_can_be_set(deployment: Deploy) -> None:
    """What is not in the lists is refused."""
    api = deployment(allowed_origin=(PAGE,), allow_methods=("GET",), allow_headers=("X-Mine",))

    assert cors(await preflight(api, "GET", "x-mine"))["allow-methods"] == "GET"
    assert cors(await preflight(api, "PUT", None)) == {}
    assert cors(await preflight(api, "GET", "Client-ID")) == {}
