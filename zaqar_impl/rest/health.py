# SPDX-License-Identifier: Apache-2.0
"""What the handler of health gives, as an HTTP answer."""

from typing import Any

from starlette.responses import Response

from zaqar_impl.domain.health import PooledHealth, StorageHealth
from zaqar_impl.rest.answers import json_answer
from zaqar_impl.rest.request import RestRequest


def document(result: StorageHealth | PooledHealth, _request: RestRequest, _now: float) -> Response:
    """The health document: of the one storage, or of all pools by name."""
    if isinstance(result, StorageHealth):
        return json_answer(_storage(result))
    pools = {name: _storage(pool) for name, pool in result.pools.items()}
    return json_answer({**pools, "catalog_reachable": result.catalog_reachable})


def _storage(health: StorageHealth) -> dict[str, Any]:
    told: dict[str, Any] = {
        "storage_reachable": health.reachable,
        "operation_status": {
            name: {
                "succeeded": status.succeeded,
                "seconds": round(status.seconds, 6),
                "ref": status.ref,
            }
            for name, status in health.operations.items()
        },
    }
    if (volume := health.volume) is not None:
        told["message_volume"] = {
            "free": volume.free,
            "claimed": volume.claimed,
            "total": volume.total,
        }
    return told
