# SPDX-License-Identifier: Apache-2.0
"""The actions of claims and of subscriptions with a subscriber, where they differ from REST."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import given, replies

_POSTED: Final = ("websocket-message.posted",)
_CLAIMED: Final = ("websocket-claim.created",)
_SUBSCRIBED: Final = ("websocket-subscription.created",)
_UNKNOWN: Final = "64f0c0de0000000000000001"
_MESSAGES: Final = 20
_KEYS: Final = ("id", "source", "subscriber", "ttl", "age", "options", "confirmed")


@case("websocket-claim.created", needs=_POSTED)
def created(api: Api) -> None:
    """A claim is answered with its id and its messages, which have it too."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", "b", "c")
    body = {"queue_name": name, "limit": 2, "ttl": 60, "grace": 60}
    reply = line.ask("claim_create", body)
    match.keys("the body", replies.body(reply, 201), ("claim_id", "messages"))
    match.like("claim_id", reply.body["claim_id"], ".+", "a text")
    found = replies.messages(reply, 201)
    for message in found:
        replies.entry(message, reply.body["claim_id"])
    match.equal("the ids", [one["id"] for one in found], ids[:2])


@case("websocket-claim.nothing", needs=_POSTED)
def nothing(api: Api) -> None:
    """Where there is nothing to claim the claim_id is null."""
    line = api.connect()
    for name in (api.queue_name(), given.queue(api, line)):
        reply = replies.status(line.ask("claim_create", {"queue_name": name}), 204)
        match.equal("the body", reply.body, {"claim_id": None})


@case("websocket-claim.shown", needs=_CLAIMED)
def shown(api: Api) -> None:
    """A claim is shown with age, ttl and its messages."""
    line = api.connect()
    name, ids = given.stocked(api, line, "a", "b")
    claim_id, _ = given.claimed(line, name)
    reply = line.ask("claim_get", {"queue_name": name, "claim_id": claim_id})
    match.keys("the claim", replies.body(reply), ("age", "ttl", "messages"))
    match.equal("ttl", reply.body["ttl"], 60)
    match.between("age", reply.body["age"], 0, 60)
    for message in replies.messages(reply):
        replies.entry(message, claim_id)
    match.equal("the ids", [one["id"] for one in reply.body["messages"]], ids)


@case("websocket-claim.renewed", needs=("websocket-claim.shown",))
def renewed(api: Api) -> None:
    """A claim is renewed and ended, and unknown claims are answered with 404."""
    line = api.connect()
    name, _ = given.stocked(api, line, "a")
    claim_id, _ = given.claimed(line, name)
    claim = {"queue_name": name, "claim_id": claim_id}

    replies.status(line.ask("claim_update", {**claim, "ttl": 100, "grace": 60}), 204)
    match.equal("ttl", replies.member(line.ask("claim_get", claim), "ttl"), 100)
    replies.status(line.ask("claim_delete", claim), 204)

    for unknown in (claim_id, _UNKNOWN, "kit"):
        for action in ("claim_get", "claim_update"):
            replies.refused(line.ask(action, {**claim, "claim_id": unknown}), 404)
    replies.status(line.ask("claim_create", {"queue_name": name}), 201)


def _over_websocket(api: Api, name: str) -> list[Any]:
    """The bodies of what was claimed over the WebSocket."""
    line, found = api.connect(), list[Any]()
    try:
        for _ in range(_MESSAGES):
            reply = line.ask("claim_create", {"queue_name": name, "limit": 2})
            if reply.status == 201:
                found += replies.bodies(reply, 201)
    finally:
        line.wire.drop()
    return found


def _over_rest(api: Api, name: str) -> list[Any]:
    """The bodies of what was claimed over REST."""
    found = list[Any]()
    for _ in range(_MESSAGES):
        answer = api.post(paths.claims(name), params={"limit": 2}, json={})
        if answer.status == 201:
            found += match.bodies(answer, 201)
    return found


@case("websocket-claim.exclusive", needs=(*_CLAIMED, "claim-create.created"))
def exclusive(api: Api) -> None:
    """No message is in two claims, though some are made over REST and some here."""
    line = api.connect()
    name = given.queue(api, line)
    for start in range(0, _MESSAGES, 10):
        given.posted(line, name, *range(start, start + 10), ttl=300)

    with ThreadPoolExecutor(4) as pool:
        claiming = [
            pool.submit(claims, api.beside(api.target.timeout), name)
            for claims in (_over_websocket, _over_rest) * 2
        ]
        found = [body for one in claiming for body in one.result()]
    match.same_items("the bodies", found, range(_MESSAGES))


# -- subscriptions


@case("websocket-subscription.created", needs=("websocket-queue.created",))
def subscription_created(api: Api) -> None:
    """A subscription is answered with its id and a text."""
    line = api.connect()
    body = {"queue_name": api.queue_name(), "subscriber": given.HOOK, "ttl": 300}
    reply = line.ask("subscription_create", body)
    match.keys("the body", replies.body(reply, 201), ("subscription_id", "message"))
    for key in ("subscription_id", "message"):
        match.like(key, reply.body[key], "(?s).+", "a text")


@case("websocket-subscription.again", needs=_SUBSCRIBED)
def again(api: Api) -> None:
    """A subscriber subscribes once, confirmed or not."""
    line = api.connect()
    name = given.queue(api, line)
    body = {"queue_name": name, "subscriber": given.HOOK}
    subscription_id = given.hooked(line, name)
    replies.text(line.ask("subscription_create", body), 409)
    arrange.confirmed(api, name, subscription_id)
    replies.text(line.ask("subscription_create", body), 409)


@case("websocket-subscription.subscriber", needs=_SUBSCRIBED)
def subscriber(api: Api) -> None:
    """A subscriber that can't be notified is refused."""
    line = api.connect()
    name = given.queue(api, line)
    for wrong in ("ftp://kit.invalid/", "kit", "", "http://", "mailto:", "javascript:1", "://x"):
        body = {"queue_name": name, "subscriber": wrong}
        replies.refused(line.ask("subscription_create", body))
    reply = line.ask("subscription_list", {"queue_name": name})
    match.equal("the subscriptions", replies.member(reply, "subscriptions"), [])


@case("websocket-subscription.members", needs=_SUBSCRIBED)
def subscription_members(api: Api) -> None:
    """A subscription has all its members, here as over REST."""
    line = api.connect()
    name = given.queue(api, line)
    one = given.subscribed(line, name, subscriber=given.HOOK, ttl=300, options={"from": "kit"})
    got = replies.body(line.ask("subscription_get", {"queue_name": name, "subscription_id": one}))
    listed = replies.member(line.ask("subscription_list", {"queue_name": name}), "subscriptions")
    rest = observe.subscription(api, name, one)
    expected = {"id": one, "source": name, "subscriber": given.HOOK, "ttl": 300,
                "options": {"from": "kit"}, "confirmed": rest["confirmed"]}  # fmt: skip
    for shown in (got, *match.objects("subscriptions", listed)):
        match.keys("a subscription", shown, _KEYS)
        match.equal("a subscription", {k: v for k, v in shown.items() if k != "age"}, expected)


@case("websocket-subscription.list-form", needs=_SUBSCRIBED)
def subscription_list_form(api: Api) -> None:
    """A list of subscriptions has subscriptions and nothing else."""
    line = api.connect()
    name = given.queue(api, line)
    for count in (0, 1):
        reply = line.ask("subscription_list", {"queue_name": name})
        match.keys("a list of subscriptions", replies.body(reply), ("subscriptions",))
        match.equal("their number", len(replies.member(reply, "subscriptions")), count)
        given.hooked(line, name) if not count else None


@case("websocket-subscription.deleted", needs=_SUBSCRIBED)
def subscription_deleted(api: Api) -> None:
    """A subscription that is deleted is gone, and an unknown one is gone too."""
    line = api.connect()
    name = given.queue(api, line)
    body = {"queue_name": name, "subscription_id": given.hooked(line, name)}
    for _ in range(2):
        replies.status(line.ask("subscription_delete", body), 204)
        replies.refused(line.ask("subscription_get", body), 404)
