# SPDX-License-Identifier: Apache-2.0
"""Actions beyond v2: what REST has and the WebSocket of others has not."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import administer, match, paths, sharing
from zaqar_conformance.case import Unsupported, case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import Connection, forms, given, replies

_STATUS: Final = ("websocket-reply.status",)
_CREATED: Final = ("websocket-queue.created",)
_SUBSCRIBED: Final = ("websocket-subscription.created",)
_UNKNOWN: Final = "64f0c0de0000000000000001"


@case("websocket-extension.ping-node", needs=_STATUS)
def ping_node(api: Api) -> None:
    """A ping of the service is answered with 204."""
    line = api.connect()
    replies.status(line.ask("ping_node"), 204)
    replies.status(line.ask("ping_node", {}), 204)


@case("websocket-extension.get-home-doc", needs=_STATUS)
def get_home_doc(api: Api) -> None:
    """The home document is that of REST."""
    rest = match.object_of(api.get(paths.HOME))
    match.equal("the document", replies.body(api.connect().ask("get_home_doc")), rest)


@case("websocket-extension.queue-update", needs=_CREATED)
def queue_update(api: Api) -> None:
    """Metadata are changed, all or none, of a queue that there is."""
    line = api.connect()
    name = given.queue(api, line, {"a": 1, "b": 2})
    changes = [
        {"op": "replace", "path": "/metadata/a", "value": [7]},
        {"op": "remove", "path": "/metadata/b"},
    ]
    body = {"queue_name": name, "changes": changes}
    shown = replies.body(line.ask("queue_update", body))
    match.equal("a", shown.get("a"), [7])
    match.absent("the metadata", "b", shown)
    got = replies.body(line.ask("queue_get", {"queue_name": name}))
    match.equal("the metadata", got, shown)

    replies.refused(line.ask("queue_update", body), 409)
    unknown = {**body, "queue_name": api.queue_name()}
    replies.refused(line.ask("queue_update", unknown), 404)
    match.equal("the metadata", replies.body(line.ask("queue_get", {"queue_name": name})), got)


@case("websocket-extension.queue-share", needs=_CREATED)
def queue_share(api: Api) -> None:
    """A share that is made here opens over REST what it says."""
    line = api.connect()
    name, _ = given.stocked(api, line, "a")
    with_key = api.post(paths.share(name), json={}).status == 200
    reply = line.ask("queue_share", {"queue_name": name, "methods": ["GET"]})
    if not with_key:
        replies.refused(reply)
        return
    share = replies.body(reply)
    match.keys("a share", share, sharing.KEYS)
    headers = sharing.headers(api, share)
    match.status(api.get(paths.messages(name), headers=headers), 200)
    match.status(api.delete(paths.messages(name), params={"pop": 1}, headers=headers), 404)


@case("websocket-extension.subscription-update", needs=_SUBSCRIBED)
def subscription_update(api: Api) -> None:
    """A subscription is changed, and shows it."""
    line = api.connect()
    name = given.queue(api, line)
    one = {"queue_name": name, "subscription_id": given.hooked(line, name)}
    change = {"ttl": 700, "options": {"from": "kit"}, "subscriber": f"{given.HOOK}/new"}
    replies.status(line.ask("subscription_update", {**one, **change}), 204)
    shown = replies.body(line.ask("subscription_get", one))
    match.equal("the subscription", {key: shown.get(key) for key in change}, change)
    unknown = {**one, "subscription_id": _UNKNOWN}
    replies.refused(line.ask("subscription_update", {**unknown, **change}), 404)


@case("websocket-extension.subscription-confirm", needs=_SUBSCRIBED)
def subscription_confirm(api: Api) -> None:
    """A subscription is confirmed or not, as it is told."""
    line = api.connect()
    name = given.queue(api, line)
    one = {"queue_name": name, "subscription_id": given.hooked(line, name)}
    for agreed in (True, False, True):
        replies.status(line.ask("subscription_confirm", {**one, "confirmed": agreed}), 204)
        shown = replies.body(line.ask("subscription_get", one))
        match.equal("confirmed", shown.get("confirmed"), agreed)


# -- administration


def _has(api: Api, path: str) -> bool:
    """Whether the deployment has a path. Who is not let in can't tell."""
    status = api.get(path).status
    if status in (401, 403):
        raise Unsupported(f"the caller is no administrator ({status})")
    return status != 404


def _unknown(line: Connection, *actions: str) -> None:
    """The actions are unknown, as the paths of REST are."""
    for action in actions:
        body = {"pool_name": "kit", "flavor_name": "kit"} if action.count("_") else {}
        replies.refused(line.ask(action, body))


@case("websocket-extension.health", needs=_STATUS)
def health(api: Api) -> None:
    """The health document is that of REST, where there is one."""
    line = api.connect()
    if not _has(api, paths.HEALTH):
        return _unknown(line, "check_node_health")
    rest = match.object_of(api.get(paths.HEALTH))
    here = replies.body(line.ask("check_node_health"))
    match.equal("the members", sorted(here), sorted(rest))


@case("websocket-extension.pools", needs=_STATUS)
def pools(api: Api) -> None:
    """Pools are made, shown, listed, changed and deleted, where there are pools."""
    line = api.connect()
    if not _has(api, paths.POOLS):
        return _unknown(line, "pool_list", "pool_get", "pool_delete", "pool_queue_list")
    [uri] = administer.uris(api, 1)
    name = administer.pool_name(api)
    one = {"pool_name": name}
    replies.status(line.ask("pool_create", {**one, "uri": uri, "weight": 0}), 201)
    shown = replies.body(line.ask("pool_get", one))
    match.equal("the pool", shown, administer.seen(api, name))
    match.equal("the pool", _listed(line, "pool_list", "pools", name), [shown])
    changed = replies.body(line.ask("pool_update", {**one, "flavor": "kit-flavor"}))
    match.equal("the flavor", changed.get("flavor"), administer.flavor_of(api, name))
    match.equal("the queues", replies.body(line.ask("pool_queue_list", one)), {"queues": []})
    move = {**one, "project": api.target.project, "name": api.queue_name()}
    replies.refused(line.ask("pool_queue_move", move), 404)
    replies.status(line.ask("pool_update", {**one, "flavor": ""}), 200)
    replies.status(line.ask("pool_delete", one), 204)
    replies.refused(line.ask("pool_get", one), 404)


def _listed(line: Connection, action: str, what: str, name: str) -> list[dict[str, Any]]:
    found = replies.member(line.ask(action, {"marker": name[:-1], "limit": 1}), what)
    return match.objects(what, found)


@case("websocket-extension.flavors", needs=_STATUS)
def flavors(api: Api) -> None:
    """Flavors are made, shown, listed, changed and deleted, where there are flavors."""
    line = api.connect()
    if not _has(api, paths.FLAVORS):
        return _unknown(line, "flavor_list", "flavor_get", "flavor_delete")
    first, second = administer.two_pools(api)
    one = {"flavor_name": administer.flavor_name(api)}
    replies.status(line.ask("flavor_create", {**one, "pool_list": [first]}), 201)
    shown = replies.body(line.ask("flavor_get", one))
    match.equal("the flavor", shown, administer.seen_flavor(api, one["flavor_name"]))
    [listed] = _listed(line, "flavor_list", "flavors", one["flavor_name"])
    match.equal("pool_list", listed.get("pool_list"), [first])
    changed = replies.body(line.ask("flavor_update", {**one, "pool_list": [second]}))
    match.equal("pool_list", changed.get("pool_list"), [second])
    replies.status(line.ask("flavor_delete", one), 204)
    replies.refused(line.ask("flavor_get", one), 404)


@case("websocket-extension.pool-secrets", needs=_STATUS)
def pool_secrets(api: Api) -> None:
    """User and password of a pool's address are in no reply."""
    line = api.connect()
    secret = "kitsecretword"
    address = administer.NOBODY.replace("://", f"://kituser:{secret}@")
    wrong = administer.NO_KIND.replace("://", f"://kituser:{secret}@")
    name = administer.new_name(api)
    for uri in (address, wrong, f"{address}%%%"):
        for action in ("pool_create", "pool_update"):
            for form in forms.FORMS:
                body = {"pool_name": name, "uri": uri, "weight": 0}
                reply = line.ask(action, body, form=form)
                replies.without(reply, secret)
                replies.without(reply, "kituser")


# -- topics


@case("websocket-extension.topics", needs=_CREATED)
def topics(api: Api) -> None:
    """Topics are made, changed, counted, purged and deleted beside queues of their name."""
    line = api.connect()
    name = api.topic_name()
    topic, queue = {"topic_name": name}, {"queue_name": given.queue(api, line, {"of": "queue"})}
    replies.status(line.ask("topic_create", {**topic, "metadata": {"of": "topic"}}), 201)
    replies.status(line.ask("topic_create", topic), 204)
    match.equal("of", replies.body(line.ask("topic_get", topic)).get("of"), "topic")
    add = [{"op": "add", "path": "/metadata/new", "value": 1}]
    changed = replies.body(line.ask("topic_update", {**topic, "changes": add}))
    match.equal("new", changed.get("new"), 1)
    listing = {"marker": name[:-1], "limit": api.limits.max_queues_per_page}
    match.present("the topics", name, replies.names(line.ask("topic_list", listing), "topics"))
    match.equal("whether it is a queue", given.exists(api, line, name), False)
    told = replies.member(line.ask("topic_get_stats", topic), "messages")
    match.equal("the statistics", told, {"total": 0})
    replies.status(line.ask("topic_purge", topic), 204)
    replies.status(line.ask("topic_delete", topic), 204)
    match.absent("the topics", name, replies.names(line.ask("topic_list", listing), "topics"))
    match.equal("of", replies.body(line.ask("queue_get", queue)).get("of"), "queue")


@case("websocket-extension.topic-messages", needs=("websocket-message.list-form",))
def topic_messages(api: Api) -> None:
    """Messages of a topic are posted, listed, given, popped and deleted."""
    line = api.connect()
    topic = {"topic_name": api.topic_name()}
    messages = [{"body": body, "ttl": 300} for body in "abcd"]
    ids = replies.ids(line.ask("topic_message_post", {**topic, "messages": messages}), 4)
    listed = replies.messages(line.ask("topic_message_list", {**topic, "echo": True}))
    for message in listed:
        replies.entry(message, None)
    match.equal("the bodies", [one["body"] for one in listed], list("abcd"))
    one = replies.member(line.ask("topic_message_get", {**topic, "message_id": ids[1]}), "messages")
    match.equal("the body", match.an_object("messages", one).get("body"), "b")
    some = {**topic, "message_ids": ids[2:]}
    match.same_items("the bodies", replies.bodies(line.ask("topic_message_get_many", some)), "cd")
    popped = line.ask("topic_message_delete_many", {**topic, "pop": 1})
    match.equal("the bodies", replies.bodies(popped), ["a"])
    replies.status(line.ask("topic_message_delete_many", some), 204)
    replies.status(line.ask("topic_message_delete", {**topic, "message_id": ids[1]}), 204)
    left = line.ask("topic_message_list", {**topic, "echo": True})
    match.equal("what is left", replies.bodies(left), [])


@case("websocket-extension.topic-subscriptions", needs=_SUBSCRIBED)
def topic_subscriptions(api: Api) -> None:
    """Subscriptions of a topic are made, shown, changed, confirmed and deleted."""
    line = api.connect()
    topic = {"topic_name": api.topic_name()}
    body = {**topic, "subscriber": given.HOOK}
    made = replies.member(line.ask("topic_subscription_create", body), "subscription_id", 201)
    replies.text(line.ask("topic_subscription_create", body), 409)
    one = {**topic, "subscription_id": made}
    replies.status(line.ask("topic_subscription_update", {**one, "ttl": 700}), 204)
    replies.status(line.ask("topic_subscription_confirm", {**one, "confirmed": True}), 204)
    shown = replies.body(line.ask("topic_subscription_get", one))
    match.equal("ttl", shown.get("ttl"), 700)
    match.equal("confirmed", shown.get("confirmed"), True)
    listed = replies.member(line.ask("topic_subscription_list", topic), "subscriptions")
    match.equal(
        "the ids", [each.get("id") for each in match.objects("subscriptions", listed)], [made]
    )
    replies.status(line.ask("topic_subscription_delete", one), 204)
    replies.refused(line.ask("topic_subscription_get", one), 404)


@case("websocket-extension.topic-push", needs=("websocket-push.other-connection",))
def topic_push(api: Api) -> None:
    """A connection is notified of the messages of a topic that it subscribes to."""
    line = api.connect()
    name = api.topic_name()
    given.subscribed(line, name, "topic_subscription_create")
    body = {"topic_name": name, "messages": [{"body": "news"}]}
    replies.ids(api.connect().ask("topic_message_post", body), 1)
    _, notice = line.notification()
    match.equal("the body", notice.get("body"), "news")
    match.equal("queue_name", notice.get("queue_name"), name)
