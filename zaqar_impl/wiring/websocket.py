# SPDX-License-Identifier: Apache-2.0
"""A process that serves the WebSocket."""

import contextlib
from collections.abc import AsyncIterator

from zaqar_impl import wiring
from zaqar_impl.config import Settings
from zaqar_impl.handlers.service import Service
from zaqar_impl.push import Follower
from zaqar_impl.specdoc import (
    ASYNCAPI,
    SWITCHES,
    actions,
    channel,
    deploy_actions,
    websocket_pages,
)
from zaqar_impl.websocket.app import Application, application
from zaqar_impl.websocket.binding import Bound
from zaqar_impl.websocket.limits import ConnectionLimits
from zaqar_impl.websocket.process import Process


def websocket_application(settings: Settings) -> Application:
    """The application of one worker; its process is not started yet."""
    service = wiring.service(settings, wiring.rest_document(settings))
    document = wiring.websocket_document(settings)
    # what no reply repeats is known of actions that are switched off, too
    everything = deploy_actions(wiring.written(ASYNCAPI), settings.transport, SWITCHES)
    rules = channel(document)
    bound = Bound(actions(everything), document["operations"], rules, service)
    limits = ConnectionLimits(max_frame=rules.max_frame, **settings.websocket.limits)
    process = Process(bound, limits, lambda: _following(service))
    return application(process, websocket_pages(document))


@contextlib.asynccontextmanager
async def _following(service: Service) -> AsyncIterator[Follower]:
    async with wiring.open_storage(service.storage), Follower(service) as follower:
        yield follower
