# SPDX-License-Identifier: Apache-2.0
"""How the storage is: a few cheap questions, and no write."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.health import MessageVolume, OperationStatus, PooledHealth, StorageHealth
from zaqar_impl.domain.pools import Pool
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.service import Service
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.pooling import PooledStorage

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
        pools = await service.pools.management.pools.list()
    except StorageUnavailable as error:
        LOG.warning("health: the catalogue is unavailable: %s", error.__cause__ or error)
        return PooledHealth(False, {})
    healths = await asyncio.gather(*(_pool_health(service.pools, pool) for pool in pools))
    return PooledHealth(True, {pool.name: one for pool, one in zip(pools, healths, strict=True)})


async def _pool_health(pools: PooledStorage, pool: Pool) -> StorageHealth:
    try:
        store = pools.store_of(pool)
    except StorageUnavailable as error:  # of this pool; the others have theirs
        failed = _failed(error, 0.0)
        return _health_of(failed, failed, None)
    return await storage_health(store)


async def storage_health(storage: Storage) -> StorageHealth:
    """The health of one storage, within a few seconds. Raises nothing: what fails is told."""
    reading, writing, volume = await asyncio.gather(
        _asked(storage.ping), _asked(storage.writable), _volume(storage)
    )
    return _health_of(reading, writing, volume)


def _health_of(
    reading: OperationStatus, writing: OperationStatus, volume: MessageVolume | None
) -> StorageHealth:
    return StorageHealth(
        reachable=reading.succeeded,
        operations=dict.fromkeys(_READING, reading) | dict.fromkeys(_WRITING, writing),
        volume=volume,
    )


async def _asked(question: Callable[[], Awaitable[None]]) -> OperationStatus:
    began = time.monotonic()
    try:
        await question()
    except StorageUnavailable as error:
        return _failed(error, time.monotonic() - began)
    return OperationStatus(True, time.monotonic() - began, None)


def _failed(error: StorageUnavailable, seconds: float) -> OperationStatus:
    ref = str(uuid.uuid4())
    LOG.warning("health %s: storage unavailable: %s", ref, error.__cause__ or error)
    return OperationStatus(False, seconds, ref)


async def _volume(storage: Storage) -> MessageVolume | None:
    try:
        return await storage.volume()
    except StorageUnavailable:
        return None
