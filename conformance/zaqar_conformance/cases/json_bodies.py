# SPDX-License-Identifier: Apache-2.0
"""What counts as JSON in a request, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_POSTED: Final = ("message-post.created",)
_CREATED: Final = ("queue-create.created",)
_PATCH: Final = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}
_FAR_TOO_DEEP: Final = 100_000


def _post(api: Api, body: str) -> tuple[str, Exchange]:
    """Posts a message with that body, as it is written, to a new queue."""
    name = api.queue_name()
    data = b'{"messages": [{"body": ' + body.encode() + b"}]}"
    return name, api.post(paths.messages(name), data=data)


def _put(api: Api, value: str) -> tuple[str, Exchange]:
    """Creates a queue with that metadata value, as it is written."""
    name = api.queue_name()
    return name, api.put(paths.queue(name), data=b'{"key": ' + value.encode() + b"}")


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def _readers(api: Api) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The requests that read an object: method, path, headers."""
    name = arrange.queue(api)
    yield "PUT", paths.queue(api.queue_name()), {}
    yield "POST", paths.messages(name), {}
    yield "POST", paths.purge(name), {}


@case("json.malformed", needs=_POSTED)
def malformed(api: Api) -> None:
    """What is not JSON is refused wherever a body is read."""
    for method, path, headers in _readers(api):
        for data in (b"{", b'{"a": 1} x', b"{'a': 1}", b'{"a": "\xff"}', b"\x00"):
            match.status(api.request(method, path, data=data, headers=headers), 400)


@case("json.malformed/patch", needs=_CREATED)
def malformed_patch(api: Api) -> None:
    """A patch that is not JSON, or is empty, is refused."""
    path = paths.queue(arrange.queue(api))
    for data in (b"", b"[", b"[\xff]", b"[] x"):
        match.status(api.patch(path, data=data, headers=_PATCH), 400)


@case("json.malformed/empty", needs=_POSTED)
def empty(api: Api) -> None:
    """A post without a body is refused."""
    path = paths.messages(api.queue_name())
    match.status(api.post(path, data=b""), 400)
    match.status(api.post(path), 400)


@case("json.wrong-type", needs=_POSTED)
def wrong_type(api: Api) -> None:
    """Where an object is read any other JSON is refused."""
    for method, path, headers in _readers(api):
        for data in (b'"text"', b"1", b"true", b"null", b"[]", b"[{}]"):
            match.status(api.request(method, path, data=data, headers=headers), 400)


@case("json.wrong-type/patch", needs=_CREATED)
def wrong_type_patch(api: Api) -> None:
    """Where an array of operations is read a scalar is refused."""
    path = paths.queue(arrange.queue(api))
    for data in (b'"text"', b"1", b"true", b"null"):
        match.status(api.patch(path, data=data, headers=_PATCH), 400)


@case("json.big-integer", needs=_POSTED)
def big_integer(api: Api) -> None:
    """A message with an integer beyond 64 bits is refused, or keeps every digit."""
    for number in (2**63, 2**64 + 1, -(2**63) - 1, 10**40 + 1):
        name, answer = _post(api, str(number))

        match.status(answer, 201, 400)
        if answer.status == 201:
            match.equal("the listed bodies", observe.bodies(api, name), [number])


@case("json.big-integer/metadata", needs=_CREATED)
def big_integer_metadata(api: Api) -> None:
    """Metadata with an integer beyond 64 bits is refused, or keeps every digit."""
    for number in (2**63, -(2**63) - 1, 10**40 + 1):
        name, answer = _put(api, str(number))

        match.status(answer, 201, 400)
        if answer.status == 201:
            match.equal("the metadata key", observe.metadata(api, name).get("key"), number)


@case("json.duplicate-keys", needs=_POSTED)
def duplicate_keys(api: Api) -> None:
    """An object that says two things under one key is refused."""
    match.status(_post(api, '{"a": 1, "a": 2}')[1], 400)
    match.status(_put(api, '1, "key": 2')[1], 400)


@case("json.non-finite-numbers", needs=_POSTED)
def non_finite_numbers(api: Api) -> None:
    """A message with what is no finite number is refused."""
    for number in ("NaN", "Infinity", "-Infinity", "1e400", "-1e400"):
        match.status(_post(api, number)[1], 400)


@case("json.non-finite-numbers/metadata", needs=_CREATED)
def non_finite_numbers_metadata(api: Api) -> None:
    """Metadata with what is no finite number is refused."""
    for number in ("NaN", "Infinity", "-Infinity", "1e400"):
        match.status(_put(api, number)[1], 400)


@case("json.deep-nesting", needs=_POSTED)
def deep_nesting(api: Api) -> None:
    """A message nested absurdly deep is refused, and the server lives on."""
    path = paths.messages(api.queue_name())
    deep = b'{"messages": [{"body": ' + _nested(_FAR_TOO_DEEP).encode() + b"}]}"

    match.status(api.offer("POST", path, deep), 400)
    match.status(_post(api, "1")[1], 201)


@case("json.nesting-limit", needs=_POSTED)
def nesting_limit(api: Api) -> None:
    """Messages and metadata nested more than 200 levels deep are refused."""
    match.status(_post(api, _nested(201))[1], 400)
    match.status(_put(api, _nested(201))[1], 400)


@case("json.lone-surrogate", needs=_POSTED)
def lone_surrogate(api: Api) -> None:
    """A message with half a character is refused."""
    for text in (r'"\ud800"', r'"a\udc00b"', r'{"\ud800": 1}', r'"\ud800\u0041"'):
        match.status(_post(api, text)[1], 400)


@case("json.lone-surrogate/metadata", needs=_CREATED)
def lone_surrogate_metadata(api: Api) -> None:
    """Metadata with half a character is refused."""
    for text in (r'"\ud800"', r'{"\udc00": 1}'):
        match.status(_put(api, text)[1], 400)


@case("json.unknown-members", needs=_POSTED)
def unknown_members(api: Api) -> None:
    """A post with members that nobody asked for stores the message without them."""
    name = api.queue_name()
    message = {"body": "x", "priority": 9, "id": "mine", "claim_count": 4}
    posted: dict[str, Any] = {"messages": [message], "name": name, "limit": 1}

    ids = arrange.ids_of(api.post(paths.messages(name), json=posted), 1)

    match.message_shape(observe.message(api, name, ids[0]))
    match.absent("ids", "mine", ids)


@case("json.unknown-members/queue", needs=_CREATED)
def unknown_members_queue(api: Api) -> None:
    """Metadata keeps members that mean nothing; a purge ignores them."""
    name = api.queue_name()

    match.status(api.put(paths.queue(name), json={"name": "other", "id": 1}), 201)
    match.equal("metadata name", observe.metadata(api, name).get("name"), "other")
    purge = {"resource_types": ["messages"], "force": True}
    match.status(api.post(paths.purge(name), json=purge), 204)
