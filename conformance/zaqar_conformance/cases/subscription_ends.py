# SPDX-License-Identifier: Apache-2.0
"""Confirming subscriptions, and what becomes of them with their queue and in other projects."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_LISTED: Final = ("subscription-list.page",)
_CONFIRMED: Final = ("subscription-confirm.confirmed",)


@case("subscription-confirm.confirmed", needs=("subscription-create.created",))
def confirmed(api: Api) -> None:
    """A subscriber agrees, and takes it back."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name)

    for agreed in (True, True, False):
        answer = api.put(paths.confirm(name, id), json={"confirmed": agreed})
        match.status(answer, 204)
        match.no_body(answer)
        match.header(answer, "Location", paths.confirm(name, id))
        match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], agreed)


@case("subscription-confirm.body", needs=_CONFIRMED)
def confirm_body(api: Api) -> None:
    """A confirmation says yes or no."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name)

    match.status(api.put(paths.confirm(name, id)), 400)
    wrong: tuple[Any, ...] = ({}, [], *({"confirmed": value} for value in (None, "true", 1)))
    for body in wrong:
        match.status(api.put(paths.confirm(name, id), json=body), 400)
    match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], False)


@case("subscription-confirm.unknown", needs=_CONFIRMED)
def confirm_unknown(api: Api) -> None:
    """What is no subscription is not confirmed."""
    name = arrange.queue(api)
    for foreign in ("0123456789abcdef01234567", "8f14e45f-ceea-467f-8b6e-000000000000", "no-id"):
        match.status(api.put(paths.confirm(name, foreign), json={"confirmed": True}), 404)


@case("subscription-confirm.other-queue", needs=_CONFIRMED)
def confirm_other_queue(api: Api) -> None:
    """A subscription is confirmed and unsubscribed by the path of its own queue only."""
    name, other = arrange.queue(api), arrange.queue(api)
    id = arrange.subscribed(api, name)

    match.status(api.put(paths.confirm(other, id), json={"confirmed": True}), 404)
    match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], False)
    arrange.confirmed(api, name, id)
    match.status(api.put(paths.confirm(other, id), json={"confirmed": False}), 404)
    match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], True)


@case("queue-delete.subscriptions", needs=_LISTED)
def queue_deleted(api: Api) -> None:
    """Subscriptions end with their queue."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name)
    arrange.deleted(api, paths.queue(name))

    arrange.created(api, name)

    match.equal("subscribers", observe.subscribers(api, name), [])
    match.status(api.get(paths.subscription(name, id)), 404)


@case("queue-purge.subscriptions", needs=_LISTED)
def queue_purged(api: Api) -> None:
    """A purge ends every subscription, and one of messages ends none."""
    name = arrange.queue(api)
    for number in range(12):
        arrange.subscribed(api, name, f"{HOOK}/{number}")

    messages = api.post(paths.purge(name), json={"resource_types": ["messages"]})
    match.status(messages, 204)
    match.equal("whether some are left", bool(observe.subscribers(api, name)), True)
    match.status(api.post(paths.purge(name), json={"resource_types": ["subscriptions"]}), 204)
    match.equal("subscribers", observe.subscribers(api, name), [])


@case("project.subscriptions-isolated", needs=_LISTED)
def isolated(api: Api) -> None:
    """A subscription is out of reach from another project."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name, ttl=600)
    twin = api.other_project()
    arrange.created(twin, twin.remember(name))
    path = paths.subscription(name, id)

    match.equal("subscribers there", observe.subscribers(twin, name), [])
    match.status(twin.get(path), 404)
    match.status(twin.patch(path, json={"ttl": 900}), 404)
    match.status(twin.put(paths.confirm(name, id), json={"confirmed": True}), 404)
    match.status(twin.delete(path), 204)
    shown = observe.subscription(api, name, id)
    match.equal("ttl and confirmed", [shown["ttl"], shown["confirmed"]], [600, False])
