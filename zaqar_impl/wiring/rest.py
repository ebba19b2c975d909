# SPDX-License-Identifier: Apache-2.0
"""A process that serves REST."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.types import ASGIApp

from zaqar_impl import wiring
from zaqar_impl.config import Settings
from zaqar_impl.rest.app import application
from zaqar_impl.rest.cors import CorsPolicy
from zaqar_impl.rest.workload import Workload
from zaqar_impl.specdoc import websocket_pages


def rest_application(settings: Settings, *, validate_responses: bool = False) -> ASGIApp:
    """The REST application of one worker; it opens its storage when it starts and closes it when it
    stops."""
    document = wiring.rest_document(settings)
    service = wiring.service(settings, document)

    def lifespan(_app: Any) -> AbstractAsyncContextManager[None]:
        return wiring.open_storage(service.storage)

    return application(
        document,
        service,
        lifespan=lifespan,
        validate_responses=validate_responses,
        workload=Workload(settings.max_requests),
        cors=cors_policy(settings),
        pages=websocket_pages(wiring.websocket_document(settings)),
    )


def cors_policy(settings: Settings) -> CorsPolicy | None:
    """Which pages of other origins may use the API; None for none."""
    return CorsPolicy(**settings.cors) if settings.cors["allowed_origin"] else None
