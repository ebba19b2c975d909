# SPDX-License-Identifier: Apache-2.0
"""Listing, showing, changing, confirming and ending subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("subscription-create.created",)
_LISTED: Final = ("subscription-list.page",)
_CHANGED: Final = ("subscription-update.changed",)
_CONFIRMED: Final = ("subscription-confirm.confirmed",)
_OTHER: Final = "http://other.kit.invalid/"
_PAST_END: Final = 63
_FOREIGN_IDS: Final = ("0123456789abcdef01234567", "8f14e45f-ceea-467f-8b6e-000000000000", "no-id")


def _unknown(api: Api) -> Iterator[tuple[str, str]]:
    """Names and ids that lead to no subscription, the last two to one of another queue."""
    for foreign in _FOREIGN_IDS:
        yield arrange.queue(api), foreign
    subscribed = arrange.subscribed(api, arrange.queue(api))
    yield arrange.queue(api), subscribed
    yield api.queue_name(), subscribed


@case("subscription-list.page", needs=_CREATED)
def page(api: Api) -> None:
    """A list shows each subscription with all that is known of it."""
    name = arrange.queue(api)
    found = arrange.subscribed(api, name, ttl=600, options={"subject": "a"})

    answer = api.get(paths.subscriptions(name))

    listed = match.subscriptions(answer)
    match.equal("the list", listed, [observe.subscription(api, name, found)])
    link = match.next_link(answer)
    match.like("next link", link, rf"{paths.subscriptions(name)}\?\S+", "the next page")


@case("subscription-list.unknown-queue", needs=_CREATED)
def unknown_queue(api: Api) -> None:
    """Where nobody is subscribed the list is empty and leads nowhere."""
    unknown = api.queue_name()

    for name in (unknown, arrange.queue(api)):
        answer = api.get(paths.subscriptions(name))
        match.status(answer, 200)
        match.equal("the list", match.json_of(answer), {"subscriptions": [], "links": []})
    observe.no_queue(api, unknown)


@case("subscription-list.order", needs=_LISTED)
def order(api: Api) -> None:
    """Page after page shows all subscriptions once."""
    name = arrange.queue(api)
    ids = [arrange.subscribed(api, name, f"{HOOK}/{number}") for number in range(7)]

    pages = list(observe.pages(api, paths.subscriptions(name), {"limit": 3}))

    seen = [[one["id"] for one in match.subscriptions(answer)] for answer in pages]
    match.equal("the sizes of the pages", [len(found) for found in seen], [3, 3, 1, 0])
    match.same_items("the listed ids", [one for found in seen for one in found], ids)


@case("subscription-list.limit", needs=_LISTED)
def limit(api: Api) -> None:
    """A page has as many subscriptions as it is asked for, or 10."""
    name, most = arrange.queue(api), api.limits.max_subscriptions_per_page
    for number in range(most + 1):
        arrange.subscribed(api, name, f"{HOOK}/{number}")
    path = paths.subscriptions(name)

    for value in (0, -1, most + 1, "many"):
        match.status(api.get(path, params={"limit": value}), 400)
    for value in (1, most):
        listed = match.subscriptions(api.get(path, params={"limit": value}))
        match.equal(f"the number of limit {value}", len(listed), value)
    match.equal("the number", len(match.subscriptions(api.get(path))), api.limits.page(most))


@case("subscription-list.marker-malformed", needs=_LISTED)
def marker_malformed(api: Api) -> None:
    """Nothing is behind what is no id."""
    name = arrange.queue(api)
    arrange.subscribed(api, name)

    listed = match.subscriptions(api.get(paths.subscriptions(name), params={"marker": "!"}))

    match.equal("the list", listed, [])


@case("subscription-get.found", needs=_CREATED)
def found(api: Api) -> None:
    """A subscription shows all that is known of it."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name, ttl=600)

    shown = match.subscription(api.get(paths.subscription(name, id)))

    match.between("age", shown["age"], 0, 10)
    known = {"id": id, "source": name, "subscriber": HOOK, "ttl": 600, "options": {}}
    match.equal("the rest", {**shown, "age": 0}, {**known, "age": 0, "confirmed": False})


@case("subscription-get.unknown", needs=_CREATED)
def get_unknown(api: Api) -> None:
    """What names no subscription of the queue is not found."""
    for name, id in _unknown(api):
        match.status(api.get(paths.subscription(name, id)), 404)


@case("subscription-get.expired", needs=_LISTED, wait=_PAST_END)
def expired(api: Api) -> None:
    """A subscription whose time is over is gone, and its subscriber may come again."""
    name = arrange.queue(api)
    old = arrange.subscribed(api, name, ttl=60)
    arrange.subscribed(api, name, _OTHER, ttl=600)

    api.wait(_PAST_END)

    match.status(api.get(paths.subscription(name, old)), 404)
    match.equal("subscribers", observe.subscribers(api, name), [_OTHER])
    again = api.post(paths.subscriptions(name), json={"subscriber": HOOK})
    match.distinct("old and new id", [old, match.subscription_id(again)])


@case("subscription-update.changed", needs=_CREATED)
def changed(api: Api) -> None:
    """What is given is replaced, and the rest stays."""
    name = arrange.queue(api)
    path = paths.subscription(name, arrange.subscribed(api, name, options={"post_data": "a"}))

    for body in ({"ttl": 7200}, {"options": {"from": "b"}}, {"subscriber": _OTHER, "ttl": None}):
        answer = api.patch(path, json=body)
        match.status(answer, 204)
        match.no_body(answer)
        match.header(answer, "Location", path)

    shown = match.subscription(api.get(path))
    told = [shown["subscriber"], shown["ttl"], shown["options"]]
    match.equal("subscriber, ttl and options", told, [_OTHER, 7200, {"from": "b"}])


@case("subscription-update.restarts-lifetime", needs=_CHANGED, wait=_PAST_END)
def restarts_lifetime(api: Api) -> None:
    """A new lifetime counts from now on, and the age from the beginning."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name, ttl=100)
    api.wait(_PAST_END - 5)
    match.status(api.patch(paths.subscription(name, id), json={"ttl": 60}), 204)

    shown = observe.subscription(api, name, id)

    match.equal("ttl", shown["ttl"], 60)
    match.between("age", shown["age"], _PAST_END - 7, _PAST_END + 10)
    api.wait(5)
    match.status(api.get(paths.subscription(name, id)), 200)


@case("subscription-update.nothing-given", needs=_CHANGED)
def nothing_given(api: Api) -> None:
    """A change says what is to be different."""
    name = arrange.queue(api)
    path = paths.subscription(name, arrange.subscribed(api, name))

    match.status(api.patch(path), 400)
    bodies: tuple[Any, ...] = ({}, [], {"confirmed": True}, {"ttl": None, "options": None})
    for body in bodies:
        match.status(api.patch(path, json=body), 400)


@case("subscription-update.refused", needs=_CHANGED)
def update_refused(api: Api) -> None:
    """What cannot be created cannot be brought about by a change."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name, ttl=600)

    for body in (
        {"ttl": 59},
        {"ttl": "100", "options": {}},
        {"subscriber": "ftp://kit.invalid"},
        {"ttl": 900, "options": {"_retry_policy": {"minimum_delay": 21}}},
        {"ttl": 253_402_300_800},
    ):
        match.status(api.patch(paths.subscription(name, id), json=body), 400)
    match.equal("ttl", observe.subscription(api, name, id)["ttl"], 600)


@case("subscription-update.subscriber-empty", needs=_CHANGED)
def subscriber_empty(api: Api) -> None:
    """A subscription keeps a subscriber that can be notified."""
    name = arrange.queue(api)
    path = paths.subscription(name, arrange.subscribed(api, name))

    match.status(api.patch(path, json={"subscriber": ""}), 400)


@case("subscription-update.ignored-members", needs=_CHANGED)
def ignored_members(api: Api) -> None:
    """Foreign members of a change do no harm and have no effect."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name)
    foreign = {"confirmed": True, "queue": "q", "project": "p", "subscription_id": "i"}

    match.status(api.patch(paths.subscription(name, id), json={"ttl": 900, **foreign}), 204)

    shown = observe.subscription(api, name, id)
    told = [shown["ttl"], shown["confirmed"], shown["source"]]
    match.equal("ttl, confirmed and source", told, [900, False, name])


@case("subscription-update.unknown", needs=_CHANGED)
def update_unknown(api: Api) -> None:
    """What names no subscription of the queue is not changed."""
    for name, id in _unknown(api):
        match.status(api.patch(paths.subscription(name, id), json={"ttl": 900}), 404)


@case("subscription-update.conflict", needs=_CHANGED)
def conflict(api: Api) -> None:
    """A subscriber who is subscribed does not get a second subscription by a change."""
    name = arrange.queue(api)
    arrange.subscribed(api, name, _OTHER)
    id = arrange.subscribed(api, name, ttl=600)
    path = paths.subscription(name, id)

    match.status(api.patch(path, json={"subscriber": _OTHER, "ttl": 900}), 409)

    shown = observe.subscription(api, name, id)
    match.equal("subscriber and ttl", [shown["subscriber"], shown["ttl"]], [HOOK, 600])
    match.status(api.patch(path, json={"subscriber": HOOK, "ttl": 900}), 204)


@case("subscription-update.unconfirms", needs=(*_CHANGED, *_CONFIRMED))
def unconfirms(api: Api) -> None:
    """A confirmation is of the subscriber who gave it."""
    name = arrange.queue(api)
    id = arrange.subscribed(api, name)
    arrange.confirmed(api, name, id)
    path = paths.subscription(name, id)

    match.status(api.patch(path, json={"ttl": 900}), 204)
    match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], True)
    match.status(api.patch(path, json={"subscriber": _OTHER}), 204)
    match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], False)


@case("subscription-delete.deleted", needs=_LISTED)
def deleted(api: Api) -> None:
    """A deleted subscription is gone, and its subscriber may come again."""
    name = arrange.queue(api)
    old = arrange.subscribed(api, name)

    answer = api.delete(paths.subscription(name, old))

    match.status(answer, 204)
    match.no_body(answer)
    match.status(api.get(paths.subscription(name, old)), 404)
    match.equal("subscribers", observe.subscribers(api, name), [])
    again = api.post(paths.subscriptions(name), json={"subscriber": HOOK})
    match.distinct("old and new id", [old, match.subscription_id(again)])


@case("subscription-delete.unknown", needs=_LISTED)
def delete_unknown(api: Api) -> None:
    """Deleting what the queue does not have is no fault and deletes nothing."""
    for name, id in _unknown(api):
        match.status(api.delete(paths.subscription(name, id)), 204)

    name = arrange.queue(api)
    id = arrange.subscribed(api, name)
    match.status(api.delete(paths.subscription(arrange.queue(api), id)), 204)
    match.equal("subscribers", observe.subscribers(api, name), [HOOK])
