# SPDX-License-Identifier: Apache-2.0
"""Domain values as JSON documents, where every transport shows them alike."""

from datetime import UTC, datetime
from typing import Any

from zaqar_impl.domain.health import PooledHealth, StorageHealth
from zaqar_impl.domain.pools import Move
from zaqar_impl.domain.sharing import Share
from zaqar_impl.domain.values import Subscription
from zaqar_impl.handlers.flavors import ShownFlavor
from zaqar_impl.handlers.pools import PoolQueuePage, ShownPool


def share(result: tuple[Share, str]) -> dict[str, Any]:
    """What is shared, and the signature that opens it."""
    shared, signature = result
    return {
        "paths": shared.paths,
        "methods": shared.methods,
        "project": shared.project,
        "expires": shared.expires,
        "signature": signature,
    }


def subscription(one: Subscription, source: str, now: float) -> dict[str, Any]:
    """A subscription of the queue or topic that is called ``source``."""
    return {
        "id": one.id,
        "source": source,
        "subscriber": one.subscriber,
        "ttl": one.ttl,
        "age": one.age(now),
        "options": one.options,
        "confirmed": one.confirmed,
    }


def health(result: StorageHealth | PooledHealth) -> dict[str, Any]:
    """The health of the one storage, or of all pools by name."""
    if isinstance(result, StorageHealth):
        return _storage(result)
    pools = {name: _storage(pool) for name, pool in result.pools.items()}
    return {**pools, "catalog_reachable": result.catalog_reachable}


def _storage(result: StorageHealth) -> dict[str, Any]:
    told: dict[str, Any] = {
        "storage_reachable": result.reachable,
        "operation_status": {
            name: {
                "succeeded": status.succeeded,
                "seconds": round(status.seconds, 6),
                "ref": status.ref,
            }
            for name, status in result.operations.items()
        },
    }
    if (volume := result.volume) is not None:
        told["message_volume"] = {
            "free": volume.free,
            "claimed": volume.claimed,
            "total": volume.total,
        }
    return told


def pool(one: ShownPool) -> dict[str, Any]:
    """A pool; its options where they were asked for."""
    shown = {
        "name": one.name,
        "href": f"/v2/pools/{one.name}",
        "uri": one.uri,
        "weight": one.weight,
        "flavor": one.flavor,
    }
    return shown if one.options is None else {**shown, "options": one.options}


def pool_queues(page: PoolQueuePage) -> list[dict[str, Any]]:
    """The queues of a page that live in a pool."""
    return [
        {
            "project": queue.ref.project,
            "kind": queue.ref.kind.value,
            "name": queue.ref.name,
            "messages": queue.messages,
        }
        for queue in page.queues
    ]


def move(result: Move) -> dict[str, Any]:
    """From where, to where, and how many messages."""
    return {"from": result.source or None, "to": result.target, "messages": result.messages}


def flavor(one: ShownFlavor) -> dict[str, Any]:
    """A flavor; its capabilities where they were asked for."""
    shown = {
        "name": one.name,
        "href": f"/v2/flavors/{one.name}",
        "pool_list": one.pools,
    }
    return shown if one.capabilities is None else {**shown, "capabilities": one.capabilities}


def listed_flavor(one: ShownFlavor) -> dict[str, Any]:
    """A flavor of a page: one without pools has no pool_list there."""
    shown = flavor(one)
    if not shown["pool_list"]:
        del shown["pool_list"]
    return shown


def utc(seconds: float) -> str:
    """A time as it is shown."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
