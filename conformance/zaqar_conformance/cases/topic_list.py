# SPDX-License-Identifier: Apache-2.0
"""Which topics a list shows, in which order and in which pages.

As in the list of queues, names of one case share a random beginning.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange
from zaqar_conformance.paths import Topic

_CREATED: Final = ("topic-create.created",)
_ALWAYS_SHOWN: Final = frozenset(
    {"_default_message_ttl", "_max_messages_post_size", "_default_message_delay"}
)


@setup()
def _topics(api: Api, *endings: str, **metadata: Any) -> list[Topic]:
    """New topics whose names differ only in their endings, in the order given."""
    start = api.topic_name()
    names = [api.remember(Topic(f"{start}{ending}")) for ending in endings]
    for name in names:
        arrange.created(api, name, metadata)
    return names


def _first(api: Api, names: list[Topic], **params: Any) -> Exchange:
    """The list from just before the first of the names."""
    return api.get(paths.TOPICS, params={"marker": min(names)[:-1], **params})


@case("topic-list.empty")
def empty(api: Api) -> None:
    """A project without topics lists none and leads nowhere."""
    answer = api.other_project().get(paths.TOPICS)

    match.status(answer, 200)
    match.equal("the list", match.json_of(answer), {"topics": [], "links": []})


@case("topic-list.order", needs=_CREATED)
def order(api: Api) -> None:
    """Names of topics are sorted byte by byte."""
    names = _topics(api, "b", "a", "_", "B", "9", ".", "-", "Aa")

    listed = match.topic_names(_first(api, names))

    match.equal("the first topics", listed[: len(names)], sorted(names))


@case("topic-list.entry", needs=_CREATED)
def entry(api: Api) -> None:
    """An entry has name and path of the topic, and with details what it shows."""
    name = arrange.topic(api, {"colour": "red", "_default_message_ttl": 900})
    plain = {"name": name, "href": paths.queue(name)}

    answer = _first(api, [name], limit=1)
    match.status(answer, 200)
    match.equal("topics", match.object_of(answer).get("topics"), [plain])

    answer = _first(api, [name], limit=1, detailed="true")
    match.status(answer, 200)
    (listed,) = match.objects("topics", match.object_of(answer).get("topics"))
    metadata = match.an_object("metadata", listed.get("metadata"))
    match.keys("metadata", metadata, _ALWAYS_SHOWN | {"colour"})
    match.equal("metadata", metadata, observe.metadata(api, name))


@case("topic-list.limit", needs=_CREATED)
def limit(api: Api) -> None:
    """A page has as many topics as its limit, or 10."""
    names, most = _topics(api, *"abcdefghijkl"), api.limits.max_queues_per_page

    match.equal("topics of a page of 3", match.topic_names(_first(api, names, limit=3)), names[:3])
    usual = names[: api.limits.page(most)]
    match.equal("topics of a page", match.topic_names(_first(api, names)), usual)
    for value in (0, -1, most + 1):
        match.status(api.get(paths.TOPICS, params={"limit": value}), 400)


@case("topic-list.marker", needs=_CREATED)
def marker(api: Api) -> None:
    """The marker itself is not among the topics, and need not exist."""
    a, c, e = _topics(api, "a", "c", "e")

    for given, expected in ((a, [c, e]), (f"{a[:-1]}b", [c, e]), (c, [e])):
        answer = api.get(paths.TOPICS, params={"marker": given, "limit": len(expected)})
        match.equal(f"topics after {given}", match.topic_names(answer), expected)


@case("topic-list.next-link", needs=("topic-list.name-filter",))
def next_link(api: Api) -> None:
    """The next links ask in the same way and show every topic once."""
    names = _topics(api, "a", "b", "c", "d", "e")
    given = {"limit": "2", "detailed": "true", "name": names[0][:-1]}

    first, *more = list(observe.pages(api, paths.TOPICS, given))

    query = parse_qs(urlsplit(match.next_link(first) or "").query)
    told = {key: [text] for key, text in given.items()}
    match.equal("the query of the next link", {key: query.get(key) for key in given}, told)
    listed = [name for page in (first, *more) for name in match.topic_names(page)]
    match.equal("the topics of all pages", listed, names)
    match.equal("the topics of the last page", match.topic_names(more[-1]), [])


@case("topic-list.next-link-filters", needs=("topic-list.metadata-filter",))
def next_link_filters(api: Api) -> None:
    """Following the next link of topics stays with the metadata that was asked for."""
    names = _topics(api, "a", "c", "d", colour="red")
    arrange.created(api, api.remember(Topic(f"{names[0][:-1]}b")), {"colour": "blue"})

    answer = _first(api, names, limit=1, colour="red")

    followed = api.get(match.next_link(answer) or "")
    match.equal("the topics of the next page", match.topic_names(followed), names[1:2])


@case("topic-list.name-filter", needs=_CREATED)
def name_filter(api: Api) -> None:
    """Only topics whose names contain the text are listed."""
    red, blue, upper = _topics(api, "-red-1", "-blue-1", "-RED-1")

    listed = match.topic_names(_first(api, [red, blue, upper], name="-red"))

    match.present("topics with -red in their name", red, listed)
    for name in (blue, upper):
        match.absent("topics with -red in their name", name, listed)


@case("topic-list.name-filter-literal", needs=("topic-list.name-filter",))
def name_filter_literal(api: Api) -> None:
    """Signs of regular expressions in a topic's name stand for themselves."""
    dotted, plain = _topics(api, ".b", "xb")
    start = dotted[:-2]

    for text, expected in (
        (f"{start}.b", [dotted]),
        (f"^{start}", []),
        (f"{start}(", []),
        (plain, [plain]),
    ):
        answer = api.get(paths.TOPICS, params={"name": text})
        match.equal(f"topics with {text} in their name", match.topic_names(answer), expected)


@case("topic-list.metadata-filter", needs=_CREATED)
def metadata_filter(api: Api) -> None:
    """Topics are found by text and by integers in their metadata."""
    start = api.topic_name()
    names = [api.remember(Topic(f"{start}{ending}")) for ending in "abc"]
    a, b, _ = names
    stored: tuple[dict[str, Any], ...] = (
        {"colour": "red", "size": 3},
        {"colour": "red", "size": "3"},
        {},
    )
    for name, metadata in zip(names, stored, strict=True):
        arrange.created(api, name, metadata)

    for filters, expected in (
        ({"colour": "red"}, [a, b]),
        ({"size": "3"}, [a]),
        ({"colour": "red", "size": "3"}, [a]),
        ({"colour": "re"}, []),
    ):
        answer = api.get(paths.TOPICS, params={"name": start, **filters})
        match.equal(f"topics with {filters}", match.topic_names(answer), expected)


@case("topic-list.count", needs=("topic-list.name-filter",))
def count(api: Api) -> None:
    """Topics are counted when that is asked for, whatever the page."""
    names = _topics(api, "a", "b", "c", colour="red")
    asked = {"name": names[0][:-1], "with_count": "true"}

    for more, expected in (({"limit": "1"}, 3), ({"colour": "blue"}, 0), ({"colour": "red"}, 3)):
        answer = api.get(paths.TOPICS, params={**asked, **more})
        match.status(answer, 200)
        match.equal(f"count with {more}", match.object_of(answer).get("count"), expected)
    match.absent("a list without with_count", "count", match.object_of(_first(api, names)))
