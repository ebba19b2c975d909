# SPDX-License-Identifier: Apache-2.0
"""Posting messages: what is accepted, what is refused, and what a refusal leaves behind."""

from __future__ import annotations

import json
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_POSTED: Final = ("message-post.created",)
_LISTED: Final = ("message-list.order",)

#: So many messages have all their ids in Location; of more, at least so many have.
_ALL_NAMED: Final = 100


def _post(api: Api, name: str, *messages: Any) -> Exchange:
    return api.post(paths.messages(name), json={"messages": list(messages)})


def _body_of(size: int) -> bytes:
    """A post of so many bytes with one message."""
    frame = len(json.dumps({"messages": [{"body": ""}]}))
    return json.dumps({"messages": [{"body": "x" * (size - frame)}]}).encode()


@case("message-post.created")
def created(api: Api) -> None:
    """Posted messages are answered with their paths, one by one and together."""
    name = api.queue_name()

    answer = _post(api, name, {"body": "a", "ttl": 300}, {"body": "b"})

    match.status(answer, 201)
    match.media_type(answer, "application/json")
    ids = arrange.ids_of(answer, 2)
    match.distinct("ids", ids)
    hrefs = [paths.message(name, message_id) for message_id in ids]
    match.equal("the answer", match.json_of(answer), {"resources": hrefs})
    match.header(answer, "Location", f"{paths.messages(name)}?ids={','.join(ids)}")
    match.equal("body of the first", observe.message(api, name, ids[0]).get("body"), "a")


@case("message-post.created/many", needs=_POSTED)
def created_many(api: Api) -> None:
    """The Location of a large post names its first hundred messages or more, in order."""
    for count in (_ALL_NAMED, _ALL_NAMED + 1):
        name = api.queue_name()

        answer = _post(api, name, *({"body": number} for number in range(count)))

        ids = arrange.ids_of(answer, count)
        location = answer.headers.get("Location", "")
        named = location.partition("?ids=")[2].split(",")
        match.between("the number of ids in Location", len(named), _ALL_NAMED, count)
        match.header(
            answer, "Location", f"{paths.messages(name)}?ids={','.join(ids[: len(named)])}"
        )


@case("message-post.creates-queue", needs=_POSTED)
def creates_queue(api: Api) -> None:
    """Posting to a new name makes the queue."""
    name = api.queue_name()

    match.status(_post(api, name, {"body": "a"}), 201)
    observe.a_queue(api, name)


@case("message-post.rejected-creates-nothing", needs=_POSTED)
def rejected_creates_nothing(api: Api) -> None:
    """A refused post leaves no queue behind."""
    for data in (b"{", b"{}", b'{"messages": []}', b'{"messages": [{"body": 1, "ttl": 1}]}'):
        name = api.queue_name()
        match.status(api.post(paths.messages(name), data=data), 400)
        observe.no_queue(api, name)


@case("message-post.all-or-nothing", needs=_LISTED)
def all_or_nothing(api: Api) -> None:
    """One message that cannot be stored keeps the others out."""
    name = arrange.queue(api)

    match.status(_post(api, name, {"body": "a"}, {"body": "b", "ttl": 1}, {"body": "c"}), 400)
    match.status(_post(api, name, {"body": "a"}, {"ttl": 300}), 400)
    match.equal("the listed bodies", observe.bodies(api, name), [])


@case("message-post.required-members", needs=_POSTED)
def required_members(api: Api) -> None:
    """There are messages, in an array, and each has a body."""
    path = paths.messages(api.queue_name())
    bodies: tuple[Any, ...] = (
        {},
        {"body": "a"},
        {"messages": []},
        {"messages": None},
        {"messages": "a"},
        {"messages": {"body": "a"}},
        {"messages": [{"ttl": 300}]},
        {"messages": [{"body": "a"}, {}]},
    )
    for body in bodies:
        match.status(api.post(path, json=body), 400)


@case("message-post.message-object", needs=_POSTED)
def message_object(api: Api) -> None:
    """A message is an object and nothing else."""
    for message in ("a", 1, None, True, [], [{"body": "a"}]):
        match.status(_post(api, api.queue_name(), message), 400)


@case("message-post.no-count-limit", needs=_POSTED)
def no_count_limit(api: Api) -> None:
    """Only bytes bound a post, not the number of its messages."""
    answer = _post(api, api.queue_name(), *({"body": number} for number in range(100)))

    match.status(answer, 201)
    match.equal("the number of ids", len(set(arrange.ids_of(answer, 100))), 100)


@case("message-post.ttl-minimum", needs=_POSTED)
def ttl_minimum(api: Api) -> None:
    """A message lives at least 60 seconds."""
    name = api.queue_name()

    for ttl in (59, 0, -1):
        match.status(_post(api, name, {"body": "a", "ttl": ttl}), 400)
    (kept,) = arrange.ids_of(_post(api, name, {"body": "a", "ttl": 60}), 1)
    match.equal("ttl", observe.message(api, name, kept).get("ttl"), 60)


@case("message-post.ttl-maximum", needs=_POSTED)
def ttl_maximum(api: Api) -> None:
    """A message lives at most as long as this deployment lets it."""
    name, most = api.queue_name(), api.limits.max_message_ttl

    for ttl in (most + 1, 2**63):
        match.status(_post(api, name, {"body": "a", "ttl": ttl}), 400)
    (kept,) = arrange.ids_of(_post(api, name, {"body": "a", "ttl": most}), 1)
    match.equal("ttl", observe.message(api, name, kept).get("ttl"), most)


@case("message-post.ttl-type", needs=_POSTED)
def ttl_type(api: Api) -> None:
    """A lifetime is an integer."""
    for ttl in ("300", "", 300.5, 300.0, True, None, [300]):
        match.status(_post(api, api.queue_name(), {"body": "a", "ttl": ttl}), 400)


@case("message-post.ttl-default", needs=_POSTED)
def ttl_default(api: Api) -> None:
    """A message without ttl gets the deployment's."""
    name, ids = arrange.stocked(api, "a")
    expected = api.limits.default_message_ttl
    match.equal("ttl", observe.message(api, name, ids[0]).get("ttl"), expected)


@case("message-post.ttl-default/queue", needs=("message-post.ttl-default", "queue-create.created"))
def ttl_default_of_queue(api: Api) -> None:
    """A message without ttl gets its queue's where the queue has one."""
    name = arrange.queue(api, {"_default_message_ttl": 600})

    answer = _post(api, name, {"body": "a"}, {"body": "b", "ttl": 300})
    own, given = arrange.ids_of(answer, 2)

    match.equal("ttl of the first", observe.message(api, name, own).get("ttl"), 600)
    match.equal("ttl of the second", observe.message(api, name, given).get("ttl"), 300)


@case("message-post.size", needs=_LISTED)
def size(api: Api) -> None:
    """A post is accepted up to the largest size and refused beyond it."""
    name, most = arrange.queue(api), api.limits.max_messages_post_size

    match.status(api.offer("POST", paths.messages(name), _body_of(most + 1)), 400)
    match.equal("the number of messages", len(observe.bodies(api, name)), 0)
    match.status(api.post(paths.messages(name), data=_body_of(most)), 201)


@case("message-post.queue-size", needs=(*_LISTED, "queue-create.created"))
def queue_size(api: Api) -> None:
    """A queue may bound its posts more closely."""
    name = arrange.queue(api, {"_max_messages_post_size": 100})

    match.status(api.post(paths.messages(name), data=_body_of(101)), 400)
    match.equal("the number of messages", len(observe.bodies(api, name)), 0)
    match.status(api.post(paths.messages(name), data=_body_of(100)), 201)
