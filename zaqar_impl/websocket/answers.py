# SPDX-License-Identifier: Apache-2.0
"""What handlers give, as statuses and bodies of replies: no addresses, and links by marker."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zaqar_impl.domain.health import PooledHealth, StorageHealth
from zaqar_impl.domain.pools import Move
from zaqar_impl.domain.sharing import Share
from zaqar_impl.domain.values import Claim, Message, QueueStats, Subscription
from zaqar_impl.handlers.flavors import FlavorPage, ShownFlavor
from zaqar_impl.handlers.messages import MessagePage
from zaqar_impl.handlers.pools import PoolPage, PoolQueuePage, ShownPool
from zaqar_impl.handlers.queues import QueuePage
from zaqar_impl.handlers.subscriptions import SubscriptionPage
from zaqar_impl.websocket.codecs import JsonText
from zaqar_impl.websocket.errors import Refusal
from zaqar_impl.websocket.request import WebSocketRequest
from zaqar_impl.wire import documents

#: Status and body of a reply, of a handler's result, the request, and the time in seconds since
#: the epoch.
Answer = Callable[[Any, WebSocketRequest, float], tuple[int, Any]]


def nothing(_result: None, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """Done, and nothing to tell."""
    return 204, {}


def put(_result: None, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """It is there now, be it new or not."""
    return 201, {}


def document(result: Mapping[str, Any], _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A document as it is."""
    return 200, result


def queue_created(created: bool, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """Whether the queue is new."""
    return 201 if created else 204, {}


def queue_page(page: QueuePage, request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A page of queues."""
    return _queues("queues", page, request)


def topic_page(page: QueuePage, request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A page of topics."""
    return _queues("topics", page, request)


def _queues(name: str, page: QueuePage, request: WebSocketRequest) -> tuple[int, Any]:
    listed = [
        {"name": queue.name} | ({} if queue.metadata is None else {"metadata": queue.metadata})
        for queue in page.queues
    ]
    count = {} if page.count is None else {"count": page.count}
    return 200, {name: listed, **_links(request, page.marker), **count}


def queue_stats(stats: QueueStats, _request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """Numbers of messages, with the ends of the queue when it has any."""
    counts = {"claimed": stats.claimed, "free": stats.free, "total": stats.total}
    return 200, {"messages": counts | _ends(stats, now)}


def topic_stats(stats: QueueStats, _request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """The number of messages, none of which can be claimed, with the ends of the topic."""
    return 200, {"messages": {"total": stats.total} | _ends(stats, now)}


def _ends(stats: QueueStats, now: float) -> dict[str, Any]:
    ends = {"oldest": stats.oldest, "newest": stats.newest}
    return {
        name: {
            "id": message.id,
            "age": message.age(now),
            "created": documents.utc(message.created),
        }
        for name, message in ends.items()
        if message is not None
    }


def share(result: tuple[Share, str], _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """What is shared, and the signature that opens it."""
    return 200, documents.share(result)


def messages_posted(ids: Sequence[str], _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """The ids of the new messages, in the order of the request."""
    return 201, {"message_ids": ids}


def message_page(page: MessagePage, request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """A page of messages."""
    return 200, {
        "messages": [_message(one, None, now) for one in page.messages],
        **_links(request, page.marker),
    }


def message_selection(
    messages: Sequence[Message], _request: WebSocketRequest, now: float
) -> tuple[int, Any]:
    """Messages that were asked for by id, perhaps none."""
    return 200, {"messages": [_message(one, None, now) for one in messages]}


def message(result: Message, _request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """One message; it is called ``messages`` all the same."""
    return 200, {"messages": _message(result, None, now)}


def messages_removed(
    popped: Sequence[Message] | None, _request: WebSocketRequest, now: float
) -> tuple[int, Any]:
    """Nothing after removal by ids; after a pop the messages, in a shape of their own."""
    if popped is None:
        return 204, {}
    listed = [
        {
            "id": one.id,
            "age": one.age(now),
            "ttl": one.ttl,
            "claim_count": one.claim_count,
            "claim_id": None,
            "body": JsonText(one.body),
        }
        for one in popped
    ]
    return 200, {"messages": listed}


def claim_created(claim: Claim | None, _request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """The claimed messages, and the id of their claim."""
    if claim is None:
        return 204, {"claim_id": None}
    return 201, {"claim_id": claim.id, "messages": _claimed(claim, now)}


def claim(result: Claim, _request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """A claim with its messages."""
    return 200, {"age": result.age(now), "ttl": result.ttl, "messages": _claimed(result, now)}


def subscription_created(
    result: tuple[Subscription, bool], request: WebSocketRequest, _now: float
) -> tuple[int, Any]:
    """The id of a new one; one that was there is a 409, whether it is confirmed or not."""
    made, new = result
    if not new:
        raise Refusal(409, f"This subscriber is subscribed to {request.holder!r} already.")
    return 201, {"subscription_id": made.id, "message": f"Subscribed to {request.holder!r}."}


def subscription_page(
    page: SubscriptionPage, request: WebSocketRequest, now: float
) -> tuple[int, Any]:
    """A page of subscriptions."""
    source = request.holder
    listed = [documents.subscription(one, source, now) for one in page.subscriptions]
    return 200, {"subscriptions": listed, **_links(request, page.marker)}


def subscription(result: Subscription, request: WebSocketRequest, now: float) -> tuple[int, Any]:
    """One subscription."""
    return 200, documents.subscription(result, request.holder, now)


def health(
    result: StorageHealth | PooledHealth, _request: WebSocketRequest, _now: float
) -> tuple[int, Any]:
    """The health document."""
    return 200, documents.health(result)


def pool_page(page: PoolPage, request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A page of pools."""
    listed = [documents.pool(one) for one in page.pools]
    return 200, {"pools": listed, **_links(request, page.marker)}


def pool(result: ShownPool, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """One pool."""
    return 200, documents.pool(result)


def pool_queue_page(page: PoolQueuePage, request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A page of the queues that live in a pool."""
    return 200, {"queues": documents.pool_queues(page), **_links(request, page.marker)}


def moved(result: Move, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """From where, to where, and how many messages."""
    return 200, documents.move(result)


def flavor_page(page: FlavorPage, request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """A page of flavors."""
    listed = [documents.listed_flavor(one) for one in page.flavors]
    return 200, {"flavors": listed, **_links(request, page.marker)}


def flavor(result: ShownFlavor, _request: WebSocketRequest, _now: float) -> tuple[int, Any]:
    """One flavor."""
    return 200, documents.flavor(result)


def _claimed(claim: Claim, now: float) -> list[dict[str, Any]]:
    return [_message(one, claim.id, now) for one in claim.messages]


def _message(one: Message, claim_id: str | None, now: float) -> dict[str, Any]:
    """The shape of a message: exactly these members, the claim's id only where it is asked for."""
    shown = {
        "id": one.id,
        "claim_id": claim_id,
        "ttl": one.ttl,
        "age": one.age(now),
        "body": JsonText(one.body),
    }
    return shown if one.checksum is None else {**shown, "checksum": one.checksum}


def _links(request: WebSocketRequest, marker: str | None) -> dict[str, Any]:
    """The link to the next page where links were asked for; none on an empty page."""
    if not request.body["with_links"]:
        return {}
    return {"links": [] if marker is None else [{"rel": "next", "marker": marker}]}
