# SPDX-License-Identifier: Apache-2.0
"""Where queues live, and health."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from .patches import Patches
from .reading import Refusal
from .state import Call
from .wire import Answer

_OPERATIONS = (
    "create_queue",
    "post_messages",
    "claim_messages",
    "list_messages",
    "delete_messages",
    "delete_claim",
    "bulk_delete_messages",
    "delete_queue",
)


@dataclass
class Pool:
    """A store of queues."""

    uri: str
    weight: int
    flavor: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


class Catalogue(Patches):
    """The pools, the flavors, and which queue lives where. The queue itself notes its pool."""

    #: Where queues live that have no flavor; it is no pool that anybody sees.
    nowhere: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        #: One is there from the beginning, for all queues without flavor.
        self.pools: dict[str, Pool] = {"default": Pool("mongodb://zero.alive.kit.invalid/", 1)}
        self.flavors: set[str] = set()
        self.places: dict[tuple[str, str], str] = {}

    def pools_of(self, flavor: str) -> list[str]:
        """The names of the pools of a flavor."""
        return sorted(name for name, pool in self.pools.items() if pool.flavor == flavor)

    def living(self, pool: str) -> list[tuple[str, str]]:
        """The queues that live in a pool."""
        return sorted(key for key, place in self.places.items() if self.lives_in(key, place, pool))

    def lives_in(self, key: tuple[str, str], place: str, pool: str) -> bool:
        """Whether a queue that is there, lives in that pool."""
        return place == pool and key in self.queues

    # -- queues

    def queue_create(self, call: Call) -> Answer:
        """Makes a queue in a pool of its flavor."""
        flavor = self.flavor_named(call)
        if flavor is not None:
            self.check_flavor(flavor)
            if self.find(call) is None:
                self.assign(call, flavor)
        return super().queue_create(call)

    def flavor_named(self, call: Call) -> str | None:
        """The flavor that a new queue asks for."""
        metadata = self.object_of(call.request, {})
        named = metadata.get("_flavor")
        return named if isinstance(named, str) and named else None

    def check_flavor(self, flavor: str) -> None:
        """The flavor exists."""
        if flavor not in self.flavors:
            raise Refusal(400, "there is no such flavor")

    def assign(self, call: Call, flavor: str) -> None:
        """Chooses a pool for a new queue."""
        usable = [name for name in self.pools_of(flavor) if self.takes(self.pools[name])]
        if not usable:
            raise Refusal(503, "no pool can take the queue", **{"Retry-After": "2"})
        self.places[self.key(call)] = usable[0]

    def takes(self, pool: Pool) -> bool:
        """Whether a pool takes new queues."""
        return pool.weight > 0

    def check_change(self, call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
        """A new flavor exists."""
        flavor = after.get("_flavor")
        if flavor and flavor != before.get("_flavor") and flavor not in self.flavors:
            raise Refusal(404, "there is no such flavor")

    # -- health

    def check_node_health(self, call: Call) -> Answer:
        """How the pools are."""
        pools = {name: self.health_of(name) for name in self.pools}
        return Answer(200, {"catalog_reachable": self.catalog_reachable(), **pools})

    def catalog_reachable(self) -> bool:
        """Whether the catalogue is there."""
        return True

    def health_of(self, pool: str) -> dict[str, Any]:
        """How a pool is."""
        return {
            "storage_reachable": True,
            "operation_status": {name: self.status_of(name) for name in self.operation_names()},
            "message_volume": self.volume(),
        }

    def operation_names(self) -> tuple[str, ...]:
        """The eight operations."""
        return _OPERATIONS

    def status_of(self, operation: str) -> dict[str, Any]:
        """How one operation would do."""
        return {"succeeded": True, "seconds": 0.001, "ref": None}

    def volume(self) -> dict[str, int]:
        """How many messages there are."""
        messages = [message for queue in self.queues.values() for message in queue.messages]
        claimed = sum(self.is_claimed(message) for message in messages)
        return {"free": len(messages) - claimed, "claimed": claimed, "total": len(messages)}
