# SPDX-License-Identifier: Apache-2.0
"""The actions of queues, where they differ from REST."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import given, replies

_CREATED: Final = ("websocket-queue.created",)
_POSTED: Final = ("websocket-message.posted",)
_ALWAYS: Final = {
    "_dead_letter_queue": None,
    "_dead_letter_queue_messages_ttl": None,
    "_max_claim_count": None,
    "_enable_encrypt_messages": False,
}
_OF_DEPLOYMENT: Final = {
    "_max_messages_post_size": "max_messages_post_size",
    "_default_message_ttl": "default_message_ttl",
    "_default_message_delay": "default_message_delay",
}


@case("websocket-queue.created")
def created(api: Api) -> None:
    """A new queue is answered with 201, and with 204 once it is there, as it was."""
    line = api.connect()
    name = api.queue_name()

    for status, colour in ((201, "red"), (204, "blue")):
        body = {"queue_name": name, "metadata": {"colour": colour}}
        replies.status(line.ask("queue_create", body), status)

    match.equal("whether it is listed", given.exists(api, line, name), True)
    shown = replies.body(line.ask("queue_get", {"queue_name": name}))
    match.equal("colour", shown.get("colour"), "red")


@case("websocket-queue.create-without-metadata", needs=_CREATED)
def create_without_metadata(api: Api) -> None:
    """A queue needs no metadata, and null is none."""
    line = api.connect()
    tried: tuple[dict[str, Any], ...] = ({}, {"metadata": None}, {"metadata": {}})
    for more in tried:
        body = {"queue_name": api.queue_name(), **more}
        replies.status(line.ask("queue_create", body), 201)


@case("websocket-queue.metadata-defaults", needs=_CREATED)
def metadata_defaults(api: Api) -> None:
    """Keys that are not stored are shown with their defaults."""
    line = api.connect()
    expected = {
        **_ALWAYS,
        **{key: getattr(api.limits, option) for key, option in _OF_DEPLOYMENT.items()},
        "mine": 7,
    }
    name = given.queue(api, line, {"mine": 7})

    match.equal("the metadata", replies.body(line.ask("queue_get", {"queue_name": name})), expected)
    reply = line.ask("queue_list", {"marker": name[:-1], "detailed": True, "limit": 1})
    [queue] = match.objects("queues", replies.member(reply, "queues"))
    match.equal("the metadata", queue.get("metadata"), expected)


@case("websocket-queue.entry", needs=_CREATED)
def entry(api: Api) -> None:
    """A listed queue has its name, and its metadata where they are asked for."""
    line = api.connect()
    name = given.queue(api, line, {"mine": 7})
    for detailed, keys in ((False, ("name",)), (True, ("name", "metadata"))):
        body = {"marker": name[:-1], "limit": 1, "detailed": detailed}
        for queue in match.objects(
            "queues", replies.member(line.ask("queue_list", body), "queues")
        ):
            match.keys("an entry of queues", queue, keys)
            match.equal("the name", queue["name"], name)


@case("websocket-queue.list-form", needs=_CREATED)
def list_form(api: Api) -> None:
    """A list of queues has queues and nothing else."""
    line = api.connect()
    given.queue(api, line)
    match.keys("a list of queues", replies.body(line.ask("queue_list", {})), ("queues",))
    match.keys("an empty list", replies.body(line.ask("queue_list", {"marker": "~"})), ("queues",))


@case("websocket-queue.deleted", needs=_POSTED)
def deleted(api: Api) -> None:
    """A queue that is deleted is gone with its messages, and an unknown one is gone too."""
    line = api.connect()
    name, _ = given.stocked(api, line, 1, 2)

    replies.status(line.ask("queue_delete", {"queue_name": name}), 204)

    match.equal("whether it is listed", given.exists(api, line, name), False)
    given.no_messages(line, name)
    replies.status(line.ask("queue_delete", {"queue_name": name}), 204)


@case("websocket-queue.statistics", needs=_POSTED)
def statistics(api: Api) -> None:
    """The statistics count messages and name the oldest and the newest."""
    line = api.connect()
    name, ids = given.stocked(api, line, 1, 2, 3)
    replies.status(line.ask("claim_create", {"queue_name": name, "limit": 1}), 201)

    told = replies.member(line.ask("queue_get_stats", {"queue_name": name}), "messages")

    match.keys("the statistics", told, ("claimed", "free", "total", "oldest", "newest"))
    match.equal("claimed", [told[key] for key in ("claimed", "free", "total")], [1, 2, 3])
    for end, expected in (("oldest", ids[0]), ("newest", ids[-1])):
        match.keys(end, match.an_object(end, told[end]), ("id", "age", "created"))
        match.equal(f"the id of {end}", told[end]["id"], expected)


@case("websocket-queue.statistics-unknown", needs=("websocket-reply.status",))
def statistics_unknown(api: Api) -> None:
    """An unknown queue has nothing but zeros."""
    line = api.connect()
    told = replies.member(line.ask("queue_get_stats", {"queue_name": api.queue_name()}), "messages")
    match.equal("the statistics", told, {"claimed": 0, "free": 0, "total": 0})


@case("websocket-queue.purge-everything", needs=_POSTED)
def purge_everything(api: Api) -> None:
    """A queue is purged of messages and subscriptions, and stays."""
    line = api.connect()
    name, _ = given.stocked(api, line, 1, 2)
    given.hooked(line, name)

    replies.status(line.ask("queue_purge", {"queue_name": name}), 204)

    given.no_messages(line, name)
    reply = line.ask("subscription_list", {"queue_name": name})
    match.equal("the subscriptions", replies.member(reply, "subscriptions"), [])
    match.equal("whether it is listed", given.exists(api, line, name), True)


@case("websocket-queue.purge-types", needs=_POSTED)
def purge_types(api: Api) -> None:
    """Nothing is purged where one of the types is unknown."""
    line = api.connect()
    name, _ = given.stocked(api, line, 1)
    for types in (["message"], ["messages", "claims"], [None], ["messages", 7]):
        reply = line.ask("queue_purge", {"queue_name": name, "resource_types": types})
        replies.refused(reply)
    match.equal("the bodies", replies.bodies(given.all_of(line, name)), [1])
