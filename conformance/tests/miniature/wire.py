# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 for the miniature: reads a request, has it answered, writes the answer.

Knows nothing of the API. It is small but honest about what the cases look at: bodies with a length
or in chunks, connections that stay open, header lines as they came, and nothing after a 204.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOTHING = object()


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def has_length(self) -> bool:
        """Whether a body was announced with its length."""
        return "Content-Length" in self.headers


@dataclass(frozen=True)
class Answer:
    """An answer; its content is written as JSON unless it is bytes or nothing."""

    status: int
    content: object = NOTHING
    headers: dict[str, str] = field(default_factory=dict)
    #: The connection ends after this answer, which does not say so.
    hangs_up: bool = False

    def having(self, **headers: str) -> Answer:
        """The answer with these headers more; _ stands for - in their names."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})

    def without(self, name: str) -> Answer:
        """The answer without one header."""
        kept = {key: value for key, value in self.headers.items() if key != name}
        return replace(self, headers=kept)

    def body(self) -> bytes:
        """The bytes of the content."""
        if self.content is NOTHING:
            return b""
        if isinstance(self.content, bytes):
            return self.content
        return json.dumps(self.content).encode()


class MalformedRequest(Exception):
    """The request is not HTTP as it should be."""


@contextlib.contextmanager
def serving(respond: Callable[[Request], Answer], malformed: Callable[[], Answer]) -> Iterator[str]:
    """The URL of a server that answers with what `respond` gives, for as long as it is needed."""

    class Handler(_Handler):
        def answer_to(self) -> Answer:
            try:
                return respond(self.request_read())
            except MalformedRequest:
                self.close_connection = True
                return malformed()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: A head and a body in two small packets would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer_to(self) -> Answer:
        raise NotImplementedError

    def handle_one_request(self) -> None:
        """One request of a connection, whatever its method."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline:
                self.close_connection = True
                return
            if self.parse_request():
                self._write(self.answer_to())
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def request_read(self) -> Request:
        """The request with its body."""
        return Request(self.command, self.path, self.headers, self._body())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: the exchanges of the cases tell enough."""

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length", "0").strip()
        if not length.isdecimal():
            raise MalformedRequest
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _write(self, answer: Answer) -> None:
        body = answer.body()
        self.send_response_only(answer.status, _reason(answer.status))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT and "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
        self.close_connection |= answer.hangs_up


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
