# SPDX-License-Identifier: Apache-2.0
"""All transports that a server speaks, run together."""

from collections.abc import Callable

from zaqar_impl.config import Settings
from zaqar_impl.server.listening import Bound
from zaqar_impl.server.rest import serve_rest
from zaqar_impl.server.websocket import WebSocketWorkers, serve_websocket


def serve(
    settings: Settings,
    bound: Bound,
    *,
    announce: Callable[[], None],
    trouble: Callable[[], str | None],
) -> str | None:
    """Run the workers until a signal asks to stop, or ``trouble()`` gives a reason to; the reason,
    or None.

    ``announce`` is called once all workers serve.

    Raises:
        WorkersFailed: they never did.
        KeyboardInterrupt: a signal asked to stop.
    """
    websocket = WebSocketWorkers(settings, bound.websocket) if bound.websocket else None
    if bound.rest is None:
        assert websocket is not None
        return serve_websocket(websocket, announce=announce, trouble=trouble)
    return serve_rest(settings, bound.rest, announce=announce, trouble=trouble, beside=websocket)
