# SPDX-License-Identifier: Apache-2.0
"""Servers that store, list, change and end subscriptions wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Subscription
from . import answering, coerced, lie, nothing

# -- create


def _made_before_checked(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.subscription_create(self, call)


def _queue_needed(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.subscription_create(self, call)


def _of_body(self: Miniature, body: dict[str, Any]) -> Subscription:
    new = Miniature.new_subscription(self, body)
    return replace(new, confirmed=bool(body.get("confirmed", False)))


def _known_members_only(self: Miniature, body: dict[str, Any]) -> Subscription:
    if set(body) - {"subscriber", "ttl", "options"}:
        raise Refusal(400, "unknown member")
    return Miniature.new_subscription(self, body)


def _null_is_default(self: Miniature, body: dict[str, Any]) -> Subscription:
    given = {key: value for key, value in body.items() if value is not None}
    return Miniature.new_subscription(self, given)


def _anybody(self: Miniature, body: dict[str, Any]) -> Subscription:
    return Miniature.new_subscription(self, {"subscriber": "http://host", **body})


def _without_options(self: Miniature, body: dict[str, Any]) -> Subscription:
    return replace(Miniature.new_subscription(self, body), options={})


def _overwritten(self: Miniature, found: Subscription, new: Subscription) -> str:
    found.ttl, found.options = new.ttl, new.options
    return found.id


def _another_id(self: Miniature, found: Subscription, new: Subscription) -> str:
    return new.id


def _always_again(self: Miniature, call: Call) -> Answer:
    for one in self.subscribed(call):
        one.confirmed = False
    return Miniature.subscription_create(self, call)


lie(
    "does not say where subscriptions are",
    "subscription-create.created",
    "subscription-create.unconfirmed-again",
    finished=answering(lambda _, a: a.without("Location") if a.status == 201 else a),
)
lie(
    "wants the queue before a subscription",
    "subscription-create.creates-queue",
    subscription_create=_queue_needed,
)
lie(
    "makes the queue of a refused subscription",
    "subscription-create.rejected-creates-nothing",
    subscription_create=_made_before_checked,
)
lie(
    "has subscriptions confirmed by who makes them",
    "subscription-create.unknown-members",
    new_subscription=_of_body,
)
lie(
    "refuses members it does not know of a subscription",
    "subscription-create.unknown-members",
    new_subscription=_known_members_only,
)
lie(
    "subscribes nobody in particular",
    "subscription-create.body-required",
    new_subscription=_anybody,
)
lie(
    "reads the lifetime of a subscription out of text",
    "subscription-create.ttl-range",
    ranged=coerced,
)
lie(
    "subscribes for any time",
    "subscription-create.ttl-range",
    "subscription-create.ttl-zero",
    "subscription-update.refused",
    subscription_ttl=(0, 10**15),
)
lie(
    "subscribes beyond the year 10000",
    "subscription-create.ttl-range",
    "subscription-update.refused",
    end_of=lambda self, seconds: min(Miniature.end_of(self, seconds), 253_402_300_799),
)
lie(
    "takes null for a usual lifetime",
    "subscription-create.ttl-null",
    new_subscription=_null_is_default,
)
lie("subscribes for a day", "subscription-create.default-ttl", default_subscription_ttl=86400)
lie("forgets options", "subscription-create.options-kept", new_subscription=_without_options)
lie(
    "takes any options",
    "subscription-create.options-types",
    "subscription-create.retry-policy",
    "subscription-update.refused",
    checked_options=lambda self, options: options or {},
)
lie("takes options of any type", "subscription-create.options-types", check_types_of=nothing)
lie(
    "changes what waits for confirmation",
    "subscription-create.unconfirmed-again",
    again=_overwritten,
)
lie("tells a new id for an old one", "subscription-create.unconfirmed-again", again=_another_id)
lie(
    "subscribes who has confirmed again",
    "subscription-create.confirmed-again",
    subscription_create=_always_again,
)
lie(
    "does not say where the confirmed subscription is",
    "subscription-create.confirmed-again",
    finished=answering(lambda _, a: a.without("Location") if a.status == 409 else a),
)
lie(
    "takes two spellings for one subscriber",
    "subscription-create.unique-by-text",
    same=lambda self, one, other: one.lower() == other.lower(),
)

# -- list, show


def _without_source(self: Miniature, call: Call, one: Subscription) -> dict[str, Any]:
    shown = Miniature.shown_subscription(self, call, one)
    return {key: value for key, value in shown.items() if key != "source"}


def _not_found_if_unknown(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.subscription_list(self, call)


def _made_by_listing(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.subscription_list(self, call)


def _of_any_queue(self: Miniature, call: Call) -> Subscription:
    for (project, _), queue in self.queues.items():
        if project == call.project and call.id in queue.subscriptions:
            return queue.subscriptions[call.id]
    raise Refusal(404, "there is no such subscription")


lie(
    "does not say of which queue a subscription is",
    "subscription-list.page",
    "subscription-get.found",
    shown_subscription=_without_source,
)
lie(
    "does not list unknown queues",
    "subscription-list.unknown-queue",
    subscription_list=_not_found_if_unknown,
)
lie(
    "makes the queue whose subscriptions are listed",
    "subscription-list.unknown-queue",
    subscription_list=_made_by_listing,
)
lie(
    "begins a page with the last one of the page before",
    "subscription-list.order",
    is_behind=lambda self, call, one: one.id >= (call.query.last("marker") or ""),
)
lie("lists 50 subscriptions", "subscription-list.limit", most_subscriptions=50)
lie(
    "lists from the beginning if a marker is no id",
    "subscription-list.marker-malformed",
    is_behind=lambda self, call, one: (
        not self.is_an_id(call.query.last("marker") or "")
        or one.id > (call.query.last("marker") or "")
    ),
)
lie(
    "finds subscriptions of other queues",
    "subscription-get.unknown",
    "subscription-update.unknown",
    the_subscription=_of_any_queue,
)
lie("keeps subscriptions for ever", "subscription-get.expired", lives=lambda self, one: True)

# -- change


def _options_merged(self: Miniature, call: Call, one: Subscription, given: dict[str, Any]) -> None:
    options = {**one.options, **given.get("options", {})}
    Miniature.change_subscription(self, call, one, {**given, "options": options})


def _younger(self: Miniature, one: Subscription, ttl: int) -> None:
    Miniature.restart(self, one, ttl)
    one.created = self.time


def _not_restarted(self: Miniature, one: Subscription, ttl: int) -> None:
    one.ttl, one.expires = ttl, one.created + ttl


def _known_changes_only(self: Miniature, body: dict[str, Any]) -> None:
    if set(body) & {"queue", "project", "subscription_id"}:
        raise Refusal(400, "that cannot be changed")


def _twice(self: Miniature, call: Call, one: Subscription, given: dict[str, Any]) -> None:
    one.subscriber = given.get("subscriber", one.subscriber)
    Miniature.change_subscription(self, call, one, {**given, "subscriber": one.subscriber})


def _nothing_is_fine(self: Miniature, call: Call) -> Answer:
    body = self.object_of(call.request, {})
    if not any(self.given(body, key) for key in ("subscriber", "ttl", "options")):
        return Answer(204, headers={"Location": call.path})
    return Miniature.subscription_update(self, call)


lie("merges options", "subscription-update.changed", change_subscription=_options_merged)
lie(
    "does not say where the changed subscription is",
    "subscription-update.changed",
    "subscription-confirm.confirmed",
    finished=answering(lambda _, a: a.without("Location") if a.status == 204 else a),
)
lie("makes subscriptions young again", "subscription-update.restarts-lifetime", restart=_younger)
lie(
    "lets a lifetime count from the beginning",
    "subscription-update.restarts-lifetime",
    restart=_not_restarted,
)
lie(
    "changes nothing without a word",
    "subscription-update.nothing-given",
    subscription_update=_nothing_is_fine,
)
lie(
    "refuses members that cannot be changed",
    "subscription-update.ignored-members",
    check_members=_known_changes_only,
)
lie(
    "lets a change make two of one subscriber",
    "subscription-update.conflict",
    of_subscriber=nothing,
    change_subscription=_twice,
)
lie("takes a confirmation for another's", "subscription-update.unconfirms", unconfirm=nothing)

# -- delete, confirm, and the end of the queue


def _not_found(self: Miniature, call: Call) -> Answer:
    self.the_subscription(call)
    return Miniature.subscription_delete(self, call)


def _deleted_anywhere(self: Miniature, call: Call) -> Answer:
    for queue in self.queues.values():
        queue.subscriptions.pop(call.id, None)
    return Answer(204)


def _never_denied(self: Miniature, call: Call) -> Answer:
    try:
        return Miniature.subscription_confirm(self, call)
    except Refusal as refusal:
        if refusal.status == 404:
            return Answer(204, headers={"Location": call.path})
        raise


def _survivors(self: Miniature, call: Call) -> Answer:
    if queue := self.find(call):
        self.notes[self.key(call)] = queue.subscriptions
    return Miniature.queue_delete(self, call)


def _with_survivors(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    self.made(call, metadata).subscriptions = self.notes.get(self.key(call), {})


def _first_page_only(self: Miniature, queue: Any) -> None:
    for id in list(queue.subscriptions)[:10]:
        del queue.subscriptions[id]


def _purged_with_messages(self: Miniature, queue: Any) -> None:
    queue.messages.clear()
    queue.subscriptions.clear()


def _one_project(self: Miniature, call: Call) -> list[Subscription]:
    every = [queue for (_, name), queue in self.queues.items() if name == call.queue]
    return [one for queue in every for one in queue.subscriptions.values()]


lie(
    "deletes no subscription",
    "subscription-delete.deleted",
    subscription_delete=lambda self, call: Answer(204),
)
lie("does not find what is deleted", "subscription-delete.unknown", subscription_delete=_not_found)
lie(
    "deletes subscriptions of any queue",
    "subscription-delete.unknown",
    "project.subscriptions-isolated",
    subscription_delete=_deleted_anywhere,
)
lie(
    "takes anything for a confirmation",
    "subscription-confirm.body",
    is_flag=lambda self, value: True,
)
lie(
    "confirms what it does not have",
    "subscription-confirm.unknown",
    subscription_confirm=_never_denied,
)
lie("confirms from any queue", "subscription-confirm.other-queue", confirmable=_of_any_queue)
lie(
    "keeps subscriptions of deleted queues",
    "queue-delete.subscriptions",
    queue_delete=_survivors,
    store_new=_with_survivors,
)
lie(
    "purges a page of subscriptions",
    "queue-purge.subscriptions",
    purge_subscriptions=_first_page_only,
)
lie("purges subscriptions with messages", "queue-purge.subscriptions", purge=_purged_with_messages)
lie(
    "shows subscriptions of other projects",
    "project.subscriptions-isolated",
    subscribed=_one_project,
)
