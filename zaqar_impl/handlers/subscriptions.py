# SPDX-License-Identifier: Apache-2.0
"""Subscriptions of queues and topics: list, create, show, change, delete, confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from zaqar_impl.domain.errors import InvalidInput, NotFound
from zaqar_impl.domain.metadata import check_retry_policy, integers_fit
from zaqar_impl.domain.subscribers import check_subscriber
from zaqar_impl.domain.values import (
    Caller,
    Kind,
    NewSubscription,
    QueueRef,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.handlers.service import Service

__all__ = [
    "subscription_confirm",
    "subscription_create",
    "subscription_delete",
    "subscription_get",
    "subscription_list",
    "subscription_update",
]

#: What the subscriber of a connection begins with. It is no scheme that anybody could subscribe.
CONNECTION_SCHEME = "websocket:"

#: The year 10000 begins here, in seconds since the epoch.
END_OF_TIME = 253_402_300_800


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """A page of subscriptions; ``marker`` leads to the next one and is None on an empty page."""

    subscriptions: Sequence[Subscription]
    marker: str | None


async def subscription_list(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    limit: int,
    marker: str | None = None,
    kind: Kind = Kind.QUEUE,
) -> SubscriptionPage:
    """A page of the queue's subscriptions by id; an unknown queue has none."""
    ref = QueueRef(caller.project, queue_name, kind)
    found = await service.storage.subscriptions.list(ref, after=marker, limit=limit)
    return SubscriptionPage(found, found[-1].id if found else None)


async def subscription_create(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    subscriber: str,
    ttl: int | None = None,
    options: Mapping[str, Any] | None = None,
    kind: Kind = Kind.QUEUE,
) -> tuple[Subscription, bool]:
    """The subscription and True, or the one that the subscriber has already, and False.

    Nothing is made, the queue neither, before everything is checked (D-40).
    """
    lifetime = service.limits.default_subscription_ttl if ttl is None else ttl
    _check(service, subscriber, lifetime, options)
    new = NewSubscription(subscriber, lifetime, options or {})
    ref = QueueRef(caller.project, queue_name, kind)
    return await service.on_demand(ref, partial(service.storage.subscriptions.create, ref, new))


def connection_subscription(
    service: Service,
    connection: str,
    ttl: int | None,
    options: Mapping[str, Any] | None,
    *,
    lease: int,
) -> NewSubscription:
    """The subscription of a connection, by the rules of any other. It needs no confirmation, and
    its process keeps it alive.

    Raises:
        InvalidInput: it can't be.
    """
    lifetime = service.limits.default_subscription_ttl if ttl is None else ttl
    _check(service, None, lifetime, options)
    subscriber = CONNECTION_SCHEME + connection
    return NewSubscription(subscriber, lifetime, options or {}, confirmed=True, lease=lease)


async def subscription_get(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    subscription_id: str,
    kind: Kind = Kind.QUEUE,
) -> Subscription:
    """The subscription.

    Raises:
        NotFound: the queue has none of this id.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    found = await service.storage.subscriptions.get(ref, subscription_id)
    if found is None:
        raise _unknown(ref, subscription_id)
    return found


async def subscription_update(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    subscription_id: str,
    subscriber: str | None = None,
    ttl: int | None = None,
    options: Mapping[str, Any] | None = None,
    kind: Kind = Kind.QUEUE,
) -> None:
    """Replace what is given; the rules are those of creation.

    Raises:
        NotFound: the queue has no subscription of this id.
        Conflict: the queue has another subscription of the new subscriber.
    """
    if subscriber is None and ttl is None and options is None:
        raise InvalidInput("Give at least one of subscriber, ttl and options.")
    _check(service, subscriber, ttl, options)
    ref = QueueRef(caller.project, queue_name, kind)
    if subscriber is not None:
        await _check_addressed(service, ref, subscription_id)
    change = SubscriptionChange(subscriber, ttl, options)
    if not await service.storage.subscriptions.update(ref, subscription_id, change):
        raise _unknown(ref, subscription_id)


async def subscription_delete(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    subscription_id: str,
    kind: Kind = Kind.QUEUE,
) -> None:
    """Remove the subscription; an unknown one is as good as removed."""
    ref = QueueRef(caller.project, queue_name, kind)
    await service.storage.subscriptions.delete(ref, subscription_id)


async def subscription_confirm(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    subscription_id: str,
    confirmed: bool,
    kind: Kind = Kind.QUEUE,
) -> None:
    """Note whether the subscriber agrees; looked for in the queue that is named (D-27).

    Raises:
        NotFound: the queue has no subscription of this id.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    if not await service.storage.subscriptions.confirm(ref, subscription_id, confirmed):
        raise _unknown(ref, subscription_id)


def _check(
    service: Service,
    subscriber: str | None,
    ttl: int | None,
    options: Mapping[str, Any] | None,
) -> None:
    """What the shapes cannot say of a subscription."""
    if subscriber is not None:
        check_subscriber(subscriber, service.limits.subscriber_types)
    if ttl is not None and service.clock() + ttl >= END_OF_TIME:
        raise InvalidInput(f"ttl is invalid: {ttl} seconds from now is not before the year 10000.")
    check_retry_policy(options or {})
    if not integers_fit(options):
        raise InvalidInput("options are invalid: an integer does not fit into 64 bits.")


async def _check_addressed(service: Service, ref: QueueRef, subscription_id: str) -> None:
    """Return if the subscription, should there be one, may have another subscriber."""
    found = await service.storage.subscriptions.get(ref, subscription_id)
    if found is not None and found.lease is not None:
        raise InvalidInput("The subscriber is invalid: a connection is notified, and nobody else.")


def _unknown(ref: QueueRef, subscription_id: str) -> NotFound:
    return NotFound(f"Subscription {subscription_id!r} does not exist in {ref.kind} {ref.name!r}.")
