# SPDX-License-Identifier: Apache-2.0
"""What becomes of a queue that is frozen though nobody moves it: its mover died.

A freeze in a store means nothing by itself. The catalogue says whether the move goes on. A move
that is not alive any more is ended there first, and from then on can't come to its end; only then
is the freeze taken away.
"""

from zaqar_impl.domain.pools import Place
from zaqar_impl.domain.stored import Freeze, QueueFrozen
from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.interface import Movable, Storage
from zaqar_impl.storage.management.interface import Catalogue


async def thaw(
    catalogue: Catalogue, store: Storage, place: Place | None, frozen: QueueFrozen, now: float
) -> None:
    """Return when it makes sense to try again what the queue has refused.

    ``place`` and ``store`` are where it lives by the catalogue.

    Raises:
        QueueFrozen: the move goes on.
    """
    ref, freeze = frozen.ref, frozen.freeze
    if place is not None and place.moving is not None:
        if place.moving.until > now:
            raise frozen
        await catalogue.cancel_move(ref, place.moving.token)
        return  # what is true now, the next attempt finds out
    if not isinstance(store, Movable):
        return
    if is_remnant(freeze, place):
        await store.transfer.drop(ref, freeze)
    else:
        await store.transfer.unfreeze(ref, freeze)


def is_remnant(freeze: Freeze, place: Place | None) -> bool:
    """Whether a queue that is frozen so, in the pool that it should live in, is what a move has
    brought that never came to its end."""
    arrived = place.arrived if place else None
    return freeze.arriving and freeze.token != arrived


async def drop_remnant(store: Storage, ref: QueueRef) -> None:
    """Remove what a store has of a queue that lives elsewhere, by the word of the catalogue."""
    while True:
        freeze = await store.transfer.frozen(ref) if isinstance(store, Movable) else None
        if freeze is None:
            await store.queues.delete(ref)
            return
        if isinstance(store, Movable) and await store.transfer.drop(ref, freeze):
            return
