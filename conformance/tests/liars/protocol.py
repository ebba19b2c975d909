# SPDX-License-Identifier: Apache-2.0
"""Servers that break rules of every operation: paths, methods, headers, answers, documents."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from . import answering, lie, nothing


def _refuse_with(header: str, status: int = 400) -> Any:
    """An override of `check_form` that refuses requests with that header."""

    def check_form(self: Miniature, request: Request) -> None:
        Miniature.check_form(self, request)
        if header in request.headers:
            raise Refusal(status, f"{header} is not taken")

    return check_form


# -- paths and methods


def _any_path(self: Miniature, path: str) -> tuple[str, str, str]:
    try:
        return Miniature.routed(self, path)
    except Refusal:
        return "/v2/", "", ""


def _head_as_get(self: Miniature, template: str, request: Request) -> Any:
    as_get = replace(request, method="GET") if request.method == "HEAD" else request
    return Miniature.operation(self, template, as_get)


def _method_before_identity(self: Miniature, request: Request) -> None:
    Miniature.check_accept(self, request)
    self.operation(self.routed(request.target.partition("?")[0])[0], request)


def _accept_after_identity(self: Miniature, request: Request) -> tuple[str, str]:
    identity = Miniature.identity_of(self, request)
    Miniature.check_accept(self, request)
    return identity


def _identity_at_the_root(self: Miniature, request: Request) -> Answer:
    self.identity_of(request)
    return Miniature.answer_of(self, request)


lie("serves a path that does not exist", "http.unknown-path", routed=_any_path)
lie("serves the queue without a name", "http.empty-queue-name", check_name=nothing)
lie("answers HEAD wherever there is GET", "http.head-not-allowed", operation=_head_as_get)
lie(
    "judges the method before the identity",
    "http.order-of-checks",
    check_accept=_method_before_identity,
)
lie(
    "judges Accept after the identity",
    "http.order-of-checks",
    check_accept=nothing,
    identity_of=_accept_after_identity,
)
lie(
    "asks for an identity before it looks at the path",
    "http.order-of-checks",
    "get-version-doc.needs-no-headers",
    answer_of=_identity_at_the_root,
)
lie(
    "finds nothing where a method is missing",
    "http.method-not-allowed",
    finished=answering(lambda _, a: replace(a, status=404) if a.status == 405 else a),
)
lie(
    "does not say which methods there are",
    "http.method-not-allowed",
    "http.options-allow",
    finished=answering(lambda _, answer: answer.without("Allow")),
)
lie(
    "refuses OPTIONS",
    "http.options-allow",
    finished=answering(
        lambda r, a: replace(a, status=405) if r is not None and r.method == "OPTIONS" else a
    ),
)

# -- requests


def _json_only(self: Miniature, request: Request) -> None:
    if request.body and request.headers.get("Content-Type") != "application/json":
        raise Refusal(415, "only application/json is taken")


def _no_announced_nothing(self: Miniature, request: Request) -> None:
    Miniature.check_form(self, request)
    if "Content-Type" in request.headers and not request.body:
        raise Refusal(400, "the body is missing")


lie("takes JSON under its own type only", "http.content-type-ignored", check_form=_json_only)
lie("takes a form", "http.form-content-type", check_form=nothing)
lie(
    "refuses an EXTRA-SPEC",
    "http.unneeded-headers/extra-spec",
    check_form=_refuse_with("EXTRA-SPEC"),
)
lie(
    "asks what token that is",
    "http.unneeded-headers/token",
    check_form=_refuse_with("X-Auth-Token", 401),
)
lie(
    "misses the body that a Content-Type announces",
    "http.unneeded-headers/empty-body",
    check_form=_no_announced_nothing,
)

# -- answers


def _rewritten_error(request: Request | None, answer: Answer) -> Answer:
    if answer.status < 400:
        return answer
    return replace(answer, content={"code": answer.status, "message": "no"})


def _absolute(request: Request | None, answer: Answer) -> Answer:
    location = answer.headers.get("Location")
    return answer.having(Location=f"http://example.org{location}") if location else answer


lie(
    "tells errors as problem details",
    "http.error-body",
    "headers.not-acceptable-body",
    finished=answering(
        lambda _, a: a.having(Content_Type="application/problem+json") if a.status >= 400 else a
    ),
)
lie(
    "tells errors without a title",
    "http.error-body",
    "headers.not-acceptable-body",
    finished=answering(_rewritten_error),
)
lie(
    "sends an empty object where there is no content",
    "http.no-content-is-empty",
    finished=answering(lambda _, a: replace(a, content=b"{}") if a.status == 204 else a),
)
lie(
    "answers with the URL of a host",
    "http.path-references",
    "queue-create.created",
    "message-post.created",
    "claim-create.created",
    finished=answering(_absolute),
)
lie(
    "has no request id",
    "headers.request-id",
    finished=answering(lambda _, answer: answer.without("X-OpenStack-Request-ID")),
)
lie(
    "has request ids of another form",
    "headers.request-id",
    request_id=lambda self, request: uuid.uuid4().hex,
)
lie(
    "takes the request id of the caller",
    "headers.request-id-unique",
    request_id=lambda self, request: (
        request.headers.get("X-OpenStack-Request-ID") or f"req-{uuid.uuid4()}"
    ),
)

# -- identity


def _anonymous(self: Miniature, request: Request) -> str:
    if not request.headers.get("Client-ID"):
        return "anonymous"
    return Miniature.client_of(self, request)


def _one_spelling(self: Miniature, given: str) -> str:
    if str(uuid.UUID(given)) != given:
        raise ValueError(given)
    return given


def _any_text(self: Miniature, given: str) -> str:
    if not given:
        raise ValueError(given)
    return given


def _no_project(self: Miniature, request: Request) -> str:
    return str(request.headers.get("X-Project-ID") or "default")


def _short_projects(self: Miniature, project: str) -> None:
    if len(project) > 255:
        raise Refusal(400, "X-Project-ID is longer than 255 characters")


def _accept_asked_for(self: Miniature, request: Request) -> None:
    if not request.headers.get("Accept"):
        raise Refusal(406, "Accept is missing")
    Miniature.check_accept(self, request)


lie("serves who does not say who it is", "headers.client-id-required", client_of=_anonymous)
lie("takes any text as Client-ID", "headers.client-id-malformed", client_spelling=_any_text)
lie("knows one spelling of a UUID", "headers.client-id-spellings", client_spelling=_one_spelling)
lie("serves who names no project", "headers.project-required", project_of=_no_project)
lie(
    "knows one name of the project header",
    "headers.project-spellings",
    project_headers=lambda self: ("X-Project-ID",),
)
lie("takes a project of any length", "headers.project-length", check_project_length=nothing)
lie("finds 256 too long", "headers.project-length", check_project_length=_short_projects)
lie(
    "knows no wildcards in Accept",
    "headers.accept-accepted",
    json_ranges=lambda self: ("application/json",),
)
lie("asks for an Accept", "headers.accept-accepted", check_accept=_accept_asked_for)
lie("does not look at Accept", "headers.accept-refused", check_accept=nothing)
lie(
    "takes the vendor type in Accept",
    "headers.accept-refused",
    json_ranges=lambda self: (
        *Miniature.json_ranges(self),
        "application/vnd.openstack.messaging-v2+json",
    ),
)
lie(
    "does not look at q in Accept",
    "headers.accept-refused",
    accepted_ranges=lambda self, accept: [
        one.partition(";")[0].strip() for one in accept.split(",")
    ],
)

# -- documents


def _no_variables(self: Miniature, template: str, methods: str) -> dict[str, Any]:
    return {**Miniature.relation(self, template, methods), "href-vars": {}}


def _fewer_methods(self: Miniature, template: str, methods: str) -> dict[str, Any]:
    return Miniature.relation(self, template, methods.split()[0])


def _home_as_json(self: Miniature, call: Call) -> Answer:
    return Miniature.home_document(self, call).having(Content_Type="application/json")


def _home_without_cache(self: Miniature, call: Call) -> Answer:
    return Miniature.home_document(self, call).without("Cache-Control")


def _nowhere() -> Answer:
    raise Refusal(404, "there is no such path")


lie("has its versions with 200", "get-version-doc.document", version_status=200)
lie("has its home as plain JSON", "get-home-doc.document", home_document=_home_as_json)
lie("does not let its home be kept", "get-home-doc.document", home_document=_home_without_cache)
lie("does not explain its variables", "get-home-doc.relations", relation=_no_variables)
lie("tells one method of each path", "get-home-doc.relations", relation=_fewer_methods)
lie(
    "names pools in its home though it has none",
    "get-home-doc.switched-off",
    pool_list=lambda self, call: _nowhere(),
)
lie("answers ping with 200", "ping-node.no-content", ping=lambda self, call: Answer(200, b"pong"))
