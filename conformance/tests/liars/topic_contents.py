# SPDX-License-Identifier: Apache-2.0
"""Servers that treat the messages and subscriptions of topics wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message, Subscription
from . import lie, nothing
from .topics import made_first, of_topics, unknown_not_found

# -- messages


def _needs_no_name(self: Miniature, call: Call, ids: list[str]) -> list[Message]:
    return [one for topic in self.topics.values() for one in topic.messages if one.id in ids]


def _removed_everywhere(self: Miniature, call: Call, gone: list[Message]) -> None:
    for topic in self.topics.values():
        topic.messages = [message for message in topic.messages if message not in gone]


def _no_include_claimed(self: Miniature, call: Call) -> Answer:
    if call.query.last("include_claimed"):
        raise Refusal(400, "nothing is claimed in a topic")
    return Miniature.message_list(self, call)


def _with_links(self: Miniature, call: Call) -> Answer:
    answer = Miniature.message_get_many(self, call)
    assert isinstance(answer.content, dict)
    return replace(answer, content={**answer.content, "links": []})


def _ids_before_pop(self: Miniature, call: Call) -> Answer:
    values = {key: one for key, one in call.query.values.items() if key != "pop"}
    if "ids" in values:
        call.query.values = values
    return Miniature.message_delete_many(self, call)


lie(
    "tells the messages of a topic in another order",
    "topic-message-post.created",
    told_ids=lambda self, ids: ids[::-1],
)
lie(
    "wants a topic before its messages",
    "topic-message-post.creates-topic",
    "topic-message-list.unknown-topic",
    **unknown_not_found("message_post"),
    **unknown_not_found("message_list"),
)
lie(
    "makes the topic of a refused post",
    "topic-message-post.creates-topic",
    **made_first("message_post"),
)
lie(
    "does not look at the size of posts to a topic",
    "topic-message-post.refused",
    check_post_size=nothing,
)
lie(
    "lets messages of a topic live for any time",
    "topic-message-post.refused",
    message_ttl=(0, 10**9),
)
lie(
    "does not look at the ttl of a topic",
    "topic-message-post.defaults",
    lifetime_of=lambda self, queue: 3600,
)
lie(
    "delays nothing in a topic",
    "topic-message-post.delay",
    "topic-get-stats.counts",
    is_delayed=lambda self, message: False,
)
lie(
    "pops what a topic withholds",
    "topic-message-post.delay",
    is_poppable=lambda self, message: True,
)
lie(
    "shows messages of a topic below queues",
    "topic-message-list.message-keys",
    "topic-get-stats.counts",
    path_of=lambda self, call: f"/v2/queues/{call.queue}",
)
lie(
    "lists the marker's message of a topic again",
    "topic-message-list.paging",
    position_of=lambda self, call: Miniature.position_of(self, call) - 1,
)
lie(
    "lists whose messages ever in a topic",
    "topic-message-list.echo",
    is_listed=lambda *_: True,
)
lie(
    "forgets echo in a topic",
    "topic-message-list.echo",
    told_messages=lambda self, call: {},
)
lie(
    "refuses to look for claims in a topic",
    "topic-message-list.include-claimed",
    **of_topics("message_list", _no_include_claimed),
)
lie(
    "keeps the messages of a topic for ever",
    "topic-message-list.expired",
    is_live=lambda *_: True,
)
lie(
    "finds the messages of every topic",
    "topic-message-get.unknown",
    **of_topics("named", _needs_no_name),
)
lie(
    "has links where ids of a topic are given",
    "topic-message-get-many.found",
    message_get_many=_with_links,
)
lie(
    "deletes the messages of every topic",
    "topic-message-delete.deleted",
    **of_topics("named", _needs_no_name),
    **of_topics("remove", _removed_everywhere),
)
lie(
    "does not look at claims that are named in a topic",
    "topic-message-delete.with-claim",
    check_claim=nothing,
)
lie(
    "prefers ids to pop in a topic",
    "topic-message-delete-many.by-ids",
    **of_topics("message_delete_many", _ids_before_pop),
)
lie(
    "pops the youngest messages of a topic",
    "topic-message-pop.oldest-first",
    popped=lambda self, free, count: free[-count:],
)

# -- subscriptions


def _of_every_topic(self: Miniature, call: Call) -> list[Subscription]:
    every = (one for topic in self.topics.values() for one in topic.subscriptions.values())
    return sorted(every, key=lambda one: one.id)


def _deleted_everywhere(self: Miniature, call: Call) -> Answer:
    for topic in self.topics.values():
        topic.subscriptions.pop(call.id, None)
    return Answer(204)


def _with_its_path(self: Miniature, call: Call, one: Subscription) -> dict[str, Any]:
    return {**Miniature.shown_subscription(self, call, one), "source": self.path_of(call)}


def _options_lost(self: Miniature, call: Call, one: Subscription, given: dict[str, Any]) -> None:
    Miniature.change_subscription(self, call, one, {"options": {}, **given})


lie(
    "tells the path of a topic as source",
    "topic-subscription-create.created",
    "topic-subscription-list.page",
    **of_topics("shown_subscription", _with_its_path),
)
lie(
    "wants a topic before its subscriptions",
    "topic-subscription-create.creates-topic",
    "topic-subscription-list.unknown-topic",
    **unknown_not_found("subscription_create"),
    **unknown_not_found("subscription_list"),
)
lie(
    "makes the topic of a refused subscription",
    "topic-subscription-create.creates-topic",
    **made_first("subscription_create"),
)
lie(
    "subscribes anybody to a topic",
    "topic-subscription-create.refused",
    check_subscriber=lambda self, subscriber: str(subscriber),
)
lie(
    "subscribes again and again to a topic",
    "topic-subscription-create.again",
    "topic-subscription-update.conflict",
    **of_topics("of_subscriber", nothing),
)
lie(
    "shows the subscriptions of every topic",
    "topic-subscription-list.page",
    "topic-subscription-get.unknown",
    **of_topics("subscribed", _of_every_topic),
)
lie(
    "forgets options when a subscription of a topic changes",
    "topic-subscription-update.changed",
    **of_topics("change_subscription", _options_lost),
)
lie(
    "deletes the subscriptions of every topic",
    "topic-subscription-delete.deleted",
    **of_topics("subscription_delete", _deleted_everywhere),
)
lie(
    "takes anything for a confirmation in a topic",
    "topic-subscription-confirm.confirmed",
    is_flag=lambda self, value: True,
)
