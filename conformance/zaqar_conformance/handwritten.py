# SPDX-License-Identifier: Apache-2.0
"""Requests written byte by byte, for what no HTTP library sends or waits for.

It knows who the caller is and what each request of the API carries, records what it sends, and
judges nothing, save that a target that cannot be connected to does not answer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from socket import socket
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from zaqar_conformance import connection
from zaqar_conformance.case import Mismatch
from zaqar_conformance.exchange import Exchange, redacted, redacted_wire
from zaqar_conformance.target import Target
from zaqar_conformance.websocket.record import Evidence


class HandWritten:
    """A caller of the target; each of its requests has a connection of its own."""

    def __init__(self, target: Target, exchanges: list[Evidence]) -> None:
        self.target = target
        #: Everything that was sent so far, oldest first.
        self.exchanges = exchanges

    @property
    def base(self) -> str:
        """The URL that the paths of the API are put behind."""
        return self.target.url.rstrip("/")

    def own_headers(self) -> dict[str, str]:
        """The headers that say who the caller is."""
        return {
            "Client-ID": self.target.client_id,
            "X-Project-ID": self.target.project,
            **self.target.headers,
        }

    def head_bytes(
        self, method: str, path: str, *extra: tuple[str, str], without: Sequence[str] = ()
    ) -> bytes:
        """The head of a request with the usual headers and, after them, the extra ones."""
        parts = urlsplit(self.base)
        left_out = {name.lower() for name in without}
        usual = [("Host", parts.netloc), ("Connection", "close"), *self.own_headers().items()]
        lines = [f"{k}: {v}" for k, v in usual if k.lower() not in left_out]
        lines += [f"{name}: {value}" for name, value in extra]
        start = f"{method} {parts.path}{path} HTTP/1.1"
        return "\r\n".join([start, *lines, "", ""]).encode("latin-1")

    def raw(self, data: bytes, *, cut: bool = False) -> Exchange:
        """Sends the bytes as they are; with `cut` nothing more will come after them."""
        return self.raw_sequence([data], cut=cut)[0]

    def raw_sequence(self, requests: Sequence[bytes], *, cut: bool = False) -> list[Exchange]:
        """Sends requests one after the other, each after the answer before, over one connection."""
        with self._connected() as open_connection:
            return [
                self._by_hand(
                    partial(connection.send, open_connection, data, cut),
                    method=data.partition(b" ")[0].decode("latin-1"),
                    wire=redacted_wire(data),
                )
                for data in requests
            ]

    def offer(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Sends the head of a request and, unless it is answered at once, its large body."""
        told = {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **(headers or {}),
        }
        head, head_start = self.head_bytes(method, path, *told.items()), self.target.head_start
        with self._connected() as open_connection:
            return self._by_hand(
                partial(connection.offer, open_connection, head, data, head_start),
                method=method,
                path=path,
                request_headers=redacted({**self.own_headers(), **told}),
                request_body=data,
            )

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket]:
        """A connection of its own; whatever goes wrong with it is the target's doing."""
        try:
            with connection.connect(
                self.base, self.target.timeout, self.target.verify
            ) as open_connection:
                yield open_connection
        except OSError as error:
            raise Mismatch("an answer or the end of the connection", repr(error)) from error

    def _by_hand(
        self,
        act: Callable[[], connection.Answer],
        method: str,
        path: str = "/",
        request_headers: Mapping[str, str] | None = None,
        request_body: bytes = b"",
        wire: bytes = b"",
    ) -> Exchange:
        started, answer = time.monotonic(), connection.Answer(0, {}, b"")
        try:
            answer = act()
        finally:
            seconds = time.monotonic() - started
            headers = CaseInsensitiveDict(answer.headers)
            told, url = request_headers or {}, f"{self.base}{path}"
            sent = (method, url, told, request_body)
            exchange = Exchange(*sent, answer.status, headers, answer.body, seconds, wire)
            self.exchanges.append(exchange)
        return exchange
