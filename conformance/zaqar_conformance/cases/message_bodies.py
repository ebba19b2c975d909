# SPDX-License-Identifier: Apache-2.0
"""Message bodies come back as they were sent, whichever way they are read."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_POSTED: Final = ("message-post.created", "message-get.found", "message-list.paging")


def _kept(api: Api, *bodies: Any) -> None:
    """Each body is the same in a list and by its id."""
    name = api.queue_name()
    messages = [{"body": body} for body in bodies]

    posted = api.post(paths.messages(name), json={"messages": messages})

    ids = arrange.ids_of(posted, len(bodies))
    pages = observe.pages(api, paths.messages(name), {"echo": "true"})
    listed = [body for page in pages for body in match.bodies(page)]
    match.equal("the listed bodies", listed, list(bodies))
    for message_id, body in zip(ids, bodies, strict=True):
        match.equal("body", observe.message(api, name, message_id).get("body"), body)


@case("message-body.any-json", needs=_POSTED)
def any_json(api: Api) -> None:
    """Any JSON value is a body."""
    _kept(
        api,
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        0.5,
        -2.5e-10,
        "",
        "größer \u2603 \U0001f600",
        "tab\t, line\n, bell\x07, NUL\x00, \u2028",
        [],
        [None, [1, "a"], {}],
        {},
        {"a": {"b": [{"c": None}]}},
    )


@case("message-body.reserved-signs-in-keys", needs=_POSTED)
def reserved_signs_in_keys(api: Api) -> None:
    """Keys that mean something to a database are keys like any other."""
    _kept(api, {"$set": {"$ref": 1}, "a.b": 2, ".": 3, "$": 4, "": 5, "_id": 6})


@case("message-body.nul-in-keys", needs=_POSTED)
def nul_in_keys(api: Api) -> None:
    """A NUL in a key is kept."""
    _kept(api, {"a\x00b": 1, "\x00": {"c\x00": 2}})


@case("message-body.nesting", needs=_POSTED)
def nesting(api: Api) -> None:
    """A body of many levels is kept."""
    arrays: Any = "deep"
    objects: Any = "deep"
    for _ in range(64):
        arrays, objects = [arrays], {"a": objects}
    _kept(api, arrays, objects)
