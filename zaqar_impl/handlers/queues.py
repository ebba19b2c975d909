# SPDX-License-Identifier: Apache-2.0
"""Queues and topics: create, read, change, list, count, empty, remove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from zaqar_impl.domain.errors import InvalidInput, NotFound
from zaqar_impl.domain.metadata import (
    accepts,
    changed,
    check_retry_policy,
    integers_fit,
    shown,
)
from zaqar_impl.domain.values import Caller, Kind, Metadata, Queue, QueueRef, QueueStats
from zaqar_impl.handlers.service import Service

__all__ = [
    "queue_create",
    "queue_delete",
    "queue_get",
    "queue_get_head",
    "queue_get_stats",
    "queue_list",
    "queue_purge",
    "queue_update",
]


@dataclass(frozen=True, slots=True)
class ListedQueue:
    """A queue in a listing; ``metadata`` is as clients see it, None unless details were asked
    for."""

    name: str
    metadata: Metadata | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of queues; ``marker`` leads to the next one and is None on an empty page, ``count``
    only when asked."""

    queues: Sequence[ListedQueue]
    marker: str | None
    count: int | None


async def queue_list(
    service: Service,
    caller: Caller,
    *,
    limit: int,
    marker: str | None = None,
    detailed: bool = False,
    name: str | None = None,
    with_count: bool = False,
    metadata_filter: Mapping[str, str] | None = None,
    kind: Kind = Kind.QUEUE,
) -> QueuePage:
    """A page of the project's queues by name, with the filters of the request."""

    def accept(queue: Queue) -> bool:
        return accepts(queue, name, metadata_filter or {})

    queues = service.storage.queues
    found = await queues.list(caller.project, after=marker, limit=limit, accept=accept, kind=kind)
    return QueuePage(
        queues=[
            ListedQueue(q.ref.name, shown(q.metadata, service.limits, kind) if detailed else None)
            for q in found
        ],
        marker=found[-1].ref.name if found else None,
        count=await queues.count(caller.project, accept, kind=kind) if with_count else None,
    )


async def queue_create(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    metadata: Metadata | None = None,
    kind: Kind = Kind.QUEUE,
) -> bool:
    """Create the queue; False if it existed, and then its metadata stays what it was (D-46)."""
    metadata = metadata or {}
    ref = QueueRef(caller.project, queue_name, kind)
    _check_storable(service, ref, metadata)
    return await service.storage.queues.create(ref, metadata)


async def queue_get(
    service: Service, caller: Caller, *, queue_name: str, kind: Kind = Kind.QUEUE
) -> Metadata:
    """The queue's metadata; that of a queue that does not exist consists of the defaults (D-46)."""
    queue = await service.storage.queues.get(QueueRef(caller.project, queue_name, kind))
    return shown(queue.metadata if queue else {}, service.limits, kind)


async def queue_get_head(
    service: Service, caller: Caller, *, queue_name: str, kind: Kind = Kind.QUEUE
) -> Metadata:
    """The metadata of a queue that exists (A10).

    Raises:
        NotFound: there is no such queue.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    queue = await service.storage.queues.get(ref)
    if queue is None:
        raise _unknown(ref)
    return shown(queue.metadata, service.limits, kind)


async def queue_update(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    changes: Sequence[Mapping[str, Any]],
    kind: Kind = Kind.QUEUE,
) -> Metadata:
    """Apply the JSON-patch operations, all or none, and give the resulting metadata."""
    ref = QueueRef(caller.project, queue_name, kind)

    def change(metadata: Metadata) -> Metadata:
        result = changed(metadata, changes, service.limits, kind)
        if violation := service.metadata_shape.violation(result):
            raise InvalidInput(f"The changed metadata is invalid: {violation}.")
        _check_storable(service, ref, result)
        return result

    stored = await service.storage.queues.update(ref, change)
    if stored is None:
        raise _unknown(ref)
    return shown(stored, service.limits, kind)


async def queue_delete(
    service: Service, caller: Caller, *, queue_name: str, kind: Kind = Kind.QUEUE
) -> None:
    """Remove the queue with its messages and subscriptions; an unknown queue is as good as
    removed."""
    await service.storage.queues.delete(QueueRef(caller.project, queue_name, kind))


async def queue_get_stats(
    service: Service, caller: Caller, *, queue_name: str, kind: Kind = Kind.QUEUE
) -> QueueStats:
    """Numbers of live messages, zero for an unknown queue."""
    return await service.storage.messages.stats(QueueRef(caller.project, queue_name, kind))


async def queue_purge(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    resource_types: Sequence[str] = ("messages", "subscriptions"),
    kind: Kind = Kind.QUEUE,
) -> None:
    """Remove the named things from the queue, which stays with its metadata."""
    ref = QueueRef(caller.project, queue_name, kind)
    if "messages" in resource_types:
        await service.storage.messages.purge(ref)
    if "subscriptions" in resource_types:
        await service.storage.subscriptions.purge(ref)


def _unknown(ref: QueueRef) -> NotFound:
    return NotFound(f"{ref} does not exist.")


def _check_storable(service: Service, ref: QueueRef, metadata: Metadata) -> None:
    """What the shape cannot say of metadata: a retry policy's delays, its size, its integers, that
    a queue is not its own dead letter queue, and whether this server can encrypt."""
    check_retry_policy(metadata)
    if ref.kind is Kind.QUEUE and metadata.get("_dead_letter_queue") == ref.name:
        raise InvalidInput("_dead_letter_queue: a queue can't be its own dead letter queue.")
    if metadata.get("_enable_encrypt_messages") and not service.keys:
        raise InvalidInput(
            "_enable_encrypt_messages: this server can't encrypt, as it has no key for it."
        )
    if not integers_fit(metadata):
        raise InvalidInput("Integers in metadata must fit into 64 bits, with their sign.")
    size = len(orjson.dumps(metadata))
    if size > service.limits.max_queue_metadata:
        raise InvalidInput(
            f"The metadata would be {size} bytes; "
            f"at most {service.limits.max_queue_metadata} can be stored."
        )
