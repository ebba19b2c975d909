# SPDX-License-Identifier: Apache-2.0
"""The client that cases speak through: sends what it is told to and records every exchange.

It knows the headers that each request of the API carries and how to leave them out. It never
retries, never follows a redirect, reads no proxy from the environment, and judges nothing, save
that a request without an answer is a mismatch: the API always answers.
"""

from __future__ import annotations

import contextlib
import json as jsonlib
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import requests

from zaqar_conformance import paths
from zaqar_conformance.case import Mismatch, Unsupported, setup
from zaqar_conformance.exchange import Exchange, redacted, redacted_body
from zaqar_conformance.handwritten import HandWritten
from zaqar_conformance.target import Limits, Target
from zaqar_conformance.websocket import Connection
from zaqar_conformance.websocket.actions import Actions, usual
from zaqar_conformance.websocket.record import Evidence

__all__ = ["Api", "Data", "Exchange", "Headers", "Limits", "Target"]

_UNSET: Final[Any] = object()
_Name = TypeVar("_Name", bound=str)

Headers = Mapping[str, str | None]
#: Bytes go with their length; a sequence of bytes goes in chunks, without a length.
Data = bytes | Sequence[bytes]


@dataclass
class _Journal:
    """What one case did and through what, shared by all the callers it speaks as."""

    session: requests.Session = field(default_factory=requests.Session)
    exchanges: list[Evidence] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    queues: list[tuple[str, str]] = field(default_factory=list)
    #: What else is to be undone, the last thing first: method, path, body.
    undoing: list[tuple[str, str, object]] = field(default_factory=list)


class Api(HandWritten):
    """A caller of the target. A case gets one of its own."""

    def __init__(
        self,
        target: Target,
        limits: Limits | None = None,
        wait: Callable[[float], None] = time.sleep,
        journal: _Journal | None = None,
        actions: Actions | None = None,
    ) -> None:
        self._journal = journal or _Journal()
        self._actions = actions
        super().__init__(target, self._journal.exchanges)
        self.limits = limits or Limits()
        self._wait = wait
        self._session = self._journal.session
        self._session.trust_env = False

    def wait(self, seconds: float) -> None:
        """Lets time pass on the target."""
        self._wait(seconds)

    def patient(self, timeout: float) -> Api:
        """The same caller, who waits longer for an answer."""
        return self._as(replace(self.target, timeout=timeout))

    def beside(self, timeout: float) -> Api:
        """The same caller over connections of its own and with more patience, for a thread."""
        target = replace(self.target, timeout=timeout)
        return Api(target, self.limits, self._wait, actions=self._actions)

    def other_client(self) -> Api:
        """The same project, spoken to by another client instance."""
        return self._as(replace(self.target, client_id=str(uuid.uuid4())))

    def other_project(self, name: str | None = None) -> Api:
        """The same client instance in another project."""
        self.needs_open_project()
        return self._as(replace(self.target, project=name or f"kit-{secrets.token_hex(6)}"))

    def needs_open_project(self) -> None:
        """Ends the case where the project is decided by a token and not by the header."""
        if self.target.has_token:
            raise Unsupported("the token decides the project, so it cannot be chosen")

    def needs_uuids(self) -> None:
        """Ends the case where any text is a Client-ID."""
        if self.limits.client_id_uuid_safe != "strict":
            raise Unsupported("this deployment takes any text as Client-ID")

    def _as(self, target: Target) -> Api:
        return Api(target, self.limits, self._wait, self._journal, self._actions)

    # -- the WebSocket

    @property
    def actions(self) -> Actions:
        """What the specification says of the actions of the WebSocket."""
        return self._actions or usual()

    def needs_websocket(self) -> None:
        """Ends the case where it is not known where the target's WebSocket is."""
        if not self.target.websocket_url:
            raise Unsupported("the WebSocket is at a URL of its own: give --websocket-url")

    def stranger(self, **options: Any) -> Connection:
        """A new connection that nobody has authenticated on; it ends after the case."""
        self.needs_websocket()
        number = len(self._journal.connections) + 1
        opened = Connection(self.target, number, self.exchanges.append, **options)
        self._journal.connections.append(opened)
        return opened

    def at_websocket(self) -> Api:
        """The same caller, who speaks HTTP to where the WebSocket is."""
        url = self.target.websocket_url.replace("ws", "http", 1)
        return self._as(replace(self.target, url=url))

    def connect(self, **options: Any) -> Connection:
        """A new connection that the caller may ask over."""
        opened = self.stranger(**options)
        if self.target.has_token:
            with setup():
                opened.authenticate()
        return opened

    # -- names

    def queue_name(self) -> str:
        """A name that no other case uses; the queue is removed after the case."""
        return self.remember(f"kit-{secrets.token_hex(6)}")

    def topic_name(self) -> paths.Topic:
        """The same for a topic."""
        return self.remember(paths.Topic(f"kit-{secrets.token_hex(6)}"))

    def remember(self, name: _Name) -> _Name:
        """Has the queue or topic of that name removed after the case."""
        self._journal.queues.append((self.target.project, name))
        return name

    def afterwards(self, method: str, path: str, json: object = None) -> None:
        """Has this sent after the case, when its queues are gone; what was told last goes first."""
        self._journal.undoing.append((method, path, json))

    def cleanup(self) -> None:
        """Removes what the case made as well as it can; nothing depends on it."""
        for connection in self._journal.connections:
            with contextlib.suppress(OSError):
                connection.wire.drop()
        for project, name in self._journal.queues:
            headers = {**self.own_headers(), "X-Project-ID": project}
            with contextlib.suppress(requests.RequestException):
                url = f"{self.base}{paths.queue(name)}"
                self._session.delete(url, headers=headers, **self._options)
        self._journal.queues.clear()
        while self._journal.undoing:
            method, path, json = self._journal.undoing.pop()
            with contextlib.suppress(requests.RequestException):
                self._session.request(
                    method, f"{self.base}{path}", headers=self.own_headers(), json=json,
                    **self._options,
                )  # fmt: skip
        self._session.close()

    # -- requests

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = _UNSET,
        data: Data | None = None,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        headers: Headers | None = None,
    ) -> Exchange:
        """Sends one request. A header that is None here is left out."""
        if json is not _UNSET:
            data = jsonlib.dumps(json).encode()
        body = data if data is None or isinstance(data, bytes) else iter(data)
        sent = self._sent_headers(headers, has_body=data is not None)
        started = time.monotonic()
        try:
            response = self._session.request(
                method,
                f"{self.base}{path}",
                params=params,
                data=body,
                headers=sent,
                **self._options,
            )
        except requests.RequestException as error:
            raise self._unanswered(method, path, sent, data, started, error) from error
        exchange = Exchange(
            method,
            response.request.url or "",
            redacted({k: _text(v) for k, v in response.request.headers.items()}),
            redacted_body(_joined(data)),
            response.status_code,
            response.headers,
            response.content,
            time.monotonic() - started,
        )
        self.exchanges.append(exchange)
        return exchange

    def get(self, path: str, **options: Any) -> Exchange:
        """GET, with the options of `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Exchange:
        """POST, with the options of `request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Exchange:
        """PUT, with the options of `request`."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Exchange:
        """PATCH, with the options of `request`."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Exchange:
        """DELETE, with the options of `request`."""
        return self.request("DELETE", path, **options)

    # -- inner parts

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "timeout": self.target.timeout,
            "verify": self.target.verify,
            "allow_redirects": False,
        }

    def _sent_headers(self, given: Headers | None, has_body: bool) -> dict[str, str | None]:
        usual = {"Content-Type": "application/json"} if has_body else {}
        merged: dict[str, str | None] = {"Accept": "application/json", **usual}
        return {**merged, **self.own_headers(), **(given or {})}

    def _unanswered(
        self,
        method: str,
        path: str,
        sent: Headers,
        data: Data | None,
        started: float,
        error: requests.RequestException,
    ) -> Mismatch:
        told = redacted({k: v for k, v in sent.items() if v is not None})
        seconds = time.monotonic() - started
        self.exchanges.append(
            Exchange(
                method,
                f"{self.base}{path}",
                told,
                redacted_body(_joined(data)),
                0,
                {},
                b"",
                seconds,
            )
        )
        return Mismatch("an answer", f"none after {seconds:.1f} s ({type(error).__name__})")


def _joined(data: Data | None) -> bytes:
    if data is None or isinstance(data, bytes):
        return data or b""
    return b"".join(data)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
