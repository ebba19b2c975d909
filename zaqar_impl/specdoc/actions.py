# SPDX-License-Identifier: Apache-2.0
"""The actions of a bundled AsyncAPI document with everything that a WebSocket binding needs,
compiled once at start.

As with operations, nothing here knows what a violation looks like on the wire.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zaqar_impl.specdoc.operations import Shape, resolved

#: The one channel of the document.
CHANNEL = "api"

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """What a client may ask for on a connection; ``id`` is the name of its handler.

    ``defaults`` are the values of members of the body that are not given; ``secrets`` are the names
    of members that no reply repeats. ``max_bytes`` bounds the body as JSON text without blanks.
    ``method`` and ``path`` are those of the same request over REST, by which a signature is judged;
    None for an action that no signature opens. ``replies`` are the statuses of its replies.
    """

    id: str
    headers: Shape
    body: Shape
    body_required: bool
    defaults: Mapping[str, Any]
    secrets: frozenset[str]
    max_bytes: int | None
    policy: str | None
    method: str | None
    path: str | None
    replies: tuple[int, ...]
    extension: bool

    def rest_path(self, body: Mapping[str, Any]) -> str | None:
        """The path of the same request over REST, with the names and ids of the body in it."""
        return self.path and self.path.format_map(body)


@dataclass(frozen=True)
class Channel:
    """What holds for all messages of a connection.

    ``max_frame`` is the most bytes that a message may have, ``secret_headers`` are the names, in
    lower case, of headers that no reply repeats, ``request_id`` is the shape of the name that a
    request may have, and ``close_codes`` say when the server uses them.
    """

    max_frame: int
    secret_headers: frozenset[str]
    request_id: Shape
    close_codes: Mapping[int, str]


def channel(document: Node) -> Channel:
    """The one channel of a bundled document."""
    spec, components = document["channels"][CHANNEL], document["components"]
    headers = components["schemas"]["RequestHeaders"]
    return Channel(
        max_frame=spec["x-max-frame"]["default"],
        secret_headers=frozenset(name.lower() for name in _secrets(headers, components)),
        request_id=Shape(components["schemas"]["RequestId"], components),
        close_codes={
            one["code"]: one["when"] for one in spec["x-close-codes"] if one["by"] == "server"
        },
    )


def actions(document: Node) -> tuple[Action, ...]:
    """Every action of a bundled document, in its order; what is sent unasked is none."""
    return tuple(
        _action(name, operation, document)
        for name, operation in document["operations"].items()
        if operation["action"] == "receive"
    )


def reply(document: Node, action: str, status: int) -> Shape:
    """The shape of the whole reply that an action is answered with in this status.

    Raises:
        KeyError: it is never answered so.
    """
    for message in _replies(document["operations"][action], document):
        if message["x-status"] == status:
            return Shape(message["payload"], document["components"])
    raise KeyError(status)


def _action(name: str, operation: Node, document: Node) -> Action:
    components = document["components"]
    (request,) = (_message(ref, document) for ref in operation["messages"])
    payload = request["payload"]
    body = payload["properties"]["body"]
    rest = operation.get("x-rest", {})
    named = {member: shape for member, _, shape in members(body, components)}
    return Action(
        id=name,
        headers=Shape(payload["properties"]["headers"], components),
        body=Shape(body, components),
        body_required="body" in payload["required"],
        defaults={key: shape["default"] for key, shape in named.items() if "default" in shape},
        secrets=_secrets(body, components),
        max_bytes=operation.get("x-max-bytes", {}).get("default"),
        policy=operation.get("x-policy"),
        method=rest.get("method"),
        path=rest.get("path"),
        replies=tuple(sorted(message["x-status"] for message in _replies(operation, document))),
        extension=operation.get("x-extension", False),
    )


def _replies(operation: Node, document: Node) -> Iterator[Node]:
    for ref in operation["reply"]["messages"]:
        yield _message(ref, document)


def _message(ref: Node, document: Node) -> Node:
    message: Node = document["channels"][CHANNEL]["messages"][ref["$ref"].rpartition("/")[2]]
    return message


def members(schema: Node, components: Node) -> Iterator[tuple[str, Node, Node]]:
    """The members that a shape names, through all that it is made of: each with its name, what is
    written there, and the shape that this refers to."""
    schema = resolved(schema, components)
    for part in schema.get("allOf", ()):
        yield from members(part, components)
    for name, member in schema.get("properties", {}).items():
        yield name, member, resolved(member, components)


def _secrets(schema: Node, components: Node) -> frozenset[str]:
    return frozenset(
        name for name, _, shape in members(schema, components) if shape.get("x-secret")
    )
