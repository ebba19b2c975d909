# SPDX-License-Identifier: Apache-2.0
"""Fetching messages by their ids, one or many."""

from __future__ import annotations

from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_POSTED: Final = ("message-post.created",)
_FOUND: Final = ("message-get-many.found",)
_CLAIMED: Final = ("claim-create.created",)
_PAST_END: Final = 63

#: No id that a server gave out. Ids are opaque, so a server may find any of them malformed.
_FOREIGN_IDS: Final = (
    "0123456789abcdef01234567",
    "8f14e45f-ceea-467f-8b6e-000000000000",
    "0",
    "no-id",
    "%C3%A9",
)


def _many(name: str, *ids: str) -> str:
    return f"{paths.messages(name)}?ids={','.join(ids)}"


@case("message-get.found", needs=_POSTED)
def found(api: Api) -> None:
    """One message is the object that lists have, also for who posted it."""
    name, ids = arrange.stocked(api, "a", {"b": 1}, ttl=300)

    answer = api.get(paths.message(name, ids[1]))

    match.status(answer, 200)
    message = match.object_of(answer)
    match.message_shape(message)
    match.equal("id", message["id"], ids[1])
    match.equal("href", message["href"], paths.message(name, ids[1]))
    match.equal("body", message["body"], {"b": 1})
    match.equal("ttl", message["ttl"], 300)


@case("message-get.claimed", needs=_CLAIMED)
def claimed(api: Api) -> None:
    """A claim hides no message from who knows its id."""
    name, ids = arrange.stocked(api, "a", "b")
    claim = arrange.claimed(api, name, limit=1)
    expected = f"{paths.message(name, ids[0])}?claim_id={claim.id}"

    many = match.messages(api.get(_many(name, *ids)))

    match.equal("href of the message", observe.message(api, name, ids[0]).get("href"), expected)
    hrefs = [message.get("href") for message in many]
    match.same_items("hrefs", hrefs, [expected, paths.message(name, ids[1])])


@case("message-get.unknown", needs=_POSTED)
def unknown(api: Api) -> None:
    """An id that names nothing in this queue is not found."""
    name, ids = arrange.stocked(api, "a")
    other = arrange.queue(api)

    for foreign in _FOREIGN_IDS:
        match.status(api.get(paths.message(name, foreign)), 404)
    match.status(api.get(paths.message(other, ids[0])), 404)
    match.status(api.get(paths.message(api.queue_name(), ids[0])), 404)


@case("message-get.expired", needs=("message-get.found",), wait=_PAST_END)
def expired(api: Api) -> None:
    """A message whose time is over is not found by its id."""
    name, ids = arrange.stocked(api, "a", ttl=60)

    api.wait(_PAST_END)

    match.status(api.get(paths.message(name, ids[0])), 404)
    match.status(api.get(_many(name, *ids)), 404)


@case("message-get-many.found", needs=_POSTED)
def many_found(api: Api) -> None:
    """Of many ids those that name messages are answered, each once, without links."""
    name, ids = arrange.stocked(api, "a", "b", "c")

    answer = api.get(_many(name, ids[2], _FOREIGN_IDS[0], ids[0], "no-id", ids[2]))

    messages = match.messages(answer)
    match.same_items("ids", [m.get("id") for m in messages], [ids[0], ids[2]])
    match.keys("the body", match.object_of(answer), {"messages"})
    for message in messages:
        match.message_shape(message)


@case("message-get-many.none-found", needs=_FOUND)
def many_none_found(api: Api) -> None:
    """Ids that name nothing at all are not found."""
    name, ids = arrange.stocked(api, "a")

    match.status(api.get(_many(name, *_FOREIGN_IDS)), 404)
    match.status(api.get(_many(api.queue_name(), ids[0])), 404)


@case("message-get-many.ids-maximum", needs=_FOUND)
def many_maximum(api: Api) -> None:
    """As many messages can be fetched at once as a page holds."""
    most = api.limits.max_messages_per_page
    name, ids = arrange.stocked(api, *range(most + 1))

    match.equal("the number found", len(match.messages(api.get(_many(name, *ids[:most])))), most)
    match.status(api.get(_many(name, *ids)), 400)


@case("message-get-many.other-parameters", needs=_FOUND)
def many_other_parameters(api: Api) -> None:
    """Beside ids nothing else counts."""
    name, ids = arrange.stocked(api, "a", "b")

    answer = api.get(f"{_many(name, *ids)}&limit=1&echo=false&marker=nonsense")

    match.same_items("the fetched bodies", match.bodies(answer), ["a", "b"])
