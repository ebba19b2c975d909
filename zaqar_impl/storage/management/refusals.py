# SPDX-License-Identifier: Apache-2.0
"""What is refused, so that every driver says the same words."""

from collections.abc import Mapping, Sequence

from zaqar_impl.domain.errors import Conflict, InvalidInput, NotFound
from zaqar_impl.domain.values import QueueRef


def check_membership(flavor: str, pools: Sequence[str], known: Mapping[str, str | None]) -> None:
    """Return if the flavor may have these pools; ``known`` maps those that exist to their flavors,
    as far as these exist.

    Raises:
        InvalidInput: a pool does not exist.
        Conflict: a pool belongs to another flavor.
    """
    for pool in pools:
        if pool not in known:
            raise InvalidInput(f"pool_list is invalid: there is no pool {pool!r}.")
    for pool in pools:
        if known[pool] not in (None, flavor):
            raise Conflict(
                f"Pool {pool!r} belongs to flavor {known[pool]!r}; take it out of that one first."
            )


def unknown_pool(name: str) -> NotFound:
    """There is no pool of this name."""
    return NotFound(f"Pool {name!r} does not exist.")


def moves_already(ref: QueueRef) -> Conflict:
    """Another move of the queue is alive."""
    return Conflict(f"{ref} is being moved already; wait for the end of that.")
