# SPDX-License-Identifier: Apache-2.0
"""Servers that treat queues and their metadata wrongly."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from . import answering, lie, nothing

# -- list


def _without_count_of_nothing(request: Request | None, answer: Answer) -> Answer:
    content = answer.content
    if isinstance(content, dict) and content.get("count") == 0:
        return replace(answer, content={k: v for k, v in content.items() if k != "count"})
    return answer


def _always_counted(self: Miniature, call: Call) -> Answer:
    answer = Miniature.queue_list(self, call)
    assert isinstance(answer.content, dict)
    return replace(answer, content={"count": len(self.matching(call)), **answer.content})


def _no_content_when_empty(request: Request | None, answer: Answer) -> Answer:
    content = answer.content
    empty = isinstance(content, dict) and content.get("queues") == []
    return Answer(204, headers=answer.headers) if empty else answer


def _link_to_more(
    self: Miniature, path: str, told: dict[str, str], page: list[Any]
) -> list[dict[str, str]]:
    full = len(page) >= int(told.get("limit", self.default_page))
    return Miniature.next_links(self, path, told, page) if full else []


def _as_pattern(self: Miniature, name: str, part: str) -> bool:
    try:
        return bool(re.search(part, name))
    except re.error:
        raise Refusal(503, "please try again") from None


def _one_filter_is_enough(self: Miniature, query: Any, metadata: dict[str, Any]) -> bool:
    known = {"marker", "limit", "detailed", "name", "with_count"}
    filters = {k: v[0] for k, v in query.values.items() if k not in known}
    return not filters or any(self.passes_filter(metadata, k, v) for k, v in filters.items())


def _top_level_only(self: Miniature, metadata: Any, key: str, text: str) -> bool:
    return bool(metadata.get(key) == self.filter_value(text))


def _broken_by_commas(self: Miniature, query: Any, metadata: dict[str, Any]) -> bool:
    try:
        return Miniature.passes(self, query, metadata)
    except Refusal:
        raise Refusal(500, "unhashable type") from None


lie("has no content for no queues", "queue-list.empty", finished=answering(_no_content_when_empty))
lie(
    "sorts without regard to letter case",
    "queue-list.order",
    sorted_names=lambda self, names: sorted(names, key=str.lower),
)
lie("lists queues as they were made", "queue-list.order", sorted_names=lambda self, names: names)
lie(
    "tells details that nobody asked for",
    "queue-list.entry",
    entry=lambda self, call, name, detailed: Miniature.entry(self, call, name, True),
)
lie(
    "tells only what is stored as details",
    "queue-list.entry/detailed",
    entry=lambda self, call, name, detailed: {
        **Miniature.entry(self, call, name, detailed),
        **({"metadata": self.queues[call.project, name].metadata} if detailed else {}),
    },
)
lie(
    "has pages of 20 by default",
    "queue-list.limit",
    "message-list.limit",
    default_page=20,
)
lie("lists the marker too", "queue-list.marker", is_after=lambda self, name, after: name >= after)
lie(
    "forgets parameters in the next link",
    "queue-list.next-link",
    told_queues=lambda self, call: {"limit": call.query.last("limit") or "10"},
)
lie(
    "forgets filters in the next link",
    "queue-list.next-link-filters",
    told_queues=lambda self, call: {
        key: value
        for key, value in Miniature.told_queues(self, call).items()
        if key in ("limit", "detailed", "name", "with_count")
    },
)
lie(
    "has no link on a page that is not full",
    "queue-list.paging",
    "message-list.paging",
    "message-list.drained-cursor",
    next_links=_link_to_more,
)
lie(
    "leaves a link on the empty page",
    "queue-list.empty",
    "message-list.unknown-queue",
    next_links=lambda self, path, told, page: [{"rel": "next", "href": f"{path}?marker=end"}],
)
lie(
    "does not look at name",
    "queue-list.name-filter",
    name_matches=lambda self, name, part: True,
)
lie(
    "finds names in any letter case",
    "queue-list.name-filter",
    name_matches=lambda self, name, part: part.lower() in name.lower(),
)
lie("takes name for a pattern", "queue-list.name-filter-literal", name_matches=_as_pattern)
lie(
    "compares metadata with text only",
    "queue-list.metadata-filter",
    filter_value=lambda self, text: text,
)
lie("takes one filter for enough", "queue-list.metadata-filter", passes=_one_filter_is_enough)
lie("does not look into objects", "queue-list.metadata-filter", passes_filter=_top_level_only)
lie(
    "finds no booleans",
    "queue-list.metadata-filter-boolean",
    passes_boolean=lambda self, value, text: False,
)
lie(
    "takes a boolean for a number",
    "queue-list.metadata-filter-boolean",
    passes_boolean=lambda self, value, text: text in ("true", "1") if value else text != "true",
)
lie(
    "takes any spelling of a number",
    "queue-list.metadata-filter-spelling",
    filter_value=lambda self, text: int(text) if text.isdecimal() else text,
)
lie("breaks on a filter with a comma", "queue-list.metadata-filter-comma", passes=_broken_by_commas)
lie(
    "counts the queues of the page",
    "queue-list.count",
    counted=lambda self, call, matching: min(len(matching), int(call.query.last("limit") or 10)),
)
lie("counts unasked", "queue-list.count", queue_list=_always_counted)
lie(
    "has no count of nothing",
    "queue-list.count-exact/empty",
    finished=answering(_without_count_of_nothing),
)
lie(
    "counts what filters hide",
    "queue-list.count-exact/filters",
    counted=lambda self, call, matching: sum(project == call.project for project, _ in self.queues),
)

# -- create and show


def _made_before_checked(self: Miniature, call: Call) -> Answer:
    new = self.find(call) is None
    self.made(call)
    answer = Miniature.queue_create(self, call)
    return replace(answer, status=201) if new else answer


def _with_a_body(self: Miniature, call: Call) -> Answer:
    answer = Miniature.queue_create(self, call)
    return replace(answer, content={}) if answer.status == 201 else answer


def _overwritten(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    self.made(call).metadata = metadata


def _without_nulls(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    self.made(call, {key: value for key, value in metadata.items() if value is not None})


def _checked_on_creation_only(self: Miniature, call: Call) -> Answer:
    Miniature.check_name(self, call.queue)
    return Miniature.queue_create(self, call)


def _name_like(pattern: str) -> Any:
    """An override of `check_name` that takes names of that form."""

    def check_name(self: Miniature, name: str) -> None:
        if not re.match(pattern, name):
            raise Refusal(400, "that is no name of a queue")

    return check_name


def _not_found_if_unknown(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.queue_get(self, call)


def _made_by_looking(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.queue_get(self, call)


def _no_defaults_for_null(self: Miniature) -> dict[str, Any]:
    return {key: value for key, value in Miniature.defaults(self).items() if value is not None}


lie("answers a new queue with a body", "queue-create.created", queue_create=_with_a_body)
lie("changes a queue that exists", "queue-create.existing", store_new=_overwritten)
lie(
    "needs a body for a queue",
    "queue-create.body-optional",
    object_of=lambda self, request, default=None: Miniature.object_of(self, request),
)
lie("forgets nulls", "queue-create.metadata-kept", store_new=_without_nulls)
lie(
    "has no dots in names",
    "queue-create.name-rules/accepted",
    "queue-create.name-rules/short",
    check_name=_name_like(r"[A-Za-z0-9_-]{1,64}\Z"),
)
lie(
    "wants two letters for a name",
    "queue-create.name-rules/short",
    check_name=_name_like(r"[A-Za-z0-9_.-]{2,64}\Z"),
)
lie(
    "takes any name of 64 signs",
    "queue-create.name-rules/refused",
    "queue-create.name-rules/everywhere",
    check_name=_name_like(r"(?s).{1,64}\Z"),
)
lie(
    "takes names of any length",
    "queue-create.name-rules/refused",
    check_name=_name_like(r"[A-Za-z0-9_.-]+\Z"),
)
lie(
    "looks at a name only when a queue is made",
    "queue-create.name-rules/everywhere",
    check_name=nothing,
    queue_create=_checked_on_creation_only,
)
lie(
    "takes a line feed for no part of a name",
    "queue-create.name-line-feed",
    check_name=_name_like(r"[A-Za-z0-9_.-]{1,64}$"),
)
lie("finds 65536 bytes too many", "queue-create.metadata-size", most_metadata=65535)
lie("takes metadata of 70000 bytes", "queue-create.metadata-size", most_metadata=70000)
lie(
    "makes the queue before it looks at the body",
    "queue-create.rejected-creates-nothing",
    queue_create=_made_before_checked,
)
lie("does not show what is null", "queue-get.defaults", defaults=_no_defaults_for_null)
lie("does not find an unknown queue", "queue-get.unknown-queue", queue_get=_not_found_if_unknown)
lie("makes the queue that is looked at", "queue-get.unknown-queue", queue_get=_made_by_looking)
