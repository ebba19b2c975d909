# SPDX-License-Identifier: Apache-2.0
"""The bodies of requests: which members have to be there, and what each may be.

What is tried follows from the AsyncAPI document, so every member of every action is.
"""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import Connection, given, replies
from zaqar_conformance.websocket.actions import Action

_STATUS: Final = ("websocket-reply.status",)

#: What is no value of a type, by the type.
_WRONG: Final[dict[str, tuple[Any, ...]]] = {
    "string": (7, True, ["a"], {"a": 1}),
    "integer": ("7", "seven", 1.5, [1], {"a": 1}),
    "boolean": ("true", 1, 0, [True], {}),
    "array": ("a", 1, {"a": 1}, True),
    "object": ("a", 1, [1], True),
}
#: Members that nothing is read from, unless a deployment is set so.
_NOT_READ: Final = frozenset({"claim_ids"})
_BAD_NAMES: Final = ("", "a" * 65, "a b", "a/b", "ä", "a\n", "a:b", "a%20b", "$a")


@case("websocket-request.body-not-an-object", needs=_STATUS)
def body_not_an_object(api: Api) -> None:
    """Every action refuses a body that is no object."""

    def check(line: Connection, action: Action) -> None:
        for body in (None, [], ["queue"], "text", 7, False):
            replies.refused(line.ask(action.name, body))

    given.each(api, api.actions.of_v2, check)


@case("websocket-request.members-required", needs=_STATUS)
def members_required(api: Api) -> None:
    """Every action refuses a body without a member that it requires."""

    def check(line: Connection, action: Action) -> None:
        for member in action.members:
            if member.required:
                body = given.body_of(api, action)
                del body[member.name]
                replies.refused(line.ask(action.name, body))
                replies.refused(line.ask(action.name))

    given.each(api, api.actions.of_v2, check)


@case("websocket-request.member-types", needs=_STATUS)
def member_types(api: Api) -> None:
    """Every action refuses members of another type."""

    def check(line: Connection, action: Action) -> None:
        for member in action.members:
            if member.name not in _NOT_READ:
                for wrong in _WRONG.get(member.type, ()):
                    body = {**given.body_of(api, action), member.name: wrong}
                    replies.refused(line.ask(action.name, body))

    given.each(api, [one for one in api.actions.of_v2 if not _is_extended(one)], check)
    given.each(api, api.actions.some("queue_list", "message_list", "subscription_list"), _of_v2)


def _is_extended(action: Action) -> bool:
    """Whether an action of v2 has members beyond v2."""
    return any(one.name == "with_links" for one in action.members)


def _of_v2(line: Connection, action: Action) -> None:
    beyond = ("with_links", "with_count", "name", "metadata_filter")
    for member in action.members:
        for wrong in () if member.name in beyond else _WRONG.get(member.type, ()):
            replies.refused(line.ask(action.name, {"queue_name": "kit-types", member.name: wrong}))


@case("websocket-request.booleans-are-no-integers", needs=_STATUS)
def booleans_are_no_integers(api: Api) -> None:
    """True is no limit, no ttl, no grace and no pop."""
    line = api.connect()
    name = given.queue(api, line)
    for action, body in (
        ("message_list", {"limit": True}),
        ("message_post", {"messages": [{"body": 1, "ttl": True}]}),
        ("claim_create", {"ttl": True}),
        ("claim_create", {"grace": True}),
        ("claim_create", {"limit": True}),
        ("message_delete_many", {"pop": True}),
    ):
        replies.refused(line.ask(action, {"queue_name": name, **body}))


@case("websocket-request.queue-name", needs=_STATUS)
def queue_name(api: Api) -> None:
    """Every action that names a queue refuses what is no name of one."""

    def check(line: Connection, action: Action) -> None:
        for name in _BAD_NAMES:
            replies.refused(line.ask(action.name, action.body(queue_name=name)))

    given.each(api, api.actions.of_queues, check)


@case("websocket-request.unknown-members", needs=_STATUS)
def unknown_members(api: Api) -> None:
    """Members that are not described are ignored."""
    line = api.connect()
    name = api.queue_name()
    for action, status in (("queue_create", 201), ("message_post", 201), ("claim_create", 201)):
        more = {"messages": [{"body": 1, "colour": "red"}]} if action == "message_post" else {}
        body = {"queue_name": name, "colour": "red", "size": [1], **more}
        line.tell({**line.payload(action, body), "colour": "red", "id": 7})
        replies.status(line.reply(), status)


# -- authentication, where nobody is authenticated


@case("websocket-action.authenticate", needs=_STATUS)
def authenticate(api: Api) -> None:
    """Where nobody is authenticated every token is taken, and the connection goes on."""
    _needs_no_token(api)
    line = api.connect()
    reply = line.ask("authenticate", headers={"X-Auth-Token": "kit"})
    match.like("message", replies.member(reply, "message"), "(?s).+", "a text")
    given.still_answers(line)


@case("websocket-action.authenticate-headers", needs=("websocket-action.authenticate",))
def authenticate_headers(api: Api) -> None:
    """Authentication needs a token and a project, and no Client-ID."""
    _needs_no_token(api)
    line = api.connect()
    token = {"X-Auth-Token": "kit"}
    replies.refused(line.ask("authenticate", headers={"X-Auth-Token": None}))
    replies.refused(line.ask("authenticate", headers={**token, "X-Project-ID": None}))
    replies.status(line.ask("authenticate", headers={**token, "Client-ID": None}), 200)


def _needs_no_token(api: Api) -> None:
    api.needs_open_project()
