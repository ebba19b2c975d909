# SPDX-License-Identifier: Apache-2.0
"""What a management driver promises: it keeps which pools and flavors there are, and in which pool
each queue lives.

A driver is found by entry point (group ``zaqar_impl.management``) and proves itself with the
contract suite in ``zaqar_impl.storage.management.contract``. All methods may be called by many
processes at once and are atomic with respect to each other, and any may raise
:class:`~zaqar_impl.domain.errors.StorageUnavailable`; then nobody knows whether a write has
happened, and doing it again is safe.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from zaqar_impl.domain.pools import Flavor, Place, Pool, PoolChange
from zaqar_impl.domain.values import Kind, QueueRef


@dataclass(frozen=True, slots=True)
class Spread:
    """In which pools queues of a project live, the default store not counted.

    ``elsewhere`` has, by the name of a pool (the empty one is the default store), the names of
    queues that may be found in it though they live in another: what is left after a move, and what
    a move has not finished.
    """

    pools: Sequence[Pool]
    elsewhere: Mapping[str, AbstractSet[str]]


class PoolStore(Protocol):
    """The pools."""

    async def put(self, pool: Pool) -> bool:
        """Register the pool, or replace what was registered under its name; True if it is new.

        Raises:
            Conflict: another pool has the same URI.
        """

    async def get(self, name: str) -> Pool | None:
        """The pool, or None."""

    async def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Pool]:
        """Up to ``limit`` pools with a name greater than ``after``, by name in byte order."""

    async def of_flavor(self, flavor: str | None) -> Sequence[Pool]:
        """The pools of a flavor by name; with None, the pools without a flavor."""

    async def update(self, name: str, change: PoolChange) -> Pool | None:
        """Apply the change and give the result; None for an unknown pool.

        Raises:
            Conflict: another pool has the new URI.
        """

    async def delete(self, name: str) -> None:
        """Take the pool out of the register; an unknown one is as good as that.

        No queue is ever put into a pool that is gone (see :meth:`Catalogue.enter`). Moves to it
        that are not alive any more end.

        Raises:
            Forbidden: queues live in the pool, or are on their way to it, or it is the last pool of
                a flavor that exists.
        """


class FlavorStore(Protocol):
    """The flavors. A pool has one at the most, and may bear the name of one that does not exist."""

    async def put(self, name: str, pools: Sequence[str]) -> bool:
        """Make a flavor of exactly these pools, new or not; True if it is new.

        Raises:
            InvalidInput: there is no such pool.
            Conflict: a pool is the last one of another flavor.
        """

    async def get(self, name: str) -> Flavor | None:
        """The flavor, or None."""

    async def list(self, *, after: str | None, limit: int) -> Sequence[Flavor]:
        """Up to ``limit`` flavors with a name greater than ``after``, by name in byte order."""

    async def update(self, name: str, pools: Sequence[str]) -> bool:
        """As :meth:`put`, but False, and nothing done, for a flavor that does not exist."""

    async def delete(self, name: str) -> None:
        """Remove the flavor; its pools have none then."""


class Catalogue(Protocol):
    """In which pool each queue lives. What is in the pool, only the pool knows: a queue may have an
    entry and not exist."""

    async def find(self, ref: QueueRef) -> Place | None:
        """Where the queue lives, by one question; None if it has no entry."""

    async def enter(self, ref: QueueRef, pool: str) -> Place | None:
        """Make an entry, with the pool of this name, unless the queue has one; where it lives then.

        An entry that somebody has begun to delete comes back to life with a new revision.
        None, and no entry, if its pool does not exist.
        """

    async def begin_deletion(self, ref: QueueRef) -> Place | None:
        """Note that the queue is being deleted, under a new revision; None if it has no entry. A
        move of it ends."""

    async def remove(self, ref: QueueRef, revision: str) -> bool:
        """Remove the entry, if it still has this revision; whether it had."""

    async def note_leftover(self, ref: QueueRef, revision: str, pool: str) -> bool:
        """Note that something of the queue may be in this pool too, if the entry still has this
        revision; whether it had."""

    async def begin_move(
        self, ref: QueueRef, revision: str, *, target: str, token: str, seconds: float
    ) -> bool:
        """Note that the queue is on its way to the pool ``target``, and that the move of this token
        is alive for so many seconds; False if the entry has not this revision.

        The target is apart from now on, and is not deleted. A move that is not alive any more ends.

        Raises:
            Conflict: another move is alive.
            NotFound: there is no such pool.
        """

    async def keep_moving(self, ref: QueueRef, token: str, seconds: float) -> bool:
        """Let the move be alive for so many seconds from now; False if it has ended."""

    async def finish_move(self, ref: QueueRef, token: str) -> bool:
        """Let the queue live in the target, under a new revision, and be apart in the pool that it
        comes from; False if the move has ended."""

    async def cancel_move(self, ref: QueueRef, token: str) -> bool:
        """End the move, and the queue stays where it is; False if the move has ended before."""

    async def forget(self, ref: QueueRef, pool: str) -> None:
        """Note that nothing of the queue is left in this pool, unless it lives there or is on its
        way there."""

    async def spread(self, project: str, kind: Kind) -> Spread:
        """In which pools queues of this kind live, of one project."""

    async def list(self, pool: str, *, after: QueueRef | None, limit: int) -> Sequence[QueueRef]:
        """Up to ``limit`` queues that live in the pool, by project, name and kind in byte order."""


class Management(Protocol):
    """One opened management driver."""

    pools: PoolStore
    flavors: FlavorStore
    catalogue: Catalogue

    async def open(self) -> None:
        """Connect and make what the driver needs; idempotent, safe in many processes at once."""

    async def ping(self) -> None:
        """Return when the driver answers a cheap question, within seconds."""

    async def close(self) -> None:
        """Let go of connections; no other method is called afterwards."""
