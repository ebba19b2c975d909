# SPDX-License-Identifier: Apache-2.0
"""Patching the metadata of a topic."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_UPDATED: Final = ("topic-update.operations",)
_PATCH: Final = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}


def _patch(api: Api, name: str, *operations: tuple[Any, ...]) -> Exchange:
    """A patch of verbs, keys, and values where they have one."""
    steps = [
        {"op": verb, "path": f"/metadata/{key}", **({"value": value[0]} if value else {})}
        for verb, key, *value in operations
    ]
    return api.patch(paths.queue(name), json=steps, headers=_PATCH)


@case("topic-update.operations", needs=("topic-create.metadata-kept",))
def operations(api: Api) -> None:
    """The metadata of a topic is changed step by step, and the answer is the result."""
    name = arrange.topic(api, {"old": 1, "goes": 2})

    answer = _patch(
        api,
        name,
        ("add", "new", {"a": [1]}),
        ("replace", "old", None),
        ("remove", "goes"),
        ("add", "over", 1),
        ("replace", "over", 2),
        ("add", "_default_message_ttl", 600),
    )

    match.status(answer, 200)
    shown = observe.metadata(api, name)
    match.equal("the answer", match.json_of(answer), shown)
    own = {key: value for key, value in shown.items() if not key.startswith("_")}
    match.equal("own keys", own, {"new": {"a": [1]}, "old": None, "over": 2})
    match.equal("_default_message_ttl", shown.get("_default_message_ttl"), 600)


@case("topic-update.all-or-nothing", needs=_UPDATED)
def all_or_nothing(api: Api) -> None:
    """Of a refused patch of a topic not even the good part is done."""
    name = arrange.topic(api, {"colour": "red"})
    before = observe.metadata(api, name)

    match.status(_patch(api, name, ("replace", "colour", "blue"), ("remove", "none")), 409)
    match.status(_patch(api, name, ("add", "colour", "blue"), ("test", "colour", "blue")), 400)
    too_short = ("add", "_default_message_ttl", 1)
    match.status(_patch(api, name, ("add", "colour", "blue"), too_short), 400)

    match.equal("the metadata", observe.metadata(api, name), before)


@case("topic-update.unknown-topic", needs=_UPDATED)
def unknown_topic(api: Api) -> None:
    """A topic that does not exist is not patched, and a malformed patch is refused before."""
    name = api.topic_name()

    match.status(_patch(api, name, ("add", "colour", "red")), 404)
    match.status(_patch(api, name, ("move", "colour", "red")), 400)
    observe.no_queue(api, name)


@case("topic-update.missing-key", needs=_UPDATED)
def missing_key(api: Api) -> None:
    """A key that a topic does not show is neither replaced nor removed."""
    name = arrange.topic(api, {"colour": "red"})

    for key in ("size", "_max_claim_count", "_dead_letter_queue", "_enable_encrypt_messages"):
        match.status(_patch(api, name, ("replace", key, None)), 409)
        match.status(_patch(api, name, ("remove", key)), 409)
    match.status(_patch(api, name, ("add", "_max_claim_count", 1)), 200)
    match.status(_patch(api, name, ("replace", "_max_claim_count", 3)), 200)
    match.status(_patch(api, name, ("remove", "_max_claim_count")), 200)


@case("topic-update.always-shown-keys", needs=_UPDATED)
def always_shown_keys(api: Api) -> None:
    """The three keys that a topic always shows are replaced and removed, stored or not."""
    name = arrange.topic(api)
    before = observe.metadata(api, name)

    for key, value in (
        ("_default_message_ttl", 600),
        ("_max_messages_post_size", 1000),
        ("_default_message_delay", 1),
    ):
        match.status(_patch(api, name, ("remove", key)), 200)
        match.status(_patch(api, name, ("replace", key, value)), 200)
        match.equal(key, observe.metadata(api, name).get(key), value)
        match.status(_patch(api, name, ("remove", key)), 200)
    match.equal("the metadata", observe.metadata(api, name), before)


@case("topic-update.media-type", needs=_UPDATED)
def media_type(api: Api) -> None:
    """A patch of a topic says exactly what it is."""
    name = arrange.topic(api)
    steps = [{"op": "add", "path": "/metadata/a", "value": 1}]

    for given in ("application/json", f"{_PATCH['Content-Type']}; charset=utf-8"):
        answer = api.patch(paths.queue(name), json=steps, headers={"Content-Type": given})
        match.status(answer, 415)
    match.absent("the metadata", "a", observe.metadata(api, name))


@case("topic-update.body-types", needs=_UPDATED)
def body_types(api: Api) -> None:
    """A patch of a topic is an array whose paths are strings."""
    name = arrange.topic(api)

    bodies: tuple[Any, ...] = (
        {"op": "add", "path": "/metadata/a", "value": 1},
        [{"op": "add", "path": 1, "value": 1}],
        [{"op": "add", "path": None, "value": 1}],
    )
    for body in bodies:
        match.status(api.patch(paths.queue(name), json=body, headers=_PATCH), 400)
