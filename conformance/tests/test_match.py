# SPDX-License-Identifier: Apache-2.0
"""A matcher passes what is right and says of the rest what was expected and observed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch
from zaqar_conformance.exchange import Exchange

MESSAGE = {"id": "1", "href": "/v2/queues/q/messages/1", "ttl": 60, "age": 0, "body": None}


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Exchange:
    """An answer to GET /v2/queues."""
    named = CaseInsensitiveDict({name.replace("_", "-"): one for name, one in headers.items()})
    return Exchange("GET", "http://host/v2/queues", {}, b"", status, named, body, 0.0)


RIGHT: dict[str, Callable[[], object]] = {
    "status": lambda: match.status(answer(204), 200, 204),
    "header": lambda: match.header(answer(location="/v2/a"), "Location", "/v2/a"),
    "header_like": lambda: match.header_like(answer(location="/v2/a"), "Location", "/.*", "a path"),
    "no_header": lambda: match.no_header(answer(), "Location"),
    "no_body": lambda: match.no_body(answer()),
    "media_type": lambda: match.media_type(answer(content_type="a/b; charset=x"), "a/b"),
    "equal": lambda: match.equal("it", {"a": 1, "b": [None]}, {"b": [None], "a": 1}),
    "same_items": lambda: match.same_items("it", [1, "a", None], [None, 1, "a"]),
    "between": lambda: match.between("it", 5, 5, 6),
    "absent": lambda: match.absent("it", "a", ["b"]),
    "present": lambda: match.present("it", "a", {"a": 1}),
    "distinct": lambda: match.distinct("it", ["a", "b"]),
    "like": lambda: match.like("it", "abc", "[a-c]+", "letters"),
    "keys": lambda: match.keys("it", {"a": 1, "c": 2}, {"a"}, "b", "c"),
    "message_shape": lambda: match.message_shape({**MESSAGE, "checksum": "MD5:0"}),
    "error_object": lambda: match.error_object(
        answer(400, b'{"title": "t"}', content_type="application/json; charset=utf-8")
    ),
}

WRONG: dict[str, tuple[Callable[[], object], str, str]] = {
    "status": (
        lambda: match.status(answer(500, b"oops"), 200, 204),
        "status 200 or 204 for GET /v2/queues",
        "status 500: oops",
    ),
    "no answer": (
        lambda: match.status(answer(0), 200),
        "status 200 for GET /v2/queues",
        "no answer",
    ),
    "header": (
        lambda: match.header(answer(location="b"), "Location", "a"),
        "Location: a",
        "Location: b",
    ),
    "header is missing": (
        lambda: match.header(answer(), "Location", "a"),
        "Location: a",
        "no header Location",
    ),
    "header_like": (
        lambda: match.header_like(answer(location="b"), "Location", "/.*", "a path"),
        "Location: a path",
        "Location: b",
    ),
    "no_header": (
        lambda: match.no_header(answer(location="b"), "Location"),
        "no header Location",
        "Location: b",
    ),
    "no_body": (
        lambda: match.no_body(answer(204, b"{}")),
        "no body for GET /v2/queues",
        "the body {}",
    ),
    "not JSON": (
        lambda: match.json_of(answer(200, b"<html>")),
        "JSON for GET /v2/queues",
        "<html>",
    ),
    "NaN is not JSON": (
        lambda: match.json_of(answer(200, b"NaN")),
        "JSON for GET /v2/queues",
        "NaN",
    ),
    "no object": (
        lambda: match.object_of(answer(200, b"[]")),
        "the body: an object",
        "[]",
    ),
    "error without title": (
        lambda: match.error_object(answer(400, b"{}", content_type="application/json")),
        "an error object with the text member title",
        "{}",
    ),
    "error of another type": (
        lambda: match.error_object(answer(400, b"{}", content_type="application/problem+json")),
        "Content-Type: application/json",
        "Content-Type: application/problem+json",
    ),
    "true is not 1": (lambda: match.equal("it", True, 1), "it: 1", "true"),
    "1.0 is not 1": (lambda: match.equal("it", 1.0, 1), "it: 1", "1.0"),
    "same_items": (
        lambda: match.same_items("it", [1, 1], [1, 2]),
        "it, in any order: [1, 2]",
        "[1, 1]",
    ),
    "between": (
        lambda: match.between("it", True, 0, 1),
        "it: an integer from 0 to 1",
        "true",
    ),
    "absent": (lambda: match.absent("it", "a", ["a"]), 'it without "a"', '["a"]'),
    "present": (lambda: match.present("it", "a", []), 'it with "a"', "[]"),
    "present in no holder": (lambda: match.present("it", "a", None), 'it with "a"', "null"),
    "distinct": (
        lambda: match.distinct("ids", ["a", "b", "a"]),
        "ids, each once",
        'more than once: ["a"]',
    ),
    "like": (lambda: match.like("it", 7, "7", "a digit"), "it: a digit", "7"),
    "keys": (
        lambda: match.keys("it", {"b": 1}, {"a"}),
        'it with the keys ["a"]',
        'missing ["a"], also ["b"]',
    ),
    "message with a foreign key": (
        lambda: match.message_shape({**MESSAGE, "marker": "1"}),
        'a message with the keys ["age", "body", "href", "id", "ttl"]',
        'also ["marker"]',
    ),
    "long values are cut": (
        lambda: match.equal("it", "x" * 1000, "y"),
        'it: "y"',
        '"' + "x" * 199 + "... (1002 chars)",
    ),
}


@pytest.mark.parametrize("matcher", RIGHT.values(), ids=RIGHT)
def test_matcher_passes_what_is_right(matcher: Callable[[], object]) -> None:
    """What is as it is expected to be raises nothing."""
    matcher()


@pytest.mark.parametrize(("matcher", "expected", "observed"), WRONG.values(), ids=WRONG)
def test_mismatch_says_what_was_expected_and_observed(
    matcher: Callable[[], object], expected: str, observed: str
) -> None:
    """The two texts of a mismatch explain it without anything else."""
    with pytest.raises(Mismatch) as caught:
        matcher()

    assert (caught.value.expected, caught.value.observed) == (expected, observed)


def _page(links: Any) -> Exchange:
    return answer(200, match.said({"messages": [], "links": links}).encode())


def test_next_link_of_the_last_page_is_none() -> None:
    """A page without links leads nowhere."""
    assert match.next_link(_page([])) is None


@pytest.mark.parametrize(
    "links",
    [
        [{"rel": "next", "href": "http://host/v2/queues"}],
        [{"rel": "self", "href": "/v2/queues"}],
        [{"rel": "next", "href": "/v2/a"}, {"rel": "next", "href": "/v2/b"}],
        None,
    ],
    ids=["url", "self", "two", "null"],
)
def test_next_link_is_one_path(links: Any) -> None:
    """Links are none or one, of rel next, and a path."""
    with pytest.raises(Mismatch):
        match.next_link(_page(links))
