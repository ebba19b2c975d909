# SPDX-License-Identifier: Apache-2.0
"""Notifications: messages that are sent to a connection that subscribes to their queue."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import BINARY, TEXT, Connection, forms, given, replies

_POSTED: Final = ("websocket-message.posted",)
_OWN: Final = ("websocket-push.own-post",)
_OTHER: Final = ("websocket-push.other-connection",)
_MEMBERS: Final = frozenset({"body", "ttl", "Message_Type", "queue_name"})
_GONE_WITHIN: Final = 60.0
_MANY: Final = 30


def _listening(api: Api, **more: Any) -> tuple[Connection, str]:
    """A connection that is subscribed to a new queue."""
    line = api.connect()
    name = given.queue(api, line)
    given.subscribed(line, name, **more)
    return line, name


def _bodies(line: Connection, count: int) -> list[Any]:
    """The bodies of so many notifications."""
    return [match.member("a notification", one, "body") for one in line.notifications(count)]


@case("websocket-push.own-post", needs=_POSTED)
def own_post(api: Api) -> None:
    """A connection is notified of what it posts itself."""
    line, name = _listening(api)
    given.posted(line, name, "mine")
    match.equal("the bodies", _bodies(line, 1), ["mine"])


@case("websocket-push.other-connection", needs=_POSTED)
def other_connection(api: Api) -> None:
    """A connection is notified of what another one posts."""
    line, name = _listening(api)
    given.posted(api.connect(), name, "another's")
    match.equal("the bodies", _bodies(line, 1), ["another's"])


@case("websocket-push.over-rest", needs=("message-post.created", *_POSTED))
def over_rest(api: Api) -> None:
    """A connection is notified of what is posted over REST."""
    line, name = _listening(api)
    arrange.posted(api, name, {"over": "rest"})
    match.equal("the bodies", _bodies(line, 1), [{"over": "rest"}])


@case("websocket-push.members", needs=_OWN)
def members(api: Api) -> None:
    """A notification has body, ttl, Message_Type, queue_name and perhaps delay."""
    line, name = _listening(api)
    given.posted(line, name, {"a": 1})
    _, notice = line.notification()
    match.absent("the members", "request", notice)
    missing = sorted(_MEMBERS - set(notice))
    match.equal("members that are missing", missing, [])
    match.equal("Message_Type", notice["Message_Type"], "Notification")
    match.keys("a notification", notice, _MEMBERS, "delay", "claim_id", "id", "age", "checksum")


@case("websocket-push.values", needs=_OWN)
def values(api: Api) -> None:
    """A notification tells body, ttl and queue of its message."""
    line, name = _listening(api)
    body = {"text": "größer \u2603", "list": [1, None, 2.5, {"$a.b": True}]}
    given.posted(line, name, body, ttl=300)
    given.posted(line, name, "default")
    for expected, ttl in ((body, 300), ("default", api.limits.default_message_ttl)):
        _, notice = line.notification()
        match.equal("the body", notice.get("body"), expected)
        match.equal("the ttl", notice.get("ttl"), ttl)
        match.equal("queue_name", notice.get("queue_name"), name)


@case("websocket-push.encoding", needs=_OTHER)
def encoding(api: Api) -> None:
    """Notifications come in the form of the last subscribing request."""
    other = api.connect()
    for first, last in ((TEXT, BINARY), (BINARY, TEXT)):
        line = api.connect()
        for form in (first, last):
            name = given.queue(api, other)
            body = {"queue_name": name}
            replies.status(line.ask("subscription_create", body, form=form), 201)
            replies.status(line.ask("subscription_create", body, form=first), 409)
            for posting in forms.FORMS:
                post = {"queue_name": name, "messages": [{"body": posting}]}
                replies.status(other.ask("message_post", post, form=posting), 201)
                came, notice = line.notification()
                match.equal("the form of the notification", came, form)
                match.equal("its body", notice.get("body"), posting)


@case("websocket-push.order", needs=_OTHER)
def order(api: Api) -> None:
    """Messages of a queue are notified in the order in which they are listed."""
    line, name = _listening(api)
    first, second = api.connect(), api.connect()
    for number in range(_MANY // 3):
        for other, kind in ((first, "a"), (second, "b")):
            messages = [{"body": f"{kind}{number}"}, {"body": f"{kind}{number}+"}]
            other.send("message_post", {"queue_name": name, "messages": messages})
    for other in (first, second):
        for _ in range(_MANY // 3):
            replies.ids(other.reply(), 2)

    told = _bodies(line, 4 * (_MANY // 3))
    match.equal("the bodies", told, _listed(api, first, name))


def _listed(api: Api, line: Connection, name: str) -> list[Any]:
    """The bodies of all messages in the order of their list, whether or not there are links."""
    limit = min(api.limits.max_messages_per_page, api.limits.max_messages_per_claim_or_pop)
    found: list[Any] = []
    while page := replies.bodies(
        line.ask("message_delete_many", {"queue_name": name, "pop": limit})
    ):
        found += page
    return found


@case("websocket-push.once", needs=_OTHER)
def once(api: Api) -> None:
    """Each message is notified to each subscribed connection exactly once."""
    lines, other = [api.connect() for _ in range(3)], api.connect()
    name = given.queue(api, other)
    for line in lines:
        given.subscribed(line, name)
    for number in range(_MANY):
        given.posted(other, name, number)
    for line in lines:
        match.equal("the bodies", _bodies(line, _MANY), list(range(_MANY)))
        line.silence()


@case("websocket-push.from-the-reply", needs=_OTHER)
def from_the_reply(api: Api) -> None:
    """What was posted before the subscription is not notified, and what comes after it is."""
    line, other = api.connect(), api.connect()
    for number in range(5):
        name, _ = given.stocked(api, other, "before", "before too")
        given.subscribed(line, name)
        given.posted(other, name, number)
        match.equal("the bodies", _bodies(line, 1), [number])
    line.silence()


@case("websocket-push.own-queue-only", needs=_OTHER)
def own_queue_only(api: Api) -> None:
    """Messages of another queue, project or of a topic of the name are not notified."""
    line, name = _listening(api)
    other = api.connect()
    given.stocked(api, other, "another queue")
    if not api.target.has_token:
        foreign = api.other_project()
        foreign.remember(name)
        given.posted(foreign.connect(), name, "another project")
    topic = paths.Topic(name)
    api.remember(topic)
    api.post(paths.messages(topic), json={"messages": [{"body": "a topic"}]})

    given.posted(other, name, "right")
    match.equal("the bodies", _bodies(line, 1), ["right"])
    line.silence()


@case("websocket-push.several-queues", needs=_OTHER)
def several_queues(api: Api) -> None:
    """A connection gets the messages of several queues, each under its name."""
    line, other = api.connect(), api.connect()
    names = [given.queue(api, other) for _ in range(4)]
    for name in names:
        given.subscribed(line, name)
    for name in names:
        given.posted(other, name, f"of {name}")
    told = line.notifications(4)
    match.same_items("the queues", [one.get("queue_name") for one in told], names)
    for one in told:
        match.equal("the body", one.get("body"), f"of {one['queue_name']}")


@case("websocket-push.again", needs=_OWN)
def again(api: Api) -> None:
    """A connection subscribes to a queue once."""
    line, name = _listening(api)
    replies.text(line.ask("subscription_create", {"queue_name": name}), 409)
    given.subscribed(api.connect(), name)
    given.posted(line, name, 1)
    match.equal("the bodies", _bodies(line, 1), [1])
    line.silence()


@case("websocket-push.replies-go-on", needs=_OTHER)
def replies_go_on(api: Api) -> None:
    """Between notifications replies come in the order of their requests."""
    line, name = _listening(api)
    other = api.connect()
    for number in range(_MANY):
        other.send("message_post", {"queue_name": name, "messages": [{"body": number}]})
        line.send("queue_get", {"queue_name": name}, {"X-Kit": str(number)})
    for number in range(_MANY):
        reply = replies.status(line.reply(), 200)
        match.equal("X-Kit", reply.request.get("headers", {}).get("X-Kit"), str(number))
        replies.ids(other.reply(), 1)
    match.equal("the bodies", _bodies(line, _MANY), list(range(_MANY)))


def _subscriptions(line: Connection, name: str) -> list[Any]:
    reply = line.ask("subscription_list", {"queue_name": name})
    return match.an_array("subscriptions", replies.member(reply, "subscriptions"))


@case("websocket-push.ends-with-connection", needs=("websocket-push.listed",), wait=60)
def ends_with_connection(api: Api) -> None:
    """The subscription of a connection is gone soon after the connection."""
    other = api.connect()
    name = given.queue(api, other)
    closed, dropped = api.connect(), api.connect()
    for line in (closed, dropped):
        given.subscribed(line, name)
    match.equal("the number of subscriptions", len(_subscriptions(other, name)), 2)

    closed.close()
    dropped.wire.drop()

    gone = "an end of the subscriptions of connections that ended"
    given.soon(api, _GONE_WITHIN, gone, lambda: not _subscriptions(other, name))


@case("websocket-push.others-remain", needs=("websocket-subscription.created", *_OWN))
def others_remain(api: Api) -> None:
    """A subscription with a subscriber remains when its connection ends."""
    other, line = api.connect(), api.connect()
    name = given.queue(api, other)
    given.hooked(line, name)
    given.subscribed(line, name)
    line.close()
    line.rest()
    hooks = [one["subscriber"] for one in _subscriptions(other, name)]
    match.present("the subscribers", given.HOOK, hooks)


@case("websocket-push.deleted", needs=_OTHER)
def deleted(api: Api) -> None:
    """A connection whose subscription was deleted is notified no more."""
    line, other = api.connect(), api.connect()
    name, sentinel = given.queue(api, other), given.queue(api, other)
    one = given.subscribed(line, name)
    given.subscribed(line, sentinel)
    given.posted(other, name, "before")
    match.equal("the bodies", _bodies(line, 1), ["before"])

    body = {"queue_name": name, "subscription_id": one}
    replies.status(other.ask("subscription_delete", body), 204)

    given.posted(other, name, "after")
    given.posted(other, sentinel, "sentinel")
    match.equal("the bodies", _bodies(line, 1), ["sentinel"])
    line.silence()


@case("websocket-push.listed", needs=_OWN)
def listed(api: Api) -> None:
    """The subscription of a connection is listed and shown, over REST too."""
    line = api.connect()
    name = given.queue(api, line)
    one = given.subscribed(line, name, ttl=300)
    got = replies.body(line.ask("subscription_get", {"queue_name": name, "subscription_id": one}))
    rest = match.subscriptions(api.get(paths.subscriptions(name)))
    for shown in (got, *_subscriptions(line, name), *rest, observe.subscription(api, name, one)):
        match.equal("the id", shown["id"], one)
        match.equal("the ttl", shown["ttl"], 300)
        match.like("the subscriber", shown["subscriber"], ".+", "a text")
    match.equal("how many are listed over REST", len(rest), 1)


@case("websocket-push.confirmed", needs=("websocket-push.listed",))
def confirmed(api: Api) -> None:
    """The subscription of a connection is confirmed from the beginning."""
    line, name = _listening(api)
    [one] = _subscriptions(line, name)
    match.equal("confirmed", one.get("confirmed"), True)


@case("websocket-push.not-addressable", needs=("websocket-push.listed",))
def not_addressable(api: Api) -> None:
    """What is shown as subscriber of a connection is no subscriber that can be given."""
    line, name = _listening(api)
    [one] = _subscriptions(line, name)
    body = {"queue_name": given.queue(api, line), "subscriber": one["subscriber"]}
    replies.refused(line.ask("subscription_create", body))
    told = {"subscriber": one["subscriber"]}
    match.status(api.post(paths.subscriptions(body["queue_name"]), json=told), 400)


@case("websocket-push.ttl", needs=_OTHER, wait=62)
def ttl(api: Api) -> None:
    """A connection is not notified after the ttl of its subscription."""
    line, name = _listening(api, ttl=60)
    other = api.connect()
    sentinel = given.queue(api, other)
    given.subscribed(line, sentinel, ttl=3600)
    given.waiting(api, 62, line, other)
    given.posted(other, name, "too late")
    given.posted(other, sentinel, "sentinel")
    match.equal("the bodies", _bodies(line, 1), ["sentinel"])
    line.silence()


@case("websocket-push.before-the-reply", needs=_OWN)
def before_the_reply(api: Api) -> None:
    """A notification comes, before the reply to its post or after."""
    line, name = _listening(api)
    line.send("message_post", {"queue_name": name, "messages": [{"body": 1}]})
    came = sorted("reply" if "request" in line.any_message() else "notice" for _ in range(2))
    if came != ["notice", "reply"]:
        raise Mismatch("a reply and a notification", str(came))
