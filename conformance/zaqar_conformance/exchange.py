# SPDX-License-Identifier: Apache-2.0
"""One request and its answer, as it goes into the report, and the line that sends it again.

Secrets never get this far: they are taken out when the exchange is made. This module sends nothing
and judges nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

REDACTED: Final = "<redacted>"
_SECRET: Final = frozenset({"x-auth-token", "x-service-token", "url-signature", "authorization"})
_SECRET_LINE: Final = re.compile(
    rb"(?im)^(" + b"|".join(name.encode() for name in sorted(_SECRET)) + rb"):[^\r\n]*"
)

#: User and password in the URI of a store.
_USER: Final = re.compile(rb"(?<=://)[^/@\s\"]+(?=@)")

#: What opens a share, in the answer that tells it.
_SECRET_MEMBER: Final = re.compile(r'("signature"\s*:\s*")[^"]*')

#: What the client library or curl adds by itself; it plays no part in any rule of the API.
_NOISE: Final = frozenset({"user-agent", "accept-encoding", "connection", "content-length"})

#: A longer body is written as the short program that makes it, not in full.
_LONGEST_LITERAL: Final = 1000
_RUN: Final = re.compile(rb"(?s)(.{1,12}?)\1{30,}")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. Status 0: the connection ended without an answer."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    #: The bytes as they were sent, if the request was written by hand.
    wire: bytes = b""

    @property
    def text(self) -> str:
        """The body for a human, without the secrets in it."""
        return _SECRET_MEMBER.sub(rf"\g<1>{REDACTED}", self.body.decode("utf-8", "replace"))

    def curl(self) -> str:
        """A shell line that sends the request again."""
        if self.wire:
            return self._netcat()
        words = ["curl", "-sS", "-i", "--path-as-is"]
        words += ["-I"] if self.method == "HEAD" else ["-X", self.method]
        for name, value in self._told_headers().items():
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
        words += [option for name in self._unsent_headers() for option in ("-H", f"{name}:")]
        if not self.request_body:
            return shlex.join([*words, self.url])
        if _is_literal(self.request_body):
            return shlex.join([*words, "--data-binary", self.request_body.decode(), self.url])
        return f"{_program(self.request_body)} | " + shlex.join(
            [*words, "--data-binary", "@-", self.url]
        )

    def _netcat(self) -> str:
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        secure = f"openssl s_client -quiet -connect {parts.hostname}:{port}"
        plain = f"nc -q 5 {parts.hostname} {port}"
        return f"{_program(self.wire)} | {secure if parts.scheme == 'https' else plain}"

    def _told_headers(self) -> dict[str, str]:
        return {k: v for k, v in self.request_headers.items() if k.lower() not in _NOISE}

    def _unsent_headers(self) -> list[str]:
        """Headers that curl adds of its own accord, but that were not sent."""
        sent = {name.lower() for name in self.request_headers}
        added = ["Accept", "Content-Type"] if self.request_body else ["Accept"]
        return [name for name in added if name.lower() not in sent]


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without the secrets in them."""
    return {k: REDACTED if k.lower() in _SECRET else v for k, v in headers.items()}


def redacted_body(data: bytes) -> bytes:
    """The body of a request without the passwords in its URIs."""
    return _USER.sub(b"***", data)


def redacted_wire(data: bytes) -> bytes:
    """The bytes of a request without the secrets in its header lines."""
    return _SECRET_LINE.sub(rb"\1: " + REDACTED.encode(), data)


def _is_literal(body: bytes) -> bool:
    """Whether the body can stand in a shell line as it is."""
    if len(body) > _LONGEST_LITERAL or body.startswith(b"@"):
        return False
    try:
        return all(char.isprintable() or char in "\n\t" for char in body.decode())
    except UnicodeDecodeError:
        return False


def _program(body: bytes) -> str:
    """A command that prints the body; long repetitions stay short."""
    terms: list[str] = []
    end = 0
    for run in _RUN.finditer(body):
        unit, length = run.group(1), len(run.group(0))
        terms += [repr(body[end : run.start()]), f"{unit!r} * {length // len(unit)}"]
        end = run.end()
    terms.append(repr(body[end:]))
    told = " + ".join(term for term in terms if term != "b''") or "b''"
    return shlex.join(["python3", "-c", f"import sys; sys.stdout.buffer.write({told})"])
