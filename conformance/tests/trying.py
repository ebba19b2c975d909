# SPDX-License-Identifier: Apache-2.0
"""Runs one case against one server, without the runner and its verdicts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from zaqar_conformance.case import Case
from zaqar_conformance.client import Api
from zaqar_conformance.target import Limits, Target

from .miniature import Miniature
from .miniature.pools import ALIVE

#: A miniature answers at once, so one that does not is broken; and never before it has the body.
PATIENCE: Final = 20.0
_HEAD_START: Final = 0.001
_SILENCE: Final = 0.05
#: Cases in which a miniature has to lose its patience first.
_LONG_SILENCE: Final = {"websocket-frames.slow-reader": 1.0}
#: Stores that a miniature can reach.
POOL_URIS: Final = tuple(
    f"mongodb://kit:opensesame@{host}{ALIVE}/?replicaSet=a" for host in ("one", "two")
)


def patience(id: str) -> float:
    """How long to wait for a wrong server: over the WebSocket one may owe a reply for ever."""
    return 1.5 if id.startswith("websocket-") else PATIENCE


@contextlib.contextmanager
def deployed(server: Miniature, path: str = "", **more: Any) -> Iterator[Target]:
    """A server with both its transports, as a target."""
    with server.serving() as url, server.listening() as websocket_url:
        yield Target(f"{url}{path}", websocket_url=websocket_url, **more)


def tried(
    case: Case,
    target: Target,
    wait: Callable[[float], None],
    limits: Limits | None = None,
    timeout: float = PATIENCE,
) -> Exception | None:
    """What the case raised, or nothing if it passed."""
    uris = target.pool_uris or POOL_URIS
    hurried = replace(
        target,
        timeout=timeout,
        head_start=_HEAD_START,
        silence=_LONG_SILENCE.get(case.id, _SILENCE),
        pool_uris=uris,
    )
    api = Api(hurried, limits, wait=wait)
    try:
        case.check(api)
    except Exception as outcome:
        return outcome
    finally:
        api.cleanup()
    return None
