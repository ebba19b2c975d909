# SPDX-License-Identifier: Apache-2.0
"""The actions of the WebSocket: each is an operation of the miniature, asked in other words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message as Headers
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .claims import Claims
from .documents import Documents
from .flavors import Flavors
from .lines import Line
from .reading import Query, Refusal
from .speaking import Spoken
from .state import Call
from .subscriptions import Subscriptions
from .wire import NOTHING, Answer, Request


@dataclass(frozen=True)
class Way:
    """How an action is done: the operation, its request over REST, and where its members go."""

    operation: str
    method: str
    path: str
    query: str = ""
    #: The member that is the body of REST; * for all that are nothing else, - for no body.
    body: str = "-"

    @property
    def collection(self) -> str:
        """What it is below."""
        return "topics" if self.path.startswith("/v2/topics") else "queues"


_Q, _M = "/v2/queues/{queue_name}", "/v2/queues/{queue_name}/messages"
_S = "/v2/queues/{queue_name}/subscriptions"
_LIST = "marker limit detailed name with_count metadata_filter"
_PAGE = "marker limit echo include_claimed include_delayed"

#: The actions of v2 on queues, and those that topics have too.
_BOTH: dict[str, Way] = {
    "queue_list": Way("queue_list", "GET", "/v2/queues", _LIST),
    "queue_create": Way("queue_create", "PUT", _Q, body="metadata"),
    "queue_get": Way("queue_get", "GET", _Q),
    "queue_update": Way("queue_update", "PATCH", _Q, body="changes"),
    "queue_delete": Way("queue_delete", "DELETE", _Q),
    "queue_get_stats": Way("queue_get_stats", "GET", f"{_Q}/stats"),
    "queue_purge": Way("queue_purge", "POST", f"{_Q}/purge", body="*"),
    "message_post": Way("message_post", "POST", _M, body="*"),
    "message_list": Way("message_list", "GET", _M, _PAGE),
    "message_get_many": Way("selected", "GET", _M, "message_ids"),
    "message_get": Way("message_get", "GET", _M + "/{message_id}"),
    "message_delete": Way("message_delete", "DELETE", _M + "/{message_id}", "claim_id"),
    "message_delete_many": Way("message_delete_many", "DELETE", _M, "message_ids pop"),
    "subscription_list": Way("subscription_list", "GET", _S, "marker limit"),
    "subscription_create": Way("subscribed_here", "POST", _S, body="*"),
    "subscription_get": Way("subscription_get", "GET", _S + "/{subscription_id}"),
    "subscription_update": Way("subscription_update", "PATCH", _S + "/{subscription_id}", body="*"),
    "subscription_delete": Way("subscription_delete", "DELETE", _S + "/{subscription_id}"),
    "subscription_confirm": Way(
        "subscription_confirm", "PUT", _S + "/{subscription_id}/confirm", body="*"
    ),
}
_C = _Q + "/claims"
_P, _F = "/v2/pools/{pool_name}", "/v2/flavors/{flavor_name}"
_OTHERS: dict[str, Way] = {
    "claim_create": Way("claim_create", "POST", _C, "limit", "*"),
    "claim_get": Way("claim_get", "GET", _C + "/{claim_id}"),
    "claim_update": Way("claim_update", "PATCH", _C + "/{claim_id}", body="*"),
    "claim_delete": Way("claim_delete", "DELETE", _C + "/{claim_id}"),
    "queue_share": Way("queue_share", "POST", f"{_Q}/share", body="*"),
    "get_home_doc": Way("home_document", "GET", "/v2/"),
    "ping_node": Way("ping", "GET", "/v2/ping"),
    "check_node_health": Way("check_node_health", "GET", "/v2/health"),
    "pool_list": Way("pool_list", "GET", "/v2/pools", "marker limit detailed"),
    "pool_create": Way("pool_create", "PUT", _P, body="*"),
    "pool_get": Way("pool_get", "GET", _P, "detailed"),
    "pool_update": Way("pool_update", "PATCH", _P, body="*"),
    "pool_delete": Way("pool_delete", "DELETE", _P),
    "pool_queue_list": Way("pool_queue_list", "GET", f"{_P}/queues", "marker limit"),
    "pool_queue_move": Way("pool_queue_move", "POST", f"{_P}/queues", body="*"),
    "flavor_list": Way("flavor_list", "GET", "/v2/flavors", "marker limit detailed"),
    "flavor_create": Way("flavor_create", "PUT", _F, body="*"),
    "flavor_get": Way("flavor_get", "GET", _F),
    "flavor_update": Way("flavor_update", "PATCH", _F, body="*"),
    "flavor_delete": Way("flavor_delete", "DELETE", _F),
}


def _of_topics(name: str, way: Way) -> tuple[str, Way]:
    prefix = "topic" if name.startswith("queue_") else "topic_"
    path = way.path.replace("queues", "topics", 1).replace("queue_name", "topic_name")
    operation = "topic_get_stats" if name == "queue_get_stats" else way.operation
    return prefix + name.removeprefix("queue"), Way(
        operation, way.method, path, way.query, way.body
    )


WAYS: dict[str, Way] = {**_BOTH, **_OTHERS, **dict(_of_topics(*one) for one in _BOTH.items())}
_NAMES = ("queue_name", "topic_name", "pool_name", "flavor_name")
_IDS = ("message_id", "claim_id", "subscription_id")
_MEMBERS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys((*_NAMES, *_IDS, "marker", "name"), str),
    **dict.fromkeys(("limit", "pop"), int),
    **dict.fromkeys(
        ("detailed", "with_count", "with_links", "echo", "include_claimed", "include_delayed"), bool
    ),
    **dict.fromkeys(("message_ids", "claim_ids", "messages", "changes", "resource_types"), list),
    "metadata": (dict, type(None)),
    "metadata_filter": dict,
}
#: What an action takes beside what stands in its path and query.
_MORE = {
    "queue_create": ("metadata",),
    "queue_purge": ("resource_types",),
    "message_post": ("messages",),
    "message_delete_many": ("message_ids", "claim_ids", "pop"),
    "queue_update": ("changes",),
}


class Actions(Flavors, Claims, Subscriptions, Documents, Spoken):
    """Doing what is asked over the WebSocket."""

    def done(self, line: Line, kind: str, request: Any) -> tuple[int, Any]:
        """Checks a request in the order of the document, and does it."""
        action = self.known_action(self.action_of(request))
        headers = self.headers_of(action, request)
        if action == "authenticate":
            self.body_of_request(request)
            return 200, {"message": "Nobody is asked who they are."}
        way = WAYS[action]
        body = request.get("body", {})
        path = self.path_named(way, body)
        self.check_signature(headers, way.method, path)
        body = self.body_of_request(request)
        self.check_members_of(action, way, body)
        call = self.call_of(way, path, headers, body)
        self.check_names_of(body)
        line.notes["asked"] = kind
        return self.told(action, body, call, self.operated(way, call, line, body))

    def known_action(self, action: str) -> str:
        """The action, which there is."""
        way = WAYS.get(action)
        if action != "authenticate" and (way is None or self.is_off(way)):
            raise Refusal(400, "there is no such action")
        return action

    def is_off(self, way: Way) -> bool:
        """Whether the deployment does not have it."""
        return way.path.replace("{pool_name}", "{name}").startswith(self.switched_off or ("-",))

    def path_named(self, way: Way, body: Any) -> str:
        """The path of the request over REST, for a signature."""
        try:
            return way.path.format_map(body)
        except (KeyError, TypeError, AttributeError, ValueError):
            return ""

    # -- members

    def check_members_of(self, action: str, way: Way, body: dict[str, Any]) -> None:
        """Members are there that have to be, and each has its type."""
        base = self.base_of(action)
        known = [name for name in (*_NAMES, *_IDS) if f"{{{name}}}" in way.path]
        for name in (*known, *self.required_members(base)):
            if name not in body:
                raise Refusal(400, f"{name} is missing")
        for name in (*known, *way.query.split(), "with_links", *_MORE.get(base, ())):
            if name in body and not self.has_type(body[name], _MEMBERS[name]):
                raise Refusal(400, f"{name} has the wrong type")
        self.check_texts(body, way)

    def base_of(self, action: str) -> str:
        """The action of queues that an action of topics is like."""
        if action.startswith("topic_"):
            rest = action.removeprefix("topic_")
            return rest if rest.startswith(("message_", "subscription_")) else f"queue_{rest}"
        return action

    def required_members(self, base: str) -> tuple[str, ...]:
        """What has to be there beside names and ids."""
        return {
            "message_get_many": ("message_ids",),
            "message_post": ("messages",),
            "queue_update": ("changes",),
        }.get(base, ())

    def has_type(self, value: Any, kind: type | tuple[type, ...]) -> bool:
        """Whether a value has a type; true is no integer."""
        return isinstance(value, kind) and not (kind is int and isinstance(value, bool))

    def check_texts(self, body: dict[str, Any], way: Way) -> None:
        """Lists of ids hold ids, and some; filters hold texts."""
        if "message_ids" in way.query:
            for name, least in (("message_ids", 1), ("claim_ids", 0)):
                ids = body.get(name, ["id"])
                if len(ids) < least or not all(isinstance(one, str) and one for one in ids):
                    raise Refusal(400, f"{name} is no array of ids")
        filters = body.get("metadata_filter", {}) if "metadata_filter" in way.query else {}
        if not all(isinstance(value, str) for value in filters.values()):
            raise Refusal(400, "metadata_filter has a value that is no text")

    def check_names_of(self, body: dict[str, Any]) -> None:
        """A queue that is named has a name."""
        for name in ("queue_name", "topic_name", "flavor_name"):
            if name in body:
                self.check_name(body[name])
        if "pool_name" in body:
            self.check_pool_name(body["pool_name"])

    def call_of(self, way: Way, path: str, headers: dict[str, Any], body: dict[str, Any]) -> Call:
        """The call of the operation."""
        named = [body[name] for name in _NAMES if f"{{{name}}}" in way.path]
        ids = [body[name] for name in _IDS if f"{{{name}}}" in way.path]
        told = Headers()
        told["Content-Type"] = "application/openstack-messaging-v2.0-json-patch"
        return Call(
            Request(way.method, path, told, self.sent_body(way, body)),
            path,
            self.query_in(way, body),
            client=self.client_spelling(headers["Client-ID"]),
            project=headers["X-Project-ID"],
            queue=named[0] if named else "",
            id=ids[0] if ids else "",
            collection=way.collection,
        )

    def sent_body(self, way: Way, body: dict[str, Any]) -> bytes:
        """The body of the request over REST."""
        if way.body == "-":
            return b""
        if way.body == "*":
            used = [name for name in (*_NAMES, *_IDS) if f"{{{name}}}" in way.path]
            value: Any = {k: v for k, v in body.items() if k not in (*used, *way.query.split())}
            if way.operation == "queue_purge" and "resource_types" not in value:
                return b""
        else:
            value = body.get(way.body)
        if value is None:
            return b""
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def query_in(self, way: Way, body: dict[str, Any]) -> Query:
        """The members that are parameters over REST."""
        query = Query("")
        for name in way.query.split():
            value = body.get(name)
            if name == "message_ids" and value is not None:
                query.values["ids"] = value
            elif name == "metadata_filter":
                query.values |= {key: [str(one)] for key, one in (value or {}).items()}
            elif value is not None and (value != "" or name == "claim_id"):
                query.values[name] = [self.spelt(value)]
        return query

    def spelt(self, value: Any) -> str:
        """A value as a parameter."""
        return ("true" if value else "false") if isinstance(value, bool) else str(value)

    # -- doing

    def operated(self, way: Way, call: Call, line: Line, body: dict[str, Any]) -> Answer:
        """What the operation answers."""
        if way.operation == "subscribed_here" and "subscriber" not in body:
            return self.subscribed_line(call, line)
        if way.operation == "subscribed_here":
            return self.subscription_once(call)
        answer: Answer = getattr(self, way.operation)(call)
        return answer

    def subscribed_line(self, call: Call, line: Line) -> Answer:
        """Subscribes the connection."""
        raise NotImplementedError

    def subscription_once(self, call: Call) -> Answer:
        """Subscribes who is not subscribed, confirmed or not."""
        body = self.object_of(call.request)
        new = self.new_subscription(body)
        if self.of_subscriber(call, new.subscriber):
            raise Refusal(409, "the subscriber is subscribed")
        return self.subscription_create(call)

    def selected(self, call: Call) -> Answer:
        """The messages of the ids, perhaps none."""
        found = self.named(call, self.ids_of(call))
        return Answer(200, {"messages": [self.shown(call, message) for message in found]})

    # -- telling

    def told(
        self, action: str, body: dict[str, Any], call: Call, answer: Answer
    ) -> tuple[int, Any]:
        """Status and body of the reply, for what REST would answer."""
        base = self.base_of(action)
        if base == "message_post" and isinstance(answer.content, dict):
            return 201, {"message_ids": [_last(href) for href in answer.content["resources"]]}
        if base == "claim_create":
            claim = _last(answer.headers["Location"]) if answer.status == 201 else None
            return answer.status, {"claim_id": claim, **self.forms(call, answer.content, claim)}
        if base == "subscription_create" and isinstance(answer.content, dict):
            return 201, {**answer.content, "message": "Subscribed."}
        if answer.content is NOTHING or action in ("queue_create", "topic_create"):
            return answer.status, self.remark(action)
        content = self.forms(call, answer.content, call.id if base == "claim_get" else None)
        if base == "message_get":
            content = {"messages": content}
        return answer.status, self.with_marker(body, content)

    def remark(self, action: str) -> Any:
        """What a reply says that has nothing to say."""
        return "Done." if action.startswith("queue_") else {}

    def with_marker(self, body: dict[str, Any], content: Any) -> Any:
        """A page with a marker in place of a link, or without links."""
        if not isinstance(content, dict) or "links" not in content:
            return content
        links = content.pop("links")
        if body.get("with_links"):
            content["links"] = [
                {"rel": "next", "marker": self.marker_in(link["href"])} for link in links
            ]
        return content

    def marker_in(self, href: str) -> str:
        """The marker in a link."""
        return parse_qs(urlsplit(href).query)["marker"][0]

    def forms(self, call: Call, content: Any, claim: str | None) -> Any:
        """The content without paths, and with ids where there were paths."""
        if content is NOTHING:
            return {}
        if not isinstance(content, dict) or call.path.startswith(("/v2/pools", "/v2/flavors")):
            return content
        shown = {key: one for key, one in content.items() if key != "href"}
        if "body" in shown and "id" in shown:
            return {"claim_id": claim, **shown}
        if isinstance(stats := shown.get("messages"), dict):
            shown["messages"] = {key: _end(one) for key, one in stats.items()}
        for key in ("queues", "topics", "messages"):
            if isinstance(shown.get(key), list):
                shown[key] = [self.forms(call, one, claim) for one in shown[key]]
        return shown


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _end(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {"id": _last(value["href"]), "age": value["age"], "created": value["created"]}
