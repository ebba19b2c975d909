# SPDX-License-Identifier: Apache-2.0
"""Deleting, counting and purging topics."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("topic-create.created",)
_FILLED: Final = ("topic-message-list.paging", "topic-subscription-list.page")
_CREATED_FORM: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"


def _left(api: Api, name: str) -> list[list[Any]]:
    """Bodies and subscribers of the topic."""
    return [observe.bodies(api, name), observe.subscribers(api, name)]


def _filled(api: Api, metadata: dict[str, Any] | None = None) -> paths.Topic:
    """A new topic with messages and a subscription."""
    name = arrange.topic(api, metadata)
    arrange.posted(api, name, "a", "b")
    arrange.subscribed(api, name)
    return name


@case("topic-delete.no-content", needs=_CREATED)
def deleted(api: Api) -> None:
    """A deleted topic is not listed, and may be deleted again."""
    name = arrange.topic(api)

    for _ in range(2):
        answer = api.delete(paths.queue(name))
        match.status(answer, 204)
        match.no_body(answer)
        observe.no_queue(api, name)


@case("topic-delete.removes-everything", needs=_FILLED)
def removes_everything(api: Api) -> None:
    """A topic takes with it what it holds."""
    name = _filled(api, {"colour": "red"})

    match.status(api.delete(paths.queue(name)), 204)

    arrange.created(api, name)
    match.equal("bodies and subscribers", _left(api, name), [[], []])
    match.absent("the metadata", "colour", observe.metadata(api, name))


@case("topic-get-stats.unknown-topic")
def stats_unknown(api: Api) -> None:
    """A topic that does not exist has no messages, and stays unknown."""
    name = api.topic_name()

    answer = api.get(paths.stats(name))

    match.status(answer, 200)
    messages = match.an_object("messages", match.object_of(answer).get("messages"))
    match.equal("total", messages.get("total"), 0)
    observe.no_queue(api, name)


@case("topic-get-stats.counts", needs=_FILLED)
def stats(api: Api) -> None:
    """Messages of a topic are counted, and the ends are told of those that are given out."""
    name = arrange.topic(api)
    ids = arrange.posted(api, name, "a", "b", "c")
    arrange.posted(api, name, "d", delay=api.limits.max_message_delay)

    answer = api.get(paths.stats(name))

    match.status(answer, 200)
    messages = match.an_object("messages", match.object_of(answer).get("messages"))
    match.keys("messages", messages, {"total", "oldest", "newest"})
    match.equal("total", messages["total"], 4)
    for end, message_id in (("oldest", ids[0]), ("newest", ids[2])):
        message = match.an_object(end, messages[end])
        match.keys(end, message, {"age", "created", "href"})
        match.between(f"age of {end}", message["age"], 0, 10)
        match.like(f"created of {end}", message["created"], _CREATED_FORM, "a UTC time, seconds")
        match.equal(f"href of {end}", message["href"], paths.message(name, message_id))


@case("topic-purge.everything", needs=_FILLED)
def purge(api: Api) -> None:
    """A purge leaves the topic with its metadata and with nothing in it."""
    name = _filled(api, {"colour": "red"})
    arrange.posted(api, name, "c", delay=api.limits.max_message_delay)

    match.status(api.post(paths.purge(name)), 204)

    match.equal("bodies and subscribers", _left(api, name), [[], []])
    listed = observe.bodies(api, name, include_delayed="true")
    match.equal("the bodies left, delayed ones too", listed, [])
    match.equal("the metadata", observe.metadata(api, name).get("colour"), "red")
    observe.a_queue(api, name)


@case("topic-purge.unknown-topic")
def purge_unknown(api: Api) -> None:
    """A topic that does not exist is purged without being made."""
    name = api.topic_name()

    match.status(api.post(paths.purge(name)), 204)
    match.status(api.post(paths.purge(name), json={"resource_types": ["messages"]}), 204)
    observe.no_queue(api, name)


@case("topic-purge.types", needs=_FILLED)
def purge_types(api: Api) -> None:
    """A purge of a topic removes what it says, and nothing where it says anything else."""
    name = _filled(api)

    for body in ({}, {"resource_types": ["claims"]}, {"resource_types": ["messages", "all"]}):
        match.status(api.post(paths.purge(name), json=body), 400)
    match.equal("bodies and subscribers", _left(api, name), [["a", "b"], [HOOK]])
    match.status(api.post(paths.purge(name), json={"resource_types": ["messages"]}), 204)
    match.equal("bodies and subscribers", _left(api, name), [[], [HOOK]])
    match.status(api.post(paths.purge(name), json={"resource_types": ["subscriptions"]}), 204)
    match.equal("bodies and subscribers", _left(api, name), [[], []])
