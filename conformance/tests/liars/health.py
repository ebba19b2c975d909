# SPDX-License-Identifier: Apache-2.0
"""Servers that tell their health wrongly."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature
from . import lie


def _missing_one(self: Miniature) -> tuple[str, ...]:
    return Miniature.operation_names(self)[:-1]


def _failed(self: Miniature, operation: str) -> dict[str, Any]:
    failed = operation == "delete_claim"
    return {**Miniature.status_of(self, operation), "succeeded": not failed}


def _in_words(self: Miniature, operation: str) -> dict[str, Any]:
    return {**Miniature.status_of(self, operation), "seconds": "0.001"}


def _without_pools(self: Miniature, call: Call) -> Answer:
    return Answer(200, {"catalog_reachable": True, "default": self.health_of("default")})


lie(
    "can not reach its catalogue",
    "check-node-health.reachable",
    catalog_reachable=lambda self: False,
)
lie(
    "keeps silent about an operation",
    "check-node-health.operations",
    operation_names=_missing_one,
)
lie("tells seconds in words", "check-node-health.operations", status_of=_in_words)
lie(
    "fails at something though it is well",
    "check-node-health.succeeds",
    status_of=_failed,
)
lie(
    "has no messages",
    "check-node-health.volume",
    volume=lambda self: {"free": 0, "claimed": 0, "total": 0},
)
lie(
    "tells the health of one pool only", "check-node-health.pools", check_node_health=_without_pools
)
