# SPDX-License-Identifier: Apache-2.0
"""Makes values that a shape of the specification allows, at its bounds more often than not.

It knows the words that shapes may be made of (`vocabulary.schema.json`) and no other. This module
sends nothing; what it makes follows from the given source of chance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from zaqar_conformance.websocket.actions import Node, resolved

_LARGE: Final = 2**40
_MOST_ITEMS: Final = 3
_DEEPEST: Final = 6
_TEXTS: Final = (
    "kit",
    "",
    "a",
    "größer \u2603",
    "\U0001f600",
    "a b",
    "\x00",
    "$set",
    "a.b",
    "0",
    "x" * 64,
)

#: Texts that patterns ask for.
_CANDIDATES: Final = (
    "kit-1",
    "A_b.c-9",
    "/metadata/colour",
    "/metadata/a~1b",
    "3381af92-2b9e-11e3-b191-71861300734c",
    "2035-01-01T00:00:00",
    "2035-01-01",
    "http://hooks.kit.invalid/in",
    "mailto:kit@kit.invalid",
    "64f0c0de0000000000000001",
)


class Maker:
    """Makes values of the shapes of a document."""

    def __init__(self, components: Node, chance: Random) -> None:
        self._components = components
        self._chance = chance

    def value(self, schema: Node, depth: int = 0) -> Any:
        """A value that the shape allows, as far as its words tell."""
        schema = self._whole(schema)
        if "enum" in schema:
            return self._chance.choice(schema["enum"])
        if "oneOf" in schema:
            return self.value(self._chance.choice(schema["oneOf"]), depth)
        make = getattr(self, f"_{schema.get('type', 'anything')}")
        return make(schema, depth)

    def _whole(self, schema: Node) -> dict[str, Any]:
        """The shape with all that it is made of put into one."""
        schema = dict(resolved(schema, self._components))
        for part in schema.pop("allOf", ()):
            other = self._whole(part)
            both = {
                "properties": {**schema.get("properties", {}), **other.get("properties", {})},
                "required": [*schema.get("required", ()), *other.get("required", ())],
            }
            schema = {**schema, **other, **{key: one for key, one in both.items() if one}}
        return schema

    def _object(self, schema: Node, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, member in schema.get("properties", {}).items():
            if name in schema.get("required", ()) or self._chance.random() < 0.5:
                made[name] = self.value(member, depth + 1)
        more = schema.get("additionalProperties", True)
        if isinstance(more, Mapping) and depth < _DEEPEST:
            for number in range(self._chance.randrange(_MOST_ITEMS)):
                made[f"key{number}"] = self.value(more, depth + 1)
        return made

    def _array(self, schema: Node, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + _MOST_ITEMS), least + _MOST_ITEMS)
        count = self._chance.randint(least, most)
        return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]

    def _integer(self, schema: Node, depth: int) -> int:
        low = schema.get("minimum", -_LARGE)
        high = schema.get("maximum", max(low, _LARGE))
        near = (low, high, min(low + 1, high), max(high - 1, low))
        return int(self._chance.choice((*near, self._chance.randint(low, high))))

    def _number(self, schema: Node, depth: int) -> float:
        return self._chance.choice((self._integer(schema, depth), self._chance.random()))

    def _boolean(self, schema: Node, depth: int) -> bool:
        return self._chance.random() < 0.5

    def _string(self, schema: Node, depth: int) -> str:
        if pattern := schema.get("pattern"):
            fitting = [text for text in _CANDIDATES if re.search(pattern, text)]
            if fitting:
                return self._chance.choice(fitting)
        least, most = schema.get("minLength", 0), schema.get("maxLength", 300)
        lengths = ["a" * least, "b" * min(most, 300)]
        fitting = [text for text in (*_TEXTS, *_CANDIDATES, *lengths) if least <= len(text) <= most]
        return self._chance.choice(fitting)

    def _anything(self, schema: Node, depth: int) -> Any:
        kinds = ("string", "integer", "number", "boolean", "object", "array")
        kind = self._chance.choice(kinds if depth < _DEEPEST else kinds[:4])
        if kind == "object":
            return {one: self.value({}, depth + 2) for one in _TEXTS[:2]}
        return self.value({"type": kind}, depth + 2)
