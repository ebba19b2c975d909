# SPDX-License-Identifier: Apache-2.0
"""What the AsyncAPI document says of each action, for cases that are run over many of them.

This module reads a bundled document. It sends nothing and judges nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import jsonschema

from zaqar_conformance import specdoc

_CHANNEL = "api"

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """A member of a body."""

    name: str
    type: str
    required: bool
    schema: Node = field(repr=False)


@dataclass(frozen=True)
class Action:
    """What can be asked for."""

    name: str
    extension: bool
    tags: tuple[str, ...]
    #: A body from the document's examples.
    example: dict[str, Any] = field(repr=False)
    members: tuple[Member, ...] = field(repr=False)
    #: The shape of the whole request.
    payload: Node = field(repr=False)
    #: The shapes of its replies: status, then one or more shapes.
    replies: Mapping[int, tuple[Node, ...]] = field(repr=False)
    #: The part of the document that the shapes refer to.
    components: Node = field(repr=False)

    @property
    def names(self) -> str:
        """The member that names a queue or a topic; empty if there is none."""
        named = [one.name for one in self.members if one.name in ("queue_name", "topic_name")]
        return named[0] if named else ""

    def body(self, **changed: Any) -> dict[str, Any]:
        """The example with some members changed."""
        return {**copy.deepcopy(self.example), **changed}

    def without(self, member: str) -> dict[str, Any]:
        """The example without a member."""
        return {key: value for key, value in self.body().items() if key != member}

    def problem(self, status: int, reply: object) -> str:
        """What is wrong with a reply of that status by the document; empty if nothing is."""
        if status not in self.replies:
            return f"status {status} is not declared for {self.name}"
        problems = [_problem(shape, self.components, reply) for shape in self.replies[status]]
        return "" if "" in problems else problems[0]

    def fits(self, request: object) -> bool:
        """Whether a request has the shape that the document asks for."""
        return not _problem(self.payload, self.components, request)


class Actions:
    """The actions of a document."""

    def __init__(self, document: Node) -> None:
        self.document = document

    def __getitem__(self, name: str) -> Action:
        return self.by_name[name]

    def __iter__(self) -> Iterator[Action]:
        return iter(self.by_name.values())

    @cached_property
    def by_name(self) -> dict[str, Action]:
        """Every action by its name; what is sent unasked is none."""
        return {
            name: _action(name, operation, self.document)
            for name, operation in self.document.get("operations", {}).items()
            if operation["action"] == "receive"
        }

    @property
    def of_v2(self) -> list[Action]:
        """The actions of v2 that do something."""
        return [one for one in self if not one.extension and one.name != "authenticate"]

    @property
    def of_queues(self) -> list[Action]:
        """Those of v2 that name a queue."""
        return [one for one in self.of_v2 if one.names == "queue_name"]

    def some(self, *names: str) -> list[Action]:
        """The actions of those names."""
        return [self[name] for name in names]


@cache
def usual() -> Actions:
    """The actions of the specification that the kit finds without being told where."""
    return Actions(specdoc.load().websocket)


def _action(name: str, operation: Node, document: Node) -> Action:
    components = document["components"]
    (request,) = _messages(operation["messages"], document)
    body = request["payload"]["properties"].get("body", {})
    replies: dict[int, tuple[Node, ...]] = {}
    for message in _messages(operation["reply"]["messages"], document):
        status = message["x-status"]
        replies[status] = (*replies.get(status, ()), message["payload"])
    return Action(
        name=name,
        extension=bool(operation.get("x-extension")),
        tags=tuple(tag["name"] for tag in operation.get("tags", ())),
        example=request["examples"][0]["payload"].get("body", {}),
        members=tuple(_members(body, components)),
        payload=request["payload"],
        replies=replies,
        components=components,
    )


def _messages(references: Iterable[Node], document: Node) -> Iterator[Node]:
    for reference in references:
        name = reference["$ref"].rpartition("/")[2]
        yield document["channels"][_CHANNEL]["messages"][name]


def resolved(schema: Node, components: Node) -> Node:
    """The schema itself, or what its reference leads to."""
    while "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _members(schema: Node, components: Node) -> Iterator[Member]:
    schema = resolved(schema, components)
    for part in schema.get("allOf", ()):
        yield from _members(part, components)
    for name, member in schema.get("properties", {}).items():
        shape = resolved(member, components)
        kind = _type(shape, components)
        yield Member(name, kind, name in schema.get("required", ()), shape)


def _type(schema: Node, components: Node) -> str:
    """The type that a shape declares; one that is made of parts has that of its first."""
    schema = resolved(schema, components)
    if "type" in schema:
        return str(schema["type"])
    parts = [*schema.get("allOf", ()), *schema.get("oneOf", ())]
    return next((kind for part in parts if (kind := _type(part, components))), "")


def _problem(schema: Node, components: Node, value: object) -> str:
    validator = jsonschema.Draft4Validator({**schema, "components": components})
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return f"{error.json_path}: {error.message[:200]}" if error else ""
