# SPDX-License-Identifier: Apache-2.0
"""Servers that list, show, make, change and forget pools wrongly."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.catalogue import Pool
from . import answering, coerced, lie, nothing

# -- showing and listing


def _bare(self: Miniature, name: str, detailed: bool) -> dict[str, Any]:
    shown = Miniature.shown_pool(self, name, detailed)
    return {key: value for key, value in shown.items() if key != "flavor"}


def _without_weight(self: Miniature, call: Call) -> Answer:
    answer = Miniature.pool_list(self, call)
    content: Any = answer.content
    for pool in content["pools"]:
        del pool["weight"]
    return answer


def _once_only(self: Miniature, names: list[str], call: Call) -> list[str]:
    return names if call.query.last("marker") is None else []


def _with_marker(self: Miniature, names: list[str], call: Call) -> list[str]:
    marker = call.query.last("marker") or ""
    return [name for name in names if name >= marker]


def _clamped(self: Miniature, query: Any, name: str, default: int, low: int, high: int) -> int:
    try:
        return Miniature.integer(self, query, name, default, low, high)
    except Refusal:
        return default


lie("does not tell of a flavor", "pool-get.shown", "pool-list.entry", shown_pool=_bare)
lie(
    "lists pools without weight", "pool-list.entry", "pool-list.detailed", pool_list=_without_weight
)
lie(
    "shows options to everybody",
    "pool-list.detailed",
    "pool-list.entry",
    shown_pool=lambda self, name, detailed: Miniature.shown_pool(self, name, True),
)
lie(
    "lists pools without regard to case",
    "pool-list.order",
    sorted_pools=lambda self: sorted(self.pools, key=str.lower),
)
lie("has one page of pools", "pool-list.paging", "flavor-list.paging", page_of=_once_only)
lie("begins a page with the marker", "pool-list.paging", "flavor-list.paging", page_of=_with_marker)
lie(
    "takes any limit of pools",
    "pool-list.limit-range",
    "flavor-list.limit-range",
    "pool-queue-list.limit-range",
    integer=_clamped,
)
lie(
    "does not say what list it is",
    "pool-list.content-location",
    list_headers=lambda self, call: {},
)
lie(
    "shows a pool that is not there",
    "pool-get.unknown",
    "pool-update.unknown",
    "pool-queue-list.unknown-pool",
    "pool-queue-move.unknown",
    the_pool=lambda self, call: self.pools.setdefault(call.queue, Pool("mongodb://x/", 0)),
)
lie(
    "shows passwords",
    "pool.credentials/shown",
    masked=lambda self, uri: uri,
)
lie(
    "repeats the password of a refused uri",
    "pool.credentials",
    unreachable=lambda self, uri: f"no store answers at {uri}",
)

# -- creating


def _empty_options(self: Miniature, name: str, body: dict[str, Any]) -> None:
    if name in self.pools:
        body = {"options": self.pools[name].options, **body}
    Miniature.keep_pool(self, name, body)


def _by_what_was(self: Miniature, call: Call) -> int:
    seen: set[str] = self.notes.setdefault("made", set())
    status = 204 if call.path in seen else 201
    seen.add(call.path)
    return status


def _kept_first(self: Miniature, call: Call) -> Answer:
    body = self.object_of(call.request)
    if isinstance(body.get("uri"), str) and call.queue in self.pools:
        self.pools[call.queue].weight = 5
    return Miniature.pool_create(self, call)


def _made_first(self: Miniature, call: Call) -> Answer:
    body = self.object_of(call.request)
    if isinstance(body.get("uri"), str):
        self.pools.setdefault(call.queue, Pool(body["uri"], 0))
    return Miniature.pool_create(self, call)


lie(
    "tells new pools from old ones",
    "pool-create.replaced",
    "flavor-create.replaced",
    made_status=_by_what_was,
)
lie(
    "does not say where a pool is",
    "pool-create.created",
    "pool-create.replaced",
    "flavor-create.created",
    "flavor-create.replaced",
    finished=answering(lambda _, a: a.without("Location") if a.status == 201 else a),
)
lie("keeps the options of an old pool", "pool-create.replaced", keep_pool=_empty_options)
lie("reads weights out of text", "pool-create.body", "pool-update.body", ranged=coerced)
lie("takes any weight", "pool-create.body", "pool-update.body", heaviest=2**64)
lie("takes long uris", "pool-create.body", longest_uri=2**16)
lie(
    "takes members that it does not know",
    "pool-create.unknown-members",
    "pool-update.unknown-members",
    "flavor-create.unknown-members",
    "flavor-update.unknown-members",
    keep_pool=lambda self, name, body: Miniature.keep_pool(
        self, name, {k: v for k, v in body.items() if k in ("uri", "weight", "flavor", "options")}
    ),
    check_known=nothing,
)
lie(
    "asks no store whether it is there",
    "pool-create.uri-unreachable",
    "pool-create.uri-prompt",
    "pool-create.uri-masked",
    "pool-update.uri-unreachable",
    check_reachable=nothing,
)
lie(
    "makes two pools of a store",
    "pool-create.uri-taken",
    "pool-update.uri-taken",
    check_free=nothing,
)
lie(
    "takes three stars for a user",
    "pool-create.uri-masked",
    settled_uri=lambda self, name, uri: uri,
)
lie(
    "takes any name of a pool",
    "pool-create.name-rules",
    "pool-create.name-reserved",
    check_pool_name=nothing,
)
lie(
    "calls a pool as the catalogue",
    "pool-create.name-reserved",
    reserved_name=lambda self: "",
)
lie(
    "changes a pool before it looks",
    "pool-create.rejected-changes-nothing",
    pool_create=_kept_first,
)
lie(
    "makes a pool before it looks",
    "pool-create.body",
    "pool-create.unknown-members",
    "pool-create.uri-unreachable",
    pool_create=_made_first,
)

# -- changing


def _as_it_was(self: Miniature, call: Call) -> dict[str, Any]:
    return {**Miniature.changed_pool(self, call), "weight": 0}


def _nothing_needed(self: Miniature, call: Call) -> Answer:
    if self.object_of(call.request) == {}:
        return Answer(200, self.changed_pool(call))
    return Miniature.pool_update(self, call)


def _weight_first(self: Miniature, call: Call) -> Answer:
    body: Any = self.json_of(call.request)
    if isinstance(body, dict) and isinstance(body.get("weight"), int):
        self.the_pool(call).weight = body["weight"]
    return Miniature.pool_update(self, call)


lie("answers a patch with the old pool", "pool-update.changed", changed_pool=_as_it_was)
lie("patches nothing with success", "pool-update.needs-a-change", pool_update=_nothing_needed)
lie(
    "applies a patch that it refuses",
    "pool-update.body",
    "pool-update.unknown-members",
    pool_update=_weight_first,
)
lie(
    "has a flavor without a name",
    "pool-update.clears-flavor",
    checked_flavor=lambda self, flavor: flavor,
)

# -- deleting


def _not_found(self: Miniature, call: Call) -> Answer:
    self.the_pool(call)
    return Miniature.pool_delete(self, call)


lie("keeps what is deleted", "pool-delete.deleted", pool_delete=lambda self, call: Answer(204))
lie("misses a pool that is to go", "pool-delete.unknown", pool_delete=_not_found)
lie("deletes the last pool of a flavor", "pool-delete.only-of-flavor", check_not_only=nothing)
lie(
    "deletes a pool with its queues",
    "pool-delete.has-queues",
    "pool-queue-move.frees-pool",
    check_empty=nothing,
)
