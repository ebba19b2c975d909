# SPDX-License-Identifier: Apache-2.0
"""The REST application in this process, over the memory driver, with every answer checked against
the spec."""

import functools
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from zaqar_impl.config import Settings, list_options, load
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.filters.loader import open_pipeline
from zaqar_impl.filters.pipeline import Pipeline
from zaqar_impl.handlers.service import Service
from zaqar_impl.rest.app import application
from zaqar_impl.specdoc import (
    home_document,
    shape,
    spec_root,
    websocket_pages,
)
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.wiring import rest_document, websocket_document
from zaqar_impl.wiring.rest import cors_policy

HEADERS = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}
OTHER_CLIENT = {"Client-ID": "7c9d1f0e-0000-4000-8000-000000000001"}


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def application_of(
    settings: Settings,
    storage: Any,
    clock: Clock,
    *,
    pools: Any = None,
    filters: Pipeline | None = None,
    **more: Any,
) -> ASGIApp:
    """The REST application of a deployment, over this storage."""
    document = rest_document(settings)
    service = Service(
        storage=storage,
        pools=pools,
        limits=settings.limits,
        clock=clock,
        metadata_shape=shape(document, "QueueMetadata"),
        home_document=home_document(spec_root(), document),
        enable_checksum=settings.enable_checksum,
        signing=settings.signing,
        keys=KeyRing(settings.encryption_secrets),
        filters=filters or open_pipeline(settings.filters),
    )
    return application(
        document,
        service,
        validate_responses=True,
        cors=cors_policy(settings),
        pages=websocket_pages(websocket_document(settings)),
        **more,
    )


class BrokenStorage:
    """A storage of which every method fails as if the database were gone."""

    def __getattr__(self, name: str) -> "BrokenStorage":
        return self

    async def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise StorageUnavailable from OSError("driver text that no client may see")


Deploy = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def applications(clock: Clock) -> Callable[..., ASGIApp]:
    """Gives the application of a deployment with these options, of any group but those of drivers;
    each is built once."""
    groups = {
        option.dest: None if group.name == "DEFAULT" else group.name
        for group, options in list_options()
        for option in options
        if not group.name.startswith("drivers")
    }

    @functools.cache
    def build(broken: bool, **options: Any) -> ASGIApp:
        overrides = {(groups[name], name): value for name, value in options.items()}
        settings = load([], overrides)
        storage = BrokenStorage() if broken else MemoryStorage(clock)
        return application_of(settings, storage, clock)

    return build


@pytest.fixture
async def deployment(applications: Callable[..., ASGIApp]) -> AsyncIterator[Deploy]:
    """Makes a client of a deployment, in a project of its own; closed after the test."""
    headers = {**HEADERS, "X-Project-ID": uuid.uuid4().hex}
    clients: list[httpx.AsyncClient] = []

    def make(broken: bool = False, **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(applications(broken, **options))
        client = httpx.AsyncClient(transport=transport, base_url="http://zaqar", headers=headers)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def api(deployment: Deploy) -> httpx.AsyncClient:
    """A client of a deployment with the default options."""
    return deployment()


@pytest.fixture
def broken_api(deployment: Deploy) -> httpx.AsyncClient:
    """A client of a deployment whose storage is gone."""
    return deployment(broken=True)
