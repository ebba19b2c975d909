# SPDX-License-Identifier: Apache-2.0
"""The reference management driver: everything in dictionaries of this process.

No method awaits anything, so each one is atomic on the event loop. It is for one process only.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import Conflict, Forbidden
from zaqar_impl.domain.pools import Flavor, Moving, Place, Pool, PoolChange
from zaqar_impl.domain.values import Kind, QueueRef
from zaqar_impl.storage.management.interface import Catalogue, FlavorStore, PoolStore, Spread
from zaqar_impl.storage.management.refusals import check_membership, moves_already, unknown_pool


def open_driver(uri: str, database: str, clock: Clock) -> "MemoryManagement":
    """The driver's entry point; there is nothing that the URI or the database could say."""
    return MemoryManagement(clock)


@dataclass(slots=True)
class Entry:
    """One queue of the catalogue."""

    pool: str
    revision: str
    deleting: bool = False
    apart: set[str] = field(default_factory=set)
    target: str | None = None
    moving: Moving | None = None
    arrived: str | None = None

    def end_move(self) -> None:
        self.target = self.moving = None


class State:
    """All there is."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.pools: dict[str, Pool] = {}
        self.flavors: set[str] = set()
        self.entries: dict[QueueRef, Entry] = {}
        self._revisions = itertools.count(1)

    def revision(self) -> str:
        """A new one."""
        return str(next(self._revisions))

    def members(self, flavor: str | None) -> Sequence[Pool]:
        """The pools of a flavor, by name."""
        found = (pool for pool in self.pools.values() if pool.flavor == flavor)
        return sorted(found, key=lambda pool: pool.name)


class MemoryManagement:
    """:class:`~zaqar_impl.storage.management.interface.Management` in memory."""

    def __init__(self, clock: Clock) -> None:
        state = State(clock)
        self.pools: PoolStore = MemoryPools(state)
        self.flavors: FlavorStore = MemoryFlavors(state)
        self.catalogue: Catalogue = MemoryCatalogue(state)

    async def open(self) -> None: ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...


class MemoryPools:
    """:class:`~zaqar_impl.storage.management.interface.PoolStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def put(self, pool: Pool) -> bool:
        self._check_uri(pool.name, pool.uri)
        is_new = pool.name not in self._state.pools
        self._state.pools[pool.name] = pool
        return is_new

    async def get(self, name: str) -> Pool | None:
        return self._state.pools.get(name)

    async def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Pool]:
        names = sorted(name for name in self._state.pools if after is None or name > after)
        return [self._state.pools[name] for name in names[:limit]]

    async def of_flavor(self, flavor: str | None) -> Sequence[Pool]:
        return self._state.members(flavor)

    async def update(self, name: str, change: PoolChange) -> Pool | None:
        pool = self._state.pools.get(name)
        if pool is None:
            return None
        if change.uri is not None:
            self._check_uri(name, change.uri)
        pool = pool.changed(change)
        self._state.pools[name] = pool
        return pool

    async def delete(self, name: str) -> None:
        pool = self._state.pools.get(name)
        if pool is None:
            return
        self._end_dead_moves(name)
        if any(name in (entry.pool, entry.target) for entry in self._state.entries.values()):
            raise Forbidden(f"Queues live in pool {name!r}; move them to other pools first.")
        if pool.flavor is not None and len(self._state.members(pool.flavor)) == 1:
            raise Forbidden(f"Pool {name!r} is the only one of flavor {pool.flavor!r}.")
        del self._state.pools[name]

    def _end_dead_moves(self, target: str) -> None:
        now = self._state.clock()
        for entry in self._state.entries.values():
            if entry.target == target and entry.moving and entry.moving.until <= now:
                entry.end_move()

    def _check_uri(self, name: str, uri: str) -> None:
        if any(pool.uri == uri and pool.name != name for pool in self._state.pools.values()):
            raise Conflict("Another pool has this uri.")


class MemoryFlavors:
    """:class:`~zaqar_impl.storage.management.interface.FlavorStore` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def put(self, name: str, pools: Sequence[str]) -> bool:
        self._give(name, pools)
        is_new = name not in self._state.flavors
        self._state.flavors.add(name)
        return is_new

    async def get(self, name: str) -> Flavor | None:
        return self._flavor(name) if name in self._state.flavors else None

    async def list(self, *, after: str | None, limit: int) -> Sequence[Flavor]:
        names = sorted(name for name in self._state.flavors if after is None or name > after)
        return [self._flavor(name) for name in names[:limit]]

    async def update(self, name: str, pools: Sequence[str]) -> bool:
        if name not in self._state.flavors:
            return False
        self._give(name, pools)
        return True

    async def delete(self, name: str) -> None:
        self._state.flavors.discard(name)
        self._mark([pool.name for pool in self._state.members(name)], None)

    def _flavor(self, name: str) -> Flavor:
        return Flavor(name, [pool.name for pool in self._state.members(name)])

    def _give(self, name: str, pools: Sequence[str]) -> None:
        known = self._state.pools.values()
        exist = self._state.flavors
        homes = {one.name: one.flavor if one.flavor in exist else None for one in known}
        check_membership(name, pools, homes)
        self._mark([pool.name for pool in self._state.members(name)], None)
        self._mark(pools, name)

    def _mark(self, pools: Sequence[str], flavor: str | None) -> None:
        for name in pools:
            self._state.pools[name] = replace(self._state.pools[name], flavor=flavor)


class MemoryCatalogue:
    """:class:`~zaqar_impl.storage.management.interface.Catalogue` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def find(self, ref: QueueRef) -> Place | None:
        return self._place(ref)

    async def enter(self, ref: QueueRef, pool: str) -> Place | None:
        entry = self._state.entries.get(ref)
        if entry is None and pool and pool not in self._state.pools:
            return None
        if entry is None:
            self._state.entries[ref] = Entry(pool, self._state.revision())
        elif entry.deleting:
            entry.deleting, entry.revision = False, self._state.revision()
        return self._place(ref)

    async def begin_deletion(self, ref: QueueRef) -> Place | None:
        if entry := self._state.entries.get(ref):
            entry.deleting, entry.revision = True, self._state.revision()
            entry.end_move()
        return self._place(ref)

    async def remove(self, ref: QueueRef, revision: str) -> bool:
        if self._at(ref, revision):
            del self._state.entries[ref]
            return True
        return False

    async def note_leftover(self, ref: QueueRef, revision: str, pool: str) -> bool:
        if entry := self._at(ref, revision):
            entry.apart.add(pool)
        return entry is not None

    async def begin_move(
        self, ref: QueueRef, revision: str, *, target: str, token: str, seconds: float
    ) -> bool:
        entry, now = self._at(ref, revision), self._state.clock()
        if entry is None or entry.deleting:
            return False
        if entry.moving is not None and entry.moving.until > now:
            raise moves_already(ref)
        if target not in self._state.pools:
            raise unknown_pool(target)
        entry.target, entry.moving = target, Moving(token, now + seconds)
        entry.apart.add(target)
        return True

    async def keep_moving(self, ref: QueueRef, token: str, seconds: float) -> bool:
        if (entry := self._moving(ref, token)) is None:
            return False
        entry.moving = Moving(token, self._state.clock() + seconds)
        return True

    async def finish_move(self, ref: QueueRef, token: str) -> bool:
        if (entry := self._moving(ref, token)) is None or entry.target is None:
            return False
        entry.apart = (entry.apart | {entry.pool}) - {entry.target}
        entry.pool, entry.arrived, entry.revision = entry.target, token, self._state.revision()
        entry.end_move()
        return True

    async def cancel_move(self, ref: QueueRef, token: str) -> bool:
        if (entry := self._moving(ref, token)) is None:
            return False
        entry.end_move()
        return True

    async def forget(self, ref: QueueRef, pool: str) -> None:
        entry = self._state.entries.get(ref)
        if entry is not None and pool not in (entry.pool, entry.target):
            entry.apart.discard(pool)

    def _moving(self, ref: QueueRef, token: str) -> Entry | None:
        entry = self._state.entries.get(ref)
        return entry if entry and entry.moving and entry.moving.token == token else None

    async def spread(self, project: str, kind: Kind) -> Spread:
        own = {
            ref.name: entry
            for ref, entry in self._state.entries.items()
            if (ref.project, ref.kind) == (project, kind)
        }
        names = {entry.pool for entry in own.values()} - {""}
        elsewhere: dict[str, set[str]] = {}
        for name, entry in own.items():
            for pool in entry.apart:
                elsewhere.setdefault(pool, set()).add(name)
        return Spread([self._state.pools[name] for name in sorted(names)], elsewhere)

    async def list(self, pool: str, *, after: QueueRef | None, limit: int) -> Sequence[QueueRef]:
        inside = [ref for ref, entry in self._state.entries.items() if entry.pool == pool]
        rest = (ref for ref in inside if after is None or _order(ref) > _order(after))
        return sorted(rest, key=_order)[:limit]

    def _at(self, ref: QueueRef, revision: str) -> Entry | None:
        entry = self._state.entries.get(ref)
        return entry if entry is not None and entry.revision == revision else None

    def _place(self, ref: QueueRef) -> Place | None:
        if (entry := self._state.entries.get(ref)) is None:
            return None
        return Place(
            pool=self._state.pools[entry.pool] if entry.pool else None,
            revision=entry.revision,
            deleting=entry.deleting,
            apart=sorted(entry.apart),
            moving=entry.moving,
            arrived=entry.arrived,
        )


def _order(ref: QueueRef) -> tuple[str, str, str]:
    return ref.project, ref.name, ref.kind.value
