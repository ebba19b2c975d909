# SPDX-License-Identifier: Apache-2.0
"""Topics beside queues: one name, two things that have nothing to do with each other."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case, setup
from zaqar_conformance.client import Api
from zaqar_conformance.paths import Topic

_FILLED: Final = ("topic-message-list.paging", "topic-subscription-list.page")
_OTHER: Final = f"{HOOK}/other"


@setup()
def _pair(api: Api) -> tuple[str, Topic]:
    """A queue and a topic of one name, told apart by their metadata."""
    name = api.queue_name()
    topic = api.remember(Topic(name))
    arrange.created(api, name, {"kind": "queue"})
    arrange.created(api, topic, {"kind": "topic"})
    return name, topic


@setup()
def _filled(api: Api, name: str) -> None:
    """Puts two messages and a subscription into a queue or topic."""
    arrange.posted(api, name, "a", "b")
    arrange.subscribed(api, name)


def _kept(api: Api, name: str, kind: str) -> None:
    """The queue or topic has what it was made with and filled with."""
    observe.a_queue(api, name)
    match.equal(f"metadata of the {kind}", observe.metadata(api, name).get("kind"), kind)
    match.equal(f"bodies of the {kind}", observe.bodies(api, name), ["a", "b"])
    match.equal(f"subscribers of the {kind}", observe.subscribers(api, name), [HOOK])


@case("topic-name-space.metadata", needs=("topic-create.created", "queue-create.created"))
def metadata(api: Api) -> None:
    """A queue and a topic of one name know nothing of each other."""
    only_queue, only_topic = arrange.queue(api), arrange.topic(api)
    observe.no_queue(api, Topic(only_queue))
    observe.no_queue(api, str(only_topic))
    name, topic = _pair(api)

    for one, kind in ((name, "queue"), (topic, "topic")):
        match.equal("the metadata", observe.metadata(api, one).get("kind"), kind)
    match.status(api.delete(paths.queue(topic)), 204)
    match.equal("the metadata", observe.metadata(api, name).get("kind"), "queue")
    observe.a_queue(api, name)


@case(
    "topic-name-space.queue-untouched",
    needs=("topic-create.created", "message-list.order", "subscription-list.page"),
)
def queue_untouched(api: Api) -> None:
    """Neither a purge nor the end of a topic touches the queue of its name."""
    name, topic = _pair(api)
    _filled(api, name)

    match.status(api.post(paths.purge(topic)), 204)
    _kept(api, name, "queue")
    match.status(api.delete(paths.queue(topic)), 204)
    _kept(api, name, "queue")


@case("topic-name-space.topic-untouched", needs=_FILLED)
def topic_untouched(api: Api) -> None:
    """Neither a purge nor the end of a queue touches the topic of its name."""
    name, topic = _pair(api)
    _filled(api, topic)

    match.status(api.post(paths.purge(name)), 204)
    _kept(api, topic, "topic")
    match.status(api.delete(paths.queue(name)), 204)
    _kept(api, topic, "topic")


def _total(api: Api, name: str) -> Any:
    answer = api.get(paths.stats(name))
    match.status(answer, 200)
    return match.an_object("messages", match.object_of(answer).get("messages")).get("total")


@case("topic-name-space.messages/read", needs=_FILLED)
def messages_read(api: Api) -> None:
    """What is in a queue is not seen in the topic of its name, nor the other way round."""
    for here, there in (_pair(api), _pair(api)[::-1]):
        (first, _), _ = arrange.posted(api, here, "a", "b"), arrange.subscribed(api, here)

        match.equal("the total there", _total(api, there), 0)
        match.equal("the bodies there", observe.bodies(api, there), [])
        match.equal("the subscribers there", observe.subscribers(api, there), [])
        match.status(api.get(paths.message(there, first)), 404)
        match.status(api.get(paths.messages(there), params={"ids": first}), 404)


@case("topic-name-space.messages/delete", needs=_FILLED)
def messages_deleted(api: Api) -> None:
    """What is in a queue is not deleted in the topic of its name, nor the other way round."""
    for here, there in (_pair(api), _pair(api)[::-1]):
        first, second = arrange.posted(api, here, "a", "b")

        match.status(api.delete(paths.message(there, first)), 204)
        match.status(api.delete(paths.messages(there), params={"ids": second}), 204)
        popped = api.delete(paths.messages(there), params={"pop": 2})
        match.equal("the bodies popped there", match.bodies(popped), [])
        match.equal("the bodies left here", observe.bodies(api, here), ["a", "b"])


@case("topic-name-space.no-claims", needs=("topic-create.created",))
def no_claims(api: Api) -> None:
    """Nothing is claimed in a topic or shared from it."""
    name = arrange.topic(api)

    match.status(api.post(paths.claims(name)), 404)
    match.status(api.get(paths.claim(name, "0")), 404)
    match.status(api.post(paths.share(name), json={}), 404)
