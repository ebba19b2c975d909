# SPDX-License-Identifier: Apache-2.0
"""Sharing queues, and requests that show a signature."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from zaqar_impl.domain.sharing import Share, signature, written
from zaqar_impl.tests.binding.conftest import Clock, Deploy

KEY = "the key of this deployment"
SHARE = "/v2/queues/q/share"
MESSAGES = "/v2/queues/q/messages"
DAY = 24 * 60 * 60


@pytest.fixture
def sharing(deployment: Deploy) -> httpx.AsyncClient:
    """A client of a deployment that shares."""
    return deployment(secret_key=KEY)


def shown(share: Mapping[str, Any], **changed: str) -> dict[str, str]:
    """The headers that show a share; _ stands for - in their names."""
    return {
        "URL-Signature": share["signature"],
        "URL-Expires": share["expires"],
        "URL-Methods": ",".join(share["methods"]),
        "URL-Paths": ",".join(share["paths"]),
        "X-Project-ID": share["project"],
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }


async def shared(api: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """A share of the queue."""
    answer = await api.post(SHARE, json=wanted)
    assert answer.status_code == 200, answer.text
    share: dict[str, Any] = answer.json()
    return share


@pytest.mark.option("signed_url.secret_key")
async def test_share_is_signed_with_the_key_of_the_deployment(
    sharing: httpx.AsyncClient, clock: Clock
) -> None:
    """Another process with that key makes, and takes, the same signature."""
    share = await shared(sharing, paths=["messages", "claims", "messages"], methods=["POST", "GET"])

    assert share["paths"] == ["/v2/queues/q/claims", MESSAGES]
    assert share["methods"] == ["GET", "POST"]
    assert share["expires"] == written(clock() + DAY)
    meant = Share(tuple(share["paths"]), ("GET", "POST"), share["project"], share["expires"])
    assert share["signature"] == signature(KEY, meant)


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.option("signed_url.secret_key")
async def test_nothing_is_shared_or_opened_without_a_key(
    deployment: Deploy, key: str | None
) -> None:
    """An empty key is none: everybody could sign with it."""
    api = deployment() if key is None else deployment(secret_key=key)
    project = api.headers["x-project-id"]
    forged = Share((MESSAGES,), ("GET",), project, "2030-01-01T00:00:00")
    headers = shown(
        {"paths": [MESSAGES], "methods": ["GET"], "project": project, "expires": forged.expires,
         "signature": signature("", forged)}
    )  # fmt: skip

    refused = await api.post(SHARE, json={})

    assert refused.status_code == 400
    assert "no key" in refused.json()["description"]
    assert (await api.get(MESSAGES, headers=headers)).status_code == 404


@pytest.mark.option("signed_url.max_lifetime")
async def test_lifetime_of_a_share_is_bounded(deployment: Deploy, clock: Clock) -> None:
    """To a year by default; the usual lifetime keeps within a shorter bound."""
    api, strict = deployment(secret_key=KEY), deployment(secret_key=KEY, max_lifetime=600)
    year = {"expires": written(clock() + 366 * DAY)}

    assert (await shared(api, **year))["expires"] == year["expires"]
    beyond = await api.post(SHARE, json={"expires": written(clock() + 366 * DAY + 1)})
    assert beyond.status_code == 400
    assert "more than 31622400 seconds ahead" in beyond.json()["description"]
    assert (await strict.post(SHARE, json=year)).status_code == 400
    assert (await shared(strict))["expires"] == written(clock() + 600)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], 'is not of type "object"'),
        ({"methods": "GET"}, "methods"),
        ({"methods": ["GET", 5]}, "methods[1]: 5"),
        ({"methods": ["get"]}, "methods[0]"),
        ({"paths": ["share"]}, "paths[0]"),
        ({"expires": ["2030-01-01"]}, "expires"),
        ({"expires": 1893456000}, "expires"),
        ({"expires": "1893456000"}, "expires"),
        ({"expires": "2030-02-30"}, "expires is invalid: '2030-02-30' is no time"),
        ({"expires": "2020-01-01"}, "is not ahead"),
        ({"expires": "9999-12-31T23:59:59"}, "seconds ahead"),
        ({"expires": "9999-12-31T23:59:59-23:59"}, "is no time"),
        ({"project": "other"}, "project"),
    ],
)
async def test_wrong_shares_are_told_what_is_wrong(
    sharing: httpx.AsyncClient, body: Any, says: str
) -> None:
    """400 that names the member, where upstream fails (D-32) or signs anything (D-15)."""
    answer = await sharing.post(SHARE, json=body)

    assert answer.status_code == 400
    assert says in answer.json()["description"]


async def test_share_opens_what_was_shared(sharing: httpx.AsyncClient) -> None:
    """A reader, a producer that makes the queue, and a consumer."""
    share = await shared(sharing, paths=["messages", "claims"], methods=["GET", "POST", "DELETE"])
    message = {"messages": [{"body": 1}]}

    posted = await sharing.post(MESSAGES, json=message, headers=shown(share))
    claimed = await sharing.post("/v2/queues/q/claims", headers=shown(share))
    [taken] = claimed.json()["messages"]

    assert (posted.status_code, claimed.status_code) == (201, 201)
    assert (await sharing.delete(taken["href"], headers=shown(share))).status_code == 204
    assert (await sharing.get(MESSAGES, headers=shown(share))).json()["messages"] == []


async def test_all_failures_are_one_answer(sharing: httpx.AsyncClient, clock: Clock) -> None:
    """Whatever is wrong, it is as if there were nothing, with the same words."""
    share = await shared(sharing)
    other = {**shown(share), "URL-Signature": "0" * 64}
    nothing = await sharing.get("/v2/nothing")
    answers = [
        await sharing.get(MESSAGES, headers=other),
        await sharing.get(MESSAGES, headers=shown(share, X_Project_ID="other")),
        await sharing.get(MESSAGES, headers=shown(share, URL_Expires="")),
        await sharing.get(MESSAGES, headers=shown(share, URL_Expires="9999-12-31T23:59:59-23:59")),
        await sharing.get(MESSAGES, headers=shown(share, URL_Expires="0001-01-01T00:00+23:59")),
        await sharing.get("/v2/queues/q", headers=shown(share)),
        await sharing.delete(MESSAGES, headers=shown(share)),
        await sharing.put(MESSAGES, headers=shown(share)),
        await sharing.get("/v2/queues/no*name/messages", headers=shown(share)),
        await sharing.get(MESSAGES, headers={**other, "Accept": "text/plain"}),
        await sharing.get(MESSAGES, headers={**other, "Client-ID": "none"}),
        await sharing.get("/", headers=shown(share)),
        await sharing.get("/v2/queues", headers={"URL-Signature": ""}),
        await sharing.get(MESSAGES, headers=[*shown(share).items(), ("X-Project-ID", "other")]),
        await sharing.get(MESSAGES, headers=[*shown(share).items(), ("URL-Signature", "other")]),
    ]

    assert {(a.status_code, a.content) for a in answers} == {(404, nothing.content)}


async def test_log_tells_why_and_no_secret(
    sharing: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator learns what the caller does not; the signature stays secret."""
    caplog.set_level(logging.DEBUG, "zaqar_impl")
    share = await shared(sharing)

    await sharing.get("/v2/queues/other/messages", headers=shown(share))

    assert "the signature opens nothing: it is for other paths" in caplog.text
    assert share["signature"] not in caplog.text
    assert KEY not in caplog.text


async def test_share_ends(sharing: httpx.AsyncClient, clock: Clock) -> None:
    """From the second that it names."""
    share = await shared(sharing, expires=written(clock() + 60))
    assert (await sharing.get(MESSAGES, headers=shown(share))).status_code == 200

    clock.now += 60

    assert (await sharing.get(MESSAGES, headers=shown(share))).status_code == 404


IDENTITY = {
    "X-Roles": "admin",
    "X-Role": "admin",
    "X-User-Id": "admin",
    "X-User": "admin",
    "X-Identity-Status": "Confirmed",
    "X-Is-Admin-Project": "True",
    "X-Project-Name": "other",
    "X-Tenant-Name": "other",
}


async def test_nobody_is_what_he_says(sharing: httpx.AsyncClient) -> None:
    """Roles and users that a caller names change no answer, signed or not (D-13)."""
    share = await shared(sharing)
    await sharing.put("/v2/queues/q")

    for path in ("/v2/queues", "/v2/queues/q", MESSAGES, "/v2/ping", "/v2/health", "/v2/pools"):
        for own in ({}, shown(share)):
            plain = await sharing.get(path, headers=own)
            dressed = await sharing.get(path, headers={**own, **IDENTITY})

            assert (dressed.status_code, dressed.content) == (plain.status_code, plain.content)


async def test_preflight_is_never_refused(sharing: httpx.AsyncClient) -> None:
    """OPTIONS answers 200 also with a wrong signature, and then tells nothing."""
    share = await shared(sharing, methods=["GET", "OPTIONS", "HEAD"])

    wrong = await sharing.options(MESSAGES, headers={"URL-Signature": "wrong"})
    right = await sharing.options(MESSAGES, headers=shown(share))

    assert (wrong.status_code, wrong.content) == (200, b"")
    assert "allow" not in wrong.headers
    assert right.headers["allow"] == "DELETE, GET, POST"
