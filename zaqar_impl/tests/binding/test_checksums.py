# SPDX-License-Identifier: Apache-2.0
"""Checksums of messages, which the operator switches on."""

import hashlib
import json

import httpx
import pytest

from zaqar_impl.tests.binding.conftest import Deploy

MESSAGES = "/v2/queues/q/messages"
BODY = b'{"b":"\xc3\xa9","a":[1,2.50]}'


@pytest.mark.option("DEFAULT.enable_checksum")
async def test_checksums_are_given_where_the_deployment_wants_them(deployment: Deploy) -> None:
    """In lists, fetches and claims, but not when popped; without the option there are none."""
    api = deployment(enable_checksum=True)
    posted = await api.post(MESSAGES, content=b'{"messages": [{"body": ' + BODY + b"}]}")
    [href] = posted.json()["resources"]
    text = json.dumps({"b": "\xe9", "a": [1, 2.5]})
    expected = f"MD5:{hashlib.md5(text.encode()).hexdigest()}"

    one = (await api.get(href)).json()
    many = (await api.get(MESSAGES, params={"ids": one["id"]})).json()["messages"]
    listed = (await api.get(MESSAGES, params={"echo": "true"})).json()["messages"]
    answer = await api.post("/v2/queues/q/claims")
    claim = (await api.get(answer.headers["location"])).json()["messages"]
    await api.delete(answer.headers["location"])
    [popped] = (await api.delete(MESSAGES, params={"pop": 1})).json()["messages"]

    given = [one, *many, *listed, *answer.json()["messages"], *claim]
    assert [message["checksum"] for message in given] == [expected] * 5
    assert "checksum" not in popped


async def test_null_has_no_checksum(deployment: Deploy) -> None:
    """As upstream; any other body has one, also the largest integer that is let in."""
    api = deployment(enable_checksum=True)
    content = b'{"messages": [{"body": null}, {"body": %s}]}' % (b"1" * 4300)
    posted = await api.post(MESSAGES, content=content)

    first, second = [await api.get(href) for href in posted.json()["resources"]]

    assert b"checksum" not in first.content
    assert b"checksum" in second.content


async def test_there_are_no_checksums_by_default(api: httpx.AsyncClient) -> None:
    """The option is off, as in upstream."""
    await api.post(MESSAGES, content=b'{"messages": [{"body": 1}]}')

    listed = await api.get(MESSAGES, params={"echo": "true"})

    assert b"checksum" not in listed.content
