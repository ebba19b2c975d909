# SPDX-License-Identifier: Apache-2.0
"""Deleting and purging a queue, and counting what is in it."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("queue-create.created",)
_LISTED: Final = ("message-list.order",)
_CLAIMED: Final = ("claim-create.created",)
_CREATED_FORM: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_PAST_MESSAGE: Final = 63


def _statistics(api: Api, name: str) -> dict[str, Any]:
    answer = api.get(paths.stats(name))
    match.status(answer, 200)
    return match.an_object("messages", match.object_of(answer).get("messages"))


def _counts(told: dict[str, Any]) -> dict[str, Any]:
    return {key: told.get(key) for key in ("claimed", "free", "total")}


@case("queue-delete.no-content", needs=_CREATED)
def delete(api: Api) -> None:
    """A deleted queue is no longer listed, and deleting nothing is no fault."""
    name = arrange.queue(api)

    match.status(api.delete(paths.queue(name)), 204)
    observe.no_queue(api, name)
    match.status(api.delete(paths.queue(name)), 204)


@case("queue-delete.removes-everything", needs=_LISTED)
def delete_everything(api: Api) -> None:
    """Nothing of a deleted queue is found under its name again."""
    name = arrange.queue(api, {"colour": "red"})
    ids = arrange.posted(api, name, "a")
    arrange.deleted(api, paths.queue(name))

    arrange.created(api, name)

    match.equal("the listed bodies", observe.bodies(api, name), [])
    observe.no_message(api, name, ids[0])
    match.absent("the metadata", "colour", observe.metadata(api, name))


@case("queue-delete.removes-claimed", needs=_CLAIMED)
def delete_claimed(api: Api) -> None:
    """Claimed messages and their claim go with the queue."""
    name, ids = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    arrange.deleted(api, paths.queue(name))

    arrange.created(api, name)

    match.equal("the listed bodies", observe.bodies(api, name), [])
    observe.no_message(api, name, ids[0])
    match.status(api.get(claim.path), 404)


@case("queue-get-stats.unknown-queue")
def stats_unknown(api: Api) -> None:
    """A queue that does not exist has nothing to count, and stays unknown."""
    name = api.queue_name()

    answer = api.get(paths.stats(name))

    match.status(answer, 200)
    expected = {"messages": {"claimed": 0, "free": 0, "total": 0}}
    match.equal("the statistics", match.json_of(answer), expected)
    observe.no_queue(api, name)


@case("queue-get-stats.counts", needs=("message-post.created",))
def stats_counts(api: Api) -> None:
    """All messages are counted; the first and the last one are told."""
    name, ids = arrange.stocked(api, "a", "b", "c")

    told = _statistics(api, name)

    match.equal("the counts", _counts(told), {"claimed": 0, "free": 3, "total": 3})
    for end, message_id in (("oldest", ids[0]), ("newest", ids[-1])):
        message = match.an_object(end, told.get(end))
        match.keys(end, message, {"age", "created", "href"})
        match.between(f"age of {end}", message["age"], 0, 10)
        match.like(f"created of {end}", message["created"], _CREATED_FORM, "a UTC time, seconds")
        match.equal(f"href of {end}", message["href"], paths.message(name, message_id))


@case("queue-get-stats.counts/empty", needs=_CREATED)
def stats_empty(api: Api) -> None:
    """An empty queue has neither an oldest nor a newest message."""
    answer = api.get(paths.stats(arrange.queue(api)))

    match.status(answer, 200)
    expected = {"messages": {"claimed": 0, "free": 0, "total": 0}}
    match.equal("the statistics", match.json_of(answer), expected)


@case("queue-get-stats.claimed", needs=_CLAIMED)
def stats_claimed(api: Api) -> None:
    """Claimed messages are counted apart."""
    name, _ = arrange.stocked(api, "a", "b", "c")
    arrange.claimed(api, name, limit=2)

    match.equal(
        "the counts", _counts(_statistics(api, name)), {"claimed": 2, "free": 1, "total": 3}
    )


@case("queue-get-stats.expired-not-counted", needs=("queue-get-stats.counts",), wait=_PAST_MESSAGE)
def stats_expired(api: Api) -> None:
    """An expired message does not count."""
    name, _ = arrange.stocked(api, "a", ttl=60)
    arrange.posted(api, name, "b")

    api.wait(_PAST_MESSAGE)

    match.equal(
        "the counts", _counts(_statistics(api, name)), {"claimed": 0, "free": 1, "total": 1}
    )


@case("queue-purge.everything", needs=_LISTED)
def purge(api: Api) -> None:
    """A purge leaves the queue with its metadata and without its messages."""
    name = arrange.queue(api, {"colour": "red"})
    arrange.posted(api, name, *range(25))

    answer = api.post(paths.purge(name))

    match.status(answer, 204)
    match.equal("the listed bodies", observe.bodies(api, name), [])
    observe.a_queue(api, name)
    match.equal("the metadata", observe.metadata(api, name).get("colour"), "red")


@case("queue-purge.unknown-queue")
def purge_unknown(api: Api) -> None:
    """A queue that does not exist is purged without being made."""
    name = api.queue_name()

    match.status(api.post(paths.purge(name)), 204)
    match.status(api.post(paths.purge(name), json={"resource_types": ["messages"]}), 204)
    observe.no_queue(api, name)


@case("queue-purge.types", needs=_LISTED)
def purge_types(api: Api) -> None:
    """Only a purge of messages removes messages."""
    name, _ = arrange.stocked(api, "a", "b")

    for spared in ([], ["subscriptions"]):
        match.status(api.post(paths.purge(name), json={"resource_types": spared}), 204)
        match.equal("the bodies left", observe.bodies(api, name), ["a", "b"])
    both = {"resource_types": ["subscriptions", "messages"]}
    match.status(api.post(paths.purge(name), json=both), 204)
    match.equal("the bodies left", observe.bodies(api, name), [])


@case("queue-purge.types-refused", needs=_LISTED)
def purge_types_refused(api: Api) -> None:
    """A purge of what a queue does not have is refused and removes nothing."""
    name, _ = arrange.stocked(api, "a")

    for body in (
        {},
        {"types": ["messages"]},
        {"resource_types": ["claims"]},
        {"resource_types": ["messages", "claims"]},
        {"resource_types": "messages"},
    ):
        match.status(api.post(paths.purge(name), json=body), 400)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])


@case("queue-purge.types-form", needs=_LISTED)
def purge_types_form(api: Api) -> None:
    """What is no array of types is refused."""
    name, _ = arrange.stocked(api, "a")

    for types in (None, 1, [["messages"]], [1]):
        match.status(api.post(paths.purge(name), json={"resource_types": types}), 400)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])


@case("queue-purge.claimed-messages", needs=_CLAIMED)
def purge_claimed(api: Api) -> None:
    """A claim protects no message from a purge."""
    name, _ = arrange.stocked(api, "a", "b")
    arrange.claimed(api, name, limit=1)

    match.status(api.post(paths.purge(name)), 204)
    match.equal("the bodies left", observe.bodies(api, name), [])
