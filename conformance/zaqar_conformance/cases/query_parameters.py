# SPDX-License-Identifier: Apache-2.0
"""How a query is read, whatever the operation."""

from __future__ import annotations

from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_POSTED: Final = ("message-post.created", "message-list.order")
_TRUE: Final = ("true", "True", "yes", "t", "y", "1", "on")
_FALSE: Final = ("false", "False", "no", "f", "n", "0", "off")
_NEITHER: Final = ("TRUE", "T", "YES", "tRuE", "2", "maybe")


@case("query.empty-value", needs=_POSTED)
def empty_value(api: Api) -> None:
    """A parameter that says nothing is not there."""
    name, _ = arrange.stocked(api, "a", "b")
    plain = match.bodies(api.get(f"{paths.messages(name)}?echo=true"))

    for query in ("limit=", "limit", "marker=", "include_claimed=", "include_claimed", "ids="):
        answer = api.get(f"{paths.messages(name)}?echo=true&{query}")
        match.equal(f"bodies with {query}", match.bodies(answer), plain)
        match.member("the body", match.object_of(answer), "links")


@case("query.empty-value/queues", needs=("queue-create.created",))
def empty_value_queues(api: Api) -> None:
    """Empty parameters do not narrow the list of queues."""
    name = arrange.queue(api)

    for query in ("limit=", "name=", "detailed=", "with_count", "detailed"):
        answer = api.get(f"{paths.QUEUES}?marker={name[:-1]}&{query}")
        match.present(f"queues with {query}", name, match.queue_names(answer))


@case("query.unknown-parameter", needs=_POSTED)
def unknown_parameter(api: Api) -> None:
    """A parameter that nobody asked for changes nothing."""
    name, query = api.queue_name(), "?colour=red&limits=0"

    match.status(api.put(paths.queue(name) + query), 201)
    match.status(api.get(paths.queue(name) + query), 200)
    posted = api.post(paths.messages(name) + query, json={"messages": [{"body": "a"}]})
    match.status(posted, 201)
    listed = api.get(f"{paths.messages(name)}{query}&echo=true")
    match.equal("the listed bodies", match.bodies(listed), ["a"])


@case("query.last-value", needs=_POSTED)
def last_value(api: Api) -> None:
    """Of several values of one scalar the last one counts."""
    name, _ = arrange.stocked(api, "a", "b", "c", "d")

    for query in ("limit=1&limit=3", "limit=1,3", "limit=0,3", "limit=nine&limit=1,3"):
        answer = api.get(f"{paths.messages(name)}?echo=true&{query}")
        match.equal(f"bodies with {query}", match.bodies(answer), ["a", "b", "c"])
    answer = api.get(f"{paths.messages(name)}?limit=1&echo=false,true")
    match.equal("bodies with echo=false,true", match.bodies(answer), ["a"])


@case("query.last-value/queues", needs=("queue-create.created",))
def last_value_queues(api: Api) -> None:
    """The list of queues takes the last limit."""
    name = arrange.queue(api)
    arrange.created(api, api.remember(f"{name}b"))

    answer = api.get(f"{paths.QUEUES}?marker={name[:-1]}&limit=2&limit=1")

    match.equal("the listed queues", match.queue_names(answer), [name])


@case("query.integers", needs=_POSTED)
def integers(api: Api) -> None:
    """What is no integer is refused where one is read."""
    messages = paths.messages(api.queue_name())
    for value in ("abc", "2.0", "1e1", "0x2", "true"):
        match.status(api.get(paths.QUEUES, params={"limit": value}), 400)
        match.status(api.get(messages, params={"limit": value}), 400)
        match.status(api.delete(messages, params={"pop": value}), 400)


@case("query.integer-blanks", needs=_POSTED)
def integer_blanks(api: Api) -> None:
    """Blanks around a number do not matter."""
    name, _ = arrange.stocked(api, "a", "b", "c")

    answer = api.get(f"{paths.messages(name)}?echo=true&limit=%202%20")

    match.equal("the listed bodies", match.bodies(answer), ["a", "b"])


@case("query.booleans/true", needs=_POSTED)
def booleans_true(api: Api) -> None:
    """Each spelling of true is true."""
    name, _ = arrange.stocked(api, "own")
    for value in _TRUE:
        answer = api.get(paths.messages(name), params={"echo": value})
        match.equal(f"bodies with echo={value}", match.bodies(answer), ["own"])


@case("query.booleans/false", needs=_POSTED)
def booleans_false(api: Api) -> None:
    """Each spelling of false is false."""
    name, _ = arrange.stocked(api, "own")
    for value in _FALSE:
        answer = api.get(paths.messages(name), params={"echo": value})
        match.equal(f"bodies with echo={value}", match.bodies(answer), [])


@case("query.booleans/neither")
def booleans_neither(api: Api) -> None:
    """Any other text is no boolean."""
    messages = paths.messages(api.queue_name())
    for value in _NEITHER:
        match.status(api.get(messages, params={"echo": value}), 400)
        match.status(api.get(paths.QUEUES, params={"detailed": value}), 400)


@case("query.lists", needs=("message-get-many.found",))
def lists(api: Api) -> None:
    """Ids are read separated by commas, repeated, and both at once."""
    name, (a, b, c) = arrange.stocked(api, "a", "b", "c")

    for query in (f"ids={a},{b},{c}", f"ids={a}&ids={b}&ids={c}", f"ids={a},{b}&ids={c}"):
        answer = api.get(f"{paths.messages(name)}?{query}")
        match.same_items("the fetched bodies", match.bodies(answer), ["a", "b", "c"])


@case("query.lists/delete", needs=("message-delete-many.by-ids",))
def lists_delete(api: Api) -> None:
    """Deleting reads its ids in the same ways."""
    name, (a, b, c, d, e, _) = arrange.stocked(api, "a", "b", "c", "d", "e", "f")

    for query in (f"ids={a},{b}", f"ids={c}&ids={d}", f"ids={e},{a}&ids={b}"):
        match.status(api.delete(f"{paths.messages(name)}?{query}"), 204)

    match.equal("the messages left", observe.bodies(api, name), ["f"])
