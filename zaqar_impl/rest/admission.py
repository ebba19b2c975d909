# SPDX-License-Identifier: Apache-2.0
"""The door: everything that is checked before an operation is looked at, in an order to rely on.

Path, signature, form bodies, Accept, Client-ID, project, queue name, method, size and type of the
body: the first that fails decides the answer. What passes has its body read, and goes on to
Connexion. Beside the API it serves the document itself.
"""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.http import parse_accept_header

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.rest import request as requests
from zaqar_impl.rest.errors import NOTHING_HERE, RETRY_AFTER, Refusal, refused
from zaqar_impl.rest.identity import caller_of
from zaqar_impl.rest.intake import read_body
from zaqar_impl.rest.request import ID_HEADER, RestRequest
from zaqar_impl.rest.signed import SignedAccess
from zaqar_impl.specdoc import Body, Operation

LOG = logging.getLogger(__name__)

#: Where programs find the document, and people its page; open to anyone.
DOCUMENT_PATH = "/openapi.json"
DOCS_PATH = "/docs"

#: Media ranges that let JSON through, from the most specific, which decides, to the least.
_ACCEPTABLE = ("application/json", "application/*", "*/*", "*")


@dataclass(frozen=True)
class _Route:
    """A path of the API with the operations behind it, by method."""

    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]

    @property
    def sample(self) -> Operation:
        """Any operation: what is checked before the method is alike for all."""
        return next(iter(self.operations.values()))

    @property
    def allow(self) -> str:
        return ", ".join(sorted(self.operations))


class Admission:
    """ASGI middleware around the whole application.

    ``document`` is what is served at :data:`DOCUMENT_PATH`; ``slowest_body`` is how many seconds a
    client may take to send a body; ``signed`` judges the requests that show a signature.
    """

    def __init__(
        self,
        app: ASGIApp,
        operations: Iterable[Operation],
        document: bytes,
        slowest_body: float,
        signed: SignedAccess,
    ) -> None:
        self._app = app
        self._document = document
        self._slowest_body = slowest_body
        self._signed = signed
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        self._routes = [_Route(_pattern(path, ops), ops) for path, ops in by_path.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(scope, send)
        try:
            await self._answer(scope, receive, answering)
        except ConnectionResetError:
            LOG.debug("the client went away")
        except asyncio.CancelledError:
            # The server stops, and its patience with requests in flight has ended. The task ends
            # here in any case, so it may as well say why.
            if not answering.started:
                stopping = Refusal(503, "The server is stopping.", {"Retry-After": RETRY_AFTER})
                await refused(stopping)(scope, receive, answering)

    async def _answer(self, scope: Scope, receive: Receive, send: "_Answering") -> None:
        path = scope["path"]
        if path == DOCUMENT_PATH and scope["method"] in ("GET", "HEAD"):
            await Response(self._document, media_type="application/json")(scope, receive, send)
            return
        if path.startswith(f"{DOCS_PATH}/") or path == DOCS_PATH:
            await self._app(scope, receive, send)
            return
        answer: Response | None
        try:
            answer = await self._admit(scope, receive, send.request_id)
        except (InvalidInput, Refusal) as error:
            preflight = scope["method"] == "OPTIONS"
            answer = Response() if preflight else refused(error)
        if answer is not None:
            await answer(scope, receive, send)
        else:
            await self._app(scope, _nothing_more(receive), send)

    async def _admit(self, scope: Scope, receive: Receive, request_id: str) -> Response | None:
        """Let the request travel with its scope; or the answer, if there is nothing more to do."""
        headers = Headers(scope=scope)
        method = scope["method"]
        route, path_parameters = self._routed(scope["path"])
        self._signed.check(headers, method, scope["path"])
        _refuse_forms(headers)
        _check_accept(headers)
        caller = caller_of(headers, route.sample)
        _check_path(path_parameters, route.sample)
        if method == "OPTIONS":
            return Response(headers={"Allow": route.allow})
        operation = route.operations.get(method)
        if operation is None:
            allow = f"{route.allow}, OPTIONS"
            raise Refusal(405, f"{method} is not possible here; {allow} are.", {"Allow": allow})
        body = await read_body(headers, receive, operation.body, self._slowest_body)
        if operation.body is not None:
            _settle_content_type(scope, headers, operation.body)
        requests.keep(
            scope,
            RestRequest(
                request_id, operation, scope["path"], path_parameters, scope["query_string"],
                caller, body,
            ),
        )  # fmt: skip
        # Connexion would read the query its own way, and find no route for a line feed in an id.
        scope.update(query_string=b"", path=scope["path"].replace("\n", " "))
        return None

    def _routed(self, path: str) -> tuple[_Route, Mapping[str, str]]:
        for route in self._routes:
            if match := route.pattern.fullmatch(path):
                return route, match.groupdict()
        raise Refusal(404, NOTHING_HERE)


class _Answering:
    """The send side: gives the request an id, which its answer and its lines in the log have, and
    logs a line when the answer starts."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._began = time.monotonic()
        self.request_id = f"req-{uuid.uuid4()}"
        requests.begin(self.request_id)
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            MutableHeaders(scope=message).setdefault(ID_HEADER, self.request_id)
            LOG.debug(
                "%s %s %d %.1fms",
                self._scope["method"],
                # still encoded: what a client writes is no line of ours
                self._scope["raw_path"].decode("latin-1"),
                message["status"],
                (time.monotonic() - self._began) * 1000,
            )
        await self._send(message)


def _pattern(template: str, operations: Mapping[str, Operation]) -> re.Pattern[str]:
    """A path template as a pattern.

    A name, which the spec gives a pattern, may be empty, so that it is told to be a bad name; an id
    may not.
    """
    (sample, *_) = operations.values()
    named = {p.name for p in sample.of("path") if "pattern" in p.shape.schema}

    def group(match: re.Match[str]) -> str:
        return f"(?P<{match[1]}>[^/]{'*' if match[1] in named else '+'})"

    escaped = template.replace(".", r"\.")
    return re.compile(re.sub(r"\{(\w+)\}", group, escaped), re.DOTALL)


def _refuse_forms(headers: Headers) -> None:
    form = headers.get("content-type", "").lower() == "application/x-www-form-urlencoded"
    if form and "content-length" in headers:
        raise InvalidInput(
            "Bodies are JSON, and this one says it is form data: send "
            "Content-Type: application/json."
        )


def _check_accept(headers: Headers) -> None:
    accept = ", ".join(headers.getlist("accept"))
    if not accept.strip():
        return
    given = [
        (text.partition(";")[0].strip().lower(), quality)
        for text, quality in parse_accept_header(accept)
    ]
    qualities = dict(reversed(given))
    if not next((qualities[r] for r in _ACCEPTABLE if r in qualities), 0):
        raise Refusal(406, "Answers are application/json, which the Accept header rules out.")


def _check_path(values: Mapping[str, str], operation: Operation) -> None:
    for parameter in operation.of("path"):
        if violation := parameter.shape.violation(values[parameter.name]):
            raise InvalidInput(f"The {parameter.name.replace('_', ' ')} is invalid: {violation}.")


def _settle_content_type(scope: Scope, headers: Headers, rule: Body) -> None:
    """JSON bodies are JSON whatever the header says; any other type of body is named exactly."""
    given = headers.get("content-type", "")
    if rule.media_type not in ("application/json", given):
        raise Refusal(415, f"The Content-Type has to be {rule.media_type}.")
    kept = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    scope["headers"] = [*kept, (b"content-type", rule.media_type.lower().encode())]


def _nothing_more(receive: Receive) -> Receive:
    """The receive channel after the body was read: its end, then what the server has to say."""
    ended = False

    async def channel() -> Message:
        nonlocal ended
        if ended:
            return await receive()
        ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return channel
