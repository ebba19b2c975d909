# SPDX-License-Identifier: Apache-2.0
"""Breaks requests: members, headers, the envelope, the bytes. One break, or a few.

Projects and names of queues stay those of the run, so that all can be removed in the end.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from zaqar_conformance.websocket import forms
from zaqar_conformance.websocket.forms import TEXT, Form

_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 1.5, 2**31, 2**63, 2**64, 10**30, -(2**63) - 1, 1e308, "", "a",
    "ä\u2603", "a" * 300, "\x00", "true", "10", " 7", [], [[]], [None], {}, {"a": 1}, {"": None},
    {"$a.b": [{}]},
)  # fmt: skip
_NO_PROJECTS: Final[tuple[Any, ...]] = (None, 7, "", [], {}, True, "a" * 300)
_TRAILS: Final = (b"", b"\x00", b"}", b" ", b"\xc1", b"\xff\xff", b"{}", b"\xc0", b",")
_ACTIONS: Final[tuple[Any, ...]] = (
    "",
    "QUEUE_LIST",
    "queue_lists",
    None,
    7,
    ["queue_list"],
    "notify",
)


@dataclass(frozen=True)
class Invented:
    """A request: the value, if it is one, and the bytes that are sent."""

    value: Any
    data: bytes
    form: Form
    #: Whether the bytes are those of the value.
    whole: bool


def invented(request: dict[str, Any], chance: Random) -> Invented:
    """The request, broken or not, in one of the forms."""
    value: Any = copy.deepcopy(request)
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 3))):
        value = chance.choice(_BREAKS)(value, chance)
        if not isinstance(value, dict):
            break
    form = chance.choice(forms.FORMS)
    try:
        data = forms.written(value, form)
    except (OverflowError, ValueError):
        form, data = TEXT, forms.written(value, TEXT)
    if chance.random() < 0.04:
        cut = data[: chance.randrange(len(data))] + chance.choice(_TRAILS)
        return Invented(None, cut, form, whole=False)
    return Invented(value, data, form, whole=True)


def _odd(chance: Random) -> Any:
    """A value that hardly any member may have."""
    return copy.deepcopy(chance.choice(_ODD))


def _body(request: dict[str, Any]) -> dict[str, Any]:
    body = request.get("body")
    return body if isinstance(body, dict) else {}


def _odd_member(request: dict[str, Any], chance: Random) -> Any:
    if names := list(_body(request)):
        _body(request)[chance.choice(names)] = _odd(chance)
    return request


def _no_member(request: dict[str, Any], chance: Random) -> Any:
    if names := list(_body(request)):
        del _body(request)[chance.choice(names)]
    return request


def _another_member(request: dict[str, Any], chance: Random) -> Any:
    name = chance.choice(("colour", "limit", "ttl", "grace", "marker", "pop", "echo", ""))
    _body(request).setdefault(name, _odd(chance))
    return request


def _odd_inside(request: dict[str, Any], chance: Random) -> Any:
    """Something deep in the body is another."""
    holder: Any = _body(request)
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return request
        key = chance.choice(keys)
        if not isinstance(holder[key], (dict, list)) or chance.random() < 0.3:
            holder[key] = _odd(chance)
            return request
        holder = holder[key]


def _odd_header(request: dict[str, Any], chance: Random) -> Any:
    names = ("Client-ID", "X-Project-ID", "User-Agent", "URL-Methods", "URL-Signature", "X-Kit")
    name = chance.choice(names)
    if isinstance(request.get("headers"), dict):
        value = chance.choice(_NO_PROJECTS) if name == "X-Project-ID" else _odd(chance)
        request["headers"][name] = value
    return request


def _no_header(request: dict[str, Any], chance: Random) -> Any:
    if isinstance(request.get("headers"), dict):
        request["headers"].pop(chance.choice(("Client-ID", "X-Project-ID")), None)
    return request


def _odd_part(request: dict[str, Any], chance: Random) -> Any:
    request[chance.choice(("headers", "body", "request_id", "api", "colour"))] = _odd(chance)
    return request


def _no_part(request: dict[str, Any], chance: Random) -> Any:
    request.pop(chance.choice(("headers", "body", "action")), None)
    return request


def _odd_action(request: dict[str, Any], chance: Random) -> Any:
    request["action"] = chance.choice(_ACTIONS)
    return request


def _no_request(request: dict[str, Any], chance: Random) -> Any:
    return chance.choice(([], [request], "text", 7, None, True))


#: What is about the members of a body comes more often.
_BREAKS: Final[tuple[Callable[[dict[str, Any], Random], Any], ...]] = (
    *(_odd_member, _odd_inside) * 3, _no_member, _another_member, _odd_header, _no_header,
    _odd_part, _no_part, _odd_action, _no_request,
)  # fmt: skip
