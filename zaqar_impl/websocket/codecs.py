# SPDX-License-Identifier: Apache-2.0
"""Messages of a connection in their two encodings: text is JSON, binary is MessagePack.

Both carry the same values, those of JSON: what MessagePack has beyond them is refused.
"""

import math
import sys
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgpack
import msgspec
import orjson

from zaqar_impl import jsontext
from zaqar_impl.domain.errors import InvalidInput

#: Levels of nesting, as for JSON.
DEEPEST = 200

_MESSAGE = "The message"
_PLAIN = (str, int, bool, type(None))


class JsonText:
    """A value that stands in a reply as this JSON text, or as what the text means."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text


class _Texts(msgspec.Struct):
    """The members of a request as the texts that came in."""

    action: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    headers: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Read:
    """A message that could be read: its encoding, its value, and the texts of its members where it
    was JSON."""

    codec: "Codec"
    value: Any
    texts: _Texts = field(default_factory=_Texts)

    def member(self, name: str) -> Any:
        """A member as it came, for a reply that repeats it."""
        text = getattr(self.texts, name)
        return self.value[name] if text is msgspec.UNSET else JsonText(bytes(text))

    def posted_bodies(self) -> list[bytes]:
        """The JSON text of each ``body.messages[i].body`` of a post that the spec has let in."""
        if self.texts.body is not msgspec.UNSET:
            return jsontext.posted_bodies(bytes(self.texts.body))
        return [jsontext.written(message["body"]) for message in self.value["body"]["messages"]]


class Codec(Protocol):
    """One of the encodings."""

    def read(self, data: Any) -> Read:
        """The message.

        Raises:
            InvalidInput: it can't be read; the error says why.
        """

    def write(self, value: Any) -> str | bytes:
        """A message of this value: text or binary."""


class Json:
    """Text messages."""

    def read(self, data: str) -> Read:
        """As the protocol says; the rules are those of REST."""
        text = data.encode()
        value = jsontext.parse(text, _MESSAGE)
        texts = _texts_of.decode(text) if isinstance(value, dict) else _Texts()
        return Read(self, value, texts)

    def write(self, value: Any) -> str:
        """As the protocol says."""
        return orjson.dumps(value, default=_spliced).decode()


class MessagePack:
    """Binary messages."""

    def read(self, data: bytes) -> Read:
        """As the protocol says; what JSON can't say is refused."""
        try:
            value = msgpack.unpackb(data, object_pairs_hook=_object, strict_map_key=False)
        except InvalidInput:
            raise
        except UnicodeDecodeError:
            raise _refused("a text in it is not UTF-8") from None
        except msgpack.ExtraData:
            raise _refused("it goes on behind its end") from None
        except Exception:  # its errors have no common ancestor, and their texts name its insides
            raise _refused("it is incomplete, malformed or nested too deep") from None
        _check(value, DEEPEST)
        return Read(self, value)

    def write(self, value: Any) -> bytes:
        """As the protocol says. An integer beyond 64 bits is the nearest float."""
        packed: bytes = msgpack.packb(value, default=_meant)
        return packed


JSON = Json()
MESSAGE_PACK = MessagePack()


def codec_of(data: str | bytes) -> Codec:
    """The encoding of a message, and of its reply."""
    return JSON if isinstance(data, str) else MESSAGE_PACK


def size(value: Any) -> int:
    """Bytes of a value as JSON text without blanks."""
    try:
        return len(orjson.dumps(value))
    except TypeError:  # an integer that it can't write
        return len(jsontext.written(value))


_texts_of = msgspec.json.Decoder(_Texts)


def _spliced(value: Any) -> orjson.Fragment:
    if isinstance(value, JsonText):
        return orjson.Fragment(value.text)
    raise TypeError(type(value))


def _meant(value: Any) -> Any:
    """What stands for a value that the encoder can't write; it does not ask twice."""
    if isinstance(value, JsonText):
        value = jsontext.parse(value.text)
        return _nearest(value) if isinstance(value, int) and not _fits(value) else value
    if isinstance(value, int):
        return _nearest(value)
    raise TypeError(type(value))


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**64


def _nearest(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(sys.float_info.max, value)


def _object(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    for key, _ in pairs:
        if not isinstance(key, str):
            raise _refused("a key in it is no text")
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _refused("a member is named twice")
    return made


def _check(value: Any, levels: int) -> None:
    """Return if it is a value of JSON."""
    if isinstance(value, (dict, list)):
        if not levels:
            raise _refused(f"it is nested more than {DEEPEST} levels deep")
        for member in value.values() if isinstance(value, dict) else value:
            _check(member, levels - 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _refused("a float in it is no number")
    elif isinstance(value, bytes):
        raise _refused("it has binary data")
    elif not isinstance(value, _PLAIN):
        raise _refused("it has an extension type")


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"{_MESSAGE} is not acceptable MessagePack: {why}.")
