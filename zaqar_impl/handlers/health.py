# SPDX-License-Identifier: Apache-2.0
"""How the storage is: a few cheap questions, and no write."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.health import MessageVolume, OperationStatus, PooledHealth, StorageHealth
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.service import Service
from zaqar_impl.storage.interface import Storage

__all__ = ["check_node_health"]

LOG = logging.getLogger(__name__)

#: The kinds of operations in the document: those that a readable storage is enough for, and those
#: that write.
_READING = ("list_messages",)
_WRITING = (
    "create_queue",
    "post_messages",
    "claim_messages",
    "delete_messages",
    "delete_claim",
    "bulk_delete_messages",
    "delete_queue",
)


async def check_node_health(service: Service, caller: Caller) -> StorageHealth | PooledHealth:
    """The health of the storage, or of each pool; told also where nothing would succeed."""
    if service.pools is None:
        return await storage_health(service.storage)
    try:
        stores = await service.pools.stores()
    except StorageUnavailable as error:
        LOG.warning("health: the catalogue is unavailable: %s", error.__cause__ or error)
        return PooledHealth(False, {})
    named = {name: store for name, store in stores.items() if name}
    healths = await asyncio.gather(*(storage_health(store) for store in named.values()))
    return PooledHealth(True, dict(zip(named, healths, strict=True)))


async def storage_health(storage: Storage) -> StorageHealth:
    """The health of one storage, within a few seconds. Raises nothing: what fails is told."""
    reading, writing, volume = await asyncio.gather(
        _asked(storage.ping), _asked(storage.writable), _volume(storage)
    )
    return StorageHealth(
        reachable=reading.succeeded,
        operations=dict.fromkeys(_READING, reading) | dict.fromkeys(_WRITING, writing),
        volume=volume,
    )


async def _asked(question: Callable[[], Awaitable[None]]) -> OperationStatus:
    began = time.monotonic()
    ref = None
    try:
        await question()
    except StorageUnavailable as error:
        ref = str(uuid.uuid4())
        LOG.warning("health %s: storage unavailable: %s", ref, error.__cause__ or error)
    return OperationStatus(ref is None, time.monotonic() - began, ref)


async def _volume(storage: Storage) -> MessageVolume | None:
    try:
        return await storage.volume()
    except StorageUnavailable:
        return None
