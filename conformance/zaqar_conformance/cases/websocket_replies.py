# SPDX-License-Identifier: Apache-2.0
"""Replies: their envelope, their order, and what of the request they repeat."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import BINARY, TEXT, Connection, forms, given, replies
from zaqar_conformance.websocket.actions import Action

_STATUS: Final = ("websocket-reply.status",)
_COPY: Final = ("websocket-reply.request-copy",)
_MANY: Final = 40
#: What tells of the inside of a server.
_INTERNALS: Final = re.compile(
    r"Traceback|\.py\b|line \d+|site-packages|pymongo|bson|jsonschema|msgpack|flask|wsproto"
    r"|autobahn|KeyError|TypeError|ValueError|AttributeError|Exception\b|NoneType"
    r"|<class |object at 0x|Failed validating|instance\["
)


@case("websocket-reply.members", needs=_STATUS)
def members(api: Api) -> None:
    """A reply has request, headers and body, and no other member."""

    def check(line: Connection, action: Action) -> None:
        match.keys(
            "a reply", given.asked(api, line, action).content, ("request", "headers", "body")
        )

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.request-copy", needs=_STATUS)
def request_copy(api: Api) -> None:
    """A reply repeats action, headers and body of its request, and says v2."""

    def check(line: Connection, action: Action) -> None:
        headers = {"X-Kit": secrets.token_hex(4), "Date": "today"}
        sent = line.payload(action.name, given.body_of(api, action), headers)
        line.tell(sent)
        match.equal("the request", line.reply().request, {**_seen(sent), "api": "v2"})

    given.each(api, api.actions.of_v2, check)


def _seen(sent: dict[str, Any]) -> dict[str, Any]:
    """A request as it is repeated: without what is secret."""
    secret = ("x-auth-token", "url-signature")
    headers = {k: v for k, v in sent["headers"].items() if k.lower() not in secret}
    return {**sent, "headers": headers}


@case("websocket-reply.absent-body", needs=_STATUS)
def absent_body(api: Api) -> None:
    """A request without body is repeated with an empty one."""
    match.equal("body of the request", api.connect().ask("queue_list").request.get("body"), {})


@case("websocket-reply.status")
def status(api: Api) -> None:
    """The status of a reply is an integer that has a meaning in HTTP."""

    def check(line: Connection, action: Action) -> None:
        match.between("the status", given.asked(api, line, action).status, 200, 599)

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.order", needs=_COPY)
def order(api: Api) -> None:
    """Replies to requests that were sent at once come in their order."""
    line = api.connect()
    sent: list[tuple[str, str]] = []
    for number in range(2):
        for action in api.actions.of_v2:
            body, mark = given.body_of(api, action), secrets.token_hex(4)
            form = BINARY if (len(sent) + number) % 3 == 0 else TEXT
            line.send(action.name, body, {"X-Kit": mark}, form)
            sent.append((action.name, mark))

    for name, mark in sent:
        request = line.reply().request
        match.equal("action of the request", request.get("action"), name)
        match.equal("X-Kit of the request", request.get("headers", {}).get("X-Kit"), mark)


@case("websocket-reply.one-each", needs=_COPY)
def one_each(api: Api) -> None:
    """Each of many requests, malformed ones among them, has one reply."""
    line = api.connect()
    kinds: list[tuple[Callable[[], None], str | None, int]] = [
        (lambda: line.send("queue_list"), "queue_list", 200),
        (lambda: line.say(b"{"), None, 400),
        (lambda: line.send("no_such_action", {}), "no_such_action", 400),
        (lambda: line.say(b"\xc1", BINARY), None, 400),
        (lambda: line.send("queue_get", {}), "queue_get", 400),
        (lambda: line.tell([]), None, 400),
    ]
    for number in range(_MANY):
        kinds[number % len(kinds)][0]()

    for number in range(_MANY):
        _, action, expected = kinds[number % len(kinds)]
        reply = replies.status(line.reply(), expected)
        match.equal("action of the request", reply.request.get("action"), action)
    line.silence()


@case("websocket-reply.effects-in-order", needs=("websocket-message.list-form",))
def effects_in_order(api: Api) -> None:
    """A request sees what those before it did, though nobody waited for them."""
    line = api.connect()
    name = api.queue_name()
    listing = {"queue_name": name, **given.ALL, "limit": api.limits.max_messages_per_page}

    line.send("queue_create", {"queue_name": name})
    line.send("queue_list", {"marker": name[:-1], "limit": api.limits.max_queues_per_page})
    for number in range(5):
        line.send("message_post", {"queue_name": name, "messages": [{"body": number}]})
        line.send("message_list", listing)

    replies.status(line.reply(), 201)
    match.present("the queues", name, replies.names(line.reply()))
    for number in range(5):
        replies.ids(line.reply(), 1)
        match.equal("the bodies", replies.bodies(line.reply()), list(range(number + 1)))


# -- secrets


def _secret() -> str:
    return f"kit-secret-{secrets.token_hex(8)}"


def _not_repeated(api: Api, header: str) -> None:
    """The header is in no reply to any action, in either form, done or refused."""

    def check(line: Connection, action: Action) -> None:
        for form in forms.FORMS:
            secret = _secret()
            reply = given.asked(api, line, action, headers={header: secret}, form=form)
            replies.without(reply, secret)
            match.absent("headers of the request", header, reply.request.get("headers"))

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.token-not-repeated", needs=_STATUS)
def token_not_repeated(api: Api) -> None:
    """The token of a request is not in its reply."""
    _not_repeated(api, "X-Auth-Token")


@case("websocket-reply.signature-not-repeated", needs=_STATUS)
def signature_not_repeated(api: Api) -> None:
    """The signature of a request is not in its reply."""
    _not_repeated(api, "URL-Signature")


@case("websocket-reply.secrets-in-any-case", needs=_STATUS)
def secrets_in_any_case(api: Api) -> None:
    """A secret header in other letters is not repeated either."""
    line = api.connect()
    for header in ("x-auth-token", "X-AUTH-TOKEN", "url-signature", "Url-SIGNATURE"):
        secret = _secret()
        replies.without(line.ask("queue_list", {}, {header: secret}), secret)


@case("websocket-reply.secrets-of-refused", needs=_STATUS)
def secrets_of_refused(api: Api) -> None:
    """A refused request has its secrets not repeated either."""
    line = api.connect()
    for header in ("X-Auth-Token", "URL-Signature"):
        for action, body, more in (
            ("no_such_action", {}, {}),
            ("queue_list", {}, {"Client-ID": None}),
            ("queue_list", {"limit": "ten"}, {}),
            (7, {}, {}),
            ("queue_list", [], {}),
        ):
            secret = _secret()
            reply = line.ask(action, body, {header: secret, **more})
            match.between("the status", reply.status, 400, 499)
            replies.without(reply, secret)


# -- refusals


def _refusals(line: Connection, action: Action) -> Any:
    yield line.ask(action.name, action.body(), {"X-Project-ID": None})
    yield line.ask(action.name, action.body(), {"Client-ID": 7})
    yield line.ask(action.name, [], {})
    yield line.ask(f"{action.name}_of_nobody", {})


@case("websocket-reply.refusal", needs=_STATUS)
def refusal(api: Api) -> None:
    """The body of a refusal has error, perhaps exception, and says something."""

    def check(line: Connection, action: Action) -> None:
        for reply in _refusals(line, action):
            body = replies.body(reply, 400)
            match.keys("a refusal", body, ("error",), "exception")
            texts = [one for one in body.values() if isinstance(one, str) and one]
            if not texts:
                raise Mismatch("a refusal with a text", match.said(body))

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.refusal-error", needs=("websocket-reply.refusal",))
def refusal_error(api: Api) -> None:
    """The error of a refusal is a text."""

    def check(line: Connection, action: Action) -> None:
        for reply in _refusals(line, action):
            match.like("error", replies.member(reply, "error", 400), "(?s).+", "a text")

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.refusal-no-internals", needs=("websocket-reply.refusal",))
def refusal_no_internals(api: Api) -> None:
    """A refusal names nothing of the inside of the server."""

    def check(line: Connection, action: Action) -> None:
        wrong: dict[str, Any] = {one.name: {"wrong": [None]} for one in action.members}
        bad = {**action.body(), "limit": "ten", "ttl": -1, "pop": 1.5}
        bodies: tuple[Any, ...] = (wrong, {}, [], bad)
        for body in bodies:
            reply = line.ask(action.name, body)
            text = match.said(reply.body)
            if reply.status >= 400 and (found := _INTERNALS.search(text)):
                raise Mismatch(f"a refusal of {action.name} for people", f"{found[0]} in {text}")

    given.each(api, api.actions.of_v2, check)


# -- beyond v2


@case("websocket-reply.request-id", needs=_STATUS)
def request_id(api: Api) -> None:
    """The name of a request is in its reply, also where it is refused."""

    def check(line: Connection, action: Action) -> None:
        tried: tuple[tuple[str, Any], ...] = (
            ("1", given.body_of(api, action)),
            ("ä" * 255, []),
            ("", {}),
        )
        for name, body in tried:
            reply = line.ask(action.name, body, request_id=name)
            match.equal("request_id", reply.request.get("request_id"), name)

    given.each(api, api.actions.of_v2, check)


@case("websocket-reply.request-id-form", needs=_STATUS)
def request_id_form(api: Api) -> None:
    """The name of a request is a text and not too long."""
    line = api.connect()
    names: tuple[Any, ...] = (1, None, ["a"], {}, True, "a" * 256)
    for name in names:
        replies.refused(line.ask("ping_node", {}, request_id=name))


@case("websocket-reply.server-id", needs=_STATUS)
def server_id(api: Api) -> None:
    """Each reply has an id that no other has."""
    line = api.connect()
    found = []
    for action in api.actions.of_v2:
        for reply in (given.asked(api, line, action), line.ask(action.name, [])):
            told = reply.headers.get("X-OpenStack-Request-ID")
            match.like("X-OpenStack-Request-ID", told, r"req-[0-9a-f-]{36}", "req- and a UUID")
            found.append(str(told))
    match.distinct("the ids of replies", found)
