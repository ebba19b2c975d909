# SPDX-License-Identifier: Apache-2.0
"""From action to handler and back: one table, and what calls by it.

All that differs between this transport and others is in the table: what a handler's result looks
like, and the few arguments that have another form on the wire.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.handlers import HANDLERS
from zaqar_impl.handlers.messages import PostedMessage
from zaqar_impl.handlers.service import Handler, Service
from zaqar_impl.specdoc import Action, Channel
from zaqar_impl.websocket import answers, connecting
from zaqar_impl.websocket.access import Access
from zaqar_impl.websocket.answers import Answer
from zaqar_impl.websocket.codecs import Read, size
from zaqar_impl.websocket.connecting import Connection
from zaqar_impl.websocket.request import UNREADABLE, WebSocketRequest, repeated

Arguments = dict[str, Any]

#: Longer names of actions lose their end where a refusal quotes them.
LONGEST_QUOTED = 80


def _posted(request: WebSocketRequest) -> Arguments:
    """The messages of a post with their bodies as JSON texts."""
    bodies = request.read.posted_bodies()
    messages = request.body["messages"]
    return {
        "messages": [
            PostedMessage(body, message.get("ttl"), message.get("delay"))
            for body, message in zip(bodies, messages, strict=True)
        ],
        "size": request.size,
    }


def _pool_change(request: WebSocketRequest) -> Arguments:
    """null is no flavor, as the empty text is."""
    return {"flavor": request.body["flavor"] or ""} if "flavor" in request.body else {}


def _no_more(_request: WebSocketRequest) -> Arguments:
    return {}


@dataclass(frozen=True)
class Binding:
    """How an action looks on this transport.

    ``takes`` names the members of the body that the handler takes, by the names that it has for
    them; ``more`` makes arguments of what has another form on the wire. With ``instead`` something
    else than the handler may serve the request.
    """

    answer: Answer
    takes: Sequence[str] = ()
    more: Callable[[WebSocketRequest], Arguments] = _no_more
    instead: connecting.Instead | None = None


_QUEUE = ("queue_name", "topic_name")
_PAGE = ("marker", "limit")
_TERMS = ("ttl", "grace")

_TABLE: Mapping[str, Binding] = {
    "authenticate": Binding(answers.document, instead=connecting.authenticate),
    "get_home_doc": Binding(answers.document),
    "ping_node": Binding(answers.nothing),
    "check_node_health": Binding(answers.health),
    "queue_list": Binding(
        answers.queue_page,
        takes=(*_PAGE, "detailed", "name", "with_count", "metadata_filter"),
    ),
    "queue_create": Binding(answers.queue_created, takes=(*_QUEUE, "metadata")),
    "queue_get": Binding(answers.document, takes=_QUEUE),
    "queue_update": Binding(answers.document, takes=(*_QUEUE, "changes")),
    "queue_delete": Binding(answers.nothing, takes=_QUEUE),
    "queue_get_stats": Binding(answers.queue_stats, takes=_QUEUE),
    "queue_purge": Binding(answers.nothing, takes=(*_QUEUE, "resource_types")),
    "queue_share": Binding(answers.share, takes=(*_QUEUE, "paths", "methods", "expires")),
    "message_post": Binding(answers.messages_posted, takes=_QUEUE, more=_posted),
    "message_list": Binding(
        answers.message_page,
        takes=(*_QUEUE, *_PAGE, "echo", "include_claimed", "include_delayed"),
    ),
    "message_get_many": Binding(answers.message_selection, takes=(*_QUEUE, "message_ids")),
    "message_get": Binding(answers.message, takes=(*_QUEUE, "message_id")),
    "message_delete": Binding(answers.nothing, takes=(*_QUEUE, "message_id", "claim_id")),
    "message_delete_many": Binding(
        answers.messages_removed, takes=(*_QUEUE, "message_ids", "claim_ids", "pop")
    ),
    "claim_create": Binding(answers.claim_created, takes=(*_QUEUE, "limit", *_TERMS)),
    "claim_get": Binding(answers.claim, takes=(*_QUEUE, "claim_id")),
    "claim_update": Binding(answers.nothing, takes=(*_QUEUE, "claim_id", *_TERMS)),
    "claim_delete": Binding(answers.nothing, takes=(*_QUEUE, "claim_id")),
    "subscription_list": Binding(answers.subscription_page, takes=(*_QUEUE, *_PAGE)),
    "subscription_create": Binding(
        answers.subscription_created,
        takes=(*_QUEUE, "subscriber", "ttl", "options"),
        instead=connecting.subscribe,
    ),
    "subscription_get": Binding(answers.subscription, takes=(*_QUEUE, "subscription_id")),
    "subscription_update": Binding(
        answers.nothing, takes=(*_QUEUE, "subscription_id", "subscriber", "ttl", "options")
    ),
    "subscription_delete": Binding(answers.nothing, takes=(*_QUEUE, "subscription_id")),
    "subscription_confirm": Binding(
        answers.nothing, takes=(*_QUEUE, "subscription_id", "confirmed")
    ),
    "pool_list": Binding(answers.pool_page, takes=(*_PAGE, "detailed")),
    "pool_get": Binding(answers.pool, takes=("pool_name", "detailed")),
    "pool_create": Binding(answers.put, takes=("pool_name", "uri", "weight", "flavor", "options")),
    "pool_update": Binding(
        answers.pool, takes=("pool_name", "uri", "weight", "options"), more=_pool_change
    ),
    "pool_delete": Binding(answers.nothing, takes=("pool_name",)),
    "pool_queue_list": Binding(answers.pool_queue_page, takes=("pool_name", *_PAGE)),
    "pool_queue_move": Binding(answers.moved, takes=("pool_name", "project", "kind", "name")),
    "flavor_list": Binding(answers.flavor_page, takes=(*_PAGE, "detailed")),
    "flavor_get": Binding(answers.flavor, takes=("flavor_name",)),
    "flavor_create": Binding(answers.put, takes=("flavor_name", "pool_list")),
    "flavor_update": Binding(answers.flavor, takes=("flavor_name", "pool_list")),
    "flavor_delete": Binding(answers.nothing, takes=("flavor_name",)),
}

BINDINGS: Mapping[str, Binding] = {
    **_TABLE,
    # What topics have as well, under names of their own, looks alike but for their list and their
    # statistics.
    **{
        topics_own: binding
        for name, binding in _TABLE.items()
        if (topics_own := f"topic_{name.removeprefix('queue_')}") in HANDLERS
    },
    "topic_list": Binding(answers.topic_page, takes=_TABLE["queue_list"].takes),
    "topic_get_stats": Binding(answers.topic_stats, takes=_QUEUE),
}


#: Actions that have no handler, since they are about the connection alone.
_OF_CONNECTIONS = frozenset({"authenticate"})


class Bound:
    """The actions of a deployment, bound to their handlers.

    ``known`` are the actions that there are in any deployment, ``enabled`` the names of those of
    this one.

    Raises:
        KeyError: an action has no handler or no line in the table; so nothing starts.
    """

    def __init__(
        self,
        known: Sequence[Action],
        enabled: Collection[str],
        channel: Channel,
        service: Service,
    ) -> None:
        self._service = service
        self._channel = channel
        self._access = Access(service.signing, service.clock)
        self._secrets = frozenset[str]().union(*(action.secrets for action in known))
        self._actions = {
            action.id: (action, BINDINGS[action.id], _handler(action.id))
            for action in known
            if action.id in enabled
        }

    async def answer(self, read: Read, connection: Connection) -> tuple[int, Any]:
        """Status and body of the reply to a message.

        Faults are told in an order to rely on: no object, action, headers, not allowed, body, then
        what the operation finds out.

        Raises:
            Refusal, ZaqarError: the request is refused.
        """
        action, binding, handler = self._action(read.value)
        caller = self._access.caller(action, read.value)
        request = WebSocketRequest(action, caller, *_body(action, read.value), read)
        if binding.instead and (done := binding.instead(connection, request)):
            result = await done
        else:
            arguments = {name: request.body[name] for name in binding.takes if name in request.body}
            arguments.update(binding.more(request))
            assert handler is not None
            result = await handler(self._service, caller, **arguments)
        return binding.answer(result, request, self._service.clock())

    def repeated(self, read: Read) -> Mapping[str, Any]:
        """What the reply to a message repeats of it."""
        if not isinstance(read.value, dict):
            return UNREADABLE
        request_id = read.value.get("request_id")
        if request_id is not None and self._channel.request_id.violation(request_id):
            request_id = None
        found = self._found(read.value.get("action"))
        # an action that is switched off is an unknown one, and has secrets all the same
        secrets = found[0].secrets if found else self._secrets
        return repeated(read, request_id, self._channel.secret_headers, secrets)

    def name_of(self, read: Read) -> str:
        """What is asked for, for the log, in which no text of a client's stands."""
        found = isinstance(read.value, dict) and self._found(read.value.get("action"))
        return found[0].id if found else "no action"

    def _action(self, value: Any) -> "_Found":
        if not isinstance(value, dict):
            raise InvalidInput("The message is no object of action, headers and body.")
        if "action" not in value:
            raise InvalidInput("The member action is missing: it says what is to be done.")
        found = self._found(value["action"])
        if found is None:
            raise InvalidInput(f"action is invalid: {_quoted(value['action'])} is none.")
        if "request_id" in value and (
            violation := self._channel.request_id.violation(value["request_id"])
        ):
            raise InvalidInput(f"request_id is invalid: {violation}.")
        return found

    def _found(self, name: Any) -> "_Found | None":
        return self._actions.get(name) if isinstance(name, str) else None


_Found = tuple[Action, Binding, Handler | None]


def _handler(name: str) -> Handler | None:
    return None if name in _OF_CONNECTIONS else HANDLERS[name]


def _quoted(name: Any) -> str:
    """The name in short, if it is one."""
    if not isinstance(name, str):
        return "what is no text"
    return repr(name if len(name) <= LONGEST_QUOTED else f"{name[:LONGEST_QUOTED]}...")


def _body(action: Action, value: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """The body with its defaults, and its size where it is bounded.

    Raises:
        InvalidInput: it is not as the action wants it.
    """
    if "body" not in value:
        if action.body_required:
            raise InvalidInput("The member body is missing.")
        return action.defaults, 0
    body = value["body"]
    bytes_given = 0
    if action.max_bytes is not None:
        bytes_given = size(body)
        if bytes_given > action.max_bytes:
            raise InvalidInput(
                f"body has {bytes_given} bytes; {action.id} takes at most {action.max_bytes}."
            )
    if violation := action.body.violation(body):
        raise InvalidInput(f"body is invalid: {violation}.")
    return {**action.defaults, **body}, bytes_given
