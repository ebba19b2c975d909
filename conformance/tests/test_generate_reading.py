# SPDX-License-Identifier: Apache-2.0
"""The pure parts of generated cases: how a request is read, shortened, and summed up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.small_target import write_spec
from zaqar_conformance import specdoc
from zaqar_conformance.generate.finding import Finding, Sight, one_line
from zaqar_conformance.generate.operations import operations, with_one_caller
from zaqar_conformance.generate.reading import Reading, Request, read
from zaqar_conformance.generate.shorten import shortened

CLIENT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    """The document of the small API, with a few things it lacks."""
    document = specdoc.load(write_spec(tmp_path / "spec")).document
    listing = document["paths"]["/v2/queues"]["get"]
    ids = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}
    listing["parameters"].append({"name": "ids", "in": "query", "schema": ids})
    create = document["paths"]["/v2/queues/{queue_name}"]["post"]
    create["requestBody"]["x-max-bytes"] = {"default": 2000}
    return document


def request(url: str = "/v2/queues", body: Any = b"", **headers: str | None) -> Request:
    """A request with the usual headers; one that is None is left out."""
    usual: dict[str, str | None] = {"Client-ID": CLIENT, "X-Project-ID": "p"}
    if body != b"":
        usual["Content-Type"] = "application/json"
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    sent = {name: text for name, text in {**usual, **named}.items() if text is not None}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("GET", f"http://127.0.0.1:1{url}", sent, data)


@pytest.mark.parametrize(
    "query",
    [
        "limit=1",
        "limit=20",
        "limit=%207%20",
        "limit=+7",
        "limit=",
        "limit",
        "limit=,",
        "limit=99,3",
        "limit=99&limit=3",
        "detailed=true",
        "detailed=True",
        "detailed=yes",
        "detailed=0",
        "detailed=off",
        "detailed=nonsense,no",
        "unknown=1&=2",
        "ids=a",
        "ids=a,b",
        "ids=a&ids=b",
        "ids=a%2Cb,c",
        "ids=",
    ],
)
def test_looser_spellings_are_good(document: dict[str, Any], query: str) -> None:
    """Contract 2.12: blanks, words for booleans, empty and repeated values, commas."""
    reading = read(operations(document)["queue_list"], document, request(f"/v2/queues?{query}"))

    assert reading.is_good


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=0", "query limit: 0 is less than the minimum of 1"),
        ("limit=21", "query limit: 21 is greater than the maximum of 20"),
        ("limit=3,99", "query limit: 99 is greater than the maximum of 20"),
        ("limit=99&limit=", "query limit: 99 is greater than the maximum of 20"),
        ("limit=3%2C4", "query limit: '3,4' is no integer"),
        ("limit=2.0", "query limit: '2.0' is no integer"),
        ("limit=%20", "query limit: ' ' is no integer"),
        ("limit=true", "query limit: 'true' is no integer"),
        ("detailed=TRUE", "query detailed: 'TRUE' is no boolean"),
        ("detailed=2", "query detailed: '2' is no boolean"),
        ("detailed=%20true", "query detailed: ' true' is no boolean"),
        ("ids=a,b,c", "query ids: "),
    ],
)
def test_what_no_spelling_allows_is_bad(document: dict[str, Any], query: str, problem: str) -> None:
    """And the problem says which parameter and which bound."""
    reading = read(operations(document)["queue_list"], document, request(f"/v2/queues?{query}"))

    assert reading.is_bad
    assert reading.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"ttl": 59}, "body.ttl: 59 is less than the minimum of 60"),
        ({"ttl": True}, "body.ttl: true is no integer"),
        ({"ttl": 60.0}, "body.ttl: 60.0 is no integer"),
        ({"ttl": None}, "body.ttl: null is no integer"),
        ([], "body: [] is no object"),
        (b"{", "body: not JSON"),
        (b"\xff", "body: not JSON"),
        (b'{"a": NaN}', "body: not JSON"),
        (b'{"a": 1e400}', "body: not JSON"),
        (b'{"a": "\\ud800"}', "body: a lone surrogate"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "body: deeper than 200 levels"),
        ({"a": "x" * 2000}, "body: 2009 bytes, at most 2000"),
    ],
)
def test_a_bad_body_is_bad(document: dict[str, Any], body: Any, problem: str) -> None:
    """JSON that must be refused, and values that break the schema."""
    create = operations(document)["queue_create"]

    reading = read(create, document, request("/v2/queues/a", body))

    assert reading.is_bad
    assert reading.problems[0].startswith(problem)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        {},
        {"ttl": 60},
        {"a\0b": {"$.": -(2**63)}},
        b' {"a": 1.5e3} ',
        b'{"a": "\\ud83d\\ude00"}',
        b'{"a": ' + b"[" * 199 + b"]" * 199 + b"}",
    ],
)
def test_a_good_body_is_good(document: dict[str, Any], body: Any) -> None:
    """NUL, dollar and dot in keys, pairs of surrogates, and nesting up to the limit."""
    create = operations(document)["queue_create"]

    assert read(create, document, request("/v2/queues/a", body)).is_good


@pytest.mark.parametrize(
    ("sent", "open_point"),
    [
        (request("/v2/queues/a", b'{"a": 1, "a": 2}'), "a key twice in one object"),
        (request("/v2/queues/a", {"a": 2**63}), "an integer beyond 64 bits"),
        (request("/v2/queues/a", {"a": 10**60}), "an integer beyond 64 bits"),
        (request("/v2/queues/a", {"ttl": 1}, Content_Type="text/plain"), "content type"),
        (request("/v2/queues/a%2Fb"), "the path leads elsewhere"),
        (request("/v2/queues/.."), "the path leads elsewhere"),
        (request("/v2/nothing"), "the path leads elsewhere"),
        (request("/v2/queues/a", X_Project_ID=None, X_Auth_Token="t"), "header X-Project-ID"),
    ],
)
def test_what_the_api_leaves_open_is_neither_good_nor_judged(
    document: dict[str, Any], sent: Request, open_point: str
) -> None:
    """A server may answer these either way, or the rule is another case's."""
    reading = read(operations(document)["queue_create"], document, sent)

    assert not reading.is_good
    assert open_point in str(reading)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"Client_ID": None}, "header Client-ID: missing"),
        ({"Client_ID": "x"}, "header Client-ID: 'x' does not match"),
        ({"X_Project_ID": None}, "header X-Project-ID: missing"),
        ({"X_Project_ID": " \t"}, "header X-Project-ID: ''"),
        ({"X_Project_ID": "x" * 17}, "header X-Project-ID: 17 characters, at most 16"),
    ],
)
def test_headers_are_read_without_the_blanks_around_them(
    document: dict[str, Any], headers: dict[str, str | None], problem: str
) -> None:
    """A value of blanks is an empty one."""
    sent = request("/v2/queues/a", **headers)

    reading = read(operations(document)["queue_create"], document, sent)

    assert reading.problems[0].startswith(problem)


def test_a_long_project_is_left_open_where_no_queue_is_named(document: dict[str, Any]) -> None:
    """There its length only SHOULD be checked; that it is missing is bad everywhere."""
    listing = operations(document)["queue_list"]

    assert not read(listing, document, request(X_Project_ID="x" * 17)).is_bad
    assert not read(listing, document, request(X_Project_ID="x" * 17)).is_good
    assert read(listing, document, request(X_Project_ID=None)).is_bad


def test_readings_add_up() -> None:
    """A request is as bad as its worst part."""
    whole = Reading(("a",), ("x",)) + Reading(("b",))

    assert whole == Reading(("a", "b"), ("x",))


def test_links_hand_on_the_caller_s_headers(document: dict[str, Any]) -> None:
    """A walk along the links stays in one project, and the document given is left alone."""
    path = "/v2/queues/{queue_name}"

    changed = with_one_caller(document)

    links = changed["paths"][path]["post"]["responses"]["201"]["links"]
    assert links["show"]["parameters"] == {
        "queue_name": "$request.path.queue_name",
        "Client-ID": "$request.header.Client-ID",
        "X-Project-ID": "$request.header.X-Project-ID",
    }
    before = document["paths"][path]["post"]["responses"]["201"]["links"]["show"]
    assert list(before["parameters"]) == ["queue_name"]


def test_a_request_is_shortened_as_far_as_it_fails() -> None:
    """Parameters, members and items that have no part in the failure go."""
    long = request("/v2/queues?a=1&limit=0&b=2", {"x": [1, {"y": 2, "z": 3}], "w": 4})

    short = shortened(long, lambda sent: "limit=0" in sent.url and b'"y"' in sent.body)

    assert short.url.endswith("/v2/queues?limit=0")
    assert json.loads(short.body) == {"x": [{"y": 2}]}


def test_shortening_ends_although_nothing_can_be_left_out() -> None:
    """The number of tries is bounded."""
    tries: list[Request] = []
    long = request("/v2/queues", {str(number): number for number in range(1000)})

    def never_fails(sent: Request) -> bool:
        tries.append(sent)
        return False

    assert shortened(long, never_fails) == long
    assert len(tries) == 40


def sights() -> Iterator[Sight]:
    """Two failures of one kind, one of another."""
    yield Sight("a", "no a", "an a", ("curl long long",))
    yield Sight("a", "no a", "an a", ("curl",))
    yield Sight("b", "no b", "a b", ("curl b",))


def test_a_finding_counts_kinds_and_keeps_the_shortest_of_each() -> None:
    """The most frequent kind comes first."""
    finding = Finding()
    for sight in sights():
        finding.add(sight)

    assert finding.expected() == "1. no a\n2. no b"
    assert finding.observed(9) == "1. an a (in 2 of 9 requests)\n2. a b (in 1 of 9 requests)"
    assert finding.reproduce() == ("curl", "curl b")


def test_a_long_text_keeps_its_ends() -> None:
    """The middle of an answer tells least."""
    assert one_line("aa\nbb  zz", width=4) == "aa ... zz"
    assert one_line("a\n b") == "a b"
