# SPDX-License-Identifier: Apache-2.0
"""Posting messages to a topic, and reading them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_POSTED: Final = ("topic-message-post.created",)
_LISTED: Final = ("topic-message-list.paging",)
_PAST_END: Final = 63
_PAST_DELAY: Final = 4


@case("topic-message-post.created", needs=("topic-create.created",))
def created(api: Api) -> None:
    """Posted messages of a topic are where the answer says."""
    name = arrange.topic(api)

    messages = [{"body": {"a": 1}, "ttl": 300}, {"body": "b"}]
    answer = api.post(paths.messages(name), json={"messages": messages})

    ids = arrange.ids_of(answer, 2)
    hrefs = [paths.message(name, message_id) for message_id in ids]
    match.equal("the answer", match.json_of(answer), {"resources": hrefs})
    match.header(answer, "Location", f"{paths.messages(name)}?ids={','.join(ids)}")
    for href, body in zip(hrefs, ({"a": 1}, "b"), strict=True):
        shown = api.get(href)
        match.status(shown, 200)
        match.equal("body", match.object_of(shown).get("body"), body)


@case("topic-message-post.creates-topic", needs=_POSTED)
def creates_topic(api: Api) -> None:
    """The first post makes a topic, but not if it is refused."""
    refused, name = api.topic_name(), api.topic_name()

    match.status(api.post(paths.messages(refused), json={"messages": [{}]}), 400)
    match.status(api.post(paths.messages(name), json={"messages": [{"body": 1}]}), 201)

    observe.a_queue(api, name)
    observe.no_queue(api, refused)


@case("topic-message-post.refused", needs=_POSTED)
def refused(api: Api) -> None:
    """What no queue takes is not taken by a topic, nor what is larger than it says."""
    name = arrange.topic(api, {"_max_messages_post_size": 200})

    for messages in (
        [],
        [{"ttl": 60}],
        ["text"],
        [{"body": 1}, {"body": 2, "ttl": 59}],
        [{"body": 1, "ttl": api.limits.max_message_ttl + 1}],
        [{"body": 1, "delay": api.limits.max_message_delay + 1}],
        [{"body": "x" * 200}],
    ):
        match.status(api.post(paths.messages(name), json={"messages": messages}), 400)
    match.status(api.post(paths.messages(name)), 400)
    match.equal("the bodies", observe.bodies(api, name), [])


@case("topic-message-post.defaults", needs=_POSTED)
def defaults(api: Api) -> None:
    """A message of a topic lives as long as the topic says, or the deployment."""
    for metadata, expected in (
        ({}, api.limits.default_message_ttl),
        ({"_default_message_ttl": 900}, 900),
    ):
        name = arrange.topic(api, metadata)
        (message_id,) = arrange.posted(api, name, "a")
        match.equal("ttl", observe.message(api, name, message_id).get("ttl"), expected)


@case("topic-message-post.delay", needs=_LISTED, wait=_PAST_DELAY)
def delay(api: Api) -> None:
    """A delayed message of a topic is given out later, in its place."""
    name = arrange.topic(api, {"_default_message_delay": 2})
    arrange.posted(api, name, "default")
    arrange.posted(api, name, "own", delay=api.limits.max_message_delay)
    arrange.posted(api, name, "none", delay=0)

    match.equal("the bodies at once", observe.bodies(api, name), ["none"])
    everything = observe.bodies(api, name, include_delayed="true")
    match.equal("all bodies", everything, ["default", "own", "none"])
    api.wait(_PAST_DELAY)
    match.equal("the bodies later", observe.bodies(api, name), ["default", "none"])
    popped = api.delete(paths.messages(name), params={"pop": 5})
    match.equal("the popped bodies", match.bodies(popped), ["default", "none"])


@case("topic-message-list.unknown-topic")
def unknown_topic(api: Api) -> None:
    """A topic that does not exist has an empty list, and stays unknown."""
    name = api.topic_name()

    answer = api.get(paths.messages(name))

    match.status(answer, 200)
    match.equal("the list", match.json_of(answer), {"messages": [], "links": []})
    observe.no_queue(api, name)


@case("topic-message-list.message-keys", needs=_LISTED)
def message_keys(api: Api) -> None:
    """A message of a topic has the shape of any message, and its place is below the topic."""
    name = arrange.topic(api)
    (message_id,) = arrange.posted(api, name, {"a": 1}, ttl=300)

    listed = match.only_message(api.get(paths.messages(name), params={"echo": "true"}))

    for message in (listed, observe.message(api, name, message_id)):
        match.message_shape(message)
        match.between("age", message["age"], 0, 10)
        told = {key: message[key] for key in ("id", "href", "ttl", "body")}
        known = {"id": message_id, "href": paths.message(name, message_id), "ttl": 300}
        match.equal("the message", told, {**known, "body": {"a": 1}})


@case("topic-message-list.paging", needs=_POSTED)
def paging(api: Api) -> None:
    """The pages together are the topic, oldest first."""
    name, most = arrange.topic(api), api.limits.max_messages_per_page
    arrange.posted(api, name, *range(4))
    arrange.posted(api, name, *range(4, 12))
    path = paths.messages(name)

    pages = list(observe.pages(api, path, {"limit": 5, "echo": "true"}))

    listed = [match.bodies(page) for page in pages]
    expected: list[list[int]] = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11], []]
    match.equal("the bodies of the pages", listed, expected)
    usual = match.bodies(api.get(path, params={"echo": "true"}))
    match.equal("the bodies of a page", usual, list(range(api.limits.page(most))))
    for value in (0, most + 1):
        match.status(api.get(path, params={"limit": value}), 400)


@case("topic-message-list.echo", needs=_LISTED)
def echo(api: Api) -> None:
    """Who posted a message to a topic is shown it on request, and on the next page too."""
    name = arrange.topic(api)
    arrange.posted(api, name, "own")
    arrange.posted(api.other_client(), name, "other", "third")

    match.equal("without echo", match.bodies(api.get(paths.messages(name))), ["other", "third"])
    answer = api.get(paths.messages(name), params={"echo": "true", "limit": 1})
    match.equal("with echo", match.bodies(answer), ["own"])
    query = parse_qs(urlsplit(match.next_link(answer) or "").query)
    match.equal("echo in the next link", query.get("echo"), ["true"])


@case("topic-message-list.include-claimed", needs=_LISTED)
def include_claimed(api: Api) -> None:
    """Asking for claimed messages of a topic changes nothing."""
    name = arrange.topic(api)
    arrange.posted(api, name, "a", "b")

    for value in ("true", "false"):
        params = {"echo": "true", "include_claimed": value}
        listed = match.bodies(api.get(paths.messages(name), params=params))
        match.equal(f"with include_claimed={value}", listed, ["a", "b"])


@case("topic-message-list.expired", needs=_LISTED, wait=_PAST_END)
def expired(api: Api) -> None:
    """A message of a topic whose time is over is gone."""
    name = arrange.topic(api)
    (old,) = arrange.posted(api, name, "old", ttl=60)
    arrange.posted(api, name, "young", ttl=300)

    api.wait(_PAST_END)

    match.equal("the listed bodies", observe.bodies(api, name), ["young"])
    observe.no_message(api, name, old)
    popped = api.delete(paths.messages(name), params={"pop": 2})
    match.equal("the popped bodies", match.bodies(popped), ["young"])


@case("topic-message-get.unknown", needs=_POSTED)
def get_unknown(api: Api) -> None:
    """What is no message of the topic is not found."""
    name, other = arrange.topic(api), arrange.topic(api)
    (foreign,) = arrange.posted(api, other, "a")

    unknown = api.topic_name()
    for place, message_id in ((name, foreign), (name, "0" * 24), (name, "!"), (unknown, foreign)):
        match.status(api.get(paths.message(place, message_id)), 404)
    observe.no_queue(api, unknown)


@case("topic-message-get-many.found", needs=_POSTED)
def get_many(api: Api) -> None:
    """Messages of a topic are fetched by their ids."""
    name = arrange.topic(api)
    first, _, third = arrange.posted(api, name, "a", "b", "c")

    answer = api.get(f"{paths.messages(name)}?ids={first},{third},{'0' * 24}")

    match.same_items("the bodies", match.bodies(answer), ["a", "c"])
    match.keys("the answer", match.object_of(answer), {"messages"})
    for message in match.messages(answer):
        match.message_shape(message)
    match.status(api.get(paths.messages(name), params={"ids": "0" * 24}), 404)
    match.status(api.get(paths.messages(api.topic_name()), params={"ids": first}), 404)


@case("topic-message-delete.deleted", needs=_LISTED)
def deleted(api: Api) -> None:
    """A deleted message of a topic is gone, and one that is not there does no harm."""
    name, other = arrange.topic(api), arrange.topic(api)
    first, second = arrange.posted(api, name, "a", "b")

    for place, message_id in ((name, first), (name, first), (name, "!"), (other, second)):
        answer = api.delete(paths.message(place, message_id))
        match.status(answer, 204)
        match.no_body(answer)

    observe.no_message(api, name, first)
    match.equal("the bodies left", observe.bodies(api, name), ["b"])


@case("topic-message-delete.with-claim", needs=_LISTED)
def deleted_with_claim(api: Api) -> None:
    """No claim holds a message of a topic, so none can be named."""
    name = arrange.topic(api)
    (message_id,) = arrange.posted(api, name, "a")

    answer = api.delete(paths.message(name, message_id), params={"claim_id": "0" * 24})

    match.status(answer, 400)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])


@case("topic-message-delete-many.by-ids", needs=_LISTED)
def delete_many(api: Api) -> None:
    """Messages of a topic are deleted by their ids, and only if one way is asked for."""
    name = arrange.topic(api)
    first, second, third = arrange.posted(api, name, "a", "b", "c")
    queries: tuple[dict[str, Any], ...] = ({}, {"ids": third, "pop": 1}, {"pop": 0})

    for query in queries:
        match.status(api.delete(paths.messages(name), params=query), 400)
    answer = api.delete(f"{paths.messages(name)}?ids={first},{second},{'0' * 24}")
    match.status(answer, 204)
    match.no_body(answer)

    match.equal("the bodies left", observe.bodies(api, name), ["c"])


@case("topic-message-pop.oldest-first", needs=_LISTED)
def pop(api: Api) -> None:
    """Pops drain a topic from its old end, in order."""
    name = arrange.topic(api)
    ids = arrange.posted(api, name, *range(7), ttl=300)

    pages = [match.messages(api.delete(paths.messages(name), params={"pop": 5})) for _ in "abc"]

    bodies = [[message.get("body") for message in page] for page in pages]
    match.equal("the bodies of three pops", bodies, [[0, 1, 2, 3, 4], [5, 6], []])
    popped = {**pages[0][0]}
    match.between("age", popped.pop("age", None), 0, 10)
    known = {"id": ids[0], "ttl": 300, "body": 0, "claim_id": None, "claim_count": 0}
    match.equal("the popped message", popped, known)
    match.equal("the bodies left", observe.bodies(api, name), [])
