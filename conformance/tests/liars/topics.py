# SPDX-License-Identifier: Apache-2.0
"""Servers that treat topics wrongly: upstream's ways first, then each rule by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from . import answering, lie, nothing

_CONTENTS = re.compile(r"/v2/topics/[^/]+/(messages|subscriptions)\b")


def of_topics(name: str, wrong: Callable[..., Any]) -> dict[str, Any]:
    """An override of a method that is wrong where the call is about a topic."""
    right = getattr(Miniature, name)

    def override(self: Miniature, call: Call, *rest: Any) -> Any:
        return (wrong if call.collection == "topics" else right)(self, call, *rest)

    return {name: override}


def of_queue_instead(name: str) -> dict[str, Any]:
    """An override of an operation that takes a topic for the queue of its name."""
    right = getattr(Miniature, name)
    return of_topics(name, lambda self, call: right(self, replace(call, collection="queues")))


def unknown_not_found(name: str) -> dict[str, Any]:
    """An override of an operation that does not find a topic that does not exist."""
    right = getattr(Miniature, name)

    def wrong(self: Miniature, call: Call) -> Answer:
        if self.find(call) is None:
            raise Refusal(404, "there is no such topic")
        answer: Answer = right(self, call)
        return answer

    return of_topics(name, wrong)


def made_first(name: str) -> dict[str, Any]:
    """An override of an operation that makes the topic before it looks at anything."""
    right = getattr(Miniature, name)
    return of_topics(name, lambda self, call: (self.made(call), right(self, call))[1])


# -- upstream's ways


def _breaks_below_topics(request: Request | None, answer: Answer) -> Answer:
    broken = request and _CONTENTS.match(request.target)
    return replace(answer, status=500, content={"title": "oops"}) if broken else answer


def _of_both(name: str) -> Any:
    right = getattr(Miniature, name)

    def override(self: Miniature, call: Call) -> Answer:
        right(self, replace(call, collection="topics"))
        answer: Answer = right(self, call)
        return answer

    return override


lie(
    "breaks on everything below a topic",
    "topic-message-post.created",
    "topic-message-post.creates-topic",
    "topic-message-post.refused",
    "topic-message-list.unknown-topic",
    "topic-subscription-create.created",
    "topic-subscription-create.creates-topic",
    "topic-subscription-create.refused",
    "topic-subscription-list.unknown-topic",
    finished=answering(_breaks_below_topics),
)
lie(
    "purges and deletes the queue of a topic's name",
    "topic-name-space.queue-untouched",
    "topic-delete.no-content",
    "topic-purge.everything",
    **of_queue_instead("queue_purge"),
    **of_queue_instead("queue_delete"),
)
lie(
    "counts the messages of the queue of a topic's name",
    "topic-name-space.messages/read",
    "topic-get-stats.counts",
    **of_queue_instead("topic_get_stats"),
)
lie(
    "purges and deletes topics along with queues",
    "topic-name-space.topic-untouched",
    queue_purge=_of_both("queue_purge"),
    queue_delete=_of_both("queue_delete"),
)
lie(
    "pops from the queue of a topic's name",
    "topic-name-space.messages/delete",
    **of_queue_instead("message_delete_many"),
)
lie(
    "keeps topics among the queues",
    "topic-name-space.metadata",
    holders=lambda self, call: self.queues,
)
lie(
    "takes the claims of a topic for the topic",
    "topic-name-space.no-claims",
    routed=lambda self, path: Miniature.routed(
        self, re.sub(r"^(/v2/topics/[^/]+)/(claims|share).*", r"\1", path)
    ),
)

# -- list


def _ignoring_count(self: Miniature, call: Call) -> Answer:
    content = Miniature.queue_list(self, call).content
    assert isinstance(content, dict)
    return Answer(200, {key: value for key, value in content.items() if key != "count"})


def _as_pattern(self: Miniature, name: str, part: str) -> bool:
    try:
        return bool(re.search(part, name))
    except re.error:
        raise Refusal(503, "please try again") from None


lie(
    "has no content for no topics",
    "topic-list.empty",
    **of_topics(
        "queue_list",
        lambda self, call: Miniature.queue_list(self, call) if self.matching(call) else Answer(204),
    ),
)
lie("lists topics as they were made", "topic-list.order", sorted_names=lambda self, names: names)
lie(
    "shows of topics what it shows of queues",
    "topic-list.entry",
    "topic-get.defaults",
    "topic-get.unknown-topic",
    seen=lambda self, call, stored, shown: shown,
)
lie("has pages of 20 topics by default", "topic-list.limit", default_page=20)
lie(
    "lists the marker among topics",
    "topic-list.marker",
    is_after=lambda self, name, after: name >= after,
)
lie(
    "forgets parameters in the next link of topics",
    "topic-list.next-link",
    "topic-list.next-link-filters",
    told_queues=lambda self, call: {"limit": call.query.last("limit") or "10"},
)
lie(
    "does not look at the name of topics",
    "topic-list.name-filter",
    name_matches=lambda self, name, part: True,
)
lie(
    "takes the name of topics for a pattern",
    "topic-list.name-filter-literal",
    name_matches=_as_pattern,
)
lie(
    "compares metadata of topics with text only",
    "topic-list.metadata-filter",
    filter_value=lambda self, text: text,
)
lie("does not count topics", "topic-list.count", **of_topics("queue_list", _ignoring_count))

# -- create and show


def _with_a_body(self: Miniature, call: Call) -> Answer:
    answer = Miniature.queue_create(self, call)
    return replace(answer, content={}) if answer.status == 201 else answer


def _overwritten(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    self.made(call).metadata = metadata


def _without_foreign(self: Miniature, call: Call, metadata: dict[str, Any]) -> None:
    kept = {key: one for key, one in metadata.items() if key[0] != "_" or self.is_of_topics(key)}
    self.made(call, kept)


def _made_before_checked(self: Miniature, call: Call) -> Answer:
    new = self.find(call) is None
    self.made(call)
    answer = Miniature.queue_create(self, call)
    return replace(answer, status=201) if new else answer


def _shown_keys_only(self: Miniature, metadata: dict[str, Any]) -> None:
    shown = {key: value for key, value in metadata.items() if self.is_of_topics(key)}
    Miniature.check_metadata(self, shown)


def _truthy_only(self: Miniature, metadata: dict[str, Any]) -> None:
    Miniature.check_metadata(self, {key: value for key, value in metadata.items() if value})


lie("answers a new topic with a body", "topic-create.created", queue_create=_with_a_body)
lie(
    "changes a topic that exists",
    "topic-create.existing",
    **of_topics("store_new", _overwritten),
)
lie(
    "drops what has no meaning for a topic",
    "topic-create.metadata-kept",
    "topic-update.missing-key",
    check_topic_has=nothing,
    **of_topics("store_new", _without_foreign),
)
lie("takes any name for a topic", "topic-create.name-rules", check_name=nothing)
lie("takes more metadata of a topic", "topic-create.metadata-size", most_metadata=70000)
lie(
    "makes the topic before it looks at the body",
    "topic-create.rejected-creates-nothing",
    queue_create=_made_before_checked,
)
lie(
    "checks only the keys that a topic shows",
    "topic-metadata.reserved-keys",
    check_metadata=_shown_keys_only,
)
lie(
    "does not look at what is empty in a topic's metadata",
    "topic-metadata.falsy-wrong-type",
    check_metadata=_truthy_only,
)
lie("makes the topic that is looked at", "topic-get.unknown-topic", **made_first("queue_get"))
lie(
    "makes the topic that HEAD asks for", "topic-get-head.existence", **made_first("queue_get_head")
)

# -- update


def _never_replaced(
    self: Miniature, metadata: dict[str, Any], verb: str, key: str, value: Any
) -> None:
    Miniature.apply(self, metadata, verb, key, metadata[key] if verb == "replace" else value)


def _texts_only(self: Miniature, path: Any, verb: str) -> str:
    if not isinstance(path, str):
        raise Refusal(503, "please try again")
    return Miniature.key_of(self, path, verb)


lie("replaces nothing in a topic", "topic-update.operations", apply=_never_replaced)
lie(
    "patches a topic while it reads the patch",
    "topic-update.all-or-nothing",
    working_copy=lambda self, metadata: metadata,
)
lie("makes the topic that is patched", "topic-update.unknown-topic", **made_first("queue_update"))
lie(
    "finds no key that a topic does not store",
    "topic-update.always-shown-keys",
    is_of_topics=lambda self, key: False,
)
lie("patches a topic with any type", "topic-update.media-type", check_media_type=nothing)
lie("breaks on a path that is no text", "topic-update.body-types", key_of=_texts_only)

# -- delete, statistics, purge


def _everywhere(self: Miniature, call: Call) -> Answer:
    for project, name in list(self.topics):
        if name == call.queue:
            del self.topics[project, name]
    return Answer(204)


def _subscriptions_kept(self: Miniature, call: Call) -> Answer:
    if topic := self.find(call):
        self.notes[self.key(call)] = topic.subscriptions
    return Miniature.queue_delete(self, call)


def _made_with_kept(self: Miniature, call: Call, metadata: dict[str, Any] | None = None) -> Any:
    made = Miniature.made(self, call, metadata)
    made.subscriptions |= self.notes.pop(self.key(call), {})
    return made


def _everything(self: Miniature, call: Call) -> Answer:
    if topic := self.find(call):
        self.purge(topic)
        self.purge_subscriptions(topic)
    return Answer(204)


lie(
    "does not find a topic to delete",
    "topic-delete.no-content",
    **unknown_not_found("queue_delete"),
)
lie(
    "keeps the subscriptions of a deleted topic",
    "topic-delete.removes-everything",
    **of_topics("queue_delete", _subscriptions_kept),
    **of_topics("made", _made_with_kept),
)
lie(
    "deletes the topics of all projects",
    "project.topics-isolated",
    **of_topics("queue_delete", _everywhere),
)
lie(
    "makes the topic that is counted",
    "topic-get-stats.unknown-topic",
    **made_first("topic_get_stats"),
)
lie(
    "counts claims in a topic",
    "topic-get-stats.counts",
    topic_get_stats=Miniature.queue_get_stats,
)
lie(
    "leaves subscriptions when a topic is purged",
    "topic-purge.everything",
    purge_subscriptions=nothing,
)
lie("makes the topic that is purged", "topic-purge.unknown-topic", **made_first("queue_purge"))
lie(
    "purges everything whatever a purge says",
    "topic-purge.types",
    **of_topics("queue_purge", _everything),
)

# -- the home document


def _without_topics(self: Miniature, call: Call) -> Answer:
    answer = Miniature.home_document(self, call)
    assert isinstance(answer.content, dict)
    resources = answer.content["resources"]
    kept = {name: one for name, one in resources.items() if not name.startswith("rel/topic")}
    return replace(answer, content={"resources": kept})


lie("tells of no topics at home", "get-home-doc.topics", home_document=_without_topics)
