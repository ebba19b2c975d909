# SPDX-License-Identifier: Apache-2.0
"""The door: everything that is checked before an operation is looked at, in the order that clients
can rely on.

Path, form bodies, Accept, Client-ID, project, queue name, method, size and type of the body: the
first that fails decides the answer. What passes has its body read, and goes on to Connexion.
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
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import Caller
from zaqar_impl.rest import request as requests
from zaqar_impl.rest.errors import Refusal, refused
from zaqar_impl.rest.request import ID_HEADER, RestRequest
from zaqar_impl.specdoc import Body, Operation

LOG = logging.getLogger(__name__)

#: Seconds that a client may take to send a body.
SLOWEST_BODY = 60.0

#: Bytes of a refused body that are read and thrown away, so that the client can read its answer.
LARGEST_DISCARD = 16 * 1024 * 1024

#: The project's header and its older spellings; the first one that is there counts.
_PROJECT_HEADERS = ("x-project-id", "x-tenant-id", "x-tenant")

#: What is served beside the API, to anyone: the spec and its pages.
_OPEN_PATHS = re.compile(r"/openapi\.(json|yaml)|/docs(/.*)?")


class _Gone(Exception):
    """The client has gone away; nobody waits for an answer."""


@dataclass(frozen=True)
class _Route:
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]

    @property
    def allow(self) -> list[str]:
        return sorted(self.operations)


class Admission:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        operations: Iterable[Operation],
        slowest_body: float,
    ) -> None:
        self._app = app
        self._slowest_body = slowest_body
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        self._routes = [
            _Route(_pattern(path, methods), methods) for path, methods in by_path.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _OPEN_PATHS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        answering = _Answering(scope, send)
        try:
            await self._admit(scope, receive, answering)
        except _Gone:
            LOG.info("%s %s: the client went away", scope["method"], scope["path"])

    async def _admit(self, scope: Scope, receive: Receive, send: "_Answering") -> None:
        try:
            request = await self._checked(scope, receive, send.request_id)
        except (InvalidInput, Refusal) as error:
            answer = Response() if scope["method"] == "OPTIONS" else refused(error)
            await answer(scope, receive, send)
            return
        if request is None:
            allow = ", ".join(self._route(scope["path"]).allow)
            await Response(headers={"Allow": allow})(scope, receive, send)
            return
        requests.keep(scope, request)
        await self._app(scope, _replay(receive), send)

    async def _checked(self, scope: Scope, receive: Receive, request_id: str) -> RestRequest | None:
        """The admitted request; None for an OPTIONS request that is in order."""
        headers = Headers(scope=scope)
        path, method = scope["path"], scope["method"]
        route = self._route(path)
        sample = next(iter(route.operations.values()))
        if headers.get("content-type", "").lower() == "application/x-www-form-urlencoded" and (
            "content-length" in headers
        ):
            raise InvalidInput("Bodies are JSON; form data is not understood.")
        _check_accept(headers)
        caller = _caller(headers, sample)
        path_parameters = _path_parameters(route, path, sample)
        if method == "OPTIONS":
            return None
        operation = route.operations.get(method)
        if operation is None:
            allow = ", ".join([*route.allow, "OPTIONS"])
            raise Refusal(405, f"{method} is not possible here; {allow} are.", {"Allow": allow})
        body = await _body(headers, receive, operation.body, self._slowest_body)
        if operation.body is not None:
            _settle_content_type(scope, headers, operation.body)
        return RestRequest(request_id, operation, path, path_parameters, caller, body)

    def _route(self, path: str) -> _Route:
        for route in self._routes:
            if route.pattern.fullmatch(path):
                return route
        raise Refusal(
            404,
            "There is nothing under this path; GET / tells which versions of the API there are.",
        )


class _Answering:
    """The send side: gives every answer a request id, and logs a line when it starts."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.request_id = f"req-{uuid.uuid4()}"
        self._started = time.monotonic()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault(ID_HEADER, self.request_id)
            LOG.info(
                "%s %s %s %d %.1fms",
                self.request_id,
                self._scope["method"],
                self._scope["path"],
                message["status"],
                (time.monotonic() - self._started) * 1000,
            )
        await self._send(message)


def _pattern(template: str, operations: Mapping[str, Operation]) -> re.Pattern[str]:
    """A path template as a pattern.

    A name, which the spec gives a pattern, may be empty, so that it is told to be a bad name; an id may not.
    """
    (sample, *_) = operations.values()
    named = {p.name for p in sample.of("path") if "pattern" in p.shape.schema}

    def group(match: re.Match[str]) -> str:
        return f"(?P<{match[1]}>[^/]{'*' if match[1] in named else '+'})"

    return re.compile(re.sub(r"\{(\w+)\}", group, re.sub(r"[.]", r"\.", template)), re.DOTALL)


def _check_accept(headers: Headers) -> None:
    accept = ", ".join(headers.getlist("accept"))
    if not accept.strip():
        return
    offers = parse_accept_header(accept, MIMEAccept)
    if not offers["application/json"]:
        raise Refusal(406, "Answers are application/json, which the Accept header does not allow.")


def _caller(headers: Headers, operation: Operation) -> Caller | None:
    """Who is calling, or None where the spec asks for no identity."""
    identity = {parameter.name.lower(): parameter for parameter in operation.of("header")}
    if "client-id" not in identity:
        return None
    client_id = headers.get("client-id")
    if client_id is None:
        raise InvalidInput(
            "The header Client-ID is missing: a UUID that names the client instance."
        )
    if violation := identity["client-id"].shape.violation(client_id):
        raise InvalidInput(f"The header Client-ID is invalid: {violation}.")
    project = next((headers[name] for name in _PROJECT_HEADERS if name in headers), None)
    if project is None:
        raise InvalidInput("The header X-Project-ID is missing: the project whose data is meant.")
    if violation := identity["x-project-id"].shape.violation(project):
        raise InvalidInput(f"The header X-Project-ID is invalid: {violation}.")
    return Caller(project=project, client_id=_normalised(client_id))


def _normalised(client_id: str) -> str:
    """One spelling for one client: UUIDs come in many, other ids (where they are allowed) in
    one."""
    try:
        return uuid.UUID(client_id).hex
    except ValueError:
        return client_id


def _path_parameters(route: _Route, path: str, operation: Operation) -> Mapping[str, str]:
    match = route.pattern.fullmatch(path)
    assert match is not None
    values = match.groupdict()
    for parameter in operation.of("path"):
        if violation := parameter.shape.violation(values[parameter.name]):
            raise InvalidInput(f"The {parameter.name.replace('_', ' ')} is invalid: {violation}.")
    return values


async def _body(headers: Headers, receive: Receive, rule: Body | None, seconds: float) -> bytes:
    """The request's body, read in full but never beyond its bound; empty where the operation takes
    none."""
    largest = rule.max_bytes if rule else 0
    declared = headers.get("content-length")
    too_large = rule is not None and declared is not None and int(declared) > largest
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in _chunks(receive):
                size += len(chunk)
                too_large = too_large or (rule is not None and size > largest)
                if size > LARGEST_DISCARD:
                    break
                if rule and not too_large:
                    chunks.append(chunk)
    except TimeoutError:
        raise Refusal(408, "The body did not arrive in time.", {"Connection": "close"}) from None
    if too_large or size > LARGEST_DISCARD:
        close = {"Connection": "close"} if size > LARGEST_DISCARD else {}
        raise Refusal(
            400, f"The body is too large: this operation takes at most {largest} bytes.", close
        )
    return b"".join(chunks)


async def _chunks(receive: Receive):  # type: ignore[no-untyped-def]  # an async generator of bytes
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        more = message.get("more_body", False)
        yield message.get("body", b"")


def _settle_content_type(scope: Scope, headers: Headers, rule: Body) -> None:
    """JSON bodies are JSON whatever the header says; any other type of body has to be named
    exactly."""
    given = headers.get("content-type", "")
    if rule.media_type != "application/json" and given != rule.media_type:
        raise Refusal(415, f"The Content-Type has to be {rule.media_type}.")
    kept = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    scope["headers"] = [*kept, (b"content-type", rule.media_type.lower().encode())]


def _replay(receive: Receive) -> Receive:
    """The receive channel after the body was read: first its end, then whatever the server has to
    say."""
    ended = False

    async def channel() -> Message:
        nonlocal ended
        if ended:
            return await receive()
        ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return channel
