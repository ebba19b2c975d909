# SPDX-License-Identifier: Apache-2.0
"""Servers that list, show, make, change and forget flavors wrongly, and place queues wrongly."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from . import lie, nothing

# -- showing and listing


def _always_detailed(self: Miniature, name: str, detailed: bool = True) -> dict[str, Any]:
    return Miniature.shown_flavor(self, name, True)


def _without_pools(self: Miniature, name: str, detailed: bool = True) -> dict[str, Any]:
    shown = Miniature.shown_flavor(self, name, detailed)
    return {key: value for key, value in shown.items() if key != "pool_list"}


def _found(self: Miniature, call: Call) -> str:
    return call.queue


def _by_project(self: Miniature, call: Call) -> str:
    owners = self.notes.setdefault("owners", {})
    if owners.get(call.queue, call.project) != call.project:
        raise Refusal(404, "it is another project's")
    return Miniature.the_flavor(self, call)


def _owned(self: Miniature, call: Call) -> Answer:
    self.notes.setdefault("owners", {})[call.queue] = call.project
    return Miniature.flavor_create(self, call)


lie("lists capabilities to everybody", "flavor-list.entry", "flavor-list.detailed",
    shown_flavor=_always_detailed)  # fmt: skip
lie(
    "does not tell the pools of a flavor",
    "flavor-get.shown",
    "flavor-list.entry",
    shown_flavor=_without_pools,
)
lie("has flavors that can do nothing", "flavor-get.shown", capabilities=lambda self, name: [])
lie(
    "lists flavors without regard to case",
    "flavor-list.order",
    sorted_flavors=lambda self, call: sorted(self.flavors, key=str.lower),
)
lie("knows flavors that nobody made", "flavor-get.unknown", "flavor-update.unknown",
    the_flavor=_found)  # fmt: skip
lie(
    "keeps a flavor to its project",
    "flavor.every-project",
    flavor_create=_owned,
    the_flavor=_by_project,
)

# -- creating and changing


def _added(self: Miniature, flavor: str, pools: list[str]) -> None:
    for pool in pools:
        self.pools[pool].flavor = flavor


def _noted(self: Miniature, call: Call, capabilities: object) -> None:
    self.notes["capabilities"] = capabilities


def _as_noted(self: Miniature, name: str) -> list[str]:
    return list(self.notes.get("capabilities") or Miniature.capabilities(self, name))


def _known_first(self: Miniature, call: Call) -> Answer:
    self.flavors.add(call.queue)
    return Miniature.flavor_create(self, call)


def _those_that_exist(self: Miniature, flavor: str, pools: list[str]) -> None:
    Miniature.mark(self, flavor, [pool for pool in pools if pool in self.pools])


def _not_taken(self: Miniature, flavor: str, pools: list[str]) -> None:
    known = [pool for pool in pools if pool in self.pools]
    Miniature.check_not_taken(self, flavor, known)


def _not_changed(self: Miniature, call: Call) -> Answer:
    flavor = self.the_flavor(call)
    self.check_pools(flavor, self.pools_sent(call))
    return Answer(200, self.shown_flavor(flavor))


def _unmarked(self: Miniature, flavor: str, pools: list[str]) -> None:
    self.notes.setdefault("pools", {})[flavor] = pools


def _of_notes(self: Miniature, flavor: str) -> list[str]:
    return list(self.notes.get("pools", {}).get(flavor, []))


lie(
    "makes a flavor before it looks",
    "flavor-create.body",
    "flavor-create.unknown-members",
    "flavor-create.unknown-pool",
    flavor_create=_known_first,
)
lie(
    "takes a flavor without pools",
    "flavor-create.body",
    "flavor-update.body",
    check_not_empty=nothing,
)
lie(
    "makes flavors of pools that do not exist",
    "flavor-create.unknown-pool",
    "flavor-update.unknown-pool",
    check_existing=nothing,
    check_not_taken=_not_taken,
    mark=_those_that_exist,
)
lie("takes any name of a flavor", "flavor-create.name-rules", check_flavor_name=nothing)
lie(
    "does not tell a pool its flavor",
    "flavor-create.marks-pools",
    mark=_unmarked,
    pools_of=_of_notes,
)
lie("takes a pool from its flavor", "flavor-create.pool-taken", check_not_taken=nothing)
lie(
    "believes what clients say of capabilities",
    "flavor-create.capabilities-ignored",
    note_capabilities=_noted,
    capabilities=_as_noted,
)
lie("never takes a pool out of a flavor", "flavor-create.others-freed", "flavor-update.frees-pools",
    mark=_added)  # fmt: skip
lie("changes no flavor", "flavor-update.changed", "flavor-update.frees-pools",
    flavor_update=_not_changed)  # fmt: skip
lie(
    "keeps a flavor that is deleted",
    "flavor-delete.deleted",
    flavor_delete=lambda self, call: Answer(204),
)
lie(
    "leaves pools in a flavor that is gone",
    "flavor-delete.frees-pools",
    "flavor-update.frees-pools",
    "pool-delete.only-of-flavor",
    free=nothing,
)

# -- queues


def _refused(self: Miniature, flavor: str) -> None:
    raise Refusal(400, "no flavor is known")


def _remapped(self: Miniature, call: Call) -> Answer:
    queue = self.find(call)
    answer = Miniature.queue_create(self, call)
    if queue is not None and self.flavor_named(call) != queue.metadata.get("_flavor"):
        queue.messages.clear()
    return answer


def _unmapped(self: Miniature, call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
    queue = self.find(call)
    if queue is not None and after.get("_flavor") != before.get("_flavor"):
        queue.messages.clear()
    Miniature.check_change(self, call, before, after)


def _made_first(self: Miniature, call: Call) -> Answer:
    self.made(call, {"_flavor": self.flavor_named(call)})
    return Miniature.queue_create(self, call)


lie("knows no flavor when a queue is made", "flavor.chosen-by-queues", check_flavor=_refused)
lie(
    "makes queues of any flavor",
    "queue-create.unknown-flavor",
    "queue-create.no-usable-pool",
    check_flavor=nothing,
    assign=nothing,
)
lie(
    "makes a queue before it has a pool",
    "queue-create.unknown-flavor",
    "queue-create.no-usable-pool",
    queue_create=_made_first,
)
lie("gives queues to pools of weight 0", "queue-create.no-usable-pool",
    takes=lambda self, pool: True)  # fmt: skip
lie("maps a queue anew when it is made again", "queue-create.stays-in-pool", queue_create=_remapped)
lie(
    "maps a queue anew by a patch",
    "queue-update.unknown-flavor",
    "queue-update.flavor-keeps-messages",
    check_change=_unmapped,
)
lie("patches a queue to any flavor", "queue-update.unknown-flavor", check_change=nothing)
