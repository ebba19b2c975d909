# SPDX-License-Identifier: Apache-2.0
"""Flavors, the groups of pools that queues choose from: list, create, show, change, delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.pools import capabilities_of
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.service import Service

__all__ = ["flavor_create", "flavor_delete", "flavor_get", "flavor_list", "flavor_update"]


@dataclass(frozen=True, slots=True)
class ShownFlavor:
    """A flavor as it is shown; ``capabilities`` are None where they were not asked for."""

    name: str
    pools: Sequence[str]
    capabilities: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class FlavorPage:
    """A page of flavors; ``marker`` leads to the next one and is None on an empty page."""

    flavors: Sequence[ShownFlavor]
    marker: str | None


async def flavor_list(
    service: Service,
    caller: Caller,
    *,
    limit: int,
    marker: str | None = None,
    detailed: bool = False,
) -> FlavorPage:
    """A page of the flavors by name; all projects have the same (D-76)."""
    found = await service.pooled.management.flavors.list(after=marker, limit=limit)
    if detailed:
        shown: Sequence[ShownFlavor] = await asyncio.gather(
            *(_shown(service, flavor.name) for flavor in found)
        )
    else:
        shown = [ShownFlavor(flavor.name, flavor.pools, None) for flavor in found]
    return FlavorPage(shown, found[-1].name if found else None)


async def flavor_get(service: Service, caller: Caller, *, flavor_name: str) -> ShownFlavor:
    """The flavor.

    Raises:
        NotFound: there is none of this name.
    """
    if await service.pooled.management.flavors.get(flavor_name) is None:
        raise _unknown(flavor_name)
    return await _shown(service, flavor_name)


async def flavor_create(
    service: Service,
    caller: Caller,
    *,
    flavor_name: str,
    pool_list: Sequence[str],
) -> None:
    """Make a flavor of exactly these pools, new or not. What it can do is what they can (D-76).

    Raises:
        InvalidInput: there is no such pool.
        Conflict: a pool belongs to another flavor (D-73).
    """
    await service.pooled.management.flavors.put(flavor_name, pool_list)


async def flavor_update(
    service: Service,
    caller: Caller,
    *,
    flavor_name: str,
    pool_list: Sequence[str],
) -> ShownFlavor:
    """As :func:`flavor_create`, for a flavor that exists; gives it as it is then.

    Raises:
        NotFound: there is no such flavor.
        InvalidInput: there is no such pool.
        Conflict: a pool belongs to another flavor (D-73).
    """
    if not await service.pooled.management.flavors.update(flavor_name, pool_list):
        raise _unknown(flavor_name)
    return await _shown(service, flavor_name)


async def flavor_delete(service: Service, caller: Caller, *, flavor_name: str) -> None:
    """Remove the flavor; its pools have none then, and its queues stay where they are."""
    await service.pooled.management.flavors.delete(flavor_name)


async def _shown(service: Service, flavor_name: str) -> ShownFlavor:
    pools = await service.pooled.management.pools.of_flavor(flavor_name)
    return ShownFlavor(flavor_name, [pool.name for pool in pools], capabilities_of(pools))


def _unknown(flavor_name: str) -> NotFound:
    return NotFound(f"Flavor {flavor_name!r} does not exist.")
