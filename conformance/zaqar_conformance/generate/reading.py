# SPDX-License-Identifier: Apache-2.0
"""Reads a request off the wire as the API says a server reads it, and tells what breaks the spec.

The API is looser than OpenAPI about spelling: `limit=+7`, `echo=yes`, `marker=` are all fine
(contract 2.3 to 2.12). A generated request is bad only if it is still bad after such reading, and
good only if nothing about it is left to the server's choice. This module knows those rules and the
operation's schemas; it knows neither what generated the request nor what was answered.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

import jsonschema

from zaqar_conformance.generate.operations import Operation, Parameter

#: The spellings of a boolean in a query, exactly these (contract 2.12).
_TRUE = frozenset(("true", "True", "yes", "t", "y", "1", "on"))
_FALSE = frozenset(("false", "False", "no", "f", "n", "0", "off"))

#: Servers refuse deeper JSON; the first depth that is refused is theirs to choose up to here.
_MAX_DEPTH = 200

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_UNREADABLE = object()


@dataclass(frozen=True)
class Request:
    """A request as it was sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reading:
    """What the API says about a request."""

    #: Why it has to be refused; empty for a good request.
    problems: tuple[str, ...] = ()
    #: What the API leaves to the server, so that neither answer is wrong.
    open_points: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        """It has to be refused."""
        return bool(self.problems)

    @property
    def is_good(self) -> bool:
        """Nothing about it allows a refusal."""
        return not self.problems and not self.open_points

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.problems + other.problems, self.open_points + other.open_points)


def takes_header(operation: Operation, document: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether the operation's schema takes this value of a header."""
    schemas = _Schemas(document)
    return any(
        parameter.name == name and not schemas.problem(name, value.strip(" \t"), parameter.schema)
        for parameter in _of(operation, "header")
    )


def read(operation: Operation, document: Mapping[str, Any], request: Request) -> Reading:
    """How the API reads this request to this operation."""
    schemas = _Schemas(document)
    return (
        _read_path(operation, schemas, request)
        + _read_query(operation, schemas, request)
        + _read_headers(operation, schemas, request)
        + _read_body(operation, schemas, request)
    )


class _Schemas:
    """Validates values against schemas that refer to the document's components."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document.get("components", {})

    def problem(self, name: str, value: Any, schema: Mapping[str, Any]) -> str:
        """What is wrong with the value, in words, or nothing."""
        # Draft 4, the draft OpenAPI 3.0 builds on: there 60.0 is not an integer, as in the API.
        validator = jsonschema.Draft4Validator({"allOf": [schema], "components": self._components})
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error is None:
            return ""
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
        return f"{name}{where}: {_complaint(error)}"


def _complaint(error: jsonschema.ValidationError) -> str:
    """The validator's message, without its habit of printing whole values."""
    bound: Any = error.validator_value
    value: Any = error.instance
    if error.validator == "maxLength":
        return f"{len(value)} characters, at most {bound}"
    if error.validator == "type":
        return f"{_short(json.dumps(value), 80)} is no {bound}"
    if error.validator == "oneOf":
        return f"{_short(json.dumps(value), 80)} has none of the shapes that are allowed"
    return _short(error.message)


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[: width // 2]} ... {text[-width // 2 :]}"


def _read_path(operation: Operation, schemas: _Schemas, request: Request) -> Reading:
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
    match = re.search(f"{pattern}$", urlsplit(request.url).path)
    if match is None:
        return Reading(open_points=("the path leads elsewhere",))
    problems = []
    for parameter in _of(operation, "path"):
        text = unquote(match[parameter.name], errors="surrogateescape")
        if "/" in text or text in (".", ".."):
            # An encoded slash is decoded before routing; clients and proxies resolve dots.
            return Reading(open_points=("the path leads elsewhere",))
        problems.append(schemas.problem(f"path {parameter.name}", text, parameter.schema))
    return Reading(tuple(filter(None, problems)))


def _read_query(operation: Operation, schemas: _Schemas, request: Request) -> Reading:
    sent = _query_values(urlsplit(request.url).query)
    problems = []
    for parameter in _of(operation, "query"):
        values = sent.get(parameter.name, [])
        if not values and parameter.required:
            problems.append(f"query {parameter.name}: missing")
        if not values or parameter.type == "object":
            continue
        value = values if parameter.type == "array" else _scalar(parameter, values[-1])
        name = f"query {parameter.name}"
        if value is _UNREADABLE:
            problems.append(f"{name}: {values[-1]!r} is no {parameter.type}")
        else:
            problems.append(schemas.problem(name, value, parameter.schema))
    return Reading(tuple(filter(None, problems)))


def _query_values(query: str) -> dict[str, list[str]]:
    """The values of each key: `key=` counts as absent, a comma separates, `%2C` does not."""
    values: dict[str, list[str]] = {}
    for part in query.split("&"):
        key, _, text = part.partition("=")
        elements = [unquote_plus(element) for element in text.split(",") if element]
        if elements:
            values.setdefault(unquote_plus(key), []).extend(elements)
    return values


def _scalar(parameter: Parameter, text: str) -> Any:
    if parameter.type == "integer":
        try:
            # Blanks around it are fine; other spellings int() takes get the benefit of the doubt.
            return int(text)
        except ValueError:
            return _UNREADABLE
    if parameter.type == "boolean":
        return True if text in _TRUE else False if text in _FALSE else _UNREADABLE
    return text


def _read_headers(operation: Operation, schemas: _Schemas, request: Request) -> Reading:
    sent = {name.lower(): text.strip(" \t") for name, text in request.headers.items()}
    problems = []
    for parameter in _of(operation, "header"):
        name = f"header {parameter.name}"
        text = sent.get(parameter.name.lower())
        if text is None:
            problems.append(f"{name}: missing" if parameter.required else "")
        else:
            problems.append(schemas.problem(name, text, parameter.schema))
    problems = [problem for problem in problems if problem]
    # With a token the project is the token's, whatever the header says (contract 2.4). Without a
    # queue or topic in the path its length only SHOULD be checked
    # (headers.project-length-everywhere).
    named = "{queue_name}" in operation.path or "{topic_name}" in operation.path
    is_open = "x-auth-token" in sent or (not named and len(sent.get("x-project-id", "")) > 0)
    of_project = tuple(p for p in problems if p.startswith("header X-Project-ID")) * is_open
    return Reading(tuple(p for p in problems if p not in of_project), of_project)


def _of(operation: Operation, place: str) -> list[Parameter]:
    return [parameter for parameter in operation.parameters if parameter.place == place]


def _read_body(operation: Operation, schemas: _Schemas, request: Request) -> Reading:
    if not operation.bodies:
        return Reading()
    if not request.body:
        return Reading(("body: missing",) if operation.body_required else ())
    if operation.max_bytes is not None and len(request.body) > operation.max_bytes:
        return Reading((f"body: {len(request.body)} bytes, at most {operation.max_bytes}",))
    media_type = next(
        (text for name, text in request.headers.items() if name.lower() == "content-type"), ""
    )
    if media_type not in operation.bodies:
        # Bodies are JSON whatever the type says, save a few exact spellings that written cases try.
        return Reading(open_points=(f"content type {media_type!r}",))
    return _read_json(schemas, request.body, operation.bodies[media_type])


def _read_json(schemas: _Schemas, body: bytes, schema: Mapping[str, Any]) -> Reading:
    odd: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            odd.add("a key twice in one object")
        return dict(pairs)

    def integer(text: str) -> int | float:
        # Longer than any 64-bit number: the value does not matter any more, its size does.
        value = int(text) if len(text) <= 40 else 10**40
        if not -(2**63) <= value < 2**63:
            odd.add("an integer beyond 64 bits")
        return value

    def finite(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text} is no finite number")
        return value

    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=members,
            parse_int=integer,
            parse_float=finite,
            parse_constant=finite,
        )
    except (ValueError, RecursionError) as error:
        return Reading((f"body: not JSON ({_short(str(error))})",))
    if _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return Reading(("body: a lone surrogate",))
    if _depth(value) > _MAX_DEPTH:
        return Reading((f"body: deeper than {_MAX_DEPTH} levels",))
    problem = schemas.problem("body", value, schema)
    return Reading((problem,) if problem else (), tuple(sorted(odd)))


def _depth(value: Any) -> int:
    """How deep arrays and objects nest."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth
