# SPDX-License-Identifier: Apache-2.0
"""Creating a topic: its name, its metadata, and what is shown of it."""

from __future__ import annotations

import json
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.paths import Topic

_CREATED: Final = ("topic-create.created",)


@case("topic-create.created")
def created(api: Api) -> None:
    """A new topic is answered with its path and then listed, with metadata or without."""
    bodies: tuple[dict[str, Any], ...] = ({"json": {"colour": "red"}}, {}, {"data": b"{}"})
    for body in bodies:
        name = api.topic_name()
        answer = api.put(paths.queue(name), **body)
        match.status(answer, 201)
        match.no_body(answer)
        match.header(answer, "Location", paths.queue(name))
        observe.a_queue(api, name)


@case("topic-create.existing", needs=(*_CREATED, "topic-create.metadata-kept"))
def existing(api: Api) -> None:
    """Creating a topic again leaves its metadata as it is."""
    name = arrange.topic(api, {"colour": "red"})
    before = observe.metadata(api, name)

    answer = api.put(paths.queue(name), json={"colour": "blue", "size": 1})

    match.status(answer, 204)
    match.header(answer, "Location", paths.queue(name))
    match.equal("the metadata", observe.metadata(api, name), before)


@case("topic-create.metadata-kept", needs=_CREATED)
def metadata_kept(api: Api) -> None:
    """Whatever a topic says of itself comes back as it was sent."""
    metadata: dict[str, Any] = {
        "text": "größer \u2603 \U0001f600 \n",
        "nested": {"list": [1, -2.5, None, True, {"deep": []}], "$in": {"a.b": 1}},
        "$set": "dollar",
        "a.b": "dot",
        "_mine": "underscore",
        "_max_claim_count": 3,
        "limits": [2**63 - 1, -(2**63)],
    }

    name = arrange.topic(api, metadata)

    shown = observe.metadata(api, name)
    match.equal("the metadata", {key: shown[key] for key in metadata if key in shown}, metadata)


@case("topic-create.name-rules", needs=_CREATED)
def name_rules(api: Api) -> None:
    """No operation on topics takes a name that no queue can have."""
    for text in ("no*name", "kit%20topic", "kit:topic", "n" * 65):
        name = Topic(text)
        for method, path in (
            ("PUT", paths.queue(name)),
            ("GET", paths.queue(name)),
            ("GET", paths.messages(name)),
            ("GET", paths.subscriptions(name)),
        ):
            match.status(api.request(method, path), 400)


@case("topic-create.metadata-size", needs=_CREATED)
def metadata_size(api: Api) -> None:
    """A topic takes as much metadata as a queue, and no more."""
    most = api.limits.max_queue_metadata
    frame = len(json.dumps({"filling": ""}))
    for size, status in ((most, 201), (most + 1, 400)):
        data = json.dumps({"filling": "x" * (size - frame)}).encode()
        match.status(api.offer("PUT", paths.queue(api.topic_name()), data), status)


@case("topic-create.rejected-creates-nothing", needs=_CREATED)
def rejected_creates_nothing(api: Api) -> None:
    """Refused metadata leaves no topic behind."""
    for data in (b"[]", b'{"_default_message_ttl": 1}'):
        name = api.topic_name()
        match.status(api.put(paths.queue(name), data=data), 400)
        observe.no_queue(api, name)


def _put(api: Api, metadata: dict[str, Any], status: int) -> None:
    match.status(api.put(paths.queue(api.topic_name()), json=metadata), status)


@case("topic-metadata.reserved-keys", needs=_CREATED)
def reserved_keys(api: Api) -> None:
    """The reserved keys have the bounds that they have in a queue."""
    bounds = {
        "_default_message_ttl": (60, api.limits.max_message_ttl),
        "_dead_letter_queue_messages_ttl": (60, api.limits.max_message_ttl),
        "_max_messages_post_size": (1, api.limits.max_messages_post_size),
        "_default_message_delay": (0, api.limits.max_message_delay),
    }
    for key, (low, high) in bounds.items():
        for value in (low, high, None):
            _put(api, {key: value}, 201)
        for refused in (low - 1, high + 1, "100", 60.5):
            _put(api, {key: refused}, 400)
    wrong: tuple[tuple[str, Any], ...] = (
        ("_max_claim_count", "3"),
        ("_enable_encrypt_messages", 1),
        ("_retry_policy", {"minimum_delay": 21}),
    )
    for key, refused in wrong:
        _put(api, {key: refused}, 400)


@case("topic-metadata.falsy-wrong-type", needs=_CREATED)
def falsy_wrong_type(api: Api) -> None:
    """What is empty is no integer, in a topic neither."""
    for key in ("_default_message_ttl", "_max_messages_post_size", "_default_message_delay"):
        wrong: tuple[Any, ...] = ("", [], {})
        for empty in wrong:
            _put(api, {key: empty}, 400)


def _defaults(api: Api) -> dict[str, object]:
    return {
        "_default_message_ttl": api.limits.default_message_ttl,
        "_max_messages_post_size": api.limits.max_messages_post_size,
        "_default_message_delay": api.limits.default_message_delay,
    }


@case("topic-get.defaults", needs=_CREATED)
def defaults(api: Api) -> None:
    """A topic shows three defaults, and nothing else that it does not store."""
    match.equal("the metadata", observe.metadata(api, arrange.topic(api)), _defaults(api))
    name = arrange.topic(api, {"_default_message_ttl": 900, "_max_claim_count": 3})

    stored = {**_defaults(api), "_default_message_ttl": 900, "_max_claim_count": 3}
    match.equal("the metadata", observe.metadata(api, name), stored)


@case("topic-get.unknown-topic")
def unknown_topic(api: Api) -> None:
    """A topic that does not exist looks like one without metadata, and stays unknown."""
    name = api.topic_name()

    match.equal("the metadata", observe.metadata(api, name), _defaults(api))
    observe.no_queue(api, name)


@case("topic-get-head.existence", needs=_CREATED)
def head(api: Api) -> None:
    """HEAD tells a topic that exists from one that does not."""
    known, unknown = arrange.topic(api), api.topic_name()

    for name, status in ((known, 200), (unknown, 404)):
        answer = api.request("HEAD", paths.queue(name))
        match.status(answer, status)
        match.no_body(answer)
    observe.no_queue(api, unknown)
