# SPDX-License-Identifier: Apache-2.0
"""Servers that take over the WebSocket what is no request, or refuse what is one."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import msgpack
from websockets.http11 import Request as Handshake
from websockets.http11 import Response

from ..miniature import Miniature
from ..miniature.actions import WAYS, Way
from ..miniature.lines import Line
from ..miniature.reading import Refusal
from . import lie, nothing

# -- what can't be read


def _first_value(self: Miniature, payload: bytes) -> Any:
    unpacker = msgpack.Unpacker(
        raw=False, strict_map_key=False, object_pairs_hook=self.an_object, ext_hook=self.extension
    )
    unpacker.feed(payload)
    for value in unpacker:
        return value
    raise ValueError(payload)


def _texts(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {key: _texts(one) for key, one in value.items()}
    return [_texts(one) for one in value] if isinstance(value, list) else value


def _flattened(self: Miniature, kind: str, payload: bytes) -> Any:
    for deep in (rb"\[{1000,}\]{1000,}", rb"\x91{1000,}\x90"):
        payload = re.sub(deep, b"[]" if kind == "text" else b"\x90", payload)
    return Miniature.decoded(self, kind, payload)


def _any_value(self: Miniature, line: Line, kind: str, request: Any) -> tuple[int, Any]:
    if request is not None and not isinstance(request, dict):
        return 200, {}
    return Miniature.done(self, line, kind, request)


lie("reads no further than it likes", "websocket-request.trailing-bytes", unpacked=_first_value)
lie("answers what is no object", "websocket-request.not-an-object", done=_any_value)
lie(
    "takes extension types for null",
    "websocket-request.extension-types",
    extension=lambda self, code, data: None,
)
lie(
    "takes bytes for text",
    "websocket-request.binary-values",
    unpacked=lambda self, payload: _texts(Miniature.unpacked(self, payload)),
)
lie("takes any key", "websocket-request.keys-not-text", check_key=nothing)
lie(
    "mends texts",
    "websocket-request.invalid-text",
    text_errors=lambda self: "replace",
)
lie(
    "takes what is no number for 0",
    "websocket-request.non-finite",
    constant=lambda self, text: 0,
)
lie(
    "takes the last of two members",
    "websocket-request.duplicate-keys",
    an_object=lambda self, pairs: dict(pairs),
)
lie(
    "mends half a pair",
    "websocket-request.lone-surrogate",
    checked_value=lambda self, value: json.loads(
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    ),
)
lie("cuts what is too deep", "websocket-request.deep-nesting", decoded=_flattened)

# -- the envelope


def _filled(self: Miniature, action: str, request: dict[str, Any], **headers: str) -> Any:
    given = request.get("headers")
    told = {**headers, **given} if isinstance(given, dict) else headers
    return Miniature.headers_of(self, action, {**request, "headers": told})


def _anyone(self: Miniature, action: str, request: dict[str, Any]) -> Any:
    if isinstance(request.get("headers"), dict):
        return Miniature.headers_of(self, action, request)
    own = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "default"}
    return _filled(self, action, request, **own)


def _who_and_what(self: Miniature, headers: dict[str, Any]) -> None:
    for name in ("Client-ID", "X-Project-ID"):
        if not isinstance(headers.get(name, ""), str):
            raise Refusal(400, f"{name} is no text")


def _known_headers(self: Miniature, headers: dict[str, Any]) -> dict[str, Any]:
    shown = Miniature.repeated_headers(self, headers)
    return {name: one for name, one in shown.items() if not name.startswith("X-Kit")}


def _of_the_handshake(self: Miniature, action: str, request: dict[str, Any]) -> Any:
    shaken = self.notes.get("handshake", {})
    names = ("Client-ID", "X-Project-ID")
    return _filled(self, action, request, **{n: shaken[n] for n in names if n in shaken})


def _noted(self: Miniature, request: Handshake) -> Response | None:
    self.notes["handshake"] = request.headers
    return Miniature.shaken(self, request)


def _first_project(self: Miniature, line: Line, kind: str, request: Any) -> tuple[int, Any]:
    first = line.notes.setdefault("project", request["headers"]["X-Project-ID"])
    headers = {**request["headers"], "X-Project-ID": first}
    return Miniature.done(self, line, kind, {**request, "headers": headers})


def _only_some(self: Miniature, action: str, client: str) -> None:
    if action in ("message_post", "message_list"):
        try:
            uuid.UUID(client)
        except ValueError:
            raise Refusal(400, "Client-ID is no UUID") from None


lie(
    "takes unknown actions for pings",
    "websocket-request.unknown-action",
    known_action=lambda self, action: action if action in WAYS else "ping_node",
)
lie(
    "takes nothing for a ping",
    "websocket-request.action-missing",
    action_of=lambda self, request: (
        "ping_node"
        if isinstance(request, dict) and not isinstance(request.get("action"), str)
        else Miniature.action_of(self, request)
    ),
)
lie("needs no headers", "websocket-request.headers-required", headers_of=_anyone)
lie(
    "serves who does not say who it is over the WebSocket",
    "websocket-request.client-id-required",
    headers_of=lambda self, action, request: _filled(
        self, action, request, **{"Client-ID": str(uuid.uuid4())}
    ),
)
lie(
    "serves who names no project over the WebSocket",
    "websocket-request.project-required",
    headers_of=lambda self, action, request: _filled(
        self, action, request, **{"X-Project-ID": "default"}
    ),
)
lie(
    "looks at few headers only",
    "websocket-request.header-types",
    check_header_types=_who_and_what,
)
lie(
    "takes any text as Client-ID over the WebSocket",
    "websocket-request.client-id-malformed",
    "websocket-request.client-id-everywhere",
    check_client=nothing,
    client_spelling=lambda self, given: given,
)
lie(
    "looks at Client-ID where it needs it",
    "websocket-request.client-id-everywhere",
    check_client=_only_some,
    client_spelling=lambda self, given: given,
)
lie("takes any project", "websocket-request.project-length", check_project=nothing)
lie(
    "forgets headers that it does not know",
    "websocket-request.unknown-headers",
    "websocket-reply.request-copy",
    repeated_headers=_known_headers,
)
lie("keeps to the first project", "websocket-request.own-headers", done=_first_project)
lie(
    "knows the caller by the handshake",
    "websocket-request.handshake-headers",
    headers_of=_of_the_handshake,
    shaken=_noted,
)

# -- members


def _strict_members(self: Miniature, action: str, way: Way, body: dict[str, Any]) -> None:
    Miniature.check_members_of(self, action, way, body)
    if "colour" in body:
        raise Refusal(400, "colour is not known")


def _default_queue(self: Miniature, request: dict[str, Any]) -> dict[str, Any]:
    return {"queue_name": "default", **Miniature.body_of_request(self, request)}


lie("knows all members", "websocket-request.unknown-members", check_members_of=_strict_members)
lie(
    "takes anything for no body",
    "websocket-request.body-not-an-object",
    body_of_request=lambda self, request: (
        request["body"] if isinstance(request.get("body"), dict) else {}
    ),
)
lie("has a queue by default", "websocket-request.members-required", body_of_request=_default_queue)
lie(
    "reads numbers out of texts",
    "websocket-request.member-types",
    has_type=lambda self, value, kind: kind in (int, bool) or Miniature.has_type(self, value, kind),
)
lie(
    "takes true for 1",
    "websocket-request.booleans-are-no-integers",
    has_type=lambda self, value, kind: isinstance(value, kind),
    spelt=lambda self, value: str(int(value)) if isinstance(value, bool) else str(value),
)
lie("takes any name of a queue", "websocket-request.queue-name", check_names_of=nothing)
