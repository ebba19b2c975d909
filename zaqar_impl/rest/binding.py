# SPDX-License-Identifier: Apache-2.0
"""From operationId to handler and back: one table, and the function that Connexion calls.

All that differs between this transport and others is in the table: what a handler's result looks
like, and the few arguments that have another name or form on the wire.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from zaqar_impl import jsontext
from zaqar_impl.handlers import HANDLERS
from zaqar_impl.handlers.messages import PostedMessage
from zaqar_impl.handlers.service import Service
from zaqar_impl.rest import answers, health, pooling
from zaqar_impl.rest.answers import Answer
from zaqar_impl.rest.request import ID_HEADER, RestRequest
from zaqar_impl.specdoc import Operation

Arguments = dict[str, Any]


def _posted(request: RestRequest) -> Arguments:
    """The messages of a post with their bodies as the bytes that came in."""
    bodies = jsontext.posted_bodies(request.body)
    messages = request.document["messages"]
    return {
        "messages": [
            PostedMessage(body, message.get("ttl"), message.get("delay"))
            for body, message in zip(bodies, messages, strict=True)
        ],
        "size": len(request.body),
    }


def _whole(name: str) -> Callable[[RestRequest], Arguments]:
    """The body is one argument."""
    return lambda request: {} if request.document is None else {name: request.document}


def _members(*names: str) -> Callable[[RestRequest], Arguments]:
    """The named members of the body are arguments; members that the API does not know are
    ignored."""
    return lambda request: {
        name: request.document[name] for name in names if name in (request.document or {})
    }


def _pool_change(request: RestRequest) -> Arguments:
    """The members that are there; null is no flavor, as the empty text is."""
    change = _members("uri", "weight", "flavor", "options")(request)
    return {**change, "flavor": change["flavor"] or ""} if "flavor" in change else change


def _no_body(_request: RestRequest) -> Arguments:
    return {}


@dataclass(frozen=True)
class Binding:
    """How an operation looks on this transport.

    ``takes`` names the query parameters that the handler takes, each with the handler's name for
    it.
    """

    answer: Answer
    takes: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[RestRequest], Arguments] = _no_body


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_TABLE: Mapping[str, Binding] = {
    "get_version_doc": Binding(answers.version_document),
    "get_home_doc": Binding(answers.home_document),
    "ping_node": Binding(answers.nothing),
    "ping_node_head": Binding(answers.nothing),
    "queue_list": Binding(
        answers.queue_page,
        takes=_same("marker", "limit", "detailed", "name", "with_count", "metadata_filter"),
    ),
    "queue_create": Binding(answers.queue_created, body=_whole("metadata")),
    "queue_get": Binding(answers.document),
    "queue_get_head": Binding(answers.document),
    "queue_update": Binding(answers.document, body=_whole("changes")),
    "queue_delete": Binding(answers.nothing),
    "queue_get_stats": Binding(answers.queue_stats),
    "queue_purge": Binding(answers.nothing, body=_members("resource_types")),
    "queue_share": Binding(answers.share, body=_members("paths", "methods", "expires")),
    "message_post": Binding(answers.messages_posted, body=_posted),
    "message_list": Binding(
        answers.message_page,
        takes=_same("marker", "limit", "echo", "include_claimed", "include_delayed"),
    ),
    "message_get_many": Binding(answers.message_selection, takes={"ids": "message_ids"}),
    "message_get": Binding(answers.message),
    "message_delete": Binding(answers.nothing, takes=_same("claim_id")),
    "message_delete_many": Binding(
        answers.messages_removed,
        takes={"ids": "message_ids", "claim_ids": "claim_ids", "pop": "pop"},
    ),
    "claim_create": Binding(
        answers.claim_created, takes=_same("limit"), body=_members("ttl", "grace")
    ),
    "claim_get": Binding(answers.claim),
    "claim_update": Binding(answers.nothing, body=_members("ttl", "grace")),
    "claim_delete": Binding(answers.nothing),
    "subscription_list": Binding(answers.subscription_page, takes=_same("marker", "limit")),
    "subscription_create": Binding(
        answers.subscription_created, body=_members("subscriber", "ttl", "options")
    ),
    "subscription_get": Binding(answers.subscription),
    "subscription_update": Binding(
        answers.nothing_here, body=_members("subscriber", "ttl", "options")
    ),
    "subscription_delete": Binding(answers.nothing),
    "subscription_confirm": Binding(answers.nothing_here, body=_members("confirmed")),
    "check_node_health": Binding(health.document),
    "pool_list": Binding(pooling.pool_page, takes=_same("marker", "limit", "detailed")),
    "pool_get": Binding(pooling.pool, takes=_same("detailed")),
    "pool_create": Binding(pooling.put, body=_members("uri", "weight", "flavor", "options")),
    "pool_update": Binding(pooling.pool, body=_pool_change),
    "pool_delete": Binding(answers.nothing),
    "pool_queue_list": Binding(pooling.pool_queue_page, takes=_same("marker", "limit")),
    "pool_queue_move": Binding(pooling.moved, body=_members("project", "kind", "name")),
    "flavor_list": Binding(pooling.flavor_page, takes=_same("marker", "limit", "detailed")),
    "flavor_get": Binding(pooling.flavor),
    "flavor_create": Binding(pooling.put, body=_members("pool_list")),
    "flavor_update": Binding(pooling.flavor, body=_members("pool_list")),
    "flavor_delete": Binding(answers.nothing),
}

BINDINGS: Mapping[str, Binding] = {
    **_TABLE,
    # What topics have as well, under names of their own, looks alike but for the statistics.
    **{
        topics_own: binding
        for name, binding in _TABLE.items()
        if (topics_own := f"topic_{name.removeprefix('queue_')}") in HANDLERS
    },
    "topic_get_stats": Binding(answers.topic_stats),
}


def endpoint(
    service: Service, operation: Operation
) -> Callable[[RestRequest], Awaitable[Response]]:
    """The function that Connexion's resolver gives for an operation.

    Raises:
        KeyError: the operation, or a variant of it, has no handler or no line in the table; so
            nothing starts.
    """
    bound = {
        name: (HANDLERS[name], BINDINGS[name], _taken(operation, BINDINGS[name]))
        for name in (operation.id, *operation.variants.values())
    }

    async def call(request: RestRequest) -> Response:
        handler, binding, taken = bound[request.variant]
        arguments = {**request.path_parameters, **binding.body(request)}
        for name, argument, default in taken:
            if (value := request.query.get(name, default)) is not None:
                arguments[argument] = value
        result = await handler(service, request.caller, **arguments)
        answer = binding.answer(result, request, service.clock())
        answer.raw_headers.append((ID_HEADER, request.id.encode()))
        return answer

    return call


def _taken(operation: Operation, binding: Binding) -> Sequence[tuple[str, str, Any]]:
    """The query parameters that the handler takes: their names, the handler's names for them, and
    the spec's defaults for those that are not given."""
    return [
        (parameter.name, binding.takes[parameter.name], parameter.shape.schema.get("default"))
        for parameter in operation.of("query")
        if parameter.name in binding.takes
    ]
