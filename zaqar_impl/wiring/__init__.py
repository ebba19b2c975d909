# SPDX-License-Identifier: Apache-2.0
"""Builds the running service from settings: the only place that knows all the parts.

Here is what every process has; ``rest`` and ``websocket`` add their transport.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from zaqar_impl.config import Name, Settings, WrongConfiguration
from zaqar_impl.config.stores import MANAGEMENT_GROUP, group_of
from zaqar_impl.domain.clock import system_clock
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.filters.loader import open_pipeline
from zaqar_impl.filters.pipeline import Pipeline
from zaqar_impl.handlers.service import Service
from zaqar_impl.plugins import PluginError
from zaqar_impl.specdoc import (
    ASYNCAPI,
    OPENAPI,
    bundle,
    deploy,
    deploy_actions,
    home_document,
    shape,
    spec_root,
)
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.loader import DriverError, WrongUri, open_driver
from zaqar_impl.storage.management.loader import open_management
from zaqar_impl.storage.opening import opened
from zaqar_impl.storage.pooling import PooledStorage

#: Seconds that a storage may take to close; one that is gone can't say goodbye.
CLOSE_WITHIN = 5.0


def storage(settings: Settings) -> Storage:
    """The storage that the settings mean, not opened yet: pools, or the driver that they name."""
    return pools(settings) if settings.pooling else _message_store(settings)


def pools(settings: Settings) -> PooledStorage:
    """The storage over pools.

    Raises:
        WrongConfiguration: there is no such driver, or it can't use its URI or database.
    """
    uri = settings.management_uri or settings.mongodb_uri or ""
    with _told(settings, Name("drivers", "management_store"), Name(MANAGEMENT_GROUP, "uri")):
        register = open_management(
            settings.management_driver, uri, settings.management_database, system_clock
        )
    return PooledStorage(
        register,
        database=settings.database,
        default=_message_store(settings) if settings.virtual_pool else None,
        clock=system_clock,
        unreliable=settings.unreliable,
    )


def _message_store(settings: Settings) -> Storage:
    """The driver that the settings name, not opened yet.

    Raises:
        WrongConfiguration: there is no such driver, or it can't use its URI or database.
    """
    uri, database = settings.mongodb_uri or "", settings.database
    where = Name(group_of(settings.driver), "uri")
    with _told(settings, Name("drivers", "message_store"), where):
        return open_driver(settings.driver, uri, database, system_clock)


@contextlib.contextmanager
def _told(settings: Settings, driver: Name, uri: Name) -> Iterator[None]:
    """Tell an operator which of the two options of a driver is wrong."""
    try:
        yield
    except DriverError as error:
        where = settings.origins.of(uri if isinstance(error, WrongUri) else driver)
        raise WrongConfiguration(f"{where}: {error}") from error


def filters(settings: Settings) -> Pipeline:
    """The message filters that the settings name.

    Raises:
        WrongConfiguration: one of them can't work with its options.
    """
    try:
        return open_pipeline(settings.filters)
    except PluginError as error:
        raise WrongConfiguration(str(error)) from error


@functools.cache
def written(name: str) -> dict[str, Any]:
    """The document of that name as the spec has it, for all deployments; nobody may change it."""
    return bundle(spec_root(), name)


def rest_document(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of the deployment."""
    return deploy(written(OPENAPI), settings.transport, settings.switches)


def websocket_document(settings: Settings) -> dict[str, Any]:
    """The AsyncAPI document of the deployment, which every process serves."""
    return deploy_actions(written(ASYNCAPI), settings.transport, settings.switches)


def service(settings: Settings, document: Mapping[str, Any]) -> Service:
    """What the handlers work with, over a storage that is not opened yet; ``document`` is the
    deployment's OpenAPI document."""
    driver = storage(settings)
    # what administrators do with pools goes past whatever may be in front of the storage
    pooled = driver if isinstance(driver, PooledStorage) else None
    return Service(
        storage=driver,
        pools=pooled,
        limits=settings.limits,
        clock=system_clock,
        metadata_shape=shape(document, "QueueMetadata"),
        home_document=home_document(spec_root(), document),
        enable_checksum=settings.enable_checksum,
        signing=settings.signing,
        keys=KeyRing(settings.encryption_secrets),
        filters=filters(settings),
    )


@contextlib.asynccontextmanager
async def open_storage(driver: Storage) -> AsyncIterator[None]:
    """Opens the storage in the background, and closes it.

    A process starts also while the storage is down: it answers 503 until the storage is back.
    """
    opening = asyncio.create_task(opened(driver))
    try:
        yield
    finally:
        opening.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await driver.close()
