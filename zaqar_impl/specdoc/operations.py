# SPDX-License-Identifier: Apache-2.0
"""The operations of a bundled document with everything that checking a request needs, compiled once
at start.

Shapes are checked by jsonschema-rs with the semantics of JSON Schema draft 4, as OpenAPI 3.0 means
them: ``60.0`` and ``true`` are no integers. Nothing here knows what a violation looks like on the
wire.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

METHODS = ("get", "head", "put", "post", "patch", "delete")

#: Longer texts of violations lose their middle: they quote the offending value, which may be as
#: large as the request. What is meant stands at the beginning, the bound at the end.
LONGEST_TEXT = 300


class Shape:
    """One schema of the document, ready to check values with."""

    def __init__(self, schema: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self.schema = resolved(schema, components)
        self._validator = jsonschema_rs.Draft4Validator(
            {**schema, "components": components}, validate_formats=False
        )

    def violation(self, value: Any) -> str | None:
        """What is wrong with ``value``, naming the member and the bound, or None."""
        try:
            self._validator.validate(value)  # stops at the first fault; iter_errors finds them all
        except jsonschema_rs.ValidationError as error:
            return _shortened(_told(error))
        return None


def _shortened(text: str) -> str:
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]} ... {text[-half:]}"


def _told(error: jsonschema_rs.ValidationError) -> str:
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path
    )
    context = getattr(error.kind, "context", None)
    branches = [branch for branch in context or [] if branch]
    if branches:  # the first alternative is the proper shape, the others are null and the like
        return _told(branches[0][0])
    return f"{place.lstrip('.')}: {error.message}" if place else error.message


@dataclass(frozen=True)
class Parameter:
    """A path, query or header parameter."""

    name: str
    place: str
    shape: Shape

    @functools.cached_property
    def type(self) -> str:
        return str(self.shape.schema.get("type", "string"))

    @functools.cached_property
    def takes_the_rest(self) -> bool:
        """Whether it gathers all query keys that no other parameter names (an exploded form
        object)."""
        return self.place == "query" and self.type == "object"


@dataclass(frozen=True)
class Body:
    """A request body: its one media type, its shape, and the most bytes it may have."""

    media_type: str
    required: bool
    shape: Shape
    max_bytes: int


@dataclass(frozen=True)
class Operation:
    """An operation as the bindings need it; ``id`` is the name of its handler.

    ``variants`` maps a query parameter to the operation that serves the request when it is present.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    variants: Mapping[str, str]

    def of(self, place: str) -> tuple[Parameter, ...]:
        """The parameters in ``place``: ``path``, ``query`` or ``header``."""
        return self._places.get(place, ())

    @functools.cached_property
    def named_in_query(self) -> Mapping[str, Parameter]:
        """The parameters in the query by their keys."""
        return {p.name: p for p in self.of("query") if not p.takes_the_rest}

    @functools.cached_property
    def rest_of_query(self) -> Parameter | None:
        """The parameter that takes the rest of the query, if there is one."""
        return next((p for p in self.of("query") if p.takes_the_rest), None)

    @functools.cached_property
    def _places(self) -> Mapping[str, tuple[Parameter, ...]]:
        places = {parameter.place for parameter in self.parameters}
        return {place: tuple(p for p in self.parameters if p.place == place) for place in places}


def shape(document: Mapping[str, Any], name: str) -> Shape:
    """The schema ``#/components/schemas/<name>`` of a bundled document.

    Raises:
        KeyError: the document has no such schema.
    """
    components = document["components"]
    if name not in components["schemas"]:
        raise KeyError(name)
    return Shape({"$ref": f"#/components/schemas/{name}"}, components)


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Every operation of a bundled document, in its order."""
    return tuple(_operations(document))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    components = document.get("components", {})
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(path, method, item, components)


def _operation(
    path: str, method: str, item: Mapping[str, Any], components: Mapping[str, Any]
) -> Operation:
    spec = item[method]
    listed = [
        resolved(parameter, components)
        for parameter in [*item.get("parameters", []), *spec.get("parameters", [])]
    ]
    return Operation(
        id=spec["operationId"],
        method=method.upper(),
        path=path,
        parameters=tuple(
            Parameter(p["name"], p["in"], Shape(p["schema"], components)) for p in listed
        ),
        body=_body(spec.get("requestBody"), components),
        variants=spec.get("x-variants", {}),
    )


def _body(spec: Mapping[str, Any] | None, components: Mapping[str, Any]) -> Body | None:
    if spec is None:
        return None
    spec = resolved(spec, components)
    ((media_type, content),) = spec["content"].items()
    return Body(
        media_type=media_type,
        required=spec.get("required", False),
        shape=Shape(content["schema"], components),
        max_bytes=spec["x-max-bytes"]["default"],
    )


def resolved(node: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a node of the document refers to, or the node itself."""
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = components[kind][name]
    return node
