# SPDX-License-Identifier: Apache-2.0
"""Servers that keep every MUST and leave out one thing that SHOULD or MAY be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from ..miniature.reading import Query
from . import answering, lie

# -- paths, methods, connections


def _allow_reversed(request: Request | None, answer: Answer) -> Answer:
    allowed = answer.headers.get("Allow")
    return answer.having(Allow=", ".join(allowed.split(", ")[::-1])) if allowed else answer


def _unknown_method_not_allowed(self: Miniature, template: str, request: Request) -> Any:
    if request.method == "FOO":
        raise Refusal(405, "the path has no such method", Allow="GET, OPTIONS")
    return Miniature.operation(self, template, request)


def _options_refused(self: Miniature, request: Request, refusal: Refusal) -> Answer:
    return Miniature.refused(self, replace(request, method="GET"), refusal)


def _always_there(self: Miniature, template: str, request: Request) -> Any:
    if request.method == "HEAD" and template == "/v2/queues/{name}":
        return lambda call: Answer(200)
    return Miniature.operation(self, template, request)


def _no_head(self: Miniature, template: str, request: Request) -> Any:
    if request.method == "HEAD" and template == "/v2/queues/{name}":
        raise Refusal(405, "the path has no such method", Allow="DELETE, GET, PATCH, PUT, OPTIONS")
    return Miniature.operation(self, template, request)


def _made_by_head(self: Miniature, call: Call) -> Answer:
    try:
        return Miniature.queue_get_head(self, call)
    finally:
        self.made(call)


def _chunks_unread(self: Miniature, request: Request) -> Answer:
    body = request.body if request.has_length else b""
    return Miniature.answer_of(self, replace(request, body=body))


def _no_form_at_all(self: Miniature, request: Request) -> None:
    if request.headers.get("Content-Type", "").startswith("application/x-www-form"):
        raise Refusal(400, "a form is not taken")


def _short_names_only(self: Miniature, request: Request) -> tuple[str, str]:
    if "/queues/" in request.target:
        return Miniature.identity_of(self, request)
    return self.project_of(request), self.client_of(request)


lie("tells its methods in another order", "http.allow-order", finished=answering(_allow_reversed))
lie("knows a method FOO", "http.unknown-method", operation=_unknown_method_not_allowed)
lie("refuses OPTIONS like the rest", "http.options-never-fails", refused=_options_refused)
lie(
    "finds every queue by HEAD",
    "http.head-on-queue",
    "queue-get-head.existence",
    operation=_always_there,
)
lie("knows no HEAD on a queue", "queue-get-head.existence", operation=_no_head)
lie("makes the queue that HEAD asks for", "queue-get-head.existence", queue_get_head=_made_by_head)
lie(
    "hangs up without a word",
    "http.keep-alive",
    finished=answering(lambda _, answer: replace(answer, hangs_up=True)),
)
lie("reads no chunks", "http.chunked-body", answer_of=_chunks_unread)
lie(
    "breaks on a length that is none",
    "http.content-length-invalid",
    finished=answering(lambda r, a: a if r is not None else replace(a, status=500)),
)
lie("takes no form of any kind", "http.form-content-type-parameters", check_form=_no_form_at_all)
lie(
    "reads X-Tenant-Name",
    "headers.project-tenant-name",
    project_headers=lambda self: (*Miniature.project_headers(self), "X-Tenant-Name"),
)
lie(
    "measures the project beside queues only",
    "headers.project-length-everywhere",
    identity_of=_short_names_only,
)

# -- answers


def _described(description: str) -> Any:
    """A change that puts another description into each error."""

    def change(request: Request | None, answer: Answer) -> Answer:
        if answer.status < 400 or not isinstance(answer.content, dict):
            return answer
        return replace(answer, content={**answer.content, "description": description})

    return answering(change)


def _typed_nothing(request: Request | None, answer: Answer) -> Answer:
    return answer.having(Content_Type="application/json") if answer.status == 204 else answer


def _date_mended(self: Miniature, call: Call) -> Answer:
    answer = Miniature.version_document(self, call)
    assert isinstance(answer.content, dict)
    answer.content["versions"][0]["updated"] = "2014-09-24T04:06:47Z"
    return answer


lie("does not say what is wrong", "http.error-description", finished=_described("bad request"))
lie(
    "tells where it broke",
    "http.error-no-internals",
    finished=_described('Traceback: File "server.py", line 1, in <module>'),
)
lie("has a type of nothing", "http.no-content-has-no-type", finished=answering(_typed_nothing))
lie("has mended the date", "get-version-doc.updated-literal", version_document=_date_mended)
lie(
    "calls the claim of a message something else",
    "get-home-doc.claim-variable",
    relation=lambda self, template, methods: Miniature.relation(
        self, template.replace("?claim_id", "?claim"), methods
    ),
)

# -- JSON, queries, metadata


def _no_blanks(self: Miniature, query: Query, name: str, default: int, low: int, high: int) -> int:
    if " " in (query.last(name) or ""):
        raise Refusal(400, f"{name} has blanks in it")
    return Miniature.integer(self, query, name, default, low, high)


def _no_negative_count(self: Miniature, count: object) -> None:
    if count is not None:
        self.ranged("_max_claim_count", count, 0, 2**31)


lie(
    "takes the last of two equal keys",
    "json.duplicate-keys",
    an_object=lambda self, pairs: dict(pairs),
)
lie("takes 1000 levels", "json.nesting-limit", json_levels=1000)
lie("reads no blanks around a number", "query.integer-blanks", integer=_no_blanks)
lie(
    "takes no negative claim count",
    "queue-metadata.claim-count-negative",
    check_claim_count=_no_negative_count,
)

# -- messages and claims


def _a_page_of_ids(self: Miniature, call: Call) -> list[str]:
    limit = int(call.query.last("limit") or self.most_messages)
    return Miniature.ids_of(self, call)[:limit]


def _claimed_refused(self: Miniature, call: Call) -> Answer:
    if any(self.is_claimed(message) for message in self.named(call, self.ids_of(call))):
        raise Refusal(403, "a message is claimed")
    return Miniature.message_delete_many(self, call)


def _claim_ids_refused(self: Miniature, call: Call) -> Answer:
    if call.query.last("claim_ids"):
        raise Refusal(400, "claim_ids is not taken")
    return Miniature.message_delete_many(self, call)


def _any_grace_again(self: Miniature, body: dict[str, Any]) -> tuple[int, int]:
    return Miniature.terms(self, {key: body[key] for key in body if key != "grace"})


lie("looks at limit beside ids", "message-get-many.other-parameters", ids_of=_a_page_of_ids)
lie(
    "asks for the claims of many messages",
    "message-delete-many.claimed-by-ids",
    message_delete_many=_claimed_refused,
)
lie(
    "refuses claim_ids",
    "message-delete-many.claim-ids-ignored",
    message_delete_many=_claim_ids_refused,
)
lie("does not look at the grace of a claim", "claim-update.grace-range", terms=_any_grace_again)
