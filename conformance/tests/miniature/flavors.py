# SPDX-License-Identifier: Apache-2.0
"""The operations on flavors."""

from __future__ import annotations

from typing import Any

from .pools import Pools
from .reading import Refusal
from .state import Call
from .wire import Answer

_CAPABILITIES = ["FIFO", "CLAIMS", "DURABILITY", "AOD", "HIGH_THROUGHPUT"]


class Flavors(Pools):
    """Listing, creating, showing, changing, deleting."""

    most_flavors = 20

    def check_flavor_name(self, name: str) -> None:
        """A name like a queue's."""
        self.check_name(name)

    def the_flavor(self, call: Call) -> str:
        """The flavor that is asked for."""
        if call.queue not in self.flavors:
            raise Refusal(404, "there is no such flavor")
        return call.queue

    def shown_flavor(self, name: str, detailed: bool = True) -> dict[str, Any]:
        """A flavor as lists and fetches give it."""
        plain = {"name": name, "href": f"/v2/flavors/{name}", "pool_list": self.pools_of(name)}
        return {**plain, "capabilities": self.capabilities(name)} if detailed else plain

    def capabilities(self, name: str) -> list[str]:
        """What its pools can do."""
        return list(_CAPABILITIES)

    def check_flavor_members(self, body: dict[str, Any]) -> None:
        """What a flavor is made of."""
        self.check_known(body, "pool_list", "capabilities")

    def pools_sent(self, call: Call) -> list[str]:
        """The pools of a body, which exist and are no other flavor's."""
        body = self.object_of(call.request)
        self.check_flavor_members(body)
        self.check_list(body.get("pool_list"))
        self.note_capabilities(call, body.get("capabilities", {}))
        return list(body["pool_list"])

    def check_list(self, pools: object) -> None:
        """A list of names that is not empty."""
        if not isinstance(pools, list) or not all(isinstance(pool, str) for pool in pools):
            raise Refusal(400, "pool_list is no list of names")
        self.check_not_empty(pools)

    def check_not_empty(self, pools: list[str]) -> None:
        """There is at least one."""
        if not pools:
            raise Refusal(400, "pool_list is empty")

    def note_capabilities(self, call: Call, capabilities: object) -> None:
        """They are of no effect."""

    def check_pools(self, flavor: str, pools: list[str]) -> None:
        """They exist, and are free."""
        self.check_existing(pools)
        self.check_not_taken(flavor, pools)

    def check_existing(self, pools: list[str]) -> None:
        """They exist."""
        if set(pools) - set(self.pools):
            raise Refusal(400, "there is no such pool")

    def check_not_taken(self, flavor: str, pools: list[str]) -> None:
        """No other flavor has them."""
        holders = {self.pools[pool].flavor for pool in pools} & self.flavors
        if holders - {flavor}:
            raise Refusal(409, "a pool belongs to another flavor")

    def mark(self, flavor: str, pools: list[str]) -> None:
        """Gives a flavor exactly these pools."""
        self.free(flavor, set(self.pools_of(flavor)) - set(pools))
        for pool in pools:
            self.pools[pool].flavor = flavor

    def free(self, flavor: str, pools: set[str]) -> None:
        """Takes pools out of a flavor."""
        for pool in pools:
            self.pools[pool].flavor = None

    # -- operations

    def flavor_list(self, call: Call) -> Answer:
        """A page of flavors."""
        limit = self.integer(call.query, "limit", self.default_page, 1, self.most_flavors)
        detailed = self.boolean(call.query, "detailed")
        page = self.page_of(self.sorted_flavors(call), call)[:limit]
        shown = [self.shown_flavor(name, detailed) for name in page]
        links = self.next_links("/v2/flavors", self.told_queues(call), page)
        return Answer(200, {"flavors": shown, "links": links})

    def sorted_flavors(self, call: Call) -> list[str]:
        """Byte order."""
        return sorted(self.flavors)

    def flavor_get(self, call: Call) -> Answer:
        """A flavor."""
        return Answer(200, self.shown_flavor(self.the_flavor(call)))

    def flavor_create(self, call: Call) -> Answer:
        """Makes a flavor, or gives it other pools."""
        pools = self.pools_sent(call)
        self.check_pools(call.queue, pools)
        self.flavors.add(call.queue)
        self.mark(call.queue, pools)
        return Answer(self.made_status(call), headers={"Location": f"/v2/flavors/{call.queue}"})

    def flavor_update(self, call: Call) -> Answer:
        """Gives a flavor other pools."""
        pools = self.pools_sent(call)
        flavor = self.the_flavor(call)
        self.check_pools(flavor, pools)
        self.mark(flavor, pools)
        return Answer(200, self.shown_flavor(flavor))

    def flavor_delete(self, call: Call) -> Answer:
        """Removes a flavor."""
        self.flavors.discard(call.queue)
        self.free(call.queue, set(self.pools_of(call.queue)))
        return Answer(204)
