# SPDX-License-Identifier: Apache-2.0
"""Requests that can't be read or have the wrong headers."""

from __future__ import annotations

import math
import struct
import uuid
from collections.abc import Iterator
from typing import Any, Final

import msgpack

from zaqar_conformance import match
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import BINARY, TEXT, Connection, Form, Reply, forms, given, replies
from zaqar_conformance.websocket.actions import Action

_STATUS: Final = ("websocket-reply.status",)
_READ: Final = ("websocket-message.posted",)
_DEEP: Final = 10_000
#: Stands in a payload where bytes are put that no library writes.
_HOLE: Final = "kit-hole"


def _unreadable(reply: Reply) -> None:
    """The reply to what could not be read."""
    replies.refused(reply)
    expected: dict[str, Any] = {"action": None, "headers": {}, "body": {}, "api": "v2"}
    match.equal("the request of the reply", reply.request, expected)


def _post(line: Connection, name: str, body: object, form: Form) -> bytes:
    """A post of that body."""
    messages = [{"body": body, "ttl": 300}]
    payload = line.payload("message_post", {"queue_name": name, "messages": messages})
    return forms.written(payload, form)


def _refuses_bodies(api: Api, form: Form, *wrong: bytes) -> None:
    """Posts with these bytes as a body are refused and store nothing."""
    line = api.connect()
    name = given.queue(api, line)
    hole = forms.written(_HOLE, form)
    for bytes_ in wrong:
        data = _post(line, name, [_HOLE], form).replace(hole, bytes_)
        replies.refused(line.ask_raw(data, form))
    given.no_messages(line, name)


# -- what can't be read


@case("websocket-request.malformed-json", needs=_STATUS)
def malformed_json(api: Api) -> None:
    """Text that is no JSON is refused."""
    line = api.connect()
    for text in (
        "",
        "{",
        "{'action': 1}",
        '{"action": "queue_list",}',
        "queue_list",
        "[1",
        "{} {}",
    ):
        _unreadable(line.ask_raw(text.encode()))


@case("websocket-request.malformed-messagepack", needs=_STATUS)
def malformed_messagepack(api: Api) -> None:
    """MessagePack that is incomplete is refused, in MessagePack."""
    line = api.connect()
    whole = forms.written(line.payload("queue_list"), BINARY)
    for data in (
        b"",
        b"\xc1",
        b"\x81",
        b"\xdf\xff\xff\xff\xff",
        whole[:-1],
        whole[: len(whole) // 2],
    ):
        reply = line.ask_raw(data, BINARY)
        match.equal("the form of the reply", reply.form, BINARY)
        _unreadable(reply)


@case("websocket-request.trailing-bytes", needs=_STATUS)
def trailing_bytes(api: Api) -> None:
    """Bytes behind a MessagePack value make it none."""
    line = api.connect()
    whole = forms.written(line.payload("queue_list"), BINARY)
    for rest in (b"\xc0", b"\x00", whole):
        replies.refused(line.ask_raw(whole + rest, BINARY))


@case("websocket-request.not-an-object", needs=_STATUS)
def not_an_object(api: Api) -> None:
    """What is no object is refused, in either form."""
    line = api.connect()
    for value in ([], ["queue_list"], "queue_list", 7, 1.5, True, None):
        for form in forms.FORMS:
            line.tell(value, form)
            reply = replies.refused(line.reply())
            match.equal("action of the request", reply.request.get("action"), None)


@case("websocket-request.extension-types", needs=_READ)
def extension_types(api: Api) -> None:
    """An extension type is refused, at the top and in a body."""
    line = api.connect()
    types = (b"\xd4\x01\x00", b"\xc7\x03\x05abc", b"\xd6\xff\x00\x00\x00\x00")
    for data in types:
        replies.refused(line.ask_raw(data, BINARY))
    _refuses_bodies(api, BINARY, *types)


@case("websocket-request.binary-values", needs=_READ)
def binary_values(api: Api) -> None:
    """Binary data is no message body."""
    _refuses_bodies(api, BINARY, b"\xc4\x00", b"\xc4\x03abc", b"\xc4\x02\xff\xfe")


@case("websocket-request.keys-not-text", needs=_READ)
def keys_not_text(api: Api) -> None:
    """A key that is no text is refused, at the top and in a body."""
    line = api.connect()
    request = line.payload("queue_list")
    keys: tuple[Any, ...] = (1, None, True, 1.5, b"key")
    for key in keys:
        request_with: dict[Any, Any] = {**request, key: 1}
        replies.refused(line.ask_raw(msgpack.packb(request_with), BINARY))
    _refuses_bodies(api, BINARY, *(msgpack.packb({key: 1}) for key in keys[:2]))


@case("websocket-request.invalid-text", needs=_READ)
def invalid_text(api: Api) -> None:
    """A text that is not UTF-8 is refused."""
    _refuses_bodies(api, BINARY, b"\xa2\xff\xfe", b"\xa3\xed\xa0\x80", b"\x81\xa1\xff\x01")


@case("websocket-request.non-finite", needs=_READ)
def non_finite(api: Api) -> None:
    """What is no number is refused, in either form."""
    _refuses_bodies(api, TEXT, b"NaN", b"Infinity", b"-Infinity", b"1e400")
    floats = (math.nan, math.inf, -math.inf)
    _refuses_bodies(api, BINARY, *(b"\xcb" + struct.pack(">d", one) for one in floats))


@case("websocket-request.duplicate-keys", needs=_READ)
def duplicate_keys(api: Api) -> None:
    """A member that is there twice is refused, at the top and in a body."""
    line = api.connect()
    twice = forms.written(line.payload("queue_list"), TEXT)[:-1] + b', "action": "queue_list"}'
    replies.refused(line.ask_raw(twice))
    _refuses_bodies(api, TEXT, b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}')
    _refuses_bodies(api, BINARY, b"\x82\xa1a\x01\xa1a\x02")


@case("websocket-request.lone-surrogate", needs=_READ)
def lone_surrogate(api: Api) -> None:
    """Half a surrogate pair is refused."""
    _refuses_bodies(api, TEXT, b'"\\ud800"', b'"a\\udc00b"', b'{"\\ud800": 1}')


@case("websocket-request.deep-nesting", needs=_READ)
def deep_nesting(api: Api) -> None:
    """A body that is nested far too deep is refused, in either form."""
    for form in forms.FORMS:
        _refuses_bodies(api, form, forms.nested(_DEEP, form))


# -- the envelope


@case("websocket-request.unknown-action", needs=_STATUS)
def unknown_action(api: Api) -> None:
    """An action that there is not is refused and repeated."""
    line = api.connect()
    for action in ("", "queue_lists", "QUEUE_LIST", "__init__", "notify", "queue-list", "a" * 300):
        reply = replies.refused(line.ask(action, {}))
        match.equal("action of the request", reply.request.get("action"), action)


@case("websocket-request.action-missing", needs=_STATUS)
def action_missing(api: Api) -> None:
    """A request without action, or with one that is no text, is refused."""
    line = api.connect()
    line.tell({"headers": line.own_headers(), "body": {}})
    replies.refused(line.reply())
    for action in (None, 1, True, ["queue_list"], {"queue_list": 1}):
        replies.refused(line.ask(action, {}))


def _refuses_headers(api: Api, *wrong: Any) -> None:
    """Every action refuses requests with these headers."""

    def check(line: Connection, action: Action) -> None:
        for headers in wrong:
            payload = {"action": action.name, "body": given.body_of(api, action)}
            line.tell(payload if headers is None else {**payload, "headers": headers})
            replies.refused(line.reply())

    given.each(api, api.actions.of_v2, check)


@case("websocket-request.headers-required", needs=_STATUS)
def headers_required(api: Api) -> None:
    """Every action refuses a request without an object of headers."""
    _refuses_headers(api, None, [], "headers", 7, [["Client-ID", "x"]])


@case("websocket-request.client-id-required", needs=_STATUS)
def client_id_required(api: Api) -> None:
    """Every action refuses a request without Client-ID."""
    _refuses_headers(api, {"X-Project-ID": api.target.project})


@case("websocket-request.project-required", needs=_STATUS)
def project_required(api: Api) -> None:
    """Every action refuses a request without X-Project-ID."""
    _refuses_headers(api, {"Client-ID": api.target.client_id})


@case("websocket-request.header-types", needs=_STATUS)
def header_types(api: Api) -> None:
    """A known header that is no text is refused."""
    line = api.connect()
    for name in ("Client-ID", "X-Project-ID", "X-Auth-Token", "User-Agent", "Date", "Accept"):
        for value in (7, ["text"], {"a": 1}, True):
            replies.refused(line.ask("queue_list", {}, {name: value}))
    sent = {**line.own_headers(), "User-Agent": None}
    line.tell({"action": "queue_list", "headers": sent})
    replies.refused(line.reply())


_NO_UUIDS: Final = ("", "kit", "1234", str(uuid.UUID(int=7))[:-1], f"{uuid.UUID(int=7)}0")


def _refuses_clients(api: Api, actions: list[Action]) -> None:
    api.needs_uuids()

    def check(line: Connection, action: Action) -> None:
        for client in _NO_UUIDS:
            replies.refused(given.asked(api, line, action, headers={"Client-ID": client}))

    given.each(api, actions, check)


@case("websocket-request.client-id-malformed", needs=_STATUS)
def client_id_malformed(api: Api) -> None:
    """Posts and lists refuse a Client-ID that is no UUID."""
    _refuses_clients(api, api.actions.some("message_post", "message_list"))


@case("websocket-request.client-id-everywhere", needs=_STATUS)
def client_id_everywhere(api: Api) -> None:
    """Every action refuses a Client-ID that is no UUID."""
    _refuses_clients(api, api.actions.of_v2)


@case("websocket-request.project-length", needs=_STATUS)
def project_length(api: Api) -> None:
    """A project has 1 to 256 characters."""
    api.needs_open_project()
    line = api.connect()
    for project in ("", "a" * 257, "a" * 5000):
        replies.refused(line.ask("queue_list", {}, {"X-Project-ID": project}))
    replies.status(line.ask("queue_list", {}, {"X-Project-ID": "a" * 256}), 200)


@case("websocket-request.unknown-headers", needs=("websocket-reply.request-copy",))
def unknown_headers(api: Api) -> None:
    """Headers that are not described are ignored and repeated."""
    line = api.connect()
    for value in ("text", 7, None, [1, {"a": None}], {"b": [True]}, False):
        sent = {**line.own_headers(), "X-Kit": value, "": value, "content-type": value}
        line.tell({"action": "queue_list", "headers": sent, "body": {}})
        reply = replies.status(line.reply(), 200)
        for name in ("X-Kit", "", "content-type"):
            match.equal(f"the header {name!r}", reply.request["headers"].get(name, "gone"), value)


@case("websocket-request.own-headers", needs=("websocket-queue.created",))
def own_headers(api: Api) -> None:
    """Each request on a connection counts for its own project."""
    other = api.other_project().target.project
    line = api.connect()
    name = given.queue(api, line)

    headers = {"X-Project-ID": other}
    match.absent("the queues", name, given.names_with(api, line, name, headers=headers))
    match.present("the queues", name, given.names_with(api, line, name))


@case("websocket-request.handshake-headers", needs=_STATUS)
def handshake_headers(api: Api) -> None:
    """Headers of the handshake stand for nothing in a request."""
    own = {"Client-ID": api.target.client_id, "X-Project-ID": api.target.project}
    line = api.connect(headers=own)
    for name in own:
        replies.refused(line.ask("queue_list", {}, {name: None}))


@case("websocket-request.goes-on", needs=_STATUS)
def goes_on(api: Api) -> None:
    """After a request that was refused a connection answers the next one."""

    def check(line: Connection, action: Action) -> None:
        for wrong in _wrong_requests(line, action):
            line.tell(wrong)
            replies.refused(line.reply())
            given.still_answers(line)

    given.each(api, [*api.actions.of_v2, *api.actions.some("authenticate")], check)


def _wrong_requests(line: Connection, action: Action) -> Iterator[object]:
    yield {"action": action.name}
    yield line.payload(action.name, action.body(), {"X-Project-ID": None})
    yield line.payload(f"{action.name}s", action.body())
    yield [action.name]
    if action.name != "authenticate":
        yield line.payload(action.name, "text")
