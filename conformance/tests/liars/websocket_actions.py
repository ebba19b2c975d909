# SPDX-License-Identifier: Apache-2.0
"""Servers whose actions do something else than they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message, Queue
from . import lie, nothing

Told = tuple[int, Any]


def _telling(change: Callable[[int, Any], Told], *actions: str) -> Any:
    """An override of `told`: what these actions reply is changed."""

    def told(
        self: Miniature, action: str, body: dict[str, Any], call: Call, answer: Answer
    ) -> Told:
        status, content = Miniature.told(self, action, body, call, answer)
        return change(status, content) if action in actions else (status, content)

    return told


def _without(key: str, *actions: str) -> Any:
    """An override of `told`: a member is missing."""
    return _telling(lambda s, c: (s, {k: v for k, v in c.items() if k != key}), *actions)


def _each_with(what: str, more: dict[str, Any], *actions: str) -> Any:
    """An override of `told`: each item has members more."""

    def change(status: int, content: Any) -> Told:
        if not isinstance(content, dict) or not isinstance(content.get(what), list):
            return status, content
        return status, {**content, what: [{**one, **more} for one in content[what]]}

    return _telling(change, *actions)


def _always_links(self: Miniature, body: dict[str, Any], content: Any) -> Any:
    return Miniature.with_marker(self, {**body, "with_links": True}, content)


# -- queues


def _by_href(status: int, content: Any) -> Told:
    told = dict(content["messages"])
    for end in {"oldest", "newest"} & told.keys():
        told[end] = {"href": "/", **{k: v for k, v in told[end].items() if k != "id"}}
    return status, {"messages": told}


def _no_null(self: Miniature, action: str, way: Any, body: dict[str, Any]) -> None:
    Miniature.check_members_of(self, action, way, body)
    if body.get("metadata", {}) is None:
        raise Refusal(400, "metadata is no object")


lie(
    "creates a queue again and again",
    "websocket-queue.created",
    told=_telling(lambda s, c: (201, c), "queue_create"),
)
lie(
    "needs an object of metadata",
    "websocket-queue.create-without-metadata",
    check_members_of=_no_null,
)
lie(
    "shows what is stored and nothing more",
    "websocket-queue.metadata-defaults",
    told=_telling(
        lambda s, c: (s, {k: v for k, v in c.items() if not k.startswith("_")}), "queue_get"
    ),
)
lie(
    "lists queues with a path",
    "websocket-queue.entry",
    told=_each_with("queues", {"href": "/v2/queues/x"}, "queue_list"),
)
lie(
    "has links whether or not they are asked for",
    "websocket-queue.list-form",
    "websocket-message.list-form",
    "websocket-subscription.list-form",
    with_marker=_always_links,
)
lie(
    "keeps a queue that is deleted here",
    "websocket-queue.deleted",
    queue_delete=lambda self, call: Answer(204),
)
lie(
    "names the ends of a queue by a path",
    "websocket-queue.statistics",
    told=_telling(_by_href, "queue_get_stats"),
)
lie(
    "knows no statistics of an unknown queue",
    "websocket-queue.statistics-unknown",
    told=_telling(lambda s, c: (200 if c["messages"]["total"] else 404, c), "queue_get_stats"),
)
lie(
    "purges messages only over the WebSocket",
    "websocket-queue.purge-everything",
    purge_subscriptions=nothing,
)
lie("purges whatever it is told", "websocket-queue.purge-types", check_types=nothing)

# -- messages


def _any_message(self: Miniature, queue: Queue, wanted: Any) -> Any:
    message = wanted if isinstance(wanted, dict) and "body" in wanted else {"body": wanted}
    return Miniature.draft(self, queue, message)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(one) for one in value]
    return int(value) if isinstance(value, float) else value


def _elsewhere(self: Miniature, way: Any, path: str, headers: Any, body: Any) -> Call:
    call = Miniature.call_of(self, way, path, headers, body)
    return replace(call, project=f"{call.project} over the WebSocket")


def _as_floats(self: Miniature, kind: str, reply: dict[str, Any]) -> bytes:
    return Miniature.encoded(self, kind, self.sayable(reply))


lie(
    "tells ids in the wrong order",
    "websocket-message.posted",
    told_ids=lambda self, ids: ids[::-1],
)
lie(
    "shows messages with a path",
    "websocket-message.entry",
    told=_each_with("messages", {"href": "/"}, "message_list", "message_get_many"),
)
lie(
    "gives one message in an array",
    "websocket-message.get-is-object",
    told=_telling(lambda s, c: (s, {"messages": [c["messages"]]}), "message_get"),
)
lie(
    "finds no messages with 404",
    "websocket-message.get-many",
    selected=lambda self, call: self.message_get_many(call),
)
lie("knows no delay here", "websocket-message.delay", is_delayed=lambda self, message: False)
lie("takes any value as a message", "websocket-message.object", draft=_any_message)
lie("takes less than it says", "websocket-message.size", most_posted=200_000)
lie("takes more than it says", "websocket-message.size", most_posted=300_000)
lie(
    "rounds numbers in MessagePack",
    "websocket-message.same-over-both",
    sayable=lambda self, value: _whole_numbers(value),
    beyond=lambda self, value: 0,
)
lie("rounds large integers in JSON", "websocket-message.big-integers", encoded=_as_floats)
lie("keeps what is posted here apart", "websocket-message.over-rest", call_of=_elsewhere)
lie(
    "pops without saying how often it was claimed",
    "websocket-message.popped",
    shown_popped=lambda self, call, message: {
        k: v for k, v in Miniature.shown_popped(self, call, message).items() if k != "claim_count"
    },
)
lie(
    "keeps messages that are deleted here",
    "websocket-message.removed",
    remove=nothing,
)
lie("deletes claimed messages for anybody", "websocket-message.claimed", check_claim=nothing)

# -- claims


def _not_all_held(self: Miniature, message: Message) -> bool:
    return False


lie(
    "does not tell messages their claim",
    "websocket-claim.created",
    told=_each_with("messages", {"claim_id": None}, "claim_create"),
)
lie(
    "says nothing of no claim",
    "websocket-claim.nothing",
    told=_telling(lambda s, c: (s, {} if s == 204 else c), "claim_create"),
)
lie(
    "shows a claim with a path",
    "websocket-claim.shown",
    told=_telling(lambda s, c: (s, {**c, "href": "/"}), "claim_get"),
)
lie(
    "renews a claim with 200",
    "websocket-claim.renewed",
    told=_telling(lambda s, c: (200, c), "claim_update"),
)
lie("claims what is claimed over the other", "websocket-claim.exclusive", is_free=lambda *_: True)

# -- subscriptions

lie(
    "subscribes without a word",
    "websocket-subscription.created",
    told=_without("message", "subscription_create"),
)
lie(
    "takes a subscriber again until it is confirmed",
    "websocket-subscription.again",
    subscription_once=lambda self, call: self.subscription_create(call),
)
lie(
    "subscribes anybody",
    "websocket-subscription.subscriber",
    "websocket-push.not-addressable",
    check_subscriber=lambda self, subscriber: subscriber,
)
lie(
    "does not show whether a subscription is confirmed",
    "websocket-subscription.members",
    told=_without("confirmed", "subscription_get"),
)
lie(
    "keeps subscriptions that are deleted here",
    "websocket-subscription.deleted",
    "websocket-push.deleted",
    subscription_delete=lambda self, call: Answer(204),
)
