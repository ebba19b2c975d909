# SPDX-License-Identifier: Apache-2.0
"""Servers that post, list, fetch, delete and pop messages wrongly."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message, Queue
from . import answering, coerced, lie

# -- post


def _reversed_post(self: Miniature, ids: list[str]) -> list[str]:
    return ids[::-1]


def _known_queues_only(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.message_post(self, call)


def _queue_first(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.message_post(self, call)


def _stored_one_by_one(self: Miniature, call: Call) -> Answer:
    wanted = self.object_of(call.request).get("messages")
    self.check_messages(wanted)
    for one in (wanted or ())[:-1]:
        self.stored(call, *self.draft(Queue({}), one))
    return Miniature.message_post(self, call)


def _body_or_null(self: Miniature, wanted: Any) -> None:
    if not isinstance(wanted, dict):
        raise Refusal(400, "a message is an object")
    wanted.setdefault("body", None)


def _broken_by_a_scalar(self: Miniature, wanted: Any) -> None:
    if not isinstance(wanted, dict):
        raise Refusal(500, "string indices must be integers")
    Miniature.check_message(self, wanted)


def _ten_at_most(self: Miniature, wanted: Any) -> None:
    Miniature.check_messages(self, wanted)
    if len(wanted) > 10:
        raise Refusal(400, "there are more than 10 messages")


def _no_messages(self: Miniature, wanted: Any) -> None:
    if not isinstance(wanted, list):
        raise Refusal(400, "messages is not an array")


def _own_size_only(self: Miniature, call: Call, queue: Queue) -> None:
    self.check_size(call, self.most_posted)


lie(
    "answers a post in another order",
    "message-post.created",
    told_ids=_reversed_post,
)
lie(
    "answers a post without its ids",
    "message-post.created",
    finished=answering(
        lambda _, a: (
            a.having(Location=a.headers["Location"].partition("?")[0])
            if "?ids=" in a.headers.get("Location", "")
            else a
        )
    ),
)
lie(
    "names ten messages of a post",
    "message-post.created/many",
    finished=answering(
        lambda _, a: (
            a.having(Location=",".join(a.headers["Location"].split(",")[:10]))
            if "?ids=" in a.headers.get("Location", "")
            else a
        )
    ),
)
lie("posts to known queues only", "message-post.creates-queue", message_post=_known_queues_only)
lie(
    "makes the queue before it looks at the messages",
    "message-post.rejected-creates-nothing",
    message_post=_queue_first,
)
lie(
    "stores messages until one is wrong",
    "message-post.all-or-nothing",
    message_post=_stored_one_by_one,
)
lie(
    "takes no body for null",
    "message-post.required-members",
    "message-post.all-or-nothing",
    check_message=_body_or_null,
)
lie("takes no messages", "message-post.required-members", check_messages=_no_messages)
lie("breaks on a message of text", "message-post.message-object", check_message=_broken_by_a_scalar)
lie("takes ten messages", "message-post.no-count-limit", check_messages=_ten_at_most)
lie("lets messages live for a second", "message-post.ttl-minimum", message_ttl=(1, 1209600))
lie("lets messages live for 61 seconds", "message-post.ttl-minimum", message_ttl=(61, 1209600))
lie("lets messages live for ever", "message-post.ttl-maximum", message_ttl=(60, 2**70))
lie("lets messages live for a week", "message-post.ttl-maximum", message_ttl=(60, 604800))
lie("reads a ttl out of text", "message-post.ttl-type", ranged=coerced)
lie(
    "lets messages live for two weeks by default",
    "message-post.ttl-default",
    "message-post.ttl-default/queue",
    lifetime_of=lambda self, queue: 1209600,
)
lie(
    "does not look at the ttl of the queue",
    "message-post.ttl-default/queue",
    lifetime_of=lambda self, queue: 3600,
)
lie("finds 262144 bytes too many", "message-post.size", most_posted=262143)
lie("takes posts of a megabyte", "message-post.size", most_posted=2**20)
lie(
    "does not look at the size of the queue",
    "message-post.queue-size",
    check_post_size=_own_size_only,
)

# -- bodies


def _storing(change: Any) -> Any:
    """An override of `stored` that changes each body."""

    def stored(self: Miniature, call: Call, body: Any, ttl: int, delay: int) -> Message:
        return Miniature.stored(self, call, change(body), ttl, delay)

    return stored


def _keys(change: Any) -> Any:
    """A change of the keys of an object."""
    return lambda body: (
        {change(key): value for key, value in body.items()} if isinstance(body, dict) else body
    )


lie(
    "stores null as an empty object",
    "message-body.any-json",
    stored=_storing(lambda body: {} if body is None else body),
)
lie(
    "stores integers as fractions",
    "message-body.any-json",
    stored=_storing(lambda body: float(body) if type(body) is int else body),
)
lie(
    "hides dots in keys",
    "message-body.reserved-signs-in-keys",
    stored=_storing(_keys(lambda key: key.replace(".", "\uff0e"))),
)
lie(
    "drops NUL in keys",
    "message-body.nul-in-keys",
    stored=_storing(_keys(lambda key: key.replace("\x00", ""))),
)
lie("takes 50 levels", "message-body.nesting", json_levels=50)

# -- list


def _list_not_found(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.message_list(self, call)


def _newest_first(self: Miniature, queue: Queue, message: Message) -> None:
    queue.messages.insert(0, message)


def _later(self: Miniature, call: Call) -> Answer:
    """Every fifth message is committed late: not before a reader was past it."""
    answer = Miniature.message_list(self, call)
    if queue := self.find(call):
        seen = {shown["id"] for shown in _content(answer)["messages"]}
        latest = max((one.position for one in queue.messages if one.id in seen), default=0)
        self.notes["read to"] = max(self.notes.get("read to", 0), latest)
    return answer


def _committed(self: Miniature, message: Message) -> bool:
    late = message.position % 5 == 0 and message.position > self.notes.get("read to", 0)
    return Miniature.is_live(self, message) and not late


def _content(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.content, dict)
    return answer.content


def _also(**more: Any) -> Any:
    """An override of `shown` that tells more, or something else."""
    return lambda self, call, message: {**Miniature.shown(self, call, message), **more}


def _without(key: str) -> Any:
    """An override of `shown` that tells less."""
    return lambda self, call, message: {
        k: v for k, v in Miniature.shown(self, call, message).items() if k != key
    }


def _offset(self: Miniature, call: Call) -> float:
    live, marker = self.live(call), call.query.last("marker")
    if not marker:
        return 0
    return live[int(marker) - 1].position if int(marker) <= len(live) else float("inf")


def _used_up(self: Miniature, call: Call) -> float:
    """A marker that once led to nothing leads to nothing for ever."""
    after = Miniature.position_of(self, call)
    if not any(message.position > after for message in self.live(call)):
        self.notes[after] = "drained"
    return float("inf") if after in self.notes else after


def _from_the_start(self: Miniature, call: Call) -> float:
    after = Miniature.position_of(self, call)
    return 0 if after == float("inf") else after


def _markers_of_its_own(self: Miniature, call: Call) -> float:
    after = Miniature.position_of(self, call)
    if after == float("inf"):
        raise Refusal(400, "marker is not one of this server's")
    return after


lie(
    "does not find a queue to list",
    "message-list.unknown-queue",
    message_list=_list_not_found,
)
lie("lists the newest message first", "message-list.order", insert=_newest_first)
lie("tells the marker of a message", "message-list.message-keys", shown=_also(marker="1"))
lie("tells no age", "message-list.message-keys", "message-get.found", shown=_without("age"))
lie(
    "tells an href of another place",
    "message-list.message-keys",
    "message-get.found",
    shown=_also(href="/v2/messages/1"),
)
lie("tells an age of 0", "message-list.message-keys/age", "claim-get.age", age=lambda self, _: 0)
lie(
    "does not look at limit",
    "message-list.limit",
    "queue-list.limit",
    "claim-create.limit",
    integer=lambda self, query, name, default, low, high: high,
)
lie("has pages of 21 messages", "message-list.limit-range", most_messages=21)
lie("lists what the caller posted", "message-list.echo", is_listed=lambda *_: True)
lie(
    "never lists what the caller posted",
    "message-list.echo",
    is_listed=lambda self, call, message, echo: message.author != call.client,
)
lie(
    "takes two spellings for two clients",
    "message-list.echo-same-uuid",
    client_spelling=lambda self, given: Miniature.client_spelling(self, given) and given,
)
lie(
    "tells no claim of a message",
    "message-list.claimed-href",
    "message-get.claimed",
    "claim-create.created",
    claim_query=lambda self, message: "",
)
lie(
    "tells the claim before the end of an href",
    "message-list.claimed-href",
    "claim-create.created",
    claim_query=lambda self, message: f"?claim_id={message.claim}&v=2",
)
lie(
    "tells a claim that is over",
    "message-list.expired-claim-href",
    claim_query=lambda self, message: f"?claim_id={message.claim}" if message.claim else "",
)
lie(
    "loses messages 15 seconds too early",
    "message-list.alive-until-expiry",
    is_live=lambda self, message: self.time < message.expires - 15,
)
lie(
    "forgets parameters in the next link of messages",
    "message-list.next-link",
    told_messages=lambda self, call: {},
)
lie(
    "lists the marker's message again",
    "message-list.paging",
    "message-list.concurrent-producers",
    position_of=lambda self, call: Miniature.position_of(self, call) - 1,
)
lie(
    "skips a message between two pages",
    "message-list.paging",
    "message-list.concurrent-producers",
    marker=lambda self, message: f"m{message.position + 2}",
)
lie(
    "counts off instead of marking",
    "message-list.paging/deletions",
    marker=lambda self, message: str(message.position),
    position_of=_offset,
)
lie(
    "loses readers at the end",
    "message-list.drained-cursor",
    position_of=_used_up,
)
lie("starts again at an unknown marker", "message-list.unknown-marker", position_of=_from_the_start)
lie("refuses an unknown marker", "message-list.unknown-marker", position_of=_markers_of_its_own)
lie(
    "shows a message late",
    "message-list.concurrent-producers",
    message_list=_later,
    is_live=_committed,
)
