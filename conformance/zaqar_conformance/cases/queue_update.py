# SPDX-License-Identifier: Apache-2.0
"""Patching the metadata of a queue: the operations, their paths, and what they leave behind."""

from __future__ import annotations

import json
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_UPDATED: Final = ("queue-update.operations",)
_MEDIA_TYPE: Final = "application/openstack-messaging-v2.0-json-patch"
_PATCH: Final = {"Content-Type": _MEDIA_TYPE}


def _patch(api: Api, name: str, *operations: Any) -> Exchange:
    return api.patch(paths.queue(name), json=list(operations), headers=_PATCH)


def _add(key: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": f"/metadata/{key}", "value": value}


def _replace(key: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": f"/metadata/{key}", "value": value}


def _remove(key: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/metadata/{key}"}


def _own(shown: dict[str, Any]) -> dict[str, Any]:
    """The metadata without the reserved keys."""
    return {key: value for key, value in shown.items() if not key.startswith("_")}


@case("queue-update.operations", needs=("queue-create.metadata-kept",))
def operations(api: Api) -> None:
    """Keys are added, overwritten, replaced, removed, and set to null."""
    name = arrange.queue(api, {"old": 1, "stays": 2, "goes": 3, "over": 4})

    answer = _patch(
        api,
        name,
        _add("new", {"a": [1]}),
        _add("over", "written"),
        _replace("old", False),
        _remove("goes"),
        _add("none", None),
    )

    match.status(answer, 200)
    expected = {"new": {"a": [1]}, "over": "written", "old": False, "stays": 2, "none": None}
    match.equal("the metadata", _own(observe.metadata(api, name)), expected)


@case("queue-update.operations/none", needs=_UPDATED)
def no_operations(api: Api) -> None:
    """No operations are no change."""
    name = arrange.queue(api, {"colour": "red"})
    before = observe.metadata(api, name)

    match.status(_patch(api, name), 200)
    match.equal("the metadata", observe.metadata(api, name), before)


@case("queue-update.result", needs=_UPDATED)
def result(api: Api) -> None:
    """The answer is what the queue shows from now on."""
    name = arrange.queue(api, {"colour": "red"})

    answer = _patch(api, name, _add("_default_message_ttl", 600), _add("size", 1))

    match.status(answer, 200)
    match.media_type(answer, "application/json")
    shown = observe.metadata(api, name)
    match.equal("the answer", match.json_of(answer), shown)
    match.equal("_default_message_ttl", shown.get("_default_message_ttl"), 600)
    match.equal("own keys", _own(shown), {"colour": "red", "size": 1})


@case("queue-update.in-order", needs=_UPDATED)
def in_order(api: Api) -> None:
    """Each operation sees what those before it did."""
    name = arrange.queue(api, {"a": 0})

    answer = _patch(
        api,
        name,
        _add("b", 1),
        _remove("b"),
        _replace("a", 1),
        _remove("a"),
        _add("a", 2),
        _add("c", None),
        _replace("c", 3),
    )

    match.status(answer, 200)
    match.equal("the metadata", _own(observe.metadata(api, name)), {"a": 2, "c": 3})


@case("queue-update.all-or-nothing", needs=_UPDATED)
def all_or_nothing(api: Api) -> None:
    """Of a patch that is refused not even the good part is done."""
    name = arrange.queue(api, {"colour": "red"})
    before = observe.metadata(api, name)

    for bad in (_remove("nothing"), {"op": "test"}, _add("_default_message_ttl", 1)):
        match.status(_patch(api, name, _add("colour", "blue"), bad), 400, 409)
        match.equal("the metadata", observe.metadata(api, name), before)


@case("queue-update.unknown-queue")
def unknown_queue(api: Api) -> None:
    """A queue that does not exist is not found, and not made, by a patch that is well formed."""
    name = api.queue_name()

    match.status(_patch(api, name, _add("a", 1)), 404)
    match.status(_patch(api, name, _remove("a")), 404)
    match.status(_patch(api, name), 404)
    match.status(_patch(api, name, {"op": "test", "path": "/metadata/a"}), 400)
    observe.no_queue(api, name)


@case("queue-update.missing-key", needs=_UPDATED)
def missing_key(api: Api) -> None:
    """What is not there can be neither replaced nor removed."""
    name = arrange.queue(api)
    for key in ("nothing", "_flavor", "_retry_policy"):
        value = {} if key == "_retry_policy" else "x"
        match.status(_patch(api, name, _replace(key, value)), 409)
        match.status(_patch(api, name, _remove(key)), 409)


@case("queue-update.always-shown-keys", needs=(*_UPDATED, "queue-get.defaults"))
def always_shown_keys(api: Api) -> None:
    """What is always shown can be replaced and removed although it was never stored."""
    name = arrange.queue(api)
    defaults = observe.metadata(api, name)
    values = {
        "_default_message_ttl": 600,
        "_max_messages_post_size": 100,
        "_default_message_delay": 1,
        "_dead_letter_queue": "dead",
        "_dead_letter_queue_messages_ttl": 60,
        "_max_claim_count": 3,
        "_enable_encrypt_messages": False,
    }
    for key, value in values.items():
        match.status(_patch(api, name, _remove(key)), 200)
        match.status(_patch(api, name, _replace(key, value)), 200)
        match.equal(key, observe.metadata(api, name).get(key), value)
        match.status(_patch(api, name, _remove(key)), 200)
    match.equal("the metadata", observe.metadata(api, name), defaults)


@case("queue-update.media-type", needs=_UPDATED)
def media_type(api: Api) -> None:
    """Only the one media type of patches is taken, whatever the body."""
    path = paths.queue(arrange.queue(api))
    for given in (
        "application/json",
        "application/json-patch+json",
        f"{_MEDIA_TYPE}; charset=utf-8",
        "application/openstack-messaging-v2.0-JSON-patch",
        None,
    ):
        for data in (b"[]", b"[", b"{}"):
            match.status(api.patch(path, data=data, headers={"Content-Type": given}), 415)


@case("queue-update.malformed-operation", needs=_UPDATED)
def malformed_operation(api: Api) -> None:
    """An operation that is not whole, or not one of the three, is refused."""
    name = arrange.queue(api, {"colour": "red"})
    path = "/metadata/colour"
    for operation in (
        {"op": "test", "path": path, "value": "red"},
        {"op": "move", "path": path, "from": "/metadata/a"},
        {"op": "copy", "path": path, "from": "/metadata/a"},
        {"op": "ADD", "path": path, "value": 1},
        {"path": path, "value": 1},
        {"op": "add", "value": 1},
        {"op": "remove"},
        {"op": "add", "path": path},
        {"op": "replace", "path": path},
    ):
        match.status(_patch(api, name, operation), 400)


@case("queue-update.path-form", needs=_UPDATED)
def path_form(api: Api) -> None:
    """A path leads to one key of the metadata."""
    name = arrange.queue(api, {"colour": {"deep": 1}})
    for path in ("", "/", "/metadata", "/metadata/", "metadata/a", "/metadata/a/b", "/metadata//a"):
        for op in ("add", "replace"):
            match.status(_patch(api, name, {"op": op, "path": path, "value": 1}), 400)
    match.status(_patch(api, name, {"op": "add", "path": "/other/a", "value": 1}), 400)


@case("queue-update.path-escapes", needs=_UPDATED)
def path_escapes(api: Api) -> None:
    """Two escapes stand for the two signs that a key could not have, and there are no others."""
    name = arrange.queue(api)

    match.status(_patch(api, name, _add("a~1b", 1), _add("c~0d", 2), _add("e~01f", 3)), 200)

    expected = {"a/b": 1, "c~d": 2, "e~1f": 3}
    match.equal("the metadata", _own(observe.metadata(api, name)), expected)
    for key in ("a~2b", "a~", "a~b"):
        match.status(_patch(api, name, _add(key, 1)), 400)


@case("queue-update.path-root-exact", needs=_UPDATED)
def path_root_exact(api: Api) -> None:
    """The first segment is metadata, letter by letter, for each operation."""
    name = arrange.queue(api, {"colour": "red"})
    for root in ("other", "Metadata", "METADATA", " metadata", "metadata "):
        path = f"/{root}/colour"
        match.status(_patch(api, name, {"op": "remove", "path": path}), 400)
        match.status(_patch(api, name, {"op": "replace", "path": path, "value": 1}), 400)


@case("queue-update.body-types", needs=_UPDATED)
def body_types(api: Api) -> None:
    """A patch is an array of objects whose paths are text."""
    name = arrange.queue(api, {"colour": "red"})
    for body in ({}, {"colour": "blue"}, _add("a", 1)):
        match.status(api.patch(paths.queue(name), json=body, headers=_PATCH), 400)
    no_paths: tuple[Any, ...] = (1, None, ["metadata", "a"], {})
    for path in no_paths:
        match.status(_patch(api, name, {"op": "add", "path": path, "value": 1}), 400)
    match.status(_patch(api, name, "add"), 400)


@case("queue-update.result-valid", needs=_UPDATED)
def result_valid(api: Api) -> None:
    """No patch leads to metadata that a new queue could not have."""
    name = arrange.queue(api, {"_default_message_ttl": 600})
    before = observe.metadata(api, name)
    for operation in (
        _replace("_default_message_ttl", 59),
        _add("_max_messages_post_size", 0),
        _add("_enable_encrypt_messages", "true"),
    ):
        match.status(_patch(api, name, operation), 400)
    match.equal("the metadata", observe.metadata(api, name), before)


@case("queue-update.size", needs=_UPDATED)
def size(api: Api) -> None:
    """A patch that is too long is refused, even if it would store little."""
    name = arrange.queue(api, {"colour": "red"})
    most = api.limits.max_queue_metadata
    padded = json.dumps([_add("colour", "blue")]).encode().ljust(most + 1)

    match.status(api.offer("PATCH", paths.queue(name), padded, _PATCH), 400)
    match.status(api.patch(paths.queue(name), data=padded[:-1], headers=_PATCH), 200)


@case("queue-update.stored-size", needs=_UPDATED)
def stored_size(api: Api) -> None:
    """Metadata does not grow beyond its largest size by many small patches."""
    name = arrange.queue(api)
    half = "x" * (api.limits.max_queue_metadata // 2)

    with setup():
        match.status(_patch(api, name, _add("a", half)), 200)

    match.status(_patch(api, name, _add("b", half)), 400)
    match.equal("own keys", sorted(_own(observe.metadata(api, name))), ["a"])
