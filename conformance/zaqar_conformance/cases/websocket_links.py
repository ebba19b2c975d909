# SPDX-License-Identifier: Apache-2.0
"""Lists beyond v2: links, by which a listing goes on, and filters."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from zaqar_conformance import administer, match, paths
from zaqar_conformance.case import Mismatch, case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import Connection, Reply, given, replies

_LISTS: Final = ("websocket-queue.list-form", "websocket-message.list-form")
_MOST_PAGES: Final = 200
_ITEMS: Final = 5


@dataclass(frozen=True)
class _List:
    """A list with some items: its action, where the items stand, and what is asked for."""

    action: str
    what: str
    body: dict[str, Any]
    key: str
    items: list[Any]


def _queues(api: Api, line: Connection, kind: str) -> _List:
    start = f"kit-{secrets.token_hex(6)}"
    names = [f"{start}-{number}" for number in range(_ITEMS)]
    for name in names:
        api.remember(name if kind == "queue" else paths.Topic(name))
        with setup():
            replies.status(line.ask(f"{kind}_create", {f"{kind}_name": name}), 201)
    return _List(f"{kind}_list", f"{kind}s", {"name": start}, "name", names)


def _inside(api: Api, line: Connection, kind: str) -> Iterator[_List]:
    """Messages and subscriptions of a queue or topic."""
    prefix = "" if kind == "queue" else "topic_"
    name = api.queue_name() if kind == "queue" else api.topic_name()
    body = {f"{kind}_name": name}
    messages = {**body, "messages": [{"body": number} for number in range(_ITEMS)]}
    with setup():
        ids = replies.ids(line.ask(f"{prefix}message_post", messages), _ITEMS)
    yield _List(f"{prefix}message_list", "messages", {**body, "echo": True}, "id", ids)
    hooks = [f"{given.HOOK}/{number}" for number in range(_ITEMS)]
    action = f"{prefix}subscription_create"
    subscribed = [given.subscribed(line, name, action, subscriber=hook) for hook in hooks]
    yield _List(f"{prefix}subscription_list", "subscriptions", body, "id", subscribed)


def _lists(api: Api, line: Connection) -> Iterator[_List]:
    for kind in ("queue", "topic"):
        yield _queues(api, line, kind)
        yield from _inside(api, line, kind)


def _pages(line: Connection, one: _List, limit: int) -> Iterator[Reply]:
    """The pages of a list, each by the marker of the one before."""
    body = {**one.body, "limit": limit, "with_links": True}
    for _ in range(_MOST_PAGES):
        reply = line.ask(one.action, body)
        yield reply
        if (marker := replies.marker(reply)) is None:
            return
        body = {**body, "marker": marker}
    raise Mismatch(f"an end of the pages of {one.action}", f"more than {_MOST_PAGES} pages")


def _on(reply: Reply, one: _List) -> list[Any]:
    return [item.get(one.key) for item in match.objects(one.what, replies.member(reply, one.what))]


@case("websocket-links.link", needs=_LISTS)
def link(api: Api) -> None:
    """A page that is not empty has one link with a marker, an empty one has none."""
    line = api.connect()
    for one in _lists(api, line):
        reply = line.ask(one.action, {**one.body, "with_links": True})
        match.keys(f"a page of {one.action}", replies.body(reply), (one.what, "links"))
        match.equal(f"whether {one.action} has a link", replies.marker(reply) is not None, True)
        last = list(_pages(line, one, _ITEMS))[-1]
        match.equal(f"the last page of {one.action}", replies.member(last, one.what), [])
        plain = replies.body(line.ask(one.action, {**one.body, "with_links": False}))
        match.keys(f"a page of {one.action}", plain, (one.what,))


@case("websocket-links.link/administration", needs=_LISTS)
def link_administration(api: Api) -> None:
    """Lists of pools and flavors have links too."""
    _needs_pools_here(api)
    line = api.connect()
    for action, what in (("pool_list", "pools"), ("flavor_list", "flavors")):
        reply = line.ask(action, {"with_links": True})
        match.keys(f"a page of {action}", replies.body(reply), (what, "links"))
        found = match.an_array(what, reply.body[what])
        match.equal("whether there is a link", replies.marker(reply) is not None, bool(found))


def _needs_pools_here(api: Api) -> None:
    administer.needs_pools(api)


@case("websocket-links.paging", needs=("websocket-links.link",))
def paging(api: Api) -> None:
    """The pages of a list show everything once."""
    line = api.connect()
    for one in _lists(api, line):
        for limit in (1, 2):
            found = [item for page in _pages(line, one, limit) for item in _on(page, one)]
            wanted: Callable[..., None] = match.same_items
            wanted(f"the pages of {one.action}", found, one.items)


@case("websocket-links.drained-cursor", needs=("websocket-links.link",))
def drained_cursor(api: Api) -> None:
    """The last marker of messages leads to what is posted later."""
    line = api.connect()
    name, _ = given.stocked(api, line, "a", "b")
    marker = replies.marker(given.all_of(line, name, with_links=True))
    match.equal("the rest", replies.bodies(given.all_of(line, name, marker=marker)), [])
    given.posted(line, name, "c")
    match.equal("the rest", replies.bodies(given.all_of(line, name, marker=marker)), ["c"])


@case("websocket-filters.filters", needs=_LISTS)
def filters(api: Api) -> None:
    """Queues are found by name and metadata, and counted."""
    line = api.connect()
    start = f"kit-{secrets.token_hex(6)}"
    made = {f"{start}-{n}": {"number": n, "odd": n % 2 == 1, "in": {"a": "x"}} for n in range(4)}
    for name, metadata in made.items():
        api.remember(name)
        with setup():
            body = {"queue_name": name, "metadata": metadata}
            replies.status(line.ask("queue_create", body), 201)
    for asked, expected in (
        ({}, list(made)),
        ({"metadata_filter": {"number": "2"}}, [f"{start}-2"]),
        ({"metadata_filter": {"odd": "true", "in.a": "x"}}, [f"{start}-1", f"{start}-3"]),
        ({"metadata_filter": {"odd": "1"}}, []),
    ):
        reply = line.ask("queue_list", {"name": start, "with_count": True, **asked})
        match.keys("the list", replies.body(reply), ("queues", "count"))
        match.equal("the names", replies.names(reply), expected)
        match.equal("count", reply.body["count"], len(expected))
