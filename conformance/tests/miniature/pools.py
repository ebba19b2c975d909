# SPDX-License-Identifier: Apache-2.0
"""The operations on pools, and on the queues that live in them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .catalogue import Catalogue, Pool
from .reading import Refusal
from .state import Call, Queue
from .wire import Answer

#: A store that can be reached has a host of this domain.
ALIVE = ".alive.kit.invalid"
_HEAVIEST = 2**32 - 1


class Pools(Catalogue):
    """Listing, creating, showing, changing, deleting."""

    most_pools = 20
    heaviest = _HEAVIEST
    longest_uri = 255

    def check_pool_name(self, name: str) -> None:
        """A name like a queue's, but for one."""
        self.check_name(name)
        if name == self.reserved_name():
            raise Refusal(400, "this name means something else")

    def reserved_name(self) -> str:
        """What no pool is called."""
        return "catalog_reachable"

    def the_pool(self, call: Call) -> Pool:
        """The pool that is asked for."""
        if call.queue not in self.pools:
            raise Refusal(404, "there is no such pool")
        return self.pools[call.queue]

    def shown_pool(self, name: str, detailed: bool) -> dict[str, Any]:
        """A pool as lists and fetches give it."""
        pool = self.pools[name]
        plain: dict[str, Any] = {
            "name": name,
            "href": f"/v2/pools/{name}",
            "uri": self.masked(pool.uri),
            "weight": pool.weight,
            "flavor": pool.flavor,
        }
        return {**plain, "options": pool.options} if detailed else plain

    def masked(self, uri: str) -> str:
        """A URI that tells no password."""
        return re.sub(r"(?<=://)[^/@]*@", "***@", uri)

    # -- what is sent

    def check_known(self, body: dict[str, Any], *known: str) -> None:
        """No member is unknown."""
        if set(body) - set(known):
            raise Refusal(400, "a member is not known")

    def checked_pool(self, body: dict[str, Any]) -> dict[str, Any]:
        """The members of a pool, as they are kept."""
        self.check_pool_members(body)
        checked = dict(body)
        if "uri" in body:
            self.check_uri(body["uri"])
        if "weight" in body:
            checked["weight"] = self.ranged("weight", body["weight"], 0, self.heaviest)
        if not isinstance(body.get("options", {}), dict):
            raise Refusal(400, "options is not an object")
        if "flavor" in body:
            checked["flavor"] = self.checked_flavor(body["flavor"])
        return checked

    def check_pool_members(self, body: dict[str, Any]) -> None:
        """What a pool is made of."""
        self.check_known(body, "uri", "weight", "flavor", "options")

    def check_uri(self, uri: object) -> None:
        """A text of some length."""
        if not isinstance(uri, str) or len(uri) > self.longest_uri:
            raise Refusal(400, "uri is not a text, or too long")

    def checked_flavor(self, flavor: object) -> str | None:
        """The flavor of a pool; the empty text is none."""
        if flavor is not None and not isinstance(flavor, str):
            raise Refusal(400, "flavor is not a text")
        return flavor or None

    def settled_uri(self, name: str, uri: str) -> str:
        """The URI to be kept: reachable, and nobody else's."""
        if name in self.pools and uri == self.masked(self.pools[name].uri):
            return self.pools[name].uri
        self.check_reachable(uri)
        self.check_free(name, uri)
        return uri

    def check_reachable(self, uri: str) -> None:
        """A store answers."""
        self.check_mask(uri)
        host = urlsplit(uri).hostname or ""
        if not uri.startswith("mongodb://") or not host.endswith(ALIVE):
            raise Refusal(400, self.unreachable(uri))

    def check_mask(self, uri: str) -> None:
        """The mask is no user."""
        if "//***@" in uri:
            raise Refusal(400, "three stars are no user")

    def unreachable(self, uri: str) -> str:
        """What is said of a store that does not answer."""
        return f"no store answers at {self.masked(uri)}"

    def check_free(self, name: str, uri: str) -> None:
        """No other pool has the store."""
        if any(pool.uri == uri for other, pool in self.pools.items() if other != name):
            raise Refusal(409, "another pool has this store")

    # -- operations

    def pool_list(self, call: Call) -> Answer:
        """A page of pools."""
        limit = self.integer(call.query, "limit", self.default_page, 1, self.most_pools)
        detailed = self.boolean(call.query, "detailed")
        page = self.page_of(self.sorted_pools(), call)[:limit]
        shown = [self.shown_pool(name, detailed) for name in page]
        links = self.next_links("/v2/pools", self.told_queues(call), page)
        return Answer(200, {"pools": shown, "links": links}, self.list_headers(call))

    def sorted_pools(self) -> list[str]:
        """Byte order."""
        return sorted(self.pools)

    def page_of(self, names: list[str], call: Call) -> list[str]:
        """The names behind the marker."""
        marker = call.query.last("marker") or ""
        return [name for name in names if name > marker]

    def list_headers(self, call: Call) -> dict[str, str]:
        """What the list says of itself."""
        return {"Content-Location": call.request.target}

    def pool_get(self, call: Call) -> Answer:
        """A pool."""
        self.the_pool(call)
        return Answer(200, self.shown_pool(call.queue, self.boolean(call.query, "detailed")))

    def pool_create(self, call: Call) -> Answer:
        """Makes a pool, or makes it anew."""
        body = self.checked_pool(self.object_of(call.request))
        if "uri" not in body or "weight" not in body:
            raise Refusal(400, "uri and weight are needed")
        self.keep_pool(call.queue, {**body, "uri": self.settled_uri(call.queue, body["uri"])})
        return Answer(self.made_status(call), headers={"Location": f"/v2/pools/{call.queue}"})

    def made_status(self, call: Call) -> int:
        """Whether it existed or not."""
        return 201

    def keep_pool(self, name: str, body: dict[str, Any]) -> None:
        """Keeps a pool, and nothing of an old one."""
        self.pools[name] = Pool(**body)

    def pool_update(self, call: Call) -> Answer:
        """Changes what is given."""
        body = self.checked_pool(self.object_of(call.request))
        if not set(body) & {"uri", "weight", "flavor", "options"}:
            raise Refusal(400, "nothing is to be changed")
        pool = self.the_pool(call)
        if "uri" in body:
            body["uri"] = self.settled_uri(call.queue, body["uri"])
        for member, value in body.items():
            setattr(pool, member, value)
        return Answer(200, self.changed_pool(call))

    def changed_pool(self, call: Call) -> dict[str, Any]:
        """The pool after a change."""
        return self.shown_pool(call.queue, False)

    def pool_delete(self, call: Call) -> Answer:
        """Forgets a pool that nobody needs."""
        if call.queue in self.pools:
            self.check_unneeded(call.queue, self.pools[call.queue])
            del self.pools[call.queue]
        return Answer(204)

    def check_unneeded(self, name: str, pool: Pool) -> None:
        """It is not the only one of its flavor, and has no queue."""
        self.check_not_only(pool)
        self.check_empty(name)

    def check_not_only(self, pool: Pool) -> None:
        """Its flavor has others."""
        if pool.flavor is not None and len(self.pools_of(pool.flavor)) == 1:
            raise Refusal(403, "it is the only pool of its flavor")

    def check_empty(self, name: str) -> None:
        """Nothing lives in it."""
        if self.living(name):
            raise Refusal(403, "queues live in it")

    # -- the extension

    def pool_queue_list(self, call: Call) -> Answer:
        """What lives in a pool."""
        limit = self.integer(call.query, "limit", self.default_page, 1, self.most_queues)
        self.the_pool(call)
        marker = call.query.last("marker") or ""
        behind = [key for key in self.living(call.queue) if "/".join(key) > marker][:limit]
        shown = [self.shown_place(project, name) for project, name in behind]
        told = self.told_queues(call)
        links = self.next_links(call.path, told, ["/".join(key) for key in behind])
        return Answer(200, {"queues": shown, "links": links})

    def shown_place(self, project: str, name: str) -> dict[str, Any]:
        """A queue as its pool lists it."""
        live = [one for one in self.queues[project, name].messages if self.is_live(one)]
        return {"project": project, "kind": "queue", "name": name, "messages": len(live)}

    def pool_queue_move(self, call: Call) -> Answer:
        """Brings a queue into a pool."""
        body = self.object_of(call.request)
        self.check_which(body)
        self.the_pool(call)
        key = body["project"], body["name"]
        if key not in self.queues:
            raise Refusal(404, "there is no such queue")
        before = self.places.get(key, self.nowhere)
        moved = self.shown_place(*key)["messages"] if before != call.queue else 0
        if before != call.queue:
            self.bring(key, call.queue)
        return Answer(200, {"from": before, "to": call.queue, "messages": moved})

    def check_which(self, body: dict[str, Any]) -> None:
        """It names a queue of a project."""
        if body.get("kind", "queue") not in ("queue", "topic"):
            raise Refusal(400, "kind is neither queue nor topic")
        if not all(isinstance(body.get(member), str) for member in ("project", "name")):
            raise Refusal(400, "project or name is missing")

    def bring(self, key: tuple[str, str], pool: str) -> None:
        """Lets a queue live in a pool."""
        self.places[key] = pool
        self.queues[key] = self.copied(self.queues[key])

    def copied(self, queue: Queue) -> Queue:
        """What arrives of a queue that is moved."""
        return queue
