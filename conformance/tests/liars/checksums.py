# SPDX-License-Identifier: Apache-2.0
"""Servers that give wrong checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from ..miniature import Call, Miniature
from ..miniature.state import Message
from . import lie


def _of(text: str) -> str:
    return f"MD5:{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"


def _showing(checksum: Callable[[Miniature, Message], str | None]) -> Any:
    """An override of `shown` with checksums of that kind."""

    def shown(self: Miniature, call: Call, message: Message) -> dict[str, Any]:
        told, own = Miniature.shown(self, call, message), checksum(self, message)
        return told if own is None else {**told, "checksum": own}

    return shown


def _right(message: Message) -> str | None:
    return None if message.body is None else _of(json.dumps(message.body))


lie(
    "sums the text without blanks",
    "message-checksum.value",
    shown=_showing(
        lambda self, message: message.body and _of(json.dumps(message.body, separators=(",", ":")))
    ),
)
lie(
    "sums UTF-8",
    "message-checksum.value",
    shown=_showing(
        lambda self, message: message.body and _of(json.dumps(message.body, ensure_ascii=False))
    ),
)
lie(
    "sums null",
    "message-checksum.value",
    shown=_showing(lambda self, message: _of(json.dumps(message.body))),
)
lie(
    "sums keys in order",
    "message-checksum.value",
    shown=_showing(
        lambda self, message: (
            None if message.body is None else _of(json.dumps(message.body, sort_keys=True))
        )
    ),
)
lie(
    "gives no checksum to what is falsy",
    "message-checksum.value",
    shown=_showing(lambda self, message: _right(message) if message.body else None),
)
lie(
    "gives no checksum to who claims",
    "message-checksum.in-claims",
    shown=_showing(lambda self, message: None if self.is_claimed(message) else _right(message)),
)
