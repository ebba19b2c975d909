# SPDX-License-Identifier: Apache-2.0
"""Runs one case against one server, without the runner and its verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from zaqar_conformance.case import Case
from zaqar_conformance.client import Api
from zaqar_conformance.target import Limits, Target

from .miniature.pools import ALIVE

#: A miniature answers at once, so one that does not is broken; and never before it has the body.
_PATIENCE: Final = 20.0
_HEAD_START: Final = 0.001
#: Stores that a miniature can reach.
POOL_URIS: Final = tuple(
    f"mongodb://kit:opensesame@{host}{ALIVE}/?replicaSet=a" for host in ("one", "two")
)


def tried(
    case: Case, target: Target, wait: Callable[[float], None], limits: Limits | None = None
) -> Exception | None:
    """What the case raised, or nothing if it passed."""
    uris = target.pool_uris or POOL_URIS
    hurried = replace(target, timeout=_PATIENCE, head_start=_HEAD_START, pool_uris=uris)
    api = Api(hurried, limits, wait=wait)
    try:
        case.check(api)
    except Exception as outcome:
        return outcome
    finally:
        api.cleanup()
    return None
