# SPDX-License-Identifier: Apache-2.0
"""Checks of query parameters and bodies by the spec, in the form that Connexion's ``validator_map``
takes.

The spellings that HTTP clients use for values (contract 2.12) end here: behind these checks an
integer is an integer.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.types import Receive, Scope

from zaqar_impl import jsontext
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.rest import request as requests
from zaqar_impl.specdoc import Operation, Parameter

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,30}\s*", re.ASCII)
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "yes", "t", "y", "1", "on"), True),
    **dict.fromkeys(("false", "False", "no", "f", "n", "0", "off"), False),
}


class ParameterCheck:
    """Reads and checks the query of a request."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Connexion offers its own reading of the parameters; the compiled operation has all that
        is needed."""

    def validate(self, scope: Scope) -> None:
        """Put the query's values, converted and checked, into the request.

        Raises:
            InvalidInput: a value is not of its parameter's type or range.
        """
        request = requests.of(scope)
        request.query.update(checked_query(request.query_string, request.operation))


class BodyCheck:
    """Parses and checks the body of a request."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """As for :class:`ParameterCheck`."""

    async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
        """Put the body's value into the request; nothing is left to be received.

        Raises:
            InvalidInput: the body is missing, is not acceptable JSON or does not have the shape
                that the spec asks for.
        """
        request = requests.of(scope)
        rule = request.operation.body
        assert rule is not None
        if not request.body:
            if rule.required:
                raise InvalidInput("The request needs a body, and has none.")
            return receive, scope
        request.document = jsontext.parse(request.body)
        if violation := rule.shape.violation(request.document):
            raise InvalidInput(f"The body is invalid: {violation}.")
        return receive, scope


def checked_query(query: bytes, operation: Operation) -> dict[str, Any]:
    """The values that a query string gives to parameters, by name; those not given are not there.

    Unknown keys are ignored, unless one parameter takes the rest. Of a scalar given several times
    the last value counts. A parameter that chooses a variant of the operation makes all others be
    ignored.

    Raises:
        InvalidInput: the query is no UTF-8, or a value is not of its parameter's type or range.
    """
    if not query:
        return {}
    given, parameters = _given(query), operation.named_in_query
    chosen = [name for name in operation.variants if name in given]
    values = {
        name: _value(parameters[name], given[name])
        for name in chosen or parameters
        if name in given
    }
    if rest := operation.rest_of_query:
        others = {key: _decoded(texts[-1]) for key, texts in given.items() if key not in parameters}
        values |= {rest.name: others} if others else {}
    for parameter in operation.of("query"):
        if parameter.name in values and (
            violation := parameter.shape.violation(values[parameter.name])
        ):
            raise InvalidInput(f"Query parameter {parameter.name} is invalid: {violation}.")
    return values


def _given(query: bytes) -> Mapping[str, list[str]]:
    """The still encoded values of each key, in order; keys without a value count as absent."""
    given: dict[str, list[str]] = {}
    for key, text in _pairs(query):
        given.setdefault(key, []).append(text)
    return given


def _pairs(query: bytes) -> Iterator[tuple[str, str]]:
    for field in query.decode("latin-1").split("&"):
        key, _, text = field.partition("=")
        if text.strip(","):
            yield _decoded(key), text


def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput("The query string is not UTF-8.") from None


def _value(parameter: Parameter, given: list[str]) -> Any:
    texts = [_decoded(item) for text in given for item in text.split(",") if item]
    if parameter.type == "array":
        return texts
    text = texts[-1]
    if parameter.type == "integer":
        if not _INTEGER.fullmatch(text):
            raise InvalidInput(
                f"Query parameter {parameter.name} is invalid: {text[:40]!r} is not an integer."
            )
        return int(text)
    if parameter.type == "boolean":
        if text not in _BOOLEANS:
            raise InvalidInput(
                f"Query parameter {parameter.name} is invalid: {text[:40]!r} is not true or false."
            )
        return _BOOLEANS[text]
    return text
