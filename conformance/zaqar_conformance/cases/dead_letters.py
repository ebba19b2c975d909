# SPDX-License-Identifier: Apache-2.0
"""Dead letter queues: where messages go that were claimed too often, and what becomes of them."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_CLAIMED: Final = ("claim-create.created",)
_MOVED: Final = ("dead-letter.at-once",)
_PAST_END: Final = 63
_PATCH: Final = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}


def _source(api: Api, dead: str, most: int = 0, **more: Any) -> str:
    """A queue whose messages are given out so many times."""
    return arrange.queue(api, {"_max_claim_count": most, "_dead_letter_queue": dead, **more})


def _claim(api: Api, name: str) -> Exchange:
    return api.post(paths.claims(name), json={"ttl": 60, "grace": 60})


@case("dead-letter.after-maximum", needs=_CLAIMED, wait=_PAST_END)
def after_maximum(api: Api) -> None:
    """A message that was given out once, and may be once, moves; others are given out."""
    dead = arrange.queue(api)
    name = _source(api, dead, most=1)
    arrange.posted(api, name, "a", ttl=600)

    match.equal("the bodies of the first claim", match.bodies(_claim(api, name), 201), ["a"])
    api.wait(_PAST_END)
    arrange.posted(api, name, "b", ttl=600)

    match.equal("the bodies of the next claim", match.bodies(_claim(api, name), 201), ["b"])
    match.equal("the dead letters", observe.bodies(api, dead), ["a"])
    match.equal("the bodies left", observe.bodies(api, name), ["b"])


@case("dead-letter.at-once", needs=_CLAIMED)
def at_once(api: Api) -> None:
    """Where a message may be given out 0 times, each claim moves what it would get."""
    dead = arrange.queue(api)
    name = _source(api, dead)
    arrange.posted(api, name, "a", "b")

    match.status(_claim(api, name), 204)

    match.equal("the dead letters", observe.bodies(api, dead), ["a", "b"])
    match.equal("the bodies left", observe.bodies(api, name), [])


@case("dead-letter.needs-both", needs=_CLAIMED)
def needs_both(api: Api) -> None:
    """How often alone, and where to alone, move nothing."""
    dead = arrange.queue(api)
    for metadata in ({"_max_claim_count": 0}, {"_dead_letter_queue": dead}):
        name = arrange.queue(api, metadata)
        arrange.posted(api, name, "a")

        match.equal("the claimed bodies", match.bodies(_claim(api, name), 201), ["a"])


@case("dead-letter.same-message", needs=_MOVED)
def same_message(api: Api) -> None:
    """A moved message is found by its id in the dead letter queue, and only there."""
    dead = arrange.queue(api)
    name = _source(api, dead)
    [message_id] = arrange.posted(api, name, {"a": [1, None]})

    match.status(_claim(api, name), 204)

    message = observe.message(api, dead, message_id)
    match.message_shape(message)
    match.equal("id and body", [message["id"], message["body"]], [message_id, {"a": [1, None]}])
    observe.no_message(api, name, message_id)


@case("dead-letter.every-claim-counts", needs=_MOVED)
def every_claim_counts(api: Api) -> None:
    """Neither release nor renewal makes a claim as if it had not been."""
    dead = arrange.queue(api)
    name = _source(api, dead, most=2)
    arrange.posted(api, name, "a")
    arrange.deleted(api, arrange.claimed(api, name).path)
    second = arrange.claimed(api, name)
    match.status(api.patch(second.path, json={"ttl": 60}), 204)
    arrange.deleted(api, second.path)

    match.status(_claim(api, name), 204)

    match.equal("the dead letters", observe.bodies(api, dead), ["a"])


@case("dead-letter.creates-queue", needs=_CLAIMED)
def creates_queue(api: Api) -> None:
    """A dead letter queue that does not exist is made when it is needed, and not before."""
    dead = api.queue_name()
    name = _source(api, dead)
    arrange.posted(api, name, "a")
    observe.no_queue(api, dead)

    match.status(_claim(api, name), 204)

    observe.a_queue(api, dead)
    match.equal("the dead letters", observe.bodies(api, dead), ["a"])


@case("dead-letter.unclaimed", needs=_MOVED)
def unclaimed(api: Api) -> None:
    """Who looks after dead letters can claim them at once."""
    dead = arrange.queue(api)
    name = _source(api, dead)
    [message_id] = arrange.posted(api, name, "a")
    match.status(_claim(api, name), 204)

    href = observe.message(api, dead, message_id).get("href")

    match.equal("href", href, paths.message(dead, message_id))
    match.equal("the claimed bodies", match.bodies(_claim(api, dead), 201), ["a"])


@case("dead-letter.end-of-queue", needs=_MOVED)
def end_of_queue(api: Api) -> None:
    """A reader who has read the dead letter queue to its end sees what is moved later."""
    dead = arrange.queue(api)
    name = _source(api, dead)
    arrange.posted(api, name, "a")
    arrange.posted(api, dead, "x", "y")
    first = api.get(paths.messages(dead), params={"echo": "true"})
    match.status(_claim(api, name), 204)

    match.equal("the bodies in order", observe.bodies(api, dead), ["x", "y", "a"])
    link = match.next_link(first)
    match.equal("a next link", link is not None, True)
    match.equal("the bodies behind the link", match.bodies(api.get(link or "/")), ["a"])


@case("dead-letter.ttl", needs=("dead-letter.same-message",))
def ttl(api: Api) -> None:
    """Dead letters have the ttl that their source gives them, or keep their own."""
    for more, expected in (({"_dead_letter_queue_messages_ttl": 300}, 300), ({}, 700)):
        dead = arrange.queue(api)
        name = _source(api, dead, **more)
        [message_id] = arrange.posted(api, name, "a", ttl=700)

        match.status(_claim(api, name), 204)

        match.equal("ttl", observe.message(api, dead, message_id).get("ttl"), expected)


@case("dead-letter.ttl-holds", needs=("dead-letter.ttl",), wait=_PAST_END)
def ttl_holds(api: Api) -> None:
    """The ttl of a dead letter is the life it has from its move on, not less and not more."""
    dead = arrange.queue(api)
    short = _source(api, dead, _dead_letter_queue_messages_ttl=60)
    long = _source(api, dead, _dead_letter_queue_messages_ttl=300)
    arrange.posted(api, short, "a", ttl=600)
    arrange.posted(api, long, "b", ttl=60)
    for name in (short, long):
        match.status(_claim(api, name), 204)

    api.wait(_PAST_END)

    match.equal("the dead letters", observe.bodies(api, dead), ["b"])


@case("dead-letter.own-queue", needs=("queue-create.created", "queue-update.operations"))
def own_queue(api: Api) -> None:
    """No queue is its own dead letter queue."""
    new, known = api.queue_name(), arrange.queue(api)
    operation = {"op": "add", "path": "/metadata/_dead_letter_queue", "value": known}

    match.status(api.put(paths.queue(new), json={"_dead_letter_queue": new}), 400)
    patch = api.patch(paths.queue(known), json=[operation], headers=_PATCH)
    match.status(patch, 400)

    observe.no_queue(api, new)
    match.equal("the name", observe.metadata(api, known).get("_dead_letter_queue"), None)


@case("message-pop.claim-count", needs=("message-pop.removes", *_CLAIMED))
def pop_claim_count(api: Api) -> None:
    """A popped message tells how often it was given to a claim before."""
    name, _ = arrange.stocked(api, "a")
    for _ in range(2):
        arrange.deleted(api, arrange.claimed(api, name).path)

    popped = match.only_message(api.delete(paths.messages(name), params={"pop": 1}))

    match.equal("claim_count", popped.get("claim_count"), 2)
