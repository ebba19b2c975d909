# SPDX-License-Identifier: Apache-2.0
"""Which paths exist, which methods they have, and which of several faults decides the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zaqar_conformance import arrange, match, paths
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api

_NO_ID: Final = {"Client-ID": None}
_NO_JSON: Final = {"Accept": "text/plain"}


def _resources(name: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """Each path of a queue that needs no claim: path, its methods, one that it does not have."""
    yield "/", frozenset({"GET"}), "POST"
    yield paths.HOME, frozenset({"GET"}), "POST"
    yield paths.PING, frozenset({"GET", "HEAD"}), "PUT"
    yield paths.QUEUES, frozenset({"GET"}), "DELETE"
    yield paths.queue(name), frozenset({"GET", "PUT", "PATCH", "DELETE"}), "POST"
    yield paths.stats(name), frozenset({"GET"}), "PUT"
    yield paths.purge(name), frozenset({"POST"}), "GET"
    yield paths.messages(name), frozenset({"GET", "POST", "DELETE"}), "PATCH"
    yield paths.message(name, "0"), frozenset({"GET", "DELETE"}), "POST"
    yield paths.claims(name), frozenset({"POST"}), "GET"
    yield paths.claim(name, "0"), frozenset({"GET", "PATCH", "DELETE"}), "PUT"


@case("http.unknown-path")
def unknown_path(api: Api) -> None:
    """A path beside those of the API is not found."""
    name = api.queue_name()
    for path in (
        "/v1",
        "/v1/queues",
        "/v1.1/queues",
        "/v2",
        "/v2/ping/",
        "/v2//queues",
        "/v2/unknown",
        f"{paths.QUEUES}/{name}%2Fb",
        f"{paths.messages(name)}/",
        f"{paths.claims(name)}/a/b",
    ):
        match.status(api.get(path), 404)


@case("http.empty-queue-name")
def empty_queue_name(api: Api) -> None:
    """A slash after the path of the list is a queue name of no characters."""
    match.status(api.get(f"{paths.QUEUES}/"), 400)


@case("http.order-of-checks", needs=("http.unknown-path", "headers.accept-refused"))
def order_of_checks(api: Api) -> None:
    """Path, Accept, identity and name are judged in this order, before the method and the body."""
    name = api.queue_name()
    bad_name = paths.queue("no*name")

    match.status(api.get("/v2/unknown", headers={**_NO_ID, **_NO_JSON}), 404)
    match.status(api.get(paths.PING, headers={**_NO_ID, **_NO_JSON}), 406)
    match.status(api.get(bad_name, headers=_NO_JSON), 406)
    match.status(api.post(paths.queue(name), headers=_NO_ID), 400)
    match.status(api.post(bad_name), 400)
    match.status(api.post(paths.queue(name), data=b"{"), 405)


@case("http.method-not-allowed")
def method_not_allowed(api: Api) -> None:
    """A method that the path does not have is answered with 405 and those that it has."""
    for path, methods, foreign in _resources(api.queue_name()):
        answer = api.request(foreign, path)

        match.status(answer, 405)
        allowed = _allowed(answer.headers.get("Allow"))
        for method in sorted(methods | {"OPTIONS"}):
            match.present("Allow", method, allowed)
        match.absent("Allow", foreign, allowed)


@case("http.allow-order", needs=("http.method-not-allowed",))
def allow_order(api: Api) -> None:
    """Allow is sorted, with OPTIONS at its end."""
    for path, _, foreign in _resources(api.queue_name()):
        allowed = _allowed(api.request(foreign, path).headers.get("Allow"))
        match.equal(f"Allow of {path}", allowed, [*sorted(set(allowed) - {"OPTIONS"}), "OPTIONS"])


@case("http.unknown-method")
def unknown_method(api: Api) -> None:
    """FOO is no method at all, so the request is malformed."""
    match.status(api.request("FOO", paths.QUEUES), 400)


@case("http.head-not-allowed", needs=("http.method-not-allowed",))
def head_not_allowed(api: Api) -> None:
    """HEAD is refused on the paths that GET reads."""
    name = api.queue_name()
    for path in (
        paths.HOME,
        paths.QUEUES,
        paths.messages(name),
        paths.message(name, "0"),
        paths.claim(name, "0"),
    ):
        match.status(api.request("HEAD", path), 405)


@case("http.head-on-queue", needs=("queue-create.created",))
def head_on_queue(api: Api) -> None:
    """HEAD of a queue is refused, or tells whether the queue exists."""
    name = arrange.queue(api)

    known = api.request("HEAD", paths.queue(name))
    unknown = api.request("HEAD", paths.queue(api.queue_name()))

    match.equal(
        "statuses for a known and an unknown queue are one of the two pairs",
        (known.status, unknown.status) in ((405, 405), (200, 404)),
        True,
    )


@case("queue-get-head.existence", needs=("queue-create.created",))
def head_tells_existence(api: Api) -> None:
    """HEAD tells of a queue whether it exists, and makes none."""
    name, other = arrange.queue(api), api.queue_name()

    answer = api.request("HEAD", paths.queue(name))

    match.status(answer, 200)
    match.no_body(answer)
    for _ in range(2):
        match.status(api.request("HEAD", paths.queue(other)), 404)


@case("http.options-allow")
def options_allow(api: Api) -> None:
    """OPTIONS names the methods of a path in Allow."""
    for path, methods, _ in _resources(api.queue_name()):
        answer = api.request("OPTIONS", path)

        match.status(answer, 200)
        match.no_body(answer)
        for method in sorted(methods):
            match.present(f"Allow of {path}", method, _allowed(answer.headers.get("Allow")))


@case("http.options-never-fails")
def options_never_fails(api: Api) -> None:
    """OPTIONS is fine on an unknown path and without identity headers."""
    for answer in (
        api.request("OPTIONS", "/v2/unknown"),
        api.request("OPTIONS", paths.QUEUES, headers=_NO_ID),
    ):
        match.status(answer, 200)
        match.no_body(answer)


@case("http.keep-alive", needs=("ping-node.no-content",))
def keep_alive(api: Api) -> None:
    """A second request on a connection is answered unless the first answer said it would not."""
    request = api.head_bytes("GET", paths.QUEUES, without=["Connection"])

    first, second = api.raw_sequence([request, request])

    match.status(first, 200)
    announced = first.headers.get("Connection", "").lower() == "close"
    if second.status != 200 and not announced:
        raise Mismatch("a second answer on the connection", f"status {second.status}")


def _allowed(header: str | None) -> list[str]:
    return [method.strip() for method in (header or "").split(",")]
