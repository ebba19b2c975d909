# SPDX-License-Identifier: Apache-2.0
"""Which messages a list shows, in which order and in which shape."""

from __future__ import annotations

import uuid
from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_LISTED: Final = ("message-list.order",)
_CLAIMED: Final = ("claim-create.created",)

#: Seconds that a message or a claim of 60 seconds has surely ended after, and surely not yet.
_PAST_END: Final = 63
_BEFORE_END: Final = 52


@case("message-list.unknown-queue")
def unknown_queue(api: Api) -> None:
    """A queue that does not exist has no messages, and stays unknown."""
    name = api.queue_name()

    answer = api.get(paths.messages(name))

    match.status(answer, 200)
    match.equal("the list", match.json_of(answer), {"messages": [], "links": []})
    observe.no_queue(api, name)


@case("message-list.order", needs=("message-post.created",))
def order(api: Api) -> None:
    """Messages come in the order of their posts and, within one, of the request."""
    name, _ = arrange.stocked(api, "a", "b", "c")
    arrange.posted(api.other_client(), name, "d")
    arrange.posted(api, name, "e", "f")

    listed = api.get(paths.messages(name), params={"echo": "true"})

    match.equal("the listed bodies", match.bodies(listed), ["a", "b", "c", "d", "e", "f"])


@case("message-list.message-keys", needs=_LISTED)
def message_keys(api: Api) -> None:
    """A listed message is of the one shape that clients can read."""
    name, ids = arrange.stocked(api, {"a": 1}, ttl=300)

    message = match.only_message(api.get(paths.messages(name), params={"echo": "true"}))

    match.message_shape(message)
    match.equal("id", message["id"], ids[0])
    match.equal("href", message["href"], paths.message(name, ids[0]))
    match.equal("ttl", message["ttl"], 300)
    match.equal("body", message["body"], {"a": 1})
    match.between("age", message["age"], 0, 10)


@case("message-list.message-keys/age", needs=("message-list.message-keys",), wait=3)
def age(api: Api) -> None:
    """The age of a message grows by a second each second."""
    name, ids = arrange.stocked(api, "a")
    match.between("age", observe.message(api, name, ids[0]).get("age"), 0, 1)

    api.wait(3)

    match.between("age", observe.message(api, name, ids[0]).get("age"), 2, 13)


@case("message-list.limit", needs=_LISTED)
def limit(api: Api) -> None:
    """A page has as many messages as its limit, or 10."""
    name, _ = arrange.stocked(api, *range(12))
    path, usual = paths.messages(name), api.limits.page(api.limits.max_messages_per_page)

    three = api.get(path, params={"echo": "true", "limit": 3})
    ten = api.get(path, params={"echo": "true"})

    match.equal("bodies of a page of 3", match.bodies(three), [0, 1, 2])
    match.equal("bodies of a page", match.bodies(ten), list(range(usual)))


@case("message-list.limit-range")
def limit_range(api: Api) -> None:
    """The limit of messages is 1 to the most that this deployment gives."""
    path, most = paths.messages(api.queue_name()), api.limits.max_messages_per_page
    for value in (1, most):
        match.status(api.get(path, params={"limit": value}), 200)
    for value in (0, -1, most + 1):
        match.status(api.get(path, params={"limit": value}), 400)


@case("message-list.echo", needs=_LISTED)
def echo(api: Api) -> None:
    """A caller is not told what it posted itself, unless it asks."""
    name, _ = arrange.stocked(api, "own")
    arrange.posted(api.other_client(), name, "foreign")
    path = paths.messages(name)

    for params, expected in (
        ({}, ["foreign"]),
        ({"echo": "false"}, ["foreign"]),
        ({"echo": "true"}, ["own", "foreign"]),
    ):
        listed = match.bodies(api.get(path, params=params))
        match.equal(f"bodies with {params}", listed, expected)


@case("message-list.echo-same-uuid", needs=("message-list.echo",))
def echo_same_uuid(api: Api) -> None:
    """A caller that writes its UUID differently is the same client for echo."""
    author = api.other_client()
    name, _ = arrange.stocked(author, "own")
    own = uuid.UUID(author.target.client_id)

    for spelling in (own.hex, str(own).upper(), f"{{{own}}}", f"urn:uuid:{own}"):
        answer = api.get(paths.messages(name), headers={"Client-ID": spelling})
        match.equal(f"bodies listed to {spelling}", match.bodies(answer), [])
    match.equal("bodies listed to another client", observe.bodies(api, name), ["own"])


@case("message-list.include-claimed", needs=(*_LISTED, *_CLAIMED))
def include_claimed(api: Api) -> None:
    """What somebody works on is listed only to who asks for it."""
    name, _ = arrange.stocked(api, "a", "b")
    arrange.claimed(api, name, limit=1)
    path = paths.messages(name)

    free = api.get(path, params={"echo": "true"})
    every = api.get(path, params={"echo": "true", "include_claimed": "true"})

    match.equal("bodies without include_claimed", match.bodies(free), ["b"])
    match.equal("bodies with include_claimed", match.bodies(every), ["a", "b"])


@case("message-list.claimed-href", needs=_CLAIMED)
def claimed_href(api: Api) -> None:
    """A claimed message tells its claim at the end of its href."""
    name, ids = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    expected = f"{paths.message(name, ids[0])}?claim_id={claim.id}"

    listed = api.get(paths.messages(name), params={"echo": "true", "include_claimed": "true"})

    match.equal("hrefs of the list", [m.get("href") for m in match.messages(listed)], [expected])
    match.equal("href by id", observe.message(api, name, ids[0]).get("href"), expected)


@case("message-list.expired-claim-href", needs=("message-list.claimed-href",), wait=_PAST_END)
def expired_claim_href(api: Api) -> None:
    """A claim that is over is not told any more."""
    name, ids = arrange.stocked(api, "a")
    arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    listed = match.messages(api.get(paths.messages(name), params={"echo": "true"}))
    plain = paths.message(name, ids[0])
    match.equal("hrefs of the list", [message.get("href") for message in listed], [plain])
    match.equal("href by id", observe.message(api, name, ids[0]).get("href"), plain)


@case("message-list.expired-hidden", needs=_LISTED, wait=_PAST_END)
def expired_hidden(api: Api) -> None:
    """A message whose time is over is not there any more."""
    name, _ = arrange.stocked(api, "a", ttl=60)
    arrange.posted(api, name, "b", ttl=300)

    api.wait(_PAST_END)

    match.equal("the listed bodies", observe.bodies(api, name), ["b"])


@case("message-list.alive-until-expiry", needs=_LISTED, wait=_BEFORE_END)
def alive_until_expiry(api: Api) -> None:
    """A message is there as long as it was promised."""
    name, ids = arrange.stocked(api, "a", ttl=60)

    api.wait(_BEFORE_END)

    match.equal("the listed bodies", observe.bodies(api, name), ["a"])
    match.equal("body by id", observe.message(api, name, ids[0]).get("body"), "a")
