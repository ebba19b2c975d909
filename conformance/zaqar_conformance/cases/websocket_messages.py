# SPDX-License-Identifier: Apache-2.0
"""The actions of messages, where they differ from REST."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import BINARY, forms, given, replies

_CREATED: Final = ("websocket-queue.created",)
_POSTED: Final = ("websocket-message.posted",)
_LISTED: Final = ("websocket-message.list-form",)
_UNKNOWN: Final = "64f0c0de0000000000000001"
_POPPED: Final = frozenset({"id", "body", "ttl", "age", "claim_id", "claim_count"})
_BODIES: Final[tuple[Any, ...]] = (
    "text größer \u2603 \U0001f600 \n\x00",
    {"a": {"$set": [1, {"a.b": None}]}, "": True, "\x00": "nul"},
    [[], {}, "", 0, -1, 1.5, 1e-300, True, False, None],
    [2**63 - 1, -(2**63), 2**64 - 1, 2**53 + 1],
    7,
    "",
    False,
)


@case("websocket-message.posted", needs=_CREATED)
def posted(api: Api) -> None:
    """A post is answered with the ids of its messages in their order."""
    line = api.connect()
    name = api.queue_name()
    messages = [{"body": number, "ttl": 300} for number in range(5)]

    ids = replies.ids(line.ask("message_post", {"queue_name": name, "messages": messages}), 5)

    match.distinct("the ids", ids)
    for number, one in enumerate(ids):
        body = {"queue_name": name, "message_id": one}
        found = match.an_object(
            "messages", replies.member(line.ask("message_get", body), "messages")
        )
        match.equal("the body", found.get("body"), number)


@case("websocket-message.entry", needs=_POSTED)
def entry(api: Api) -> None:
    """A message has id, claim_id, ttl, age and body, whoever claims it."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", ttl=300)
    given.claimed(line, name)

    listed = replies.messages(given.all_of(line, name))
    body = {"queue_name": name, "message_ids": ids}
    some = replies.messages(line.ask("message_get_many", body))
    one = replies.member(
        line.ask("message_get", {"queue_name": name, "message_id": ids[0]}), "messages"
    )

    for message in (*listed, *some, match.an_object("messages", one)):
        replies.entry(message, None)
        match.equal("the id", message["id"], ids[0])
        match.equal("the body", message["body"], "a")


@case("websocket-message.list-form", needs=_POSTED)
def list_form(api: Api) -> None:
    """A list of messages has messages and nothing else, and that of an unknown queue none."""
    line = api.connect()
    name, _ = given.stocked(api, line, 1, 2)
    listed = replies.body(given.all_of(line, name))
    match.keys("a list of messages", listed, ("messages",))
    match.equal("the bodies", [one.get("body") for one in listed["messages"]], [1, 2])
    match.equal(
        "an unknown queue", replies.body(given.all_of(line, api.queue_name())), {"messages": []}
    )


@case("websocket-message.get-is-object", needs=_POSTED)
def get_is_object(api: Api) -> None:
    """One message is given as an object."""
    line = api.connect()
    name, ids = given.stocked(api, line, {"a": 1})
    reply = line.ask("message_get", {"queue_name": name, "message_id": ids[0]})
    match.keys("the body", replies.body(reply), ("messages",))
    match.equal(
        "its body", match.an_object("messages", reply.body["messages"]).get("body"), {"a": 1}
    )


@case("websocket-message.get-unknown", needs=_POSTED)
def get_unknown(api: Api) -> None:
    """A message that there is not is answered with 404."""
    line = api.connect()
    name, _ = given.stocked(api, line, 1)
    for one in (_UNKNOWN, "kit", "a/b"):
        replies.refused(line.ask("message_get", {"queue_name": name, "message_id": one}), 404)


@case("websocket-message.get-many", needs=_POSTED)
def get_many(api: Api) -> None:
    """Of several ids those messages are given that exist, perhaps none."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", "b", "c")
    for asked, expected in (
        ([ids[2], _UNKNOWN, ids[0]], ["a", "c"]),
        ([_UNKNOWN], []),
        ([ids[1], ids[1]], ["b"]),
    ):
        reply = line.ask("message_get_many", {"queue_name": name, "message_ids": asked})
        match.same_items("the bodies", replies.bodies(reply), expected)


@case("websocket-message.delay", needs=_LISTED, wait=3)
def delay(api: Api) -> None:
    """A message is neither listed nor claimed until its delay has passed."""
    line = api.connect()
    name, _ = given.stocked(api, line, "late", ttl=300, delay=2)
    given.no_messages(line, name)
    replies.status(line.ask("claim_create", {"queue_name": name}), 204)

    given.waiting(api, 3, line)

    match.equal("the bodies", replies.bodies(given.all_of(line, name)), ["late"])
    replies.status(line.ask("claim_create", {"queue_name": name}), 201)


@case("websocket-message.object", needs=_POSTED)
def an_object(api: Api) -> None:
    """A message that is no object is refused, and nothing is stored."""
    line = api.connect()
    name = given.queue(api, line)
    for message in (7, "text", None, ["body"], [], True):
        messages = [{"body": 1}, message]
        replies.refused(line.ask("message_post", {"queue_name": name, "messages": messages}))
    given.no_messages(line, name)


@case("websocket-message.size", needs=_LISTED)
def size(api: Api) -> None:
    """A post is taken up to its largest size, and refused as a whole beyond."""
    line = api.connect()
    largest = api.limits.max_messages_post_size
    for form in forms.FORMS:
        name = given.queue(api, line)
        around = len('{"queue_name":"","messages":[{"body":""}]}') + len(name)
        fits, beyond = "a" * (largest - around), "b" * (largest + 1)

        body = {"queue_name": name, "messages": [{"body": fits}]}
        replies.status(line.ask("message_post", body, form=form), 201)
        body = {"queue_name": name, "messages": [{"body": beyond}]}
        replies.refused(line.ask("message_post", body, form=form))

        match.equal(
            "the lengths",
            [len(one) for one in replies.bodies(given.all_of(line, name))],
            [len(fits)],
        )


@case("websocket-message.same-over-both", needs=_LISTED)
def same_over_both(api: Api) -> None:
    """A body is the same in either form, in whichever it was posted."""
    line = api.connect()
    for form in forms.FORMS:
        name = given.queue(api, line)
        messages = [{"body": body} for body in _BODIES]
        body = {"queue_name": name, "messages": messages}
        ids = replies.ids(line.ask("message_post", body, form=form), len(_BODIES))

        for other in forms.FORMS:
            listing = {"queue_name": name, **given.ALL}
            for place, asked in (("listed", "message_list"), ("claimed", "claim_create")):
                if asked == "message_list":
                    found = replies.bodies(line.ask(asked, listing, form=other))
                    match.equal(f"the bodies {place}", found, list(_BODIES))
            one = line.ask("message_get", {"queue_name": name, "message_id": ids[0]}, form=other)
            match.equal("the body", replies.member(one, "messages").get("body"), _BODIES[0])
        claim = line.ask("claim_create", {"queue_name": name}, form=form)
        match.equal("the bodies claimed", replies.bodies(claim, 201), list(_BODIES))


@case("websocket-message.big-integers", needs=_LISTED)
def big_integers(api: Api) -> None:
    """An integer beyond 64 bits comes back digit by digit as JSON, and somehow as MessagePack."""
    line = api.connect()
    numbers = [2**64, -(2**63) - 1, 10**30 + 1]
    name, _ = given.stocked(api, line, *numbers)
    match.equal("the bodies", replies.bodies(given.all_of(line, name)), numbers)
    packed = line.ask("message_list", {"queue_name": name, **given.ALL}, form=BINARY)
    match.equal("the form of the reply", packed.form, BINARY)
    match.equal("the number of messages", len(replies.messages(packed)), len(numbers))


@case("websocket-message.over-rest", needs=(*_LISTED, "message-post.created"))
def over_rest(api: Api) -> None:
    """What is posted over REST is read here, and what is posted here over REST."""
    line = api.connect()
    name, ids = given.stocked(api, line, {"from": "websocket"})
    ids += arrange.posted(api, name, {"from": "rest"})
    expected = [{"from": "websocket"}, {"from": "rest"}]

    listed = replies.messages(given.all_of(line, name))
    match.equal("the ids", [one["id"] for one in listed], ids)
    match.equal("the bodies", [one["body"] for one in listed], expected)
    match.equal("the bodies over REST", observe.bodies(api, name), expected)
    for one in ids:
        match.status(api.get(paths.message(name, one)), 200)


@case("websocket-message.popped", needs=_LISTED)
def popped(api: Api) -> None:
    """A pop gives the messages that it removes."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", "b", "c")
    found = replies.messages(line.ask("message_delete_many", {"queue_name": name, "pop": 2}))
    for message in found:
        match.keys("a popped message", message, _POPPED, "checksum")
    match.equal("the ids", [one["id"] for one in found], ids[:2])
    match.equal("the bodies", [one["body"] for one in found], ["a", "b"])
    match.equal("what is left", replies.bodies(given.all_of(line, name)), ["c"])


@case("websocket-message.removed", needs=_LISTED)
def removed(api: Api) -> None:
    """Messages are deleted by their ids, several and one."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", "b", "c", "d")
    body = {"queue_name": name, "message_ids": [ids[0], ids[2]]}
    replies.status(line.ask("message_delete_many", body), 204)
    replies.status(line.ask("message_delete", {"queue_name": name, "message_id": ids[3]}), 204)
    match.equal("what is left", replies.bodies(given.all_of(line, name)), ["b"])


@case("websocket-message.claimed", needs=("websocket-claim.created",))
def claimed(api: Api) -> None:
    """A claimed message is deleted with its claim and not without it."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a")
    claim_id, _ = given.claimed(line, name)
    body = {"queue_name": name, "message_id": ids[0]}
    replies.refused(line.ask("message_delete", body), 403)
    match.equal("what is left", replies.bodies(given.all_of(line, name)), ["a"])
    replies.status(line.ask("message_delete", {**body, "claim_id": claim_id}), 204)
    given.no_messages(line, name)
