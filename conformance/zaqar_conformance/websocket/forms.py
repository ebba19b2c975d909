# SPDX-License-Identifier: Apache-2.0
"""The two forms of a message: JSON in text, MessagePack in binary.

Reading is strict: what is no JSON, or no single MessagePack value that JSON can say, is refused.
This module knows no frame and no action.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal, NoReturn

import msgpack

Form = Literal["text", "binary"]

TEXT: Final[Form] = "text"
BINARY: Final[Form] = "binary"
FORMS: Final[tuple[Form, Form]] = (TEXT, BINARY)


def written(value: object, form: Form) -> bytes:
    """The value as the payload of a message in that form."""
    if form == TEXT:
        return json.dumps(value).encode()
    return bytes(msgpack.packb(value))


def read(payload: bytes, form: Form) -> Any:
    """The value of a payload in that form; `ValueError` if it is none."""
    if form == TEXT:
        return json.loads(payload.decode(), parse_constant=_no_json)
    value = msgpack.unpackb(payload, raw=False, strict_map_key=True, ext_hook=_no_extension)
    return _sayable(value)


def nested(levels: int, form: Form) -> bytes:
    """An array in an array, so many levels deep, as no library writes it."""
    if form == TEXT:
        return b"[" * levels + b"]" * levels
    return b"\x91" * (levels - 1) + b"\x90"


def _sayable(value: Any) -> Any:
    """The value, if JSON can say it."""
    if isinstance(value, (bytes, msgpack.Timestamp)):
        raise ValueError("binary data or an extension type in MessagePack")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key in MessagePack that is no text")
        value = {key: _sayable(one) for key, one in value.items()}
    elif isinstance(value, list):
        value = [_sayable(one) for one in value]
    return value


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _no_extension(code: int, data: bytes) -> NoReturn:
    raise ValueError(f"extension type {code} in MessagePack")
