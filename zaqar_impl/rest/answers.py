# SPDX-License-Identifier: Apache-2.0
"""What handlers give, as HTTP answers: statuses, headers, hrefs and links of this transport."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from starlette.responses import Response

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.sharing import Share
from zaqar_impl.domain.values import Claim, Kind, Message, QueueStats, Subscription
from zaqar_impl.handlers.messages import MessagePage
from zaqar_impl.handlers.queues import QueuePage
from zaqar_impl.handlers.subscriptions import SubscriptionPage
from zaqar_impl.rest.errors import Refusal
from zaqar_impl.rest.request import RestRequest
from zaqar_impl.wire import documents

#: Makes an answer of a handler's result, the request, and the time in seconds since the epoch.
Answer = Callable[[Any, RestRequest, float], Response]

#: Ids that a Location has at the most: clients and proxies refuse headers of many kilobytes.
MOST_LOCATED = 100

HOME_MEDIA_TYPE = "application/json-home"


def json_answer(value: Any, status: int = 200, **headers: str) -> Response:
    """A JSON document; an underscore in the name of a header is a hyphen."""
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(orjson.dumps(value), status, headers=names, media_type="application/json")


def nothing(_result: None, _request: RestRequest, _now: float) -> Response:
    """Done, and nothing to tell."""
    return Response(status_code=204)


def nothing_here(_result: None, request: RestRequest, _now: float) -> Response:
    """Done to what is under the path, and nothing to tell."""
    return Response(status_code=204, headers={"Location": request.path})


def document(result: Mapping[str, Any], _request: RestRequest, _now: float) -> Response:
    """A document as it is."""
    return json_answer(result)


def version_document(result: Mapping[str, Any], _request: RestRequest, _now: float) -> Response:
    """The choice of versions."""
    return json_answer(result, 300)


def home_document(result: Mapping[str, Any], _request: RestRequest, _now: float) -> Response:
    """The home document, good for a day."""
    return Response(
        orjson.dumps(result, option=orjson.OPT_INDENT_2),
        media_type=HOME_MEDIA_TYPE,
        headers={"Cache-Control": "max-age=86400"},
    )


def queue_created(created: bool, request: RestRequest, _now: float) -> Response:
    """Whether the queue is new."""
    return Response(status_code=201 if created else 204, headers={"Location": request.path})


def queue_page(page: QueuePage, request: RestRequest, _now: float) -> Response:
    """A page of queues, or of topics; they are called as the last segment of the path."""
    body: dict[str, Any] = {
        request.path.rpartition("/")[2]: [
            {"name": queue.name, "href": f"{request.path}/{queue.name}"}
            | ({} if queue.metadata is None else {"metadata": queue.metadata})
            for queue in page.queues
        ],
        "links": next_links(request, page.marker),
    }
    if page.count is not None:
        body["count"] = page.count
    return json_answer(body)


def queue_stats(stats: QueueStats, request: RestRequest, now: float) -> Response:
    """Numbers of messages, with the ends of the queue when it has any."""
    counts = {"claimed": stats.claimed, "free": stats.free, "total": stats.total}
    return json_answer({"messages": counts | _ends(stats, request, now)})


def topic_stats(stats: QueueStats, request: RestRequest, now: float) -> Response:
    """The number of messages, none of which can be claimed, with the ends of the topic when it has
    any."""
    return json_answer({"messages": {"total": stats.total} | _ends(stats, request, now)})


def _ends(stats: QueueStats, request: RestRequest, now: float) -> dict[str, Any]:
    ends = {"oldest": stats.oldest, "newest": stats.newest}
    return {
        name: {
            "age": message.age(now),
            "created": documents.utc(message.created),
            "href": f"{_collection(request)}/{message.id}",
        }
        for name, message in ends.items()
        if message is not None
    }


def share(result: tuple[Share, str], _request: RestRequest, _now: float) -> Response:
    """What is shared, and the signature that opens it."""
    return json_answer(documents.share(result))


def messages_posted(ids: Sequence[str], request: RestRequest, _now: float) -> Response:
    """Where the new messages are, in the order of the request; in the Location, the first ones."""
    hrefs = [f"{request.path}/{message_id}" for message_id in ids]
    located = ",".join(ids[:MOST_LOCATED])
    return json_answer({"resources": hrefs}, 201, Location=f"{request.path}?ids={located}")


def message_page(page: MessagePage, request: RestRequest, now: float) -> Response:
    """A page of messages."""
    listed = _messages(page.messages, request, now)
    return json_answer({"messages": listed, "links": next_links(request, page.marker)})


def message_selection(messages: Sequence[Message], request: RestRequest, now: float) -> Response:
    """Messages that were asked for by id; none of them is a 404 on this transport."""
    if not messages:
        raise NotFound("None of these messages exists here.")
    return json_answer({"messages": _messages(messages, request, now)})


def message(result: Message, request: RestRequest, now: float) -> Response:
    """One message."""
    (shown,) = _messages([result], request, now)
    return json_answer(shown)


def messages_removed(
    popped: Sequence[Message] | None, _request: RestRequest, now: float
) -> Response:
    """Nothing after removal by ids; after a pop the messages, in a shape of their own."""
    if popped is None:
        return Response(status_code=204)
    listed = [
        {
            "id": message.id,
            "age": message.age(now),
            "ttl": message.ttl,
            "claim_count": message.claim_count,
            "claim_id": None,
            "body": orjson.Fragment(message.body),
        }
        for message in popped
    ]
    return json_answer({"messages": listed})


def claim_created(claim: Claim | None, request: RestRequest, now: float) -> Response:
    """The claimed messages; the claim's id is in the Location."""
    if claim is None:
        return Response(status_code=204)
    listed = _messages(claim.messages, request, now)
    return json_answer({"messages": listed}, 201, Location=f"{request.path}/{claim.id}")


def claim(result: Claim, request: RestRequest, now: float) -> Response:
    """A claim with its messages."""
    return json_answer(
        {
            "age": result.age(now),
            "ttl": result.ttl,
            "href": request.path,
            "messages": _messages(result.messages, request, now),
        }
    )


def subscription_created(
    result: tuple[Subscription, bool], request: RestRequest, _now: float
) -> Response:
    """The id, also of one that waits for its confirmation; on this transport a confirmed one is a
    409."""
    made, new = result
    if made.confirmed and not new:
        kind, name = _holder(request)
        raise Refusal(
            409,
            f"This subscriber is subscribed to {kind} {name!r}, and has confirmed it.",
            {"Location": request.path},
        )
    return json_answer({"subscription_id": made.id}, 201, Location=request.path)


def subscription_page(page: SubscriptionPage, request: RestRequest, now: float) -> Response:
    """A page of subscriptions."""
    source = _holder(request)[1]
    listed = [documents.subscription(one, source, now) for one in page.subscriptions]
    return json_answer({"subscriptions": listed, "links": next_links(request, page.marker)})


def subscription(result: Subscription, request: RestRequest, now: float) -> Response:
    """One subscription."""
    return json_answer(documents.subscription(result, _holder(request)[1], now))


def _messages(
    messages: Sequence[Message], request: RestRequest, now: float
) -> Sequence[dict[str, Any]]:
    """The shape of a message: exactly these members (A3), the claim's id last in the href (A4)."""
    collection = _collection(request)
    listed: list[dict[str, Any]] = []
    for message in messages:
        claimed = f"?claim_id={message.claim_id}" if message.claim_id else ""
        shown: dict[str, Any] = {} if message.checksum is None else {"checksum": message.checksum}
        shown["id"] = message.id
        shown["href"] = f"{collection}/{message.id}{claimed}"
        shown["ttl"] = message.ttl
        shown["age"] = message.age(now)
        shown["body"] = orjson.Fragment(message.body)
        listed.append(shown)
    return listed


def _collection(request: RestRequest) -> str:
    """The path of the messages of the queue or topic that the request is about."""
    kind, name = _holder(request)
    return f"/v2/{kind}s/{name}/messages"


def _holder(request: RestRequest) -> tuple[Kind, str]:
    """Kind and name of the queue or topic that the request is about."""
    named = request.path_parameters
    if "topic_name" in named:
        return Kind.TOPIC, named["topic_name"]
    return Kind.QUEUE, named["queue_name"]


def next_links(request: RestRequest, marker: str | None) -> list[dict[str, str]]:
    """The link to the next page: the query as it was given, with the new marker (D-47); none on an
    empty page."""
    if marker is None:
        return []
    given = {key: value for key, value in request.query.items() if key != "marker"}
    filters = given.pop("metadata_filter", {})
    fields = {key: _spelled(value) for key, value in given.items()} | filters | {"marker": marker}
    query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in fields.items())
    return [{"rel": "next", "href": f"{request.path}?{query}"}]


def _quoted(text: str) -> str:
    plain = text.isascii() and text.replace("_", "").isalnum()
    return text if plain else quote(text, safe="")


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
