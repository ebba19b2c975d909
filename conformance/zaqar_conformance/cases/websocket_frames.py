# SPDX-License-Identifier: Apache-2.0
"""Handshake and frames: what holds for a connection before anything is asked over it."""

from __future__ import annotations

import secrets
from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import BINARY, TEXT, Connection, forms, given, replies

_ANSWERS: Final = ("websocket-reply.status",)
_LARGE: Final = 10_000_000
_PIECE: Final = 100_000
_PINGS: Final = 5000


def _post(api: Api, line: Connection, size: int) -> tuple[str, bytes]:
    """A queue, and a post of so many bytes to it."""
    name = given.queue(api, line)
    body = {"queue_name": name, "messages": [{"body": "a" * size}]}
    return name, forms.written(line.payload("message_post", body), TEXT)


@case("websocket-frames.any-path")
def any_path(api: Api) -> None:
    """A handshake succeeds at any path, with any query and any Origin."""
    for path, origin in (
        ("/", ""),
        ("/v2/websocket", "https://elsewhere.example"),
        ("/?x=1&x=%2F", "null"),
    ):
        headers = {"Origin": origin} if origin else {}
        given.still_answers(api.connect(path=path, headers=headers))


@case("websocket-frames.no-subprotocol")
def no_subprotocol(api: Api) -> None:
    """Of the sub-protocols that a client offers none is selected."""
    line = api.connect(protocols=["mqtt", "zaqar"])

    match.equal("the sub-protocol", line.wire.protocol, None)
    given.still_answers(line)


@case("websocket-frames.plain-get")
def plain_get(api: Api) -> None:
    """A GET without an upgrade gets a page of HTML."""
    api.needs_websocket()
    page = api.at_websocket().get("/", headers={"Accept": "text/html"})

    match.status(page, 200)
    match.media_type(page, "text/html")
    match.like("the page", page.text, r"(?si).*<(!doctype|html|p|h\d).*", "HTML")


@case("websocket-frames.text-is-json", needs=_ANSWERS)
def text_is_json(api: Api) -> None:
    """The reply to a text message is a text message."""

    def check(line: Connection, action: Any) -> None:
        match.equal("the form of the reply", given.asked(api, line, action).form, TEXT)

    given.each(api, api.actions.of_v2, check)


@case("websocket-frames.binary-is-messagepack", needs=_ANSWERS)
def binary_is_messagepack(api: Api) -> None:
    """The reply to a binary message is a binary message with the members that JSON has."""

    def check(line: Connection, action: Any) -> None:
        body = given.body_of(api, action)
        packed = line.ask(action.name, body, form=BINARY)
        match.equal("the form of the reply", packed.form, BINARY)
        match.keys("a reply", packed.content, ("request", "headers", "body"))
        match.equal("action of the request", packed.request.get("action"), action.name)
        match.equal("body of the request", packed.request.get("body"), body)

    given.each(api, api.actions.of_v2, check)


@case("websocket-frames.both-on-one-connection", needs=_ANSWERS)
def both_on_one_connection(api: Api) -> None:
    """Text and binary messages on one connection are each answered in their form."""
    line = api.connect()

    for form in (TEXT, BINARY, BINARY, TEXT, BINARY):
        match.equal("the form of the reply", line.ask("queue_list", form=form).form, form)


@case("websocket-frames.fragments", needs=_ANSWERS)
def fragments(api: Api) -> None:
    """A request in several fragments with a ping between them is answered as a whole one."""
    line = api.connect()
    for form in forms.FORMS:
        name = api.queue_name()
        data = forms.written(line.payload("queue_create", {"queue_name": name}), form)

        line.wire.send(form, data[:10], final=False)
        line.wire.send("continuation", data[10:20], final=False)
        line.wire.send("ping", b"between")
        line.wire.send("continuation", data[20:], final=False)
        line.wire.send("continuation", b"")

        replies.status(line.reply(), 201)


@case("websocket-frames.ping")
def ping(api: Api) -> None:
    """A ping is answered with its payload."""
    line = api.connect()
    for payload in (b"", b"kit", secrets.token_bytes(125)):
        line.wire.send("ping", payload)
        match.equal("the payload of the pong", line.pong().hex(), payload.hex())


@case("websocket-frames.many-pings", needs=_ANSWERS)
def many_pings(api: Api) -> None:
    """After thousands of pings a request is answered."""
    line = api.connect()
    line.wire.send_many("ping", b"once more", _PINGS)
    given.still_answers(line)


@case("websocket-frames.close-echoed")
def close_echoed(api: Api) -> None:
    """A close frame is answered with one of the same code."""
    line = api.connect()
    given.still_answers(line)
    line.wire.close(1000)
    line.ends_with(1000)


@case("websocket-frames.invalid-text", needs=_ANSWERS)
def invalid_text(api: Api) -> None:
    """A text message that is not UTF-8 is followed by a close frame of 1007."""
    for data in (b"\xff\xfe", b'{"action": "queue_list\xc3\x28"}', b"\xed\xa0\x80"):
        line = api.connect()
        line.wire.send("text", data)
        line.ends_with(1007)


@case("websocket-frames.too-large", needs=("websocket-message.list-form",))
def too_large(api: Api) -> None:
    """A message of 10000000 bytes is followed by 1009, and nothing of it is done."""
    line, other = api.connect(), api.connect()
    name, data = _post(api, other, _LARGE)
    line.wire.send("text", data)
    line.ends_with(1009)
    given.no_messages(other, name)


@case("websocket-frames.endless-fragments", needs=_ANSWERS)
def endless_fragments(api: Api) -> None:
    """Fragments without end are followed by 1009 when they are more than 10000000 bytes."""
    line = api.connect()
    line.wire.send("text", b'{"action": "', final=False)
    for _ in range(_LARGE // _PIECE + 1):
        line.wire.send("continuation", b"a" * _PIECE, final=False)
    line.ends_with(1009)


@case("websocket-frames.unmasked", needs=_ANSWERS)
def unmasked(api: Api) -> None:
    """A frame without mask is followed by a close frame of 1002."""
    line = api.connect()
    line.wire.send("text", forms.written(line.payload("queue_list"), TEXT), mask=False)
    line.ends_with(1002)


@case("websocket-frames.others-undisturbed", needs=_ANSWERS)
def others_undisturbed(api: Api) -> None:
    """A connection that ends badly leaves others answering."""
    other = api.connect()
    bad, half, gone = api.connect(), api.connect(), api.connect()
    given.still_answers(other)

    bad.wire.send("text", b"\xff")
    half.wire.send_bytes(b"\x81\xfe\x7f\xff\x00")
    half.wire.drop()
    gone.send("queue_list")
    gone.wire.drop()
    other.rest()

    for _ in range(3):
        given.still_answers(other)
    given.still_answers(api.connect())


@case("websocket-frames.slow-reader", needs=_ANSWERS, wait=30)
def slow_reader(api: Api) -> None:
    """A client that never reads is closed, and others are answered meanwhile."""
    line, other = api.connect(), api.connect()
    count, size = 4, api.limits.max_messages_post_size // 4 - 1000
    name, _ = given.stocked(api, other, *["a" * size] * count)
    body = {"queue_name": name, "echo": True}

    for _ in range(200):
        line.send("message_list", body)
    given.still_answers(other)

    api.wait(30)
    line.rest()
    try:
        for _ in range(200):
            line.reply()
    except Mismatch:
        return
    raise Mismatch("the end of a connection that does not read", "replies to all it asked")
