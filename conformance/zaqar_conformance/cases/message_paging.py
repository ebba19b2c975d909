# SPDX-License-Identifier: Apache-2.0
"""Reading a queue page by page: nothing is skipped and nothing is seen twice."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final
from urllib.parse import parse_qs, urlsplit

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api

_LISTED: Final = ("message-list.order",)
_PAGED: Final = ("message-list.paging",)

_PRODUCERS: Final = 8
_POSTS_EACH: Final = 20
#: A reader that is told so often that there is nothing more has been told enough.
_MOST_READS: Final = 10_000


@case("message-list.next-link", needs=_LISTED)
def next_link(api: Api) -> None:
    """The next link asks for the next page of messages in the same way."""
    name, _ = arrange.stocked(api, "a", "b", "c")
    given = {"limit": "2", "echo": "true", "include_claimed": "true"}

    answer = api.get(paths.messages(name), params=given)

    link = urlsplit(match.next_link(answer) or "")
    query = parse_qs(link.query)
    match.equal("the path of the next link", link.path, paths.messages(name))
    match.present("the query of the next link", "marker", query)
    told = {key: query.get(key) for key in given}
    match.equal("the query of the next link", told, {key: [text] for key, text in given.items()})


@case("message-list.paging", needs=("message-list.next-link",))
def paging(api: Api) -> None:
    """The pages together are the queue, and the page after the last message is empty."""
    name, _ = arrange.stocked(api, *range(7))

    pages = list(observe.pages(api, paths.messages(name), {"limit": 3, "echo": "true"}))

    listed = [body for page in pages for body in match.bodies(page)]
    match.equal("the bodies of all pages", listed, list(range(7)))
    match.equal("the bodies of the last page", match.bodies(pages[-1]), [])


@case("message-list.paging/deletions", needs=(*_PAGED, "message-delete.unclaimed"))
def paging_deletions(api: Api) -> None:
    """What is deleted between two pages moves nothing out of sight."""
    name, ids = arrange.stocked(api, *range(6))
    first = api.get(paths.messages(name), params={"limit": 2, "echo": "true"})
    for gone in (ids[0], ids[1], ids[2]):
        arrange.deleted(api, paths.message(name, gone))

    second = api.get(match.next_link(first) or "")

    match.equal("the bodies of the next page", match.bodies(second), [3, 4])


@case("message-list.drained-cursor", needs=_PAGED)
def drained_cursor(api: Api) -> None:
    """A reader at the end waits there for what comes."""
    name, _ = arrange.stocked(api, "a", "b")
    link = match.next_link(api.get(paths.messages(name), params={"echo": "true"})) or ""
    match.equal("the bodies at the end", match.bodies(api.get(link)), [])

    arrange.posted(api, name, "c", "d")

    match.equal("the bodies at the end", match.bodies(api.get(link)), ["c", "d"])


@case("message-list.unknown-marker", needs=_LISTED)
def unknown_marker(api: Api) -> None:
    """A marker from nowhere leads to an empty page."""
    name, ids = arrange.stocked(api, "a", "b")

    for marker in (ids[0], "nonsense", "9" * 18, "-", "a b"):
        answer = api.get(paths.messages(name), params={"marker": marker, "echo": "true"})
        match.equal(f"bodies after {marker}", match.bodies(answer), [])
        match.equal("links", match.object_of(answer).get("links"), [])


@case("message-list.concurrent-producers", needs=_PAGED)
def concurrent_producers(api: Api) -> None:
    """A reader beside several producers sees each message once, each producer's in order."""
    name, done = arrange.queue(api), threading.Event()
    with ThreadPoolExecutor(_PRODUCERS + 1) as threads:
        reader = threads.submit(_read, api.other_client(), name, done)
        producers = [threads.submit(_produce, api, name, one) for one in range(_PRODUCERS)]
        failure = _first_failure(producers)
        done.set()
        seen = reader.result()
    if failure:
        raise failure

    for one in range(_PRODUCERS):
        of_one = [body for body in seen if body[:1] == str(one)]
        match.equal(f"bodies of producer {one}", of_one, _bodies_of(one))


def _produce(api: Api, name: str, producer: int) -> None:
    client = api.other_client()
    for body in _bodies_of(producer):
        arrange.posted(client, name, body)


def _bodies_of(producer: int) -> list[str]:
    return [f"{producer}-{number}" for number in range(_POSTS_EACH)]


def _first_failure(producers: list[Future[None]]) -> BaseException | None:
    return next((error for future in producers if (error := future.exception())), None)


def _read(api: Api, name: str, done: threading.Event) -> list[str]:
    """All bodies, page by page, until the producers are done and a page after that is empty."""
    seen: list[str] = []
    link = f"{paths.messages(name)}?limit={api.limits.max_messages_per_page}"
    for _ in range(_MOST_READS):
        last = done.is_set()
        answer = api.get(link)
        seen += map(str, match.bodies(answer))
        following = match.next_link(answer)
        if (following is None and last) or len(seen) > _PRODUCERS * _POSTS_EACH:
            return seen
        link = following or link
    raise Mismatch(f"an end of the queue within {_MOST_READS} pages", f"{len(seen)} messages")
