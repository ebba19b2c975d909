# SPDX-License-Identifier: Apache-2.0
"""Which queues a list shows, in which order and in which pages.

Names of one case share a random beginning, so a marker just before it makes its queues the first of
the list, whatever else the project holds. Only what is said of a whole project uses one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_CREATED: Final = ("queue-create.created",)
_ALWAYS_SHOWN: Final = frozenset(
    {
        "_default_message_ttl",
        "_max_messages_post_size",
        "_default_message_delay",
        "_dead_letter_queue",
        "_dead_letter_queue_messages_ttl",
        "_max_claim_count",
        "_enable_encrypt_messages",
    }
)


@setup()
def _queues(api: Api, *endings: str, **metadata: Any) -> list[str]:
    """New queues whose names differ only in their endings, in the order given."""
    start = api.queue_name()
    names = [api.remember(f"{start}{ending}") for ending in endings]
    for name in names:
        arrange.created(api, name, metadata)
    return names


def _first(api: Api, names: list[str], **params: Any) -> Exchange:
    """The list from just before the first of the names."""
    return api.get(paths.QUEUES, params={"marker": min(names)[:-1], **params})


@case("queue-list.empty")
def empty(api: Api) -> None:
    """A project without queues lists none and leads nowhere."""
    answer = api.other_project().get(paths.QUEUES)

    match.status(answer, 200)
    body = match.object_of(answer)
    match.equal("queues", match.member("the body", body, "queues"), [])
    match.equal("links", match.member("the body", body, "links"), [])


@case("queue-list.order", needs=_CREATED)
def order(api: Api) -> None:
    """Names are sorted byte by byte."""
    names = _queues(api, "b", "a", "_", "B", "9", ".", "-", "Aa")

    listed = match.queue_names(_first(api, names))

    match.equal("the first queues", listed[: len(names)], sorted(names))


@case("queue-list.entry", needs=_CREATED)
def entry(api: Api) -> None:
    """A plain entry has nothing but the name and the path of the queue."""
    name = arrange.queue(api, {"colour": "red"})

    answer = _first(api, [name], limit=1)

    match.status(answer, 200)
    expected = [{"name": name, "href": paths.queue(name)}]
    match.equal("queues", match.object_of(answer).get("queues"), expected)


@case("queue-list.entry/detailed", needs=_CREATED)
def entry_detailed(api: Api) -> None:
    """A detailed entry has the metadata that the queue shows."""
    name = arrange.queue(api, {"colour": "red", "_default_message_ttl": 900})

    answer = _first(api, [name], limit=1, detailed="true")

    match.equal("the listed queues", match.queue_names(answer), [name])
    listed = match.object_of(answer)["queues"][0]
    match.keys("an entry", listed, {"name", "href", "metadata"})
    metadata = match.an_object("metadata", listed["metadata"])
    match.keys("metadata", metadata, _ALWAYS_SHOWN | {"colour"})
    match.equal("metadata", metadata, observe.metadata(api, name))
    match.equal("_default_message_ttl", metadata["_default_message_ttl"], 900)


@case("queue-list.limit", needs=_CREATED)
def limit(api: Api) -> None:
    """A page has as many queues as its limit, or 10."""
    names = _queues(api, *"abcdefghijkl")
    usual = api.limits.page(api.limits.max_queues_per_page)

    match.equal("queues of a page of 3", match.queue_names(_first(api, names, limit=3)), names[:3])
    match.equal("queues of a page", match.queue_names(_first(api, names)), names[:usual])


@case("queue-list.limit-range")
def limit_range(api: Api) -> None:
    """The limit of queues is 1 to the most that this deployment gives."""
    most = api.limits.max_queues_per_page
    for value in (1, most):
        match.status(api.get(paths.QUEUES, params={"limit": value}), 200)
    for value in (0, -1, most + 1):
        match.status(api.get(paths.QUEUES, params={"limit": value}), 400)


@case("queue-list.marker", needs=_CREATED)
def marker(api: Api) -> None:
    """The marker itself is not listed, and need not exist."""
    a, c, e = _queues(api, "a", "c", "e")

    for given, expected in ((a, [c, e]), (f"{a[:-1]}b", [c, e]), (c, [e])):
        answer = api.get(paths.QUEUES, params={"marker": given, "limit": len(expected)})
        match.equal(f"queues after {given}", match.queue_names(answer), expected)


@case("queue-list.next-link", needs=("queue-list.name-filter",))
def next_link(api: Api) -> None:
    """The next link asks for the next page of queues in the same way."""
    names = _queues(api, "a", "b", "c")
    given = {"limit": "2", "detailed": "true", "name": names[0][:-1], "with_count": "true"}

    answer = api.get(paths.QUEUES, params=given)

    query = _query(match.next_link(answer))
    match.equal("the query of the next link", {**query, "marker": [""]}, _told(given))
    followed = api.get(match.next_link(answer) or "")
    match.equal("the queues of the next page", match.queue_names(followed), names[2:])


@case("queue-list.next-link-filters", needs=("queue-list.metadata-filter",))
def next_link_filters(api: Api) -> None:
    """Following the next link stays with the metadata that was asked for."""
    names = _queues(api, "a", "c", "d", colour="red")
    arrange.created(api, api.remember(f"{names[0][:-1]}b"), {"colour": "blue"})

    answer = _first(api, names, limit=1, colour="red")

    match.equal("colour", _query(match.next_link(answer)).get("colour"), ["red"])
    followed = api.get(match.next_link(answer) or "")
    match.equal("the queues of the next page", match.queue_names(followed), names[1:2])


@case("queue-list.paging", needs=("queue-list.name-filter",))
def paging(api: Api) -> None:
    """The pages together are the list, and the page after the last queue is empty."""
    names = _queues(api, "a", "b", "c", "d", "e")

    pages = list(observe.pages(api, paths.QUEUES, {"limit": 2, "name": names[0][:-1]}))

    listed = [name for page in pages for name in match.queue_names(page)]
    match.equal("the queues of all pages", listed, names)
    match.equal("the queues of the last page", match.queue_names(pages[-1]), [])


@case("queue-list.name-filter", needs=_CREATED)
def name_filter(api: Api) -> None:
    """Only names that contain the text are listed, wherever it is in them."""
    red, blue, upper = _queues(api, "-red-1", "-blue-1", "-RED-1")

    listed = match.queue_names(_first(api, [red, blue, upper], name="-red"))

    match.present("queues with -red in their name", red, listed)
    for name in (blue, upper):
        match.absent("queues with -red in their name", name, listed)


@case("queue-list.name-filter-literal", needs=("queue-list.name-filter",))
def name_filter_literal(api: Api) -> None:
    """Signs of regular expressions in the filter stand for themselves."""
    dotted, plain = _queues(api, ".b", "xb")
    start = dotted[:-2]

    for text, expected in (
        (f"{start}.b", [dotted]),
        (f"^{start}", []),
        (f"{start}[x]b", []),
        (f"{start}(", []),
        (f"{start}.*", []),
        (plain, [plain]),
    ):
        answer = api.get(paths.QUEUES, params={"name": text})
        match.equal(f"queues with {text} in their name", match.queue_names(answer), expected)


def _by_metadata(api: Api) -> Iterator[tuple[str, dict[str, Any]]]:
    """Queues that differ in their metadata only."""
    start = api.queue_name()
    for ending, metadata in (
        ("a", {"colour": "red", "size": 3, "owner": {"team": "x"}}),
        ("b", {"colour": "red", "size": "3"}),
        ("c", {"colour": "blue", "size": 4, "owner": {"team": "y"}}),
    ):
        arrange.created(api, api.remember(f"{start}{ending}"), metadata)
        yield f"{start}{ending}", metadata


@case("queue-list.metadata-filter", needs=_CREATED)
def metadata_filter(api: Api) -> None:
    """Filters compare text with text, integers with integers, and reach into objects."""
    (a, _), (b, _), (c, _) = _by_metadata(api)

    for filters, expected in (
        ({"colour": "red"}, {a, b}),
        ({"size": "3"}, {a}),
        ({"owner.team": "y"}, {c}),
        ({"colour": "red", "owner.team": "x"}, {a}),
        ({"colour": "re"}, set()),
        ({"nothing": "red"}, set()),
    ):
        listed = set(match.queue_names(_first(api, [a], limit=3, **filters)))
        match.same_items(f"queues with {filters}", list(listed & {a, b, c}), list(expected))


@case("queue-list.metadata-filter-comma", needs=("queue-list.metadata-filter",))
def metadata_filter_comma(api: Api) -> None:
    """A filter with two values is served or refused, and never breaks the server."""
    arrange.queue(api, {"colour": "red", "size": 1})
    for query in ("colour=red,blue", "colour=red&colour=blue", "size=1,2"):
        match.status(api.get(f"{paths.QUEUES}?{query}"), 200, 400)


@case("queue-list.metadata-filter-boolean", needs=("queue-list.metadata-filter",))
def metadata_filter_boolean(api: Api) -> None:
    """A filter finds true and false, and takes neither for a number."""
    yes, no = arrange.queue(api, {"on": True}), arrange.queue(api, {"on": False})

    for text, expected in (("true", [yes]), ("false", [no]), ("1", []), ("0", [])):
        answer = api.get(paths.QUEUES, params={"on": text, "limit": api.limits.max_queues_per_page})
        found = set(match.queue_names(answer)) & {yes, no}
        match.same_items(f"queues with on={text}", list(found), expected)


@case("queue-list.metadata-filter-spelling", needs=("queue-list.metadata-filter",))
def metadata_filter_spelling(api: Api) -> None:
    """A filter finds a number as JSON writes it, and no other spelling."""
    name = arrange.queue(api, {"size": 3})

    for text, expected in (("3", [name]), ("03", []), ("3.0", [])):
        answer = api.get(
            paths.QUEUES, params={"size": text, "limit": api.limits.max_queues_per_page}
        )
        found = set(match.queue_names(answer)) & {name}
        match.same_items(f"queues with size={text}", list(found), expected)


@case("queue-list.count", needs=_CREATED)
def count(api: Api) -> None:
    """The count is that of the project, on every page."""
    project = api.other_project()
    _queues(project, "a", "b", "c")

    for params in ({"limit": "1"}, {"limit": "1", "marker": "z"}):
        answer = project.get(paths.QUEUES, params={**params, "with_count": "true"})
        match.status(answer, 200)
        match.equal("count", match.object_of(answer).get("count"), 3)
    for params in ({}, {"with_count": "false"}):
        answer = project.get(paths.QUEUES, params=params)
        match.absent("the keys of the body", "count", match.object_of(answer))


@case("queue-list.count-exact/empty", needs=("queue-list.count",))
def count_empty(api: Api) -> None:
    """No queues are 0 queues."""
    answer = api.other_project().get(paths.QUEUES, params={"with_count": "true"})

    match.status(answer, 200)
    match.equal("count", match.object_of(answer).get("count"), 0)


@case("queue-list.count-exact/filters", needs=("queue-list.count",))
def count_filtered(api: Api) -> None:
    """What a filter hides is not counted."""
    project = api.other_project()
    names = _queues(project, "a", "b", colour="red")
    _queues(project, "c", colour="blue")

    for filters in ({"name": names[0][:-1]}, {"colour": "red"}):
        answer = project.get(paths.QUEUES, params={**filters, "with_count": "true", "limit": 1})
        match.status(answer, 200)
        match.equal(f"count with {filters}", match.object_of(answer).get("count"), 2)


def _query(link: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link or "").query)


def _told(params: dict[str, str]) -> dict[str, list[str]]:
    return {**{name: [value] for name, value in params.items()}, "marker": [""]}
