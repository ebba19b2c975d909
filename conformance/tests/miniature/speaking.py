# SPDX-License-Identifier: Apache-2.0
"""The envelope of the WebSocket: what a message is read as, what is refused, what a reply has.

As elsewhere in the miniature, each rule is a method or a figure that a liar replaces.
"""

from __future__ import annotations

import contextlib
import json
import math
import uuid
from collections.abc import Iterator
from email.message import Message as Headers
from typing import Any

import msgpack
from websockets.datastructures import Headers as HandshakeHeaders
from websockets.frames import Frame
from websockets.http11 import Request as Handshake
from websockets.http11 import Response

from . import lines
from .lines import Line
from .reading import Refusal
from .sharing import Sharing
from .wire import Request

_TEXTS = ("Client-ID", "X-Project-ID", "X-Auth-Token", "User-Agent", "Date", "Accept")
_LISTS = ("URL-Methods", "URL-Paths")
_PAGE = b"<!DOCTYPE html><title>A WebSocket</title><p>Come with one."


class Spoken(Sharing):
    """How requests are read and replies are written."""

    largest_frame = 262144 + 65536
    patience = 0.4
    #: What a text that is none is told.
    bad_text_code = 1007

    # -- the connection

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """The URL of the WebSocket meanwhile."""
        with lines.listening(self) as url:
            yield url

    def shaken(self, request: Handshake) -> Response | None:
        """A handshake is never refused; who wants none gets a page."""
        if "upgrade" in request.headers.get("Connection", "").lower():
            return None
        return Response(200, "OK", HandshakeHeaders(self.page_headers()), _PAGE)

    def page_headers(self) -> dict[str, str]:
        """What the page comes with."""
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(_PAGE)),
            "Connection": "close",
        }

    def subprotocol(self, offered: list[str]) -> str | None:
        """None is selected."""
        return None

    def outgoing(self, frame: Frame) -> list[Frame]:
        """A frame goes out as it is."""
        return [frame]

    def incoming(self, line: Line, frame: Frame) -> None:
        """Nothing is to be done about single frames."""

    def gone(self, line: Line) -> None:
        """A connection has ended."""

    # -- a message

    def hear(self, line: Line, kind: str, payload: bytes) -> None:
        """Answers a message, in the form that it has."""
        if kind == "text" and not self.is_text(payload):
            line.fail(self.bad_text_code)
            return
        request, status, body = self.outcome(line, kind, payload)
        reply = self.reply_of(request, status, body)
        self.replied(line, kind, request, reply)

    def replied(self, line: Line, kind: str, request: Any, reply: dict[str, Any]) -> None:
        """Sends a reply."""
        form = self.form_of_reply(line, kind)
        line.send(form, self.encoded(form, reply))

    def form_of_reply(self, line: Line, kind: str) -> str:
        """The form of a reply is that of its request."""
        return kind

    def is_text(self, payload: bytes) -> bool:
        """Whether a text message is text."""
        try:
            payload.decode()
        except UnicodeDecodeError:
            return False
        return True

    def outcome(self, line: Line, kind: str, payload: bytes) -> tuple[Any, int, Any]:
        """What was asked, and how it is answered."""
        request = None
        try:
            request = self.decoded(kind, payload)
            return request, *self.done(line, kind, request)
        except Refusal as refusal:
            status, body = self.refusal_of(refusal)
            return request, status, body

    def done(self, line: Line, kind: str, request: Any) -> tuple[int, Any]:
        """Checks a request and does it: status and body."""
        raise NotImplementedError

    def refusal_of(self, refusal: Refusal) -> tuple[int, Any]:
        """How a refusal is told."""
        return refusal.status, {"error": str(refusal)}

    # -- reading

    def decoded(self, kind: str, payload: bytes) -> Any:
        """The value of a message."""
        try:
            if kind == "text":
                text = payload.decode()
                self.check_levels(text)
                return self.checked_value(self.parsed(text))
            return self.checked_packed(self.unpacked(payload))
        except (ValueError, RecursionError, msgpack.UnpackException):
            raise Refusal(400, "the message can't be read") from None

    def unpacked(self, payload: bytes) -> Any:
        """One MessagePack value and nothing behind it."""
        return msgpack.unpackb(
            payload,
            raw=False,
            strict_map_key=False,
            object_pairs_hook=self.an_object,
            ext_hook=self.extension,
            unicode_errors=self.text_errors(),
        )

    def text_errors(self) -> str:
        """A text that is no UTF-8 is none."""
        return "strict"

    def extension(self, code: int, data: bytes) -> Any:
        """An extension type is no value."""
        raise ValueError(code)

    def checked_packed(self, value: Any, level: int = 0) -> Any:
        """The value, if it is one that JSON can say."""
        if level > self.json_levels:
            raise ValueError("too deep")
        self.check_scalar(value)
        if isinstance(value, dict):
            for key in value:
                self.check_key(key)
        inner = value.values() if isinstance(value, dict) else value
        for one in inner if isinstance(value, (dict, list)) else ():
            self.checked_packed(one, level + 1)
        return value

    def check_scalar(self, value: Any) -> None:
        """Binary data and what is no number can't be said in JSON."""
        self.check_binary(value)
        if isinstance(value, msgpack.Timestamp):
            self.extension(-1, value.to_bytes())
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(value)

    def check_binary(self, value: Any) -> None:
        """Binary data can't be said in JSON."""
        if isinstance(value, bytes):
            raise ValueError(value)

    def check_key(self, key: Any) -> None:
        """A key is a text."""
        if not isinstance(key, str):
            raise ValueError(key)

    # -- checking

    def action_of(self, request: Any) -> str:
        """The action, which is a text."""
        if not isinstance(request, dict):
            raise Refusal(400, "the message is no object")
        self.check_request_id(request)
        if not isinstance(request.get("action"), str):
            raise Refusal(400, "action is no text")
        return str(request["action"])

    def check_request_id(self, request: dict[str, Any]) -> None:
        """The name of a request is a text and not too long."""
        name = request.get("request_id", "")
        if not isinstance(name, str) or len(name) > 255:
            raise Refusal(400, "request_id is no text of up to 255 characters")

    def headers_of(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """The headers, which say who asks and for what project."""
        headers = request.get("headers")
        if not isinstance(headers, dict):
            raise Refusal(400, "headers is no object")
        self.check_header_types(headers)
        for name in self.required_headers(action):
            if name not in headers:
                raise Refusal(400, f"{name} is missing")
        self.check_caller(action, headers)
        return headers

    def check_header_types(self, headers: dict[str, Any]) -> None:
        """Headers that are known have types."""
        for name in _TEXTS:
            if not isinstance(headers.get(name, ""), str):
                raise Refusal(400, f"{name} is no text")
        for name in _LISTS:
            value = headers.get(name, [])
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise Refusal(400, f"{name} is no array of texts")

    def required_headers(self, action: str) -> tuple[str, ...]:
        """The headers that have to be there."""
        if action == "authenticate":
            return ("X-Auth-Token", "X-Project-ID")
        return ("Client-ID", "X-Project-ID")

    def check_caller(self, action: str, headers: dict[str, Any]) -> None:
        """The forms of client and project."""
        self.check_project(headers["X-Project-ID"])
        if "Client-ID" in headers:
            self.check_client(action, headers["Client-ID"])

    def check_client(self, action: str, client: str) -> None:
        """A client is a UUID."""
        try:
            self.client_spelling(client)
        except ValueError:
            raise Refusal(400, "Client-ID is no UUID") from None

    def check_project(self, project: str) -> None:
        """A project has a length."""
        if not project:
            raise Refusal(400, "X-Project-ID is empty")
        self.check_project_length(project)

    def body_of_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """The body, which is an object and may be absent."""
        body = request.get("body", {})
        if not isinstance(body, dict):
            raise Refusal(400, "body is no object")
        return body

    # -- signatures

    def check_signature(self, headers: dict[str, Any], method: str, path: str) -> None:
        """A request that shows a signature shows one that opens it."""
        if not self.shows_signature(headers):
            return
        told = Headers()
        for name in ("URL-Signature", "URL-Expires", "X-Project-ID"):
            if name in headers:
                told[name] = str(headers[name])
        for name in _LISTS:
            if name in headers:
                told[name] = ",".join(headers[name])
        if not path or not self.is_open(Request(method, path, told, b""), path):
            raise Refusal(403, "the signature does not open this")

    def shows_signature(self, headers: dict[str, Any]) -> bool:
        """Whether a signature is there, empty or not."""
        return "URL-Signature" in headers

    # -- writing

    def reply_of(self, request: Any, status: int, body: Any) -> dict[str, Any]:
        """The reply to a request."""
        return {
            "request": self.repeated(request),
            "headers": self.reply_headers(status),
            "body": body,
        }

    def reply_headers(self, status: int) -> dict[str, Any]:
        """The headers of a reply."""
        return {"status": status, "X-OpenStack-Request-ID": f"req-{uuid.uuid4()}"}

    def repeated(self, request: Any) -> dict[str, Any]:
        """What of a request is repeated in its reply."""
        if not isinstance(request, dict):
            return {"action": None, "headers": {}, "body": {}, "api": "v2"}
        headers = request.get("headers")
        told = {
            "action": request.get("action"),
            "headers": self.repeated_headers(headers) if isinstance(headers, dict) else {},
            "body": self.repeated_body(request.get("body", {})),
            "api": "v2",
        }
        name = request.get("request_id")
        return {**told, "request_id": name} if isinstance(name, str) and len(name) < 256 else told

    def repeated_headers(self, headers: dict[str, Any]) -> dict[str, Any]:
        """The headers without secrets."""
        return {name: one for name, one in headers.items() if not self.is_secret(name)}

    def is_secret(self, name: str) -> bool:
        """Whether a header is not to be repeated."""
        return name.lower() in ("x-auth-token", "url-signature")

    def repeated_body(self, body: Any) -> Any:
        """The body without the addresses of pools."""
        if isinstance(body, dict) and "uri" in body:
            return {key: one for key, one in body.items() if key != "uri"}
        return body

    def encoded(self, kind: str, reply: dict[str, Any]) -> bytes:
        """A message in that form."""
        if kind == "text":
            return json.dumps(reply).encode()
        return bytes(msgpack.packb(self.sayable(reply)))

    def sayable(self, value: Any) -> Any:
        """The value with integers that MessagePack can say."""
        if isinstance(value, dict):
            return {key: self.sayable(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.sayable(one) for one in value]
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            return self.beyond(value)
        return value

    def beyond(self, value: int) -> Any:
        """An integer that MessagePack can't say."""
        return float(value)
