# SPDX-License-Identifier: Apache-2.0
"""Subscribing to topics, and what becomes of the subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("topic-subscription-create.created",)
_LISTED: Final = ("topic-subscription-list.page",)
_OTHER: Final = f"{HOOK}/other"


def _unknown(api: Api) -> Iterator[tuple[str, str]]:
    """Topics with ids that are of no subscription of theirs."""
    name = arrange.topic(api)
    subscribed = arrange.subscribed(api, name)
    yield from ((name, "0" * 24), (name, "!"))
    yield from ((arrange.topic(api), subscribed), (api.topic_name(), subscribed))


@case("topic-subscription-create.created", needs=("topic-create.created",))
def created(api: Api) -> None:
    """Who subscribes to a topic gets an id, under which the subscription is shown."""
    name = arrange.topic(api)

    body = {"subscriber": HOOK, "ttl": 600, "options": {"post_data": "a"}}
    answer = api.post(paths.subscriptions(name), json=body)

    id = match.subscription_id(answer)
    match.header(answer, "Location", paths.subscriptions(name))
    shown = observe.subscription(api, name, id)
    match.between("age", shown["age"], 0, 10)
    known = {"id": id, "source": name, "confirmed": False, **body}
    match.equal("the rest", {key: shown[key] for key in known}, known)


@case("topic-subscription-create.creates-topic", needs=_CREATED)
def creates_topic(api: Api) -> None:
    """The first subscription makes a topic, but not if it is refused."""
    refused, name = api.topic_name(), api.topic_name()

    match.status(api.post(paths.subscriptions(refused), json={"subscriber": "ftp://host"}), 400)
    match.status(api.post(paths.subscriptions(name), json={"subscriber": HOOK}), 201)

    observe.a_queue(api, name)
    observe.no_queue(api, refused)


@case("topic-subscription-create.refused", needs=_LISTED)
def refused(api: Api) -> None:
    """Who cannot subscribe to a queue cannot subscribe to a topic."""
    name = arrange.topic(api)

    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"ttl": 600},
        {"subscriber": "ftp://kit.invalid"},
        {"subscriber": HOOK, "ttl": 59},
        {"subscriber": HOOK, "ttl": "600"},
        {"subscriber": HOOK, "options": {"_retry_policy": {"minimum_delay": 21}}},
    )
    for body in bodies:
        match.status(api.post(paths.subscriptions(name), json=body), 400)
    match.equal("subscribers", observe.subscribers(api, name), [])


@case("topic-subscription-create.again", needs=(*_CREATED, "topic-subscription-confirm.confirmed"))
def again(api: Api) -> None:
    """A subscriber has one subscription of a topic."""
    name = arrange.topic(api)
    id = arrange.subscribed(api, name)
    path = paths.subscriptions(name)

    match.equal("the id", match.subscription_id(api.post(path, json={"subscriber": HOOK})), id)
    arrange.confirmed(api, name, id)
    answer = api.post(path, json={"subscriber": HOOK})
    match.status(answer, 409)
    match.header(answer, "Location", path)


@case("topic-subscription-list.page", needs=_CREATED)
def page(api: Api) -> None:
    """A list shows the subscriptions of the topic, each once."""
    name = arrange.topic(api)
    ids = [arrange.subscribed(api, name, f"{HOOK}/{number}") for number in range(5)]
    arrange.subscribed(api, arrange.topic(api), _OTHER)

    pages = list(observe.pages(api, paths.subscriptions(name), {"limit": 2}))

    listed = [match.subscriptions(answer) for answer in pages]
    match.equal("the sizes of the pages", [len(found) for found in listed], [2, 2, 1, 0])
    found = [one for each in listed for one in each]
    match.same_items("the listed ids", [one["id"] for one in found], ids)
    match.equal("the sources", [one["source"] for one in found], [name] * 5)


@case("topic-subscription-list.unknown-topic", needs=_CREATED)
def unknown_topic(api: Api) -> None:
    """Where nobody is subscribed to the topic the list is empty."""
    unknown = api.topic_name()

    for name in (unknown, arrange.topic(api)):
        answer = api.get(paths.subscriptions(name))
        match.status(answer, 200)
        match.equal("the list", match.json_of(answer), {"subscriptions": [], "links": []})
    observe.no_queue(api, unknown)


@case("topic-subscription-get.unknown", needs=_CREATED)
def get_unknown(api: Api) -> None:
    """What is no subscription of the topic is neither shown, changed nor confirmed."""
    for name, id in _unknown(api):
        match.status(api.get(paths.subscription(name, id)), 404)
        match.status(api.patch(paths.subscription(name, id), json={"ttl": 900}), 404)
        match.status(api.put(paths.confirm(name, id), json={"confirmed": True}), 404)


@case("topic-subscription-update.changed", needs=_CREATED)
def changed(api: Api) -> None:
    """What is given of a subscription of a topic is replaced, and the rest stays."""
    name = arrange.topic(api)
    id = arrange.subscribed(api, name, options={"post_data": "a"})
    path = paths.subscription(name, id)

    good: tuple[dict[str, Any], ...] = ({"ttl": 7200}, {"subscriber": _OTHER})
    for body in good:
        answer = api.patch(path, json=body)
        match.status(answer, 204)
        match.header(answer, "Location", path)
    bad: tuple[dict[str, Any], ...] = ({}, {"ttl": None}, {"ttl": 59})
    for body in bad:
        match.status(api.patch(path, json=body), 400)

    shown = observe.subscription(api, name, id)
    told = [shown["subscriber"], shown["ttl"], shown["options"]]
    match.equal("subscriber, ttl and options", told, [_OTHER, 7200, {"post_data": "a"}])


@case("topic-subscription-update.conflict", needs=("topic-subscription-update.changed",))
def conflict(api: Api) -> None:
    """Nobody gets a second subscription of a topic by a change."""
    name = arrange.topic(api)
    arrange.subscribed(api, name, _OTHER)
    id = arrange.subscribed(api, name, ttl=600)

    body = {"subscriber": _OTHER, "ttl": 900}
    match.status(api.patch(paths.subscription(name, id), json=body), 409)

    shown = observe.subscription(api, name, id)
    match.equal("subscriber and ttl", [shown["subscriber"], shown["ttl"]], [HOOK, 600])


@case("topic-subscription-delete.deleted", needs=_LISTED)
def deleted(api: Api) -> None:
    """A deleted subscription of a topic is gone, and only that."""
    name = arrange.topic(api)
    gone, kept = arrange.subscribed(api, name), arrange.subscribed(api, name, _OTHER)

    for place, id in ((name, gone), (name, gone), (name, "!"), (arrange.topic(api), kept)):
        answer = api.delete(paths.subscription(place, id))
        match.status(answer, 204)
        match.no_body(answer)

    match.status(api.get(paths.subscription(name, gone)), 404)
    match.equal("subscribers", observe.subscribers(api, name), [_OTHER])


@case("topic-subscription-confirm.confirmed", needs=_CREATED)
def confirmed(api: Api) -> None:
    """A subscription of a topic shows whether its subscriber agrees."""
    name = arrange.topic(api)
    id = arrange.subscribed(api, name)
    path = paths.confirm(name, id)

    for flag in (True, False):
        answer = api.put(path, json={"confirmed": flag})
        match.status(answer, 204)
        match.header(answer, "Location", path)
        match.equal("confirmed", observe.subscription(api, name, id)["confirmed"], flag)
    for body in ({}, {"confirmed": "true"}, {"confirmed": 1}, {"confirmed": None}):
        match.status(api.put(path, json=body), 400)
