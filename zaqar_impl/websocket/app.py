# SPDX-License-Identifier: Apache-2.0
"""The application of the WebSocket's port: connections by flask-sock, and the document and its page
for everybody else."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response
from flask_sock import Sock
from simple_websocket import Server
from werkzeug.exceptions import NotFound
from wsproto.utilities import RemoteProtocolError

from zaqar_impl.specdoc import ASYNCAPI_DOCS_PATH, Page
from zaqar_impl.websocket.connection import Connection, UnstartedThread
from zaqar_impl.websocket.process import Process

#: Where a connection is made; all paths lead here.
_ANYWHERE = "/"

#: Seconds after which a client that was turned away may come again.
_RETRY_AFTER = "5"


class Application(Flask):
    """Makes all ways of asking for a connection one, and turns away what is too many."""

    def __init__(self, process: Process) -> None:
        super().__init__("zaqar", static_folder=None)
        self.process = process
        self._most = process.limits.max_connections
        self._connections = 0
        self._lock = threading.Lock()

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """As Flask's."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return super().wsgi_app(environ, start_response)
        with self._lock:
            if self._connections >= self._most:
                return _turned_away(environ, start_response)
            self._connections += 1
        try:
            return super().wsgi_app(_plain(environ), start_response)
        finally:
            with self._lock:
                self._connections -= 1


def application(process: Process, pages: Mapping[str, Page]) -> Application:
    """The WSGI application; ``pages`` are served under their paths, to anybody."""
    app = Application(process)
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": UnstartedThread}

    def converse(server: Server) -> None:
        try:
            Connection(server, process).serve()
        finally:
            server.connected = False  # so that nobody tries to close it once more

    Sock(app).route(_ANYWHERE)(converse)

    def page(path: str) -> Response:
        found = pages.get(f"/{path}" if path else ASYNCAPI_DOCS_PATH)
        if found is None:
            raise NotFound("This port is for WebSocket connections.")
        return Response(found.body, content_type=found.media_type)

    app.add_url_rule("/", "root", page, defaults={"path": ""})
    app.add_url_rule("/<path:path>", "page", page)
    app.register_error_handler(RemoteProtocolError, _wrong_handshake)
    return app


def _wrong_handshake(error: RemoteProtocolError) -> Response:
    """The answer to a handshake that is none."""
    hint = error.event_hint
    status = getattr(hint, "status_code", 400)
    headers = [(name.decode(), value.decode()) for name, value in getattr(hint, "headers", ())]
    return Response(f"No handshake of a WebSocket: {error}.\n", status, headers)


def _plain(environ: dict[str, Any]) -> dict[str, Any]:
    """The handshake without what has no effect: its path and query, and extensions.

    Compression is not offered: it takes 300 KiB for a connection, and lets a few bytes become many.
    """
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    return {**environ, "PATH_INFO": _ANYWHERE, "QUERY_STRING": ""}


def _turned_away(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    full = Response(
        "This process has as many connections as it takes.\n",
        503,
        {"Retry-After": _RETRY_AFTER, "Connection": "close"},
    )
    return full(environ, start_response)
