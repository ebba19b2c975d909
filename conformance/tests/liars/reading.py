# SPDX-License-Identifier: Apache-2.0
"""Servers that read JSON, queries and projects wrongly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ..miniature import Call, Miniature, Refusal, Request
from ..miniature.reading import Query
from ..miniature.state import Message, Queue
from . import lie, nothing

# -- JSON


def _instead(value: Any) -> Callable[[Miniature, Request], Any]:
    """An override of `json_of` that takes a body that is not JSON for that value."""

    def json_of(self: Miniature, request: Request) -> Any:
        try:
            return Miniature.json_of(self, request)
        except Refusal:
            return value

    return json_of


def _scalar_as(value: Any, kind: type) -> Callable[[Miniature, Request], Any]:
    """An override of `json_of` that takes anything of another type for that value."""

    def json_of(self: Miniature, request: Request) -> Any:
        read = Miniature.json_of(self, request)
        return read if isinstance(read, kind) else value

    return json_of


def _rounded(self: Miniature, text: str) -> Any:
    return json.loads(text, parse_int=lambda digits: int(float(digits)))


def _too_deep(self: Miniature, text: str) -> None:
    try:
        Miniature.check_levels(self, text)
    except ValueError:
        raise Refusal(503, "please try again") from None


def _foreign_members(self: Miniature, wanted: Any) -> None:
    Miniature.check_message(self, wanted)
    if set(wanted) - {"body", "ttl"}:
        raise Refusal(400, "a message has body and ttl")


def _no_name(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    Miniature.store_new(self, call, {k: v for k, v in metadata.items() if k != "name"})


lie("takes what is not JSON for an object", "json.malformed", json_of=_instead({}))
lie("takes what is not JSON for an array", "json.malformed/patch", json_of=_instead([]))
lie(
    "does not look behind the JSON",
    "json.malformed",
    "json.malformed/patch",
    parsed=lambda self, text: json.JSONDecoder().raw_decode(text)[0],
)
lie(
    "takes no body for one message",
    "json.malformed/empty",
    object_of=lambda self, request, default=None: (
        Miniature.object_of(self, request, default)
        if request.body
        else {"messages": [{"body": None}]}
    ),
)
lie("takes any JSON for an object", "json.wrong-type", json_of=_scalar_as({}, dict))
lie("takes any JSON for an array", "json.wrong-type/patch", json_of=_scalar_as([], list))
lie("rounds large integers", "json.big-integer", parsed=_rounded)
lie(
    "rounds large integers in metadata",
    "json.big-integer/metadata",
    parsed=_rounded,
    check_integers=nothing,
)
lie(
    "takes NaN for a number",
    "json.non-finite-numbers",
    "json.non-finite-numbers/metadata",
    constant=lambda self, text: float(text),
)
lie(
    "takes 1e400 for a number",
    "json.non-finite-numbers",
    "json.non-finite-numbers/metadata",
    fraction=lambda self, text: float(text),
)
lie("breaks on deep nesting", "json.deep-nesting", check_levels=_too_deep)
lie(
    "stores half characters",
    "json.lone-surrogate",
    "json.lone-surrogate/metadata",
    checked_value=lambda self, value: value,
)
lie("refuses members it does not know", "json.unknown-members", check_message=_foreign_members)
lie("drops a metadata key", "json.unknown-members/queue", store_new=_no_name)

# -- query


class _Blanks(Query):
    """A query whose empty values are values."""

    def __init__(self, text: str) -> None:
        self.values = {}
        for part in filter(None, text.split("&")):
            name, _, value = part.partition("=")
            self.values.setdefault(name, []).append(value)


class _First(Query):
    """A query whose first value counts."""

    def last(self, name: str) -> str | None:
        return self.values.get(name, [None])[0]


class _Uncut(Query):
    """A query whose commas mean nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(text.replace(",", "%2C"))


def _unknown_refused(self: Miniature, text: str) -> Query:
    query = Query(text)
    if "colour" in query.values:
        raise Refusal(400, "colour is unknown")
    return query


def _lenient_integer(
    self: Miniature, query: Query, name: str, default: int, low: int, high: int
) -> int:
    text = query.last(name)
    return int(text) if text is not None and text.isdecimal() else default


def _clamped_integer(
    self: Miniature, query: Query, name: str, default: int, low: int, high: int
) -> int:
    value = Miniature.integer(self, query, name, default, -(10**9), 10**9)
    return max(low, min(high, value))


lie(
    "takes an empty value for a value",
    "query.empty-value",
    "query.empty-value/queues",
    query_of=lambda self, text: _Blanks(text),
)
lie("refuses what it does not know", "query.unknown-parameter", query_of=_unknown_refused)
lie(
    "takes the first of several values",
    "query.last-value",
    "query.last-value/queues",
    query_of=lambda self, text: _First(text),
)
lie(
    "does not part values at commas",
    "query.last-value",
    "query.lists",
    "query.lists/delete",
    query_of=lambda self, text: _Uncut(text),
)
lie("takes no number for the default", "query.integers", integer=_lenient_integer)
lie(
    "moves a number into its range",
    "queue-list.limit-range",
    "message-list.limit-range",
    "message-pop.range",
    "claim-create.limit-range",
    integer=_clamped_integer,
)
lie(
    "knows one spelling of true",
    "query.booleans/true",
    boolean=lambda self, query, name: query.last(name) == "true",
)
lie(
    "takes any text for true",
    "query.booleans/false",
    "query.booleans/neither",
    boolean=lambda self, query, name: query.last(name) is not None,
)
lie(
    "takes the first id only",
    "query.lists",
    "query.lists/delete",
    "message-get-many.found",
    "message-delete-many.by-ids",
    ids_of=lambda self, call: Miniature.ids_of(self, call)[:1],
)

# -- projects


def _namesakes(self: Miniature, call: Call) -> list[Queue]:
    return [queue for (_, name), queue in self.queues.items() if name == call.queue]


def _live_anywhere(self: Miniature, call: Call) -> list[Message]:
    return [one for queue in _namesakes(self, call) for one in queue.messages if self.is_live(one)]


def _removed_anywhere(self: Miniature, call: Call, gone: list[Message]) -> None:
    for queue in _namesakes(self, call):
        queue.messages = [message for message in queue.messages if message not in gone]


def _claims_of_any(self: Miniature, call: Call) -> Queue | None:
    if "/claims/" not in call.path:
        return Miniature.find(self, call)
    return next(iter(_namesakes(self, call)), None)


def _as_pattern(self: Miniature, project: str, asked: str) -> bool:
    try:
        return bool(re.fullmatch(asked, project))
    except re.error:
        raise Refusal(503, "please try again") from None


lie(
    "shows the metadata of other projects",
    "project.queues-isolated",
    find=lambda self, call: (
        next(iter(_namesakes(self, call)), None)
        if call.request.method == "GET"
        else Miniature.find(self, call)
    ),
)
lie(
    "looks for messages in every project",
    "project.messages-isolated/read",
    live=_live_anywhere,
)
lie(
    "deletes messages in every project",
    "project.messages-isolated/delete",
    live=_live_anywhere,
    remove=_removed_anywhere,
)
lie("looks for claims in every project", "project.claims-isolated", find=_claims_of_any)
lie(
    "lists projects by their beginning",
    "project.matched-exactly/prefix",
    same_project=lambda self, project, asked: project.startswith(asked),
)
lie("lists projects by a pattern", "project.matched-exactly/signs", same_project=_as_pattern)
