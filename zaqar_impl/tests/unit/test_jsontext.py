# SPDX-License-Identifier: Apache-2.0
"""JSON text is let in only if every parser reads it alike, and bodies keep their bytes."""

import pytest

from zaqar_impl import jsontext
from zaqar_impl.domain.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a": ', id="cut off"),
        pytest.param(b"{} {}", id="two documents"),
        pytest.param(b'{"a": 1,}', id="trailing comma"),
        pytest.param(b"\xff\xfe{}", id="not UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate in UTF-8"),
        pytest.param(b'"\\ud800"', id="lone surrogate escape"),
        pytest.param(b'{"a": 1, "a": 2}', id="duplicate key"),
        pytest.param(b'[{"a": {"b": 1, "\\u0062": 2}}]', id="duplicate key, nested and escaped"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"[-Infinity]", id="infinity"),
        pytest.param(b"[1e400]", id="beyond a double"),
        pytest.param(b'{"a": [-1E+999]}', id="beyond a double, negative"),
        pytest.param(b"[1" + b"0" * 400 + b".0]", id="beyond a double, in digits"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 levels of arrays"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 levels of objects"),
        pytest.param(b"[01]", id="leading zero"),
        pytest.param(b'"a\tb"', id="bare control character"),
    ],
)
def test_ambiguous_or_broken_text_is_refused(text: bytes) -> None:
    """What parsers disagree about, or can't read, is refused with a text for the client."""
    with pytest.raises(InvalidInput, match="The body is not acceptable JSON"):
        jsontext.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b" null ", None, id="null"),
        pytest.param(b'{"a\\u0000.$": 1}', {"a\x00.$": 1}, id="NUL, dot and dollar in a key"),
        pytest.param(
            b"[123456789012345678901234567890]", [123456789012345678901234567890], id="big integer"
        ),
        pytest.param('"é😀\\ud83d\\ude00"'.encode(), "é😀😀", id="text beyond ASCII"),
        pytest.param(b'"1e400"', "1e400", id="a string that looks like a number"),
        pytest.param(b"[1e300]", [1e300], id="large but finite"),
    ],
)
def test_unusual_text_is_let_in(text: bytes, value: object) -> None:
    """What is unusual but clear is read."""
    assert jsontext.parse(text) == value


def test_nesting_of_200_levels_is_let_in() -> None:
    """The documented depth is really there."""
    value = jsontext.parse(b"[" * 200 + b"]" * 200)

    depth = 0
    while value:
        depth, value = depth + 1, value[0]
    assert depth == 199


def test_bodies_keep_their_bytes() -> None:
    """A body is what stood in the request: spelling of numbers, escapes and white space inside
    included."""
    text = b"""{"messages": [
        {"ttl": 60, "body": {"a": 1.10 , "b":[1E2]} }, {"body":"\\u0041"}, {"body": null}
    ]}"""

    assert jsontext.posted_bodies(text) == [b'{"a": 1.10 , "b":[1E2]}', b'"\\u0041"', b"null"]
