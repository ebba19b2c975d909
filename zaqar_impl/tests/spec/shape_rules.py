# SPDX-License-Identifier: Apache-2.0
"""House rules of shapes and examples: a closed vocabulary, no cycles, examples that fit.

Each rule gives its findings as texts, none if the spec keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from zaqar_impl.specdoc import spec_root
from zaqar_impl.tests.spec.reading import Node, Spec, nodes


@cache
def _vocabulary() -> Draft7Validator:
    schema = json.loads((spec_root() / "vocabulary.schema.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def vocabulary(spec: Spec) -> Iterator[str]:
    """Files in schemas/ use only what every reader understands alike."""
    for file, content in spec.schemas.items():
        for error in _vocabulary().iter_errors(content):
            yield f"schemas/{file}.yaml {error.json_path}: {error.message}"


def cycles(spec: Spec) -> Iterator[str]:
    """No shape contains itself."""
    shapes = spec.shapes()

    def reached(name: str, on_the_way: tuple[str, ...]) -> Iterator[str]:
        if name in on_the_way:
            yield " -> ".join((*on_the_way, name))
            return
        for node in nodes(shapes[name]):
            if "$ref" in node:
                yield from reached(node["$ref"].split("/")[-1], (*on_the_way, name))

    for name in shapes:
        yield from reached(name, ())


def examples(spec: Spec) -> Iterator[str]:
    """Every example and every default fits the shape that it stands for."""
    for place, schema, value in _pairs(spec):
        validator = OAS30Validator(
            {**schema, "components": {"schemas": spec.shapes()}},
            format_checker=oas30_format_checker,
        )
        yield from (f"{place} {e.json_path}: {e.message}" for e in validator.iter_errors(value))


def _pairs(spec: Spec) -> Iterator[tuple[str, Node, Any]]:
    for _, _, operation in spec.operations():
        name = operation["operationId"]
        for parameter in map(spec.resolved, operation["parameters"]):
            yield from _given(f"{name} {parameter['name']}", parameter)
        yield from _of_content(spec, f"{name} request", operation.get("requestBody", {}))
        for status, response in spec.responses(operation):
            yield from _of_content(spec, f"{name} {status}", response)
            for header, entry in response.get("headers", {}).items():
                yield from _given(f"{name} {status} {header}", spec.resolved(entry))
    for shape in nodes(spec.shapes()):
        if "default" in shape and "type" in shape:
            yield f"default {shape['default']!r}", shape, shape["default"]


def _given(place: str, entry: Node) -> Iterator[tuple[str, Node, Any]]:
    if "example" in entry:
        yield place, entry["schema"], entry["example"]
    if "default" in entry["schema"]:
        yield f"{place} default", entry["schema"], entry["schema"]["default"]


def _of_content(spec: Spec, place: str, entry: Node) -> Iterator[tuple[str, Node, Any]]:
    for content in entry.get("content", {}).values():
        for label, example in content.get("examples", {}).items():
            yield f"{place} {label}", content["schema"], spec.resolved(example)["value"]


RULES = (vocabulary, cycles, examples)
