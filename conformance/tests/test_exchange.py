# SPDX-License-Identifier: Apache-2.0
"""An exchange keeps no secret, and its line sends the same request again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import replace

import pytest

from zaqar_conformance.exchange import (
    REDACTED,
    Exchange,
    redacted,
    redacted_body,
    redacted_wire,
)

ACCEPT = {"Accept": "application/json"}


def exchange(body: bytes = b"", headers: dict[str, str] | None = None) -> Exchange:
    """A request with that body and those headers."""
    sent = ACCEPT if headers is None else headers
    return Exchange("POST", "http://host:1/v2/queues/q", sent, body, 200, {}, b"", 0.0)


def test_signature_in_an_answer_is_not_told() -> None:
    """Whoever knows what opens a share can use it."""
    told = replace(exchange(), body=b'{"project": "p", "signature": "96ceea0c"}').text

    assert told == '{"project": "p", "signature": "<redacted>"}'


def test_secrets_are_taken_out_of_headers() -> None:
    """Tokens and signatures are replaced in any letter case; other headers stay."""
    headers = {"x-auth-token": "t", "URL-Signature": "s", "Client-ID": "c"}

    assert redacted(headers) == {
        "x-auth-token": REDACTED,
        "URL-Signature": REDACTED,
        "Client-ID": "c",
    }


def test_secrets_are_taken_out_of_bytes() -> None:
    """A request written by hand loses its secrets too, line by line."""
    data = b"GET / HTTP/1.1\r\nX-Auth-Token: secret\r\nAccept: x\r\n\r\n"

    assert redacted_wire(data) == (
        f"GET / HTTP/1.1\r\nX-Auth-Token: {REDACTED}\r\nAccept: x\r\n\r\n".encode()
    )


def test_secrets_are_taken_out_of_the_uris_of_bodies() -> None:
    """User and password of a store are hidden; what else has the sign stays."""
    data = b'{"uri": "mongodb://me:secret@db1,db2/?a=b", "mail": "a@b", "path": "http://b/a@c"}'

    assert redacted_body(data) == data.replace(b"me:secret", b"***")


def test_line_repeats_method_headers_body_and_url() -> None:
    """The line says all that was sent, quoted for a shell."""
    sent = exchange(b'{"it\'s": 1}', {**ACCEPT, "Content-Type": "application/json"})

    assert shlex.split(sent.curl()) == [
        *("curl", "-sS", "-i", "--path-as-is", "-X", "POST"),
        *("-H", "Accept: application/json", "-H", "Content-Type: application/json"),
        *("--data-binary", '{"it\'s": 1}', "http://host:1/v2/queues/q"),
    ]


def test_line_leaves_out_what_was_not_sent() -> None:
    """Headers that curl adds of its own accord are taken away if they were not sent."""
    words = shlex.split(exchange(b"{}", {}).curl())

    assert ("Accept:" in words, "Content-Type:" in words) == (True, True)


def test_line_sends_an_empty_header() -> None:
    """A header without a value is written in curl's own way; a colon would take it away."""
    assert "Client-ID;" in shlex.split(exchange(headers={"Client-ID": ""}).curl())


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000 + b"]" * 100_000, b'{"a": "' + b"x" * 5000 + b'"}', b"\x00\xff", b"@file"],
    ids=["deep", "long", "binary", "at sign"],
)
def test_body_that_fits_no_line_is_printed_by_a_program(body: bytes) -> None:
    """A long or binary body is piped into curl by a short program that prints exactly it."""
    program, _, command = exchange(body).curl().partition(" | ")

    printed = subprocess.run(
        [sys.executable, *shlex.split(program)[1:]], capture_output=True, check=True
    ).stdout
    assert printed == body
    assert len(program) < 300
    assert shlex.split(command)[-3:] == ["--data-binary", "@-", "http://host:1/v2/queues/q"]


def test_bytes_are_repeated_as_they_were() -> None:
    """A request written by hand is repeated byte by byte, without an HTTP library."""
    wire = b"FOO / HTTP/1.1\r\n\r\n"
    sent = Exchange("FOO", "http://host:1/", {}, b"", 400, {}, b"", 0.0, wire=wire)

    program, _, command = sent.curl().partition(" | ")

    assert repr(wire) in shlex.split(program)[-1]
    assert command == "nc -q 5 host 1"
