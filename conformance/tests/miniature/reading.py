# SPDX-License-Identifier: Apache-2.0
"""Reads what a caller says: headers, query, JSON. Each rule is a method or a figure of its own.

That is the miniature's one peculiarity of style: a deliberately wrong server is made from it by
replacing a single one of them.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from typing import Any, NoReturn
from urllib.parse import unquote_plus

from .wire import Answer, Request

_FORM = "application/x-www-form-urlencoded"
_TRUE = ("true", "True", "yes", "t", "y", "1", "on")
_FALSE = ("false", "False", "no", "f", "n", "0", "off")


class Refusal(Exception):
    """The request is refused."""

    def __init__(self, status: int, description: str, **headers: str) -> None:
        super().__init__(description)
        self.status = status
        self.headers = headers


class Query:
    """The parameters of a request; a comma that is not escaped separates values."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, list[str]] = {}
        for part in filter(None, text.split("&")):
            name, _, value = part.partition("=")
            if value:
                texts = [unquote_plus(one) for one in value.split(",")]
                self.values.setdefault(unquote_plus(name), []).extend(texts)

    def last(self, name: str) -> str | None:
        """The value of a scalar parameter: the last one given."""
        return self.values.get(name, [None])[-1]


class Reading:
    """How requests are read."""

    json_levels = 200
    largest_integer = 2**63 - 1

    # -- headers

    def check_form(self, request: Request) -> None:
        """A form is no body of this API."""
        if request.headers.get("Content-Type", "").lower() == _FORM and request.has_length:
            raise Refusal(400, "a form is not taken")

    def check_accept(self, request: Request) -> None:
        """JSON has to be acceptable."""
        accept = request.headers.get("Accept", "").strip()
        if accept and not any(one in self.json_ranges() for one in self.accepted_ranges(accept)):
            raise Refusal(406, "only application/json is served")

    def json_ranges(self) -> tuple[str, ...]:
        """The media ranges that application/json is in."""
        return ("*/*", "application/*", "application/json")

    def accepted_ranges(self, accept: str) -> list[str]:
        """The media ranges that are not ruled out by q=0."""
        listed = [one.replace(" ", "") for one in accept.split(",") if one.strip()]
        return [one.partition(";")[0] for one in listed if "q=0" not in one or "q=0." in one]

    def client_of(self, request: Request) -> str:
        """The UUID of the client instance, in one spelling."""
        given = request.headers.get("Client-ID", "")
        try:
            return self.client_spelling(given)
        except ValueError:
            raise Refusal(400, "Client-ID is not a UUID") from None

    def client_spelling(self, given: str) -> str:
        """The one spelling of a UUID."""
        return str(uuid.UUID(given))

    def project_of(self, request: Request) -> str:
        """The project, from the first of its headers that is there."""
        for name in self.project_headers():
            if name in request.headers:
                if request.headers[name]:
                    return str(request.headers[name])
                break
        raise Refusal(400, "X-Project-ID is missing or empty")

    def project_headers(self) -> tuple[str, ...]:
        """Where the project stands, the first one that is there counting."""
        return ("X-Project-ID", "X-Tenant-ID", "X-Tenant")

    def check_project_length(self, project: str) -> None:
        """A project has at most 256 characters."""
        if len(project) > 256:
            raise Refusal(400, "X-Project-ID is longer than 256 characters")

    # -- query

    def query_of(self, text: str) -> Query:
        """The parameters."""
        return Query(text)

    def integer(self, query: Query, name: str, default: int, low: int, high: int) -> int:
        """An integer parameter in its range."""
        text = query.last(name)
        if text is None:
            return default
        if not re.fullmatch(r" *[+-]?[0-9]+ *", text):
            raise Refusal(400, f"{name} is not an integer from {low} to {high}")
        if not low <= int(text) <= high:
            raise Refusal(400, f"{name} is not from {low} to {high}")
        return int(text)

    def boolean(self, query: Query, name: str) -> bool:
        """A boolean parameter, false by default."""
        text = query.last(name)
        if text is not None and text not in _TRUE + _FALSE:
            raise Refusal(400, f"{name} is not a boolean")
        return text in _TRUE

    # -- JSON

    def json_of(self, request: Request) -> Any:
        """The body, which is JSON."""
        try:
            text = request.body.decode()
            self.check_levels(text)
            return self.checked_value(self.parsed(text))
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not JSON") from None

    def parsed(self, text: str) -> Any:
        """The value that the text stands for."""
        return json.loads(
            text,
            parse_constant=self.constant,
            parse_float=self.fraction,
            object_pairs_hook=self.an_object,
        )

    def constant(self, text: str) -> Any:
        """NaN and the infinities are no JSON."""
        return _not_json(text)

    def fraction(self, text: str) -> float:
        """A number with a fraction or an exponent, which is finite."""
        return float(text) if math.isfinite(float(text)) else _not_json(text)

    def an_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The members of an object, whose keys differ."""
        return dict(pairs) if len(dict(pairs)) == len(pairs) else _not_json("duplicate key")

    def checked_value(self, value: Any) -> Any:
        """The value, if it can be written again."""
        json.dumps(value, ensure_ascii=False).encode()
        return value

    def check_levels(self, text: str) -> None:
        """Arrays and objects are nested to a limit."""
        depth = 0
        for sign in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0)
            if depth > self.json_levels:
                _not_json("too deep")

    def object_of(self, request: Request, default: dict[str, Any] | None = None) -> dict[str, Any]:
        """The body, which is an object, and may be absent if there is a default."""
        if not request.body and default is not None:
            return default
        value = self.json_of(request)
        if not isinstance(value, dict):
            raise Refusal(400, "the body is not an object")
        return value

    def ranged(self, what: str, value: object, low: int, high: int) -> int:
        """An integer in its range; true is none."""
        if not self.is_integer(value) or not low <= int(str(value)) <= high:
            raise Refusal(400, f"{what} is not an integer from {low} to {high}")
        return int(str(value))

    def is_integer(self, value: object) -> bool:
        """Whether a JSON value is an integer."""
        return isinstance(value, int) and not isinstance(value, bool)


def error(status: int, description: str) -> Answer:
    """The error object of the API."""
    content = {"title": f"Refused ({status})", "description": description}
    return Answer(status, content, {"Content-Type": "application/json"})


def _not_json(why: str) -> NoReturn:
    raise ValueError(why)
