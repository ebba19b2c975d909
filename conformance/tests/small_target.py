# SPDX-License-Identifier: Apache-2.0
"""A small API with its specification, and servers of it: an honest one, and ones with one lie each.

It has just enough of the real API (two headers, a query, a body, a link) for tests of the machinery
to be quick and to need neither `spec/` nor the miniature.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import yaml

_HEADERS = [
    {"$ref": "common.yaml#/parameters/ClientId"},
    {"$ref": "common.yaml#/parameters/Project"},
]
_QUEUE = {"$ref": "common.yaml#/parameters/QueueName"}
_REFUSED = {"$ref": "common.yaml#/responses/Refused"}
_JSON = "application/json"

ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "small", "version": "1.2.3"},
    "paths": {
        "/v2/queues": {"$ref": "paths.yaml#/queues"},
        "/v2/queues/{queue_name}": {"$ref": "paths.yaml#/queue"},
    },
}
PATHS: dict[str, Any] = {
    "queues": {
        "get": {
            "operationId": "queue_list",
            "tags": ["core"],
            "parameters": [
                *_HEADERS,
                {"name": "limit", "in": "query", "schema": {"$ref": "schemas/queue.yaml#/Limit"}},
                {"name": "detailed", "in": "query", "schema": {"type": "boolean"}},
            ],
            "responses": {
                "200": {
                    "description": "a page",
                    "content": {_JSON: {"schema": {"$ref": "schemas/queue.yaml#/Page"}}},
                },
                "400": _REFUSED,
            },
        }
    },
    "queue": {
        "post": {
            "operationId": "queue_create",
            "tags": ["core"],
            "parameters": [*_HEADERS, _QUEUE],
            "requestBody": {
                "content": {_JSON: {"schema": {"$ref": "schemas/queue.yaml#/Metadata"}}}
            },
            "responses": {
                "201": {
                    "description": "made",
                    "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                    "links": {
                        "show": {
                            "operationId": "queue_get",
                            "parameters": {"queue_name": "$request.path.queue_name"},
                        }
                    },
                },
                "400": _REFUSED,
            },
        },
        "get": {
            "operationId": "queue_get",
            "tags": ["core"],
            "parameters": [*_HEADERS, _QUEUE],
            "responses": {
                "200": {
                    "description": "shown",
                    "content": {_JSON: {"schema": {"$ref": "schemas/queue.yaml#/Metadata"}}},
                },
                "400": _REFUSED,
                "404": _REFUSED,
            },
        },
    },
}
COMMON: dict[str, Any] = {
    "parameters": {
        "ClientId": {
            "name": "Client-ID",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        "Project": {
            "name": "X-Project-ID",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 16},
        },
        "QueueName": {
            "name": "queue_name",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": "^[a-z]{1,8}$"},
        },
    },
    "responses": {
        "Refused": {
            "description": "refused",
            "content": {_JSON: {"schema": {"$ref": "schemas/queue.yaml#/Refusal"}}},
        }
    },
}
SCHEMAS: dict[str, Any] = {
    "Limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 20,
        "x-limit": {"maximum": "max_queues_per_page"},
    },
    "Metadata": {"type": "object", "properties": {"ttl": {"$ref": "#/Ttl"}}},
    "Ttl": {"type": "integer", "minimum": 60, "maximum": 600},
    "Page": {
        "type": "object",
        "required": ["queues"],
        "properties": {"queues": {"type": "array", "items": {"type": "string"}}},
    },
    "Refusal": {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}},
    },
}
REQUIREMENTS: dict[str, Any] = {
    "profiles": {"core": "Queues.", "claims": "Claims."},
    "requirements": [
        {
            "id": "queue-list.order",
            "level": "MUST",
            "profile": "core",
            "operations": ["queue_list"],
            "sentence": "Queues are listed by name.",
            "source": "contract 3.2",
            "defect": "D-1",
        },
        {
            "id": "queue-list.quick",
            "level": "SHOULD",
            "profile": "core",
            "operations": ["queue_list"],
            "sentence": "Queues are listed quickly.",
            "source": "contract 3.2",
        },
        {
            "id": "claim-create.exclusive",
            "level": "MAY",
            "profile": "claims",
            "operations": ["queue_get"],
            "sentence": "Claims exclude each other.",
            "source": "contract 4.4",
        },
    ],
}


def write_spec(folder: Path) -> Path:
    """The folder, with the specification of the small API in it."""
    (folder / "schemas").mkdir(parents=True)
    files = {
        "openapi.yaml": ROOT,
        "paths.yaml": PATHS,
        "common.yaml": COMMON,
        "schemas/queue.yaml": SCHEMAS,
        "requirements.yaml": REQUIREMENTS,
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Call:
    """A request to the small API."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the small API answers with."""

    status: int
    value: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request is refused with 400."""


class Honest:
    """Keeps the specification, and takes the looser spellings of the real API."""

    def __init__(self) -> None:
        self.queues: dict[tuple[str, str], Any] = {}
        #: Ends the server in the middle of a call; set while it is served.
        self.die: Callable[[], None] = lambda: None

    def answer(self, call: Call) -> Answer:
        """The answer to a call."""
        try:
            return self.routed(call)
        except Refused as error:
            return Answer(400, {"title": str(error)})

    def routed(self, call: Call) -> Answer:
        """The answer to a call, or `Refused`."""
        if call.path == "/v2/queues":
            self.check_headers(call)
            return self.listed(call) if call.method == "GET" else self.no_such_method(call)
        if match := re.fullmatch("/v2/queues/([^/]*)", call.path):
            self.check_headers(call)
            if not re.fullmatch("[a-z]{1,8}", match[1]):
                raise Refused("bad name")
            calls = {"GET": self.shown, "POST": self.created}
            if call.method in calls:
                return calls[call.method](call, match[1])
            return self.no_such_method(call)
        return Answer(404, {"title": "no such path"})

    def check_headers(self, call: Call) -> None:
        """Both headers are there, and as they must be."""
        if not re.fullmatch("[0-9a-f]{32}", call.headers.get("client-id", "")):
            raise Refused("bad Client-ID")
        if not 1 <= len(call.headers.get("x-project-id", "")) <= 16:
            raise Refused("bad project")

    def no_such_method(self, call: Call) -> Answer:
        """What an undeclared method gets."""
        return Answer(405, {"title": "no such method"}, {"Allow": "GET, POST"})

    def listed(self, call: Call) -> Answer:
        """GET /v2/queues."""
        limit = call.query.get("limit", "10").strip()
        if not re.fullmatch("[-+]?[0-9_]+", limit) or not 1 <= int(limit) <= 20:
            raise Refused("bad limit")
        loose = [
            "true",
            "True",
            "yes",
            "t",
            "y",
            "1",
            "on",
            "false",
            "False",
            "no",
            "f",
            "n",
            "0",
            "off",
        ]
        if call.query.get("detailed", "true") not in loose:
            raise Refused("bad detailed")
        project = call.headers["x-project-id"]
        return Answer(200, {"queues": sorted(n for p, n in self.queues if p == project)})

    def created(self, call: Call, name: str) -> Answer:
        """POST /v2/queues/{queue_name}."""
        metadata = self.metadata(call)
        self.queues[call.headers["x-project-id"], name] = metadata
        return Answer(201, headers={"Location": call.path})

    def metadata(self, call: Call) -> Any:
        """The body, checked."""
        try:
            value = json.loads(call.body) if call.body else {}
        except (ValueError, RecursionError) as error:
            raise Refused("bad JSON") from error
        if not isinstance(value, dict):
            raise Refused("no object")
        ttl = value.get("ttl", 60)
        if type(ttl) is not int or not 60 <= ttl <= 600:
            raise Refused("bad ttl")
        return value

    def shown(self, call: Call, name: str) -> Answer:
        """GET /v2/queues/{queue_name}."""
        key = call.headers["x-project-id"], name
        if key not in self.queues:
            return Answer(404, {"title": "no such queue"})
        return Answer(200, self.queues[key])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece, or the client's late acknowledgement costs 40 ms each time.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def _respond(self) -> None:
        path, _, query = self.path.partition("?")
        pairs = (part.partition("=") for part in query.split("&"))
        values = {
            unquote_plus(key): unquote_plus(text.split(",")[-1]) for key, _, text in pairs if text
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value.strip() for name, value in self.headers.items()}
        call = Call(self.command, unquote_plus(path), values, headers, body)
        self._send(self.server.small.answer(call))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _respond

    def _send(self, answer: Answer) -> None:
        if answer.status == 0:  # a server that goes away without an answer
            self.close_connection = True
            return
        body = b"" if answer.value is None else json.dumps(answer.value).encode()
        self.send_response(answer.status)
        typed = {"Content-Type": _JSON} if body else {}
        for name, value in {**typed, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, small: Honest) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.small = small


@contextlib.contextmanager
def serving(small: Honest) -> Iterator[str]:
    """The URL under which the small API is served meanwhile."""
    with _Server(small) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

        def die() -> None:
            server.shutdown()
            server.server_close()

        small.die = die
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
