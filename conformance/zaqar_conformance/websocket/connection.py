# SPDX-License-Identifier: Apache-2.0
"""A connection as cases speak through it: requests of the API, replies, notifications.

It knows the envelope and the headers that each request carries, and how to leave them out. It
judges nothing, save that a request without a reply, and a reply that can't be read, is a mismatch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zaqar_conformance.case import Mismatch
from zaqar_conformance.errors import TargetUnreachable
from zaqar_conformance.target import Target
from zaqar_conformance.websocket import forms, wire
from zaqar_conformance.websocket.forms import TEXT, Form
from zaqar_conformance.websocket.record import Evidence, Frame

_LEFT_OUT: Final[Any] = object()
_LONGEST_SAID: Final = 200


@dataclass(frozen=True)
class Reply:
    """The reply to a request."""

    action: str
    #: The whole message.
    content: Mapping[str, Any]
    form: Form
    raw: bytes

    @property
    def status(self) -> int:
        """The status, which is an integer."""
        headers = self.content.get("headers")
        status = headers.get("status") if isinstance(headers, dict) else None
        if not isinstance(status, int) or isinstance(status, bool):
            raise Mismatch(f"a reply to {self.action} with a status", self.said)
        return status

    @property
    def body(self) -> Any:
        """The body."""
        return self.content.get("body")

    @property
    def headers(self) -> dict[str, Any]:
        """The headers, which are an object."""
        return self._object("headers")

    @property
    def request(self) -> dict[str, Any]:
        """The request that is repeated."""
        return self._object("request")

    @property
    def said(self) -> str:
        """The reply as it stands in a finding; requests are told with what was sent."""
        rest = {key: value for key, value in self.content.items() if key != "request"}
        text = forms.written(rest, TEXT).decode()
        return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}..."

    def _object(self, key: str) -> dict[str, Any]:
        value = self.content.get(key)
        if not isinstance(value, dict):
            raise Mismatch(f"a reply to {self.action} with {key} as an object", self.said)
        return value


class Connection:
    """One connection to a target."""

    def __init__(
        self,
        target: Target,
        number: int,
        record: Callable[[Evidence], None],
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        protocols: Sequence[str] = (),
    ) -> None:
        self.target = target
        self._number = number
        self._record = record
        self._began = time.monotonic()
        self._url = target.websocket_url.rstrip("/") + (path or "/")
        #: Notifications that came while a reply was waited for, oldest first.
        self._notified: list[tuple[Form, dict[str, Any]]] = []
        #: The actions whose replies are to come.
        self._asked: list[str] = []
        self._note("=", "opened")
        try:
            self.wire = wire.Wire(
                self._url, target.timeout, target.verify, self._note, headers, protocols
            )
        except (wire.NoHandshake, OSError) as error:
            raise Mismatch(f"a handshake at {self._url}", str(error) or repr(error)) from error

    # -- requests

    def own_headers(self) -> dict[str, Any]:
        """The headers that say who the caller is."""
        return {
            "Client-ID": self.target.client_id,
            "X-Project-ID": self.target.project,
            **self.target.headers,
        }

    def payload(
        self,
        action: object,
        body: object = _LEFT_OUT,
        headers: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A request. A header that is None here is left out, and so is a body that is not given."""
        merged = {**self.own_headers(), **(headers or {})}
        told = {key: value for key, value in merged.items() if value is not None}
        request: dict[str, Any] = {"action": action, "headers": told, **more}
        return request if body is _LEFT_OUT else {**request, "body": body}

    def send(
        self,
        action: object,
        body: object = _LEFT_OUT,
        headers: Mapping[str, Any] | None = None,
        form: Form = TEXT,
        **more: Any,
    ) -> None:
        """Sends a request and waits for nothing."""
        self.tell(self.payload(action, body, headers, **more), form)

    def tell(self, payload: object, form: Form = TEXT) -> None:
        """Sends any value as a message."""
        action = payload.get("action") if isinstance(payload, dict) else None
        self.say(forms.written(payload, form), form, str(action))

    def say(self, data: bytes, form: Form = TEXT, action: str = "a message") -> None:
        """Sends any bytes as a message."""
        self._asked.append(action)
        self.wire.send(form, data)

    def ask(
        self,
        action: object,
        body: object = _LEFT_OUT,
        headers: Mapping[str, Any] | None = None,
        form: Form = TEXT,
        **more: Any,
    ) -> Reply:
        """The reply to a request."""
        self.send(action, body, headers, form, **more)
        return self.reply()

    def ask_raw(self, data: bytes, form: Form = TEXT) -> Reply:
        """The reply to any bytes as a message."""
        self.say(data, form)
        return self.reply()

    def authenticate(self) -> None:
        """Shows the token of the target."""
        reply = self.ask("authenticate")
        if reply.status != 200:
            raise Mismatch("status 200 for authenticate", reply.said)

    # -- what comes

    def reply(self) -> Reply:
        """The next reply; notifications before it are kept."""
        action = self._asked.pop(0) if self._asked else "nothing"
        while True:
            form, raw, content = self._message(f"a reply to {action}")
            if "request" in content:
                return Reply(action, content, form, raw)
            self._notified.append((form, content))

    def notification(self) -> tuple[Form, dict[str, Any]]:
        """The next notification and its form."""
        if self._notified:
            return self._notified.pop(0)
        form, _, content = self._message("a notification")
        if "request" in content:
            raise Mismatch("a notification, which has no member request", "a reply to nothing")
        return form, content

    def notifications(self, count: int) -> list[dict[str, Any]]:
        """So many notifications."""
        return [self.notification()[1] for _ in range(count)]

    def any_message(self) -> dict[str, Any]:
        """The next reply or notification."""
        return self._message("a message")[2]

    def silence(self) -> None:
        """Nothing comes for a while, and nothing that came is left."""
        came = self._notified.pop(0)[1] if self._notified else None
        until = time.monotonic() + self.target.silence
        while came is None and (left := until - time.monotonic()) > 0:
            found = self.wire.receive(left)
            if found is not None and found.kind not in ("ping", "pong"):
                came = {"kind": found.kind, "code": found.code, "payload": found.payload.decode(
                    "utf-8", "backslashreplace")}  # fmt: skip
        if came is not None:
            raise Mismatch("nothing more", str(came)[:_LONGEST_SAID])

    def rest(self) -> None:
        """Reads nothing for a while."""
        time.sleep(self.target.silence)

    def pong(self) -> bytes:
        """The payload of the next pong."""
        return self._until("a pong", lambda came: came.kind == "pong").payload

    def ends_with(self, *codes: int) -> None:
        """The target closes the connection with one of these codes; replies before it are left."""
        wanted = f"a close frame of {' or '.join(map(str, codes))}"
        end = self._until(wanted, lambda came: came.kind == "close")
        if end.code not in codes:
            raise Mismatch(wanted, _end_said(end))

    def close(self) -> None:
        """Says good bye and leaves."""
        self.wire.close()
        self.wire.receive(self.target.silence)
        self.wire.drop()

    # -- inner parts

    def _message(self, what: str) -> tuple[Form, bytes, dict[str, Any]]:
        came = self._until(what, lambda came: came.kind in forms.FORMS)
        form = TEXT if came.kind == TEXT else forms.BINARY
        try:
            content = forms.read(came.payload, form)
        except (ValueError, RecursionError) as error:
            raise Mismatch(f"{what} that is {_LANGUAGE[form]}", f"{error}") from error
        if not isinstance(content, dict):
            raise Mismatch(f"{what} that is an object", repr(content)[:_LONGEST_SAID])
        return form, came.payload, content

    def _until(self, what: str, wanted: Callable[[wire.Came], bool]) -> wire.Came:
        for came in self._everything():
            if wanted(came):
                return came
            if came.kind == "close":
                raise Mismatch(what, _end_said(came))
        raise Mismatch(what, f"nothing within {self.target.timeout:g} s")

    def _everything(self) -> Iterator[wire.Came]:
        until = time.monotonic() + self.target.timeout
        while (came := self.wire.receive(until - time.monotonic())) is not None:
            yield came

    def _note(self, way: str, told: str) -> None:
        seconds = time.monotonic() - self._began
        self._record(Frame(self._url, self._number, way, told, seconds))


def reach(target: Target) -> None:
    """Opens a connection and ends it; `TargetUnreachable` if there is no WebSocket at its URL."""
    if not target.websocket_url:
        return
    try:
        Connection(target, 0, lambda evidence: None).close()
    except Mismatch as error:
        raise TargetUnreachable(
            f"no WebSocket answers at {target.websocket_url} ({error.observed})",
            "start the service, or mend --websocket-url",
        ) from error


_LANGUAGE: Final = {TEXT: "JSON", forms.BINARY: "MessagePack"}


def _end_said(came: wire.Came) -> str:
    if came.code == wire.DROPPED:
        return "the connection was dropped without a close frame"
    return f"a close frame of {came.code}"
