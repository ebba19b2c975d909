# SPDX-License-Identifier: Apache-2.0
"""JSON text as it comes in: what every parser reads alike is let in, the rest is refused.

Refused are: text that is no UTF-8 or no JSON, documents nested deeper than about 200 levels, a
member that is named twice in one object, numbers beyond the range of a double, and escapes that
make half a character. What is let in is kept byte for byte where it is a message's body.
"""

import json
import math
from typing import Any

import jiter
import msgspec
import orjson

from zaqar_impl.domain.errors import InvalidInput


class _PostedMessage(msgspec.Struct):
    body: msgspec.Raw


class _Post(msgspec.Struct):
    messages: list[_PostedMessage]


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_post_decoder = msgspec.json.Decoder(_Post)


def parse(text: bytes, what: str = "The body") -> Any:
    """The value of a JSON document; ``what`` it is, refusals say.

    Raises:
        InvalidInput: the text is refused; the error says why, and where.
    """
    try:
        value = jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise InvalidInput(f"{what} is not acceptable JSON: {error}.") from None
    if not _plain(text) and not _finite(value):
        raise InvalidInput(f"{what} is not acceptable JSON: a number in it is too large.")
    return value


def posted_bodies(text: bytes) -> list[bytes]:
    """The JSON text of each ``messages[i].body`` of a post that :func:`parse` and the spec have let
    in."""
    return [bytes(message.body) for message in _post_decoder.decode(text).messages]


def written(value: Any) -> bytes:
    """The shortest JSON text of a value, with integers of any size; members stay in their order.

    Raises:
        ValueError, TypeError, RecursionError: it is no JSON value.
    """
    return _encoder.encode(value).encode()


def _plain(text: bytes) -> bool:
    """Whether every number of the document is one that a double can hold.

    orjson refuses others, be they integers, which are let in, or not. To let it read everything
    again takes a tenth of the time of any search for such numbers in Python.
    """
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
