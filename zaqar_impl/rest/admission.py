# SPDX-License-Identifier: Apache-2.0
"""The door: everything that is checked before an operation is looked at, in an order to rely on.

Path, signature, form bodies, Accept, Client-ID, project, queue name, method, size and type of the
body: the first that fails decides the answer. What passes has its body read, and goes on to
Connexion. Beside the API it serves the document itself.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Iterable, Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.http import parse_accept_header

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.rest import request as requests
from zaqar_impl.rest.crowd import room_for_answer
from zaqar_impl.rest.errors import NOTHING_HERE, RETRY_AFTER, Refusal, refused
from zaqar_impl.rest.fields import HeaderFields
from zaqar_impl.rest.intake import Intake
from zaqar_impl.rest.request import ID_HEADER, RestRequest
from zaqar_impl.rest.routes import Routes
from zaqar_impl.rest.signed import SignedAccess
from zaqar_impl.rest.workload import Workload, gives
from zaqar_impl.specdoc import Body, Operation, Page
from zaqar_impl.wire import request_ids

LOG = logging.getLogger(__name__)

#: Where programs find the document, and people its page; open to anyone.
DOCUMENT_PATH = "/openapi.json"
DOCS_PATH = "/docs"

#: Media ranges that let JSON through, from the most specific, which decides, to the least.
_ACCEPTABLE = ("application/json", "application/*", "*/*", "*")

#: Characters of an Accept header that is worth remembering.
_LONGEST_REMEMBERED = 256


class Admission:
    """ASGI middleware around the whole application.

    ``pages`` are served as they are, by path; ``slowest_body`` is how many seconds a client may
    take to send a body; ``signed`` judges the requests that show a signature; ``workload`` bounds
    what is taken on at a time.
    """

    def __init__(
        self,
        app: ASGIApp,
        operations: Iterable[Operation],
        pages: Mapping[str, Page],
        slowest_body: float,
        signed: SignedAccess,
        workload: Workload,
    ) -> None:
        self._app = app
        self._pages = pages
        self._slowest_body = slowest_body
        self._signed = signed
        self._workload = workload
        self._routes = Routes(operations)

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
        intake = Intake(self._workload.bodies, self._slowest_body)
        try:
            answer = await self._admit(scope, receive, intake, send.request_id)
            if answer is None:
                await self._work(scope, receive, send)
                return
        except ConnectionResetError:
            raise
        except Exception as error:
            if send.started:
                raise
            answer = refused(error)
        finally:
            intake.close()
        await answer(scope, receive, send)

    async def _work(self, scope: Scope, receive: Receive, send: "_Answering") -> None:
        """Let the application answer, when it is this request's turn."""
        if not requests.is_kept(scope):
            await self._app(scope, receive, send)
            return
        request = requests.of(scope)
        await self._workload.begin(request)
        try:
            if gives(request):
                await room_for_answer(scope)
            await self._app(scope, receive, send)
        finally:
            self._workload.end(request, send.size)

    async def _admit(
        self, scope: Scope, receive: Receive, intake: Intake, request_id: str
    ) -> Response | None:
        """Let the request travel with its scope; or the answer, if there is nothing more to do."""
        path, method = scope["path"], scope["method"]
        if (page := self._pages.get(path)) and method in ("GET", "HEAD"):
            return Response(page.body, media_type=page.media_type)
        if path.startswith(f"{DOCS_PATH}/") or path == DOCS_PATH:
            return None
        try:
            return await self._admit_to_api(scope, receive, intake, request_id)
        except (InvalidInput, Refusal):
            if method == "OPTIONS":
                return Response()
            raise

    async def _admit_to_api(
        self, scope: Scope, receive: Receive, intake: Intake, request_id: str
    ) -> Response | None:
        path, method, fields = scope["path"], scope["method"], HeaderFields(scope["headers"])
        found = self._routes.find(path)
        if found is None:
            raise Refusal(404, NOTHING_HERE)
        route, path_parameters = found
        self._signed.check(fields, method, path)
        _refuse_forms(fields)
        _check_accept(fields)
        caller = route.identity.caller(fields)
        route.check(path_parameters)
        if method == "OPTIONS":
            return Response(headers={"Allow": route.allow})
        operation = route.operations.get(method)
        if operation is None:
            allow = f"{route.allow}, OPTIONS"
            raise Refusal(405, f"{method} is not possible here; {allow} are.", {"Allow": allow})
        self._workload.check(operation.id)
        body = await intake.read(fields, receive, operation.body)
        if operation.body is not None:
            _check_content_type(fields, operation.body)
        requests.keep(
            scope,
            RestRequest(
                request_id, operation, path, path_parameters, scope["query_string"], caller, body
            ),
        )
        return None


class _Answering:
    """The send side: gives the request an id, which its answer and its lines in the log have, and
    logs a line when the answer starts."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._began = time.monotonic()
        self.request_id = request_ids.new_id()
        request_ids.begin(self.request_id)
        self.started = False
        self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = message["headers"]
            if all(name != ID_HEADER for name, _ in headers):
                message["headers"] = [*headers, (ID_HEADER, self.request_id.encode())]
            if LOG.isEnabledFor(logging.DEBUG):
                self._log(message["status"])
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)

    def _log(self, status: int) -> None:
        LOG.debug(
            "%s %s %d %.1fms",
            self._scope["method"],
            # still encoded: what a client writes is no line of ours
            self._scope["raw_path"].decode("latin-1"),
            status,
            (time.monotonic() - self._began) * 1000,
        )


def _refuse_forms(fields: HeaderFields) -> None:
    given = fields.get(b"content-type")
    form = given is not None and given.lower() == "application/x-www-form-urlencoded"
    if form and b"content-length" in fields:
        raise InvalidInput(
            "Bodies are JSON, and this one says it is form data: send "
            "Content-Type: application/json."
        )


def _check_accept(fields: HeaderFields) -> None:
    if b"accept" not in fields:
        return
    accept = ", ".join(fields.all(b"accept"))
    # A service's clients write few different ones, but anybody may write many long ones.
    judge = _accepts_json if len(accept) <= _LONGEST_REMEMBERED else _accepts_json.__wrapped__
    if not judge(accept):
        raise Refusal(406, "Answers are application/json, which the Accept header rules out.")


@functools.lru_cache(maxsize=256)
def _accepts_json(accept: str) -> bool:
    if not accept.strip():
        return True
    given = [
        (text.partition(";")[0].strip().lower(), quality)
        for text, quality in parse_accept_header(accept)
    ]
    qualities = dict(reversed(given))
    return bool(next((qualities[r] for r in _ACCEPTABLE if r in qualities), 0))


def _check_content_type(fields: HeaderFields, rule: Body) -> None:
    """JSON bodies are JSON whatever the header says; any other type of body is named exactly."""
    given = fields.get(b"content-type") or ""
    if rule.media_type not in ("application/json", given):
        raise Refusal(415, f"The Content-Type has to be {rule.media_type}.")
