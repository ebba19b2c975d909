# SPDX-License-Identifier: Apache-2.0
"""The operations of the bundled document: what each takes, and where its schemas lead.

This module knows OpenAPI 3.0's form. It knows no HTTP client and makes no judgement.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, its references followed."""

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        """The type its schema declares; a schema made of parts counts as its first typed part."""
        parts = [self.schema, *self.schema.get("allOf", ()), *self.schema.get("oneOf", ())]
        return next((part["type"] for part in parts if "type" in part), "string")


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    id: str
    method: str
    path: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...] = field(repr=False)
    #: The schemas of the request body by media type; empty when the operation takes none.
    bodies: Mapping[str, Mapping[str, Any]] = field(repr=False)
    body_required: bool
    max_bytes: int | None
    #: The statuses that are declared for its answers.
    statuses: tuple[str, ...]
    #: The operations that its answers lead to by OpenAPI links.
    links: frozenset[str]
    #: Whether a deployment may have its path switched off.
    optional: bool = False

    def profile(self, profiles: Mapping[str, str]) -> str:
        """The profile the operation belongs to: the one its tag names, else the core."""
        return next((tag for tag in self.tags if tag in profiles), "core")


def operations(document: Mapping[str, Any]) -> dict[str, Operation]:
    """Every operation of the document by its operationId."""
    return {operation.id: operation for operation in _operations(document)}


def resolved(document: Mapping[str, Any], node: Any) -> Any:
    """The node itself, or what its reference leads to inside the document."""
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        target: Any = document
        for segment in node["$ref"].removeprefix("#/").split("/"):
            target = target[segment.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield _operation(document, path, method)


def links(document: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The links of an operation's answers."""
    for answer in raw.get("responses", {}).values():
        for link in resolved(document, answer).get("links", {}).values():
            yield resolved(document, link)


def _operation(document: Mapping[str, Any], path: str, method: str) -> Operation:
    item = document["paths"][path]
    raw = item[method]
    body = resolved(document, raw.get("requestBody", {}))
    own = [*item.get("parameters", ()), *raw.get("parameters", ())]
    return Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        tags=tuple(raw.get("tags", ())),
        parameters=tuple(_parameter(document, parameter) for parameter in own),
        bodies={kind: media.get("schema", {}) for kind, media in body.get("content", {}).items()},
        body_required=body.get("required", False),
        max_bytes=body.get("x-max-bytes", {}).get("default"),
        statuses=tuple(map(str, raw.get("responses", ()))),
        optional=bool(item.get("x-enabled-by")),
        links=frozenset(str(link.get("operationId", "")) for link in links(document, raw)),
    )


def _parameter(document: Mapping[str, Any], raw: Any) -> Parameter:
    parameter = resolved(document, raw)
    return Parameter(
        name=parameter["name"],
        place=parameter["in"],
        required=parameter.get("required", False),
        schema=resolved(document, parameter.get("schema", {})),
    )


def with_one_caller(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document whose links hand on every header of the caller.

    What one caller made, another does not have to see; so a walk has to stay one caller's, also
    where a link names the path only.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    headers = {
        operation.id: [p.name for p in operation.parameters if p.place == "header"]
        for operation in operations(changed).values()
    }
    for item in changed["paths"].values():
        for raw in (item[method] for method in _METHODS if method in item):
            own = headers[raw["operationId"]]
            for link in links(changed, raw):
                for name in set(own) & set(headers.get(link.get("operationId", ""), ())):
                    link.setdefault("parameters", {}).setdefault(name, f"$request.header.{name}")
    return changed
