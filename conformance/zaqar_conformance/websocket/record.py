# SPDX-License-Identifier: Apache-2.0
"""What is kept of a connection: each frame, when it went which way, as a line that a person reads.

Secrets are taken out when a line is made, so they get no further. This module sends nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, Protocol

from zaqar_conformance.exchange import REDACTED, redacted_body
from zaqar_conformance.websocket import forms

#: Longer texts are cut: a frame of megabytes tells no more than its beginning.
_LONGEST: Final = 600

_SECRET: Final = re.compile(
    r'(?i)("(?:x-auth-token|x-service-token|url-signature|signature|authorization)"\s*:\s*")[^"]*'
)


class Evidence(Protocol):
    """Something that a case did, as it goes into the report."""

    def curl(self) -> str:
        """A line that shows it, and repeats it where a line can."""


@dataclass(frozen=True)
class Frame:
    """A frame that was sent or received, or another event of a connection."""

    url: str
    #: Which connection of the case it was, counted from 1.
    connection: int
    #: ">" sent, "<" received, "=" neither.
    way: str
    told: str
    #: Seconds since the connection was opened.
    seconds: float

    def curl(self) -> str:
        """The frame as a line of a transcript; the first line of a connection opens it."""
        if self.way == "=":
            return f"python3 -m websockets {self.url}  # connection {self.connection}: {self.told}"
        return f"{self.connection} {self.way} {self.told}  # at {self.seconds:.3f} s"


def told(kind: str, payload: bytes) -> str:
    """A frame in words: its kind, and what it holds as JSON if that can be said."""
    return f"{kind} {_cut(_shown(kind, payload))}".rstrip()


def _shown(kind: str, payload: bytes) -> str:
    if kind == forms.BINARY:
        try:
            text = json.dumps(forms.read(payload, forms.BINARY))
        except (ValueError, RecursionError):
            return f"{payload[:_LONGEST].hex()} ({len(payload)} bytes)"
    else:
        text = payload[: 4 * _LONGEST].decode("utf-8", "backslashreplace")
    clean = redacted_body(_SECRET.sub(rf"\g<1>{REDACTED}", text).encode("utf-8", "replace"))
    return clean.decode()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} chars)"
