# SPDX-License-Identifier: Apache-2.0
"""Servers with wrong frames, wrong envelopes, or replies in the wrong place."""

from __future__ import annotations

from typing import Any

from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response

from ..miniature import Miniature
from ..miniature.lines import Line
from ..miniature.reading import Refusal
from . import lie, nothing


def _in_place_of(opcode: Opcode, *frames: Frame) -> Any:
    """An override of `outgoing`: other frames in place of those."""
    return lambda self, frame: list(frames) if frame.opcode is opcode else [frame]


def _no_such_path(self: Miniature, request: Handshake) -> Response | None:
    if request.path != "/":
        return Response(404, "Not Found", type(request.headers)(), b"")
    return Miniature.shaken(self, request)


def _needs_upgrade(self: Miniature, request: Handshake) -> Response | None:
    found = Miniature.shaken(self, request)
    return found and Response(426, "Upgrade Required", type(request.headers)(), b"")


def _first_form(self: Miniature, line: Line, kind: str) -> str:
    return str(line.notes.setdefault("first form", kind))


def _no_fragments(self: Miniature, line: Line, frame: Frame) -> None:
    if not frame.fin:
        line.fail(1003)


def _tired_of_pings(self: Miniature, line: Line, frame: Frame) -> None:
    count = self.notes["pings"] = self.notes.get("pings", 0) + (frame.opcode is Opcode.PING)
    if count > 100:
        line.fail(1008)


def _remember(self: Miniature, line: Line, frame: Frame) -> None:
    self.notes.setdefault("lines", []).append(line)


def _take_all_along(self: Miniature, line: Line) -> None:
    for one in self.notes.get("lines", []):
        one.drop()


lie("opens at one path only", "websocket-frames.any-path", shaken=_no_such_path)
lie(
    "selects the first sub-protocol",
    "websocket-frames.no-subprotocol",
    subprotocol=lambda self, offered: next(iter(offered), None),
)
lie("has no page for people", "websocket-frames.plain-get", shaken=_needs_upgrade)
lie(
    "replies in MessagePack always",
    "websocket-frames.text-is-json",
    form_of_reply=lambda self, line, kind: "binary",
)
lie(
    "replies in JSON always",
    "websocket-frames.binary-is-messagepack",
    "websocket-request.malformed-messagepack",
    form_of_reply=lambda self, line, kind: "text",
)
lie(
    "keeps to the form of the first request",
    "websocket-frames.both-on-one-connection",
    form_of_reply=_first_form,
)
lie("knows no fragments", "websocket-frames.fragments", incoming=_no_fragments)
lie(
    "answers pings with nothing in them",
    "websocket-frames.ping",
    outgoing=_in_place_of(Opcode.PONG, Frame(Opcode.PONG, b"")),
)
lie("has enough of pings", "websocket-frames.many-pings", incoming=_tired_of_pings)
lie("leaves without good bye", "websocket-frames.close-echoed", outgoing=_in_place_of(Opcode.CLOSE))
lie("calls bad text by another name", "websocket-frames.invalid-text", bad_text_code=1003)
lie("answers bad text", "websocket-frames.invalid-text", is_text=lambda self, payload: True)
lie(
    "reads whatever is sent",
    "websocket-frames.too-large",
    "websocket-frames.endless-fragments",
    largest_frame=20_000_000,
)
lie(
    "says that all is well when it hangs up",
    "websocket-frames.unmasked",
    "websocket-frames.too-large",
    outgoing=_in_place_of(Opcode.CLOSE, Frame(Opcode.CLOSE, Close(1000, "").serialize())),
)
lie(
    "ends all connections with one",
    "websocket-frames.others-undisturbed",
    incoming=_remember,
    gone=_take_all_along,
)
lie("waits for readers for ever", "websocket-frames.slow-reader", patience=100)

# -- replies


def _with_a_name(self: Miniature, request: Any, status: int, body: Any) -> dict[str, Any]:
    return {**Miniature.reply_of(self, request, status, body), "id": 7}


def _repeating(change: Any) -> Any:
    """An override of `repeated`: the repeated request is changed."""
    return lambda self, request: change(request, Miniature.repeated(self, request))


def _status_as_text(self: Miniature, status: int) -> dict[str, Any]:
    return {**Miniature.reply_headers(self, status), "status": str(status)}


def _in_pairs(self: Miniature, line: Line, kind: str, request: Any, reply: dict[str, Any]) -> None:
    """Of two replies the second comes first."""
    if "held" not in line.notes:
        line.notes["held"] = (kind, request, reply)
        return
    Miniature.replied(self, line, kind, request, reply)
    Miniature.replied(self, line, *line.notes.pop("held"))  # type: ignore[misc]


def _shown_queues_in_pairs(
    self: Miniature, line: Line, kind: str, request: Any, reply: dict[str, Any]
) -> None:
    swap = _in_pairs if request.get("action") == "queue_get" else Miniature.replied
    swap(self, line, kind, request, reply)


def _silent_on_nonsense(
    self: Miniature, line: Line, kind: str, request: Any, reply: dict[str, Any]
) -> None:
    if isinstance(request, dict):
        Miniature.replied(self, line, kind, request, reply)


def _hangs_up_on_nonsense(
    self: Miniature, line: Line, kind: str, request: Any, reply: dict[str, Any]
) -> None:
    if request is None:
        line.fail(1003)
    else:
        Miniature.replied(self, line, kind, request, reply)


def _hangs_up_after_400(
    self: Miniature, line: Line, kind: str, request: Any, reply: dict[str, Any]
) -> None:
    Miniature.replied(self, line, kind, request, reply)
    if reply["headers"]["status"] == 400:
        line.drop()


lie(
    "has a member more in replies",
    "websocket-reply.members",
    "websocket-frames.binary-is-messagepack",
    reply_of=_with_a_name,
)
lie(
    "does not repeat what was asked",
    "websocket-reply.request-copy",
    repeated=_repeating(lambda request, told: {**told, "body": {}}),
)
lie(
    "does not say which API it is",
    "websocket-reply.request-copy",
    repeated=_repeating(lambda request, told: {k: v for k, v in told.items() if k != "api"}),
)
lie(
    "repeats null for a body that was not there",
    "websocket-reply.absent-body",
    repeated=_repeating(
        lambda request, told: told if "body" in (request or {}) else {**told, "body": None}
    ),
)
lie("tells the status as a text", "websocket-reply.status", reply_headers=_status_as_text)
lie("replies to the second of two first", "websocket-reply.order", replied=_in_pairs)
lie(
    "shows the second of two queues first",
    "websocket-push.replies-go-on",
    replied=_shown_queues_in_pairs,
)
lie("leaves nonsense without reply", "websocket-reply.one-each", replied=_silent_on_nonsense)
lie(
    "hangs up on nonsense",
    "websocket-request.malformed-json",
    "websocket-request.malformed-messagepack",
    replied=_hangs_up_on_nonsense,
)
lie(
    "hangs up after a request that it refused",
    "websocket-request.goes-on",
    replied=_hangs_up_after_400,
)
lie(
    "does not show the newest message",
    "websocket-reply.effects-in-order",
    live=lambda self, call: Miniature.live(self, call)[:-1],
)

# -- secrets and refusals


def _repeats_when_refused(self: Miniature, request: Any, status: int, body: Any) -> dict[str, Any]:
    reply = Miniature.reply_of(self, request, status, body)
    if status >= 400 and isinstance(request, dict) and isinstance(request.get("headers"), dict):
        reply["request"]["headers"] = request["headers"]
    return reply


def _refusing(body: Any) -> Any:
    """An override of `refusal_of`: refusals have another body."""
    return lambda self, refusal: (refusal.status, body)


lie(
    "repeats tokens",
    "websocket-reply.token-not-repeated",
    is_secret=lambda self, name: name == "URL-Signature",
)
lie(
    "repeats signatures",
    "websocket-reply.signature-not-repeated",
    is_secret=lambda self, name: name == "X-Auth-Token",
)
lie(
    "knows secrets by one spelling",
    "websocket-reply.secrets-in-any-case",
    is_secret=lambda self, name: name in ("URL-Signature", "X-Auth-Token"),
)
lie(
    "repeats everything when it refuses",
    "websocket-reply.secrets-of-refused",
    reply_of=_repeats_when_refused,
)
lie("refuses without a word", "websocket-reply.refusal", refusal_of=_refusing({"error": ""}))
lie(
    "refuses in another form",
    "websocket-reply.refusal",
    refusal_of=_refusing({"error": "no", "code": 7}),
)
lie(
    "tells why it refuses as an exception",
    "websocket-reply.refusal-error",
    refusal_of=_refusing({"error": None, "exception": "no"}),
)
lie(
    "tells where it failed",
    "websocket-reply.refusal-no-internals",
    refusal_of=_refusing({"error": "KeyError at line 7 of api.py"}),
)
lie(
    "does not repeat the name of a request",
    "websocket-reply.request-id",
    repeated=_repeating(lambda request, told: {k: v for k, v in told.items() if k != "request_id"}),
)
lie("takes any name of a request", "websocket-reply.request-id-form", check_request_id=nothing)
lie(
    "has no ids of replies",
    "websocket-reply.server-id",
    reply_headers=lambda self, status: {"status": status},
)
lie(
    "gives all replies one id",
    "websocket-reply.server-id",
    reply_headers=lambda self, status: {
        "status": status,
        "X-OpenStack-Request-ID": "req-00000000-0000-0000-0000-000000000000",
    },
)
lie(
    "finds what is not there",
    "websocket-message.get-unknown",
    "websocket-claim.renewed",
    refusal_of=lambda self, refusal: (
        (204, {}) if refusal.status == 404 else Miniature.refusal_of(self, refusal)
    ),
)


def _no_authentication(self: Miniature, line: Line, kind: str, request: Any) -> tuple[int, Any]:
    if isinstance(request, dict) and request.get("action") == "authenticate":
        raise Refusal(403, "nobody is authenticated here")
    return Miniature.done(self, line, kind, request)


lie("authenticates nobody", "websocket-action.authenticate", done=_no_authentication)
lie(
    "authenticates without a token",
    "websocket-action.authenticate-headers",
    required_headers=lambda self, action: (
        ("X-Project-ID",) if action == "authenticate" else Miniature.required_headers(self, action)
    ),
)
