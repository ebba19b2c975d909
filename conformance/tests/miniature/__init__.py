# SPDX-License-Identifier: Apache-2.0
"""A miniature server of the API, in memory, with a clock that tests move.

It is written from the specification and the contract alone and shares no line with the server of
this repository or with the kit: a mistake in one of them must not pass because the others have it
too. It does just enough for every case to pass.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import unquote

from .notices import Notices
from .reading import Refusal, error
from .state import Call
from .wire import NOTHING, Answer, Request, serving

__all__ = ["Answer", "Call", "Miniature", "Refusal", "Request"]

#: Template of a path: its methods and the operations behind them. {name} is that of a queue, pool
#: or flavor, {id} is that of a message, a claim or a subscription.
_ROUTES: dict[str, dict[str, str]] = {
    "/": {"GET": "version_document"},
    "/v2/": {"GET": "home_document"},
    "/v2/ping": {"GET": "ping", "HEAD": "ping"},
    "/v2/queues": {"GET": "queue_list"},
    "/v2/queues/{name}": {
        "GET": "queue_get",
        "HEAD": "queue_get_head",
        "PUT": "queue_create",
        "PATCH": "queue_update",
        "DELETE": "queue_delete",
    },
    "/v2/queues/{name}/stats": {"GET": "queue_get_stats"},
    "/v2/queues/{name}/purge": {"POST": "queue_purge"},
    "/v2/queues/{name}/share": {"POST": "queue_share"},
    "/v2/queues/{name}/messages": {
        "GET": "message_list",
        "POST": "message_post",
        "DELETE": "message_delete_many",
    },
    "/v2/queues/{name}/messages/{id}": {"GET": "message_get", "DELETE": "message_delete"},
    "/v2/queues/{name}/claims": {"POST": "claim_create"},
    "/v2/queues/{name}/claims/{id}": {
        "GET": "claim_get",
        "PATCH": "claim_update",
        "DELETE": "claim_delete",
    },
    "/v2/queues/{name}/subscriptions": {
        "GET": "subscription_list",
        "POST": "subscription_create",
    },
    "/v2/queues/{name}/subscriptions/{id}": {
        "GET": "subscription_get",
        "PATCH": "subscription_update",
        "DELETE": "subscription_delete",
    },
    "/v2/queues/{name}/subscriptions/{id}/confirm": {"PUT": "subscription_confirm"},
    "/v2/health": {"GET": "check_node_health"},
    "/v2/pools": {"GET": "pool_list"},
    "/v2/pools/{name}": {
        "GET": "pool_get",
        "PUT": "pool_create",
        "PATCH": "pool_update",
        "DELETE": "pool_delete",
    },
    "/v2/pools/{name}/queues": {"GET": "pool_queue_list", "POST": "pool_queue_move"},
    "/v2/flavors": {"GET": "flavor_list"},
    "/v2/flavors/{name}": {
        "GET": "flavor_get",
        "PUT": "flavor_create",
        "PATCH": "flavor_update",
        "DELETE": "flavor_delete",
    },
}
_ROUTES |= {
    template.replace("/queues", "/topics"): operations
    for template, operations in _ROUTES.items()
    if template.startswith("/v2/queues") and not re.search("/(claims|share)", template)
} | {"/v2/topics/{name}/stats": {"GET": "topic_get_stats"}}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Miniature(Notices):
    """The server. `serving` opens it to the network, `advance` moves its clock.

    `listening` opens its WebSocket, over the same queues.
    """

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """The URL under which it answers meanwhile."""
        with serving(self.respond, lambda: self.finished(None, error(400, "malformed"))) as url:
            yield url

    def respond(self, request: Request) -> Answer:
        """The answer to a request; one is answered at a time."""
        with self._turn:
            try:
                answer = self.answer_of(request)
            except Refusal as refusal:
                answer = self.refused(request, refusal)
            return self.finished(request, answer)

    def answer_of(self, request: Request) -> Answer:
        """The answer, after the checks that all requests go through, in their order."""
        path, _, query = request.target.partition("?")
        template, name, id = self.routed(unquote(path))
        call = Call(request, unquote(path), self.query_of(query), queue=name, id=id)
        if template.startswith("/v2/topics"):
            call = replace(call, collection="topics")
        self.check_share(request, unquote(path))
        self.check_form(request)
        self.check_accept(request)
        if template != "/":
            project, client = self.identity_of(request)
            call = replace(call, project=project, client=client)
        if "{name}" in template:
            self.check_name_of(template, name)
        return self.operation(template, request)(call)

    def check_name_of(self, template: str, name: str) -> None:
        """The name of a queue, a pool or a flavor."""
        if template.startswith("/v2/pools"):
            self.check_pool_name(name)
        elif template.startswith("/v2/flavors"):
            self.check_flavor_name(name)
        else:
            self.check_name(name)

    def identity_of(self, request: Request) -> tuple[str, str]:
        """Project and client."""
        client = self.client_of(request)
        project = self.project_of(request)
        self.check_project_length(project)
        return project, client

    def routed(self, path: str) -> tuple[str, str, str]:
        """The template that the path fits, the queue name and the id in it."""
        for template in _ROUTES:
            pattern = template.replace("{name}", "(?P<name>[^/]*)").replace("{id}", "(?P<id>[^/]+)")
            match = re.fullmatch(pattern, path, re.DOTALL)
            if match and not template.startswith(self.switched_off):
                found = match.groupdict()
                return template, found.get("name", ""), found.get("id", "")
        raise Refusal(404, "there is no such path")

    def operation(self, template: str, request: Request) -> Callable[[Call], Answer]:
        """What is to be done."""
        methods = _ROUTES[template]
        if request.method not in _METHODS:
            raise Refusal(400, "there is no such method")
        if request.method == "OPTIONS":
            return lambda call: Answer(200, b"", {"Allow": ", ".join(sorted(methods))})
        if request.method not in methods:
            allowed = ", ".join([*sorted(methods), "OPTIONS"])
            raise Refusal(405, "the path has no such method", Allow=allowed)
        operation: Callable[[Call], Answer] = getattr(self, methods[request.method])
        return operation

    def refused(self, request: Request, refusal: Refusal) -> Answer:
        """The answer to a request that is refused. OPTIONS never is."""
        if request.method == "OPTIONS":
            return Answer(200, b"")
        answer = error(refusal.status, str(refusal))
        return replace(answer, headers={**answer.headers, **refusal.headers})

    def finished(self, request: Request | None, answer: Answer) -> Answer:
        """The answer with what every answer has."""
        answer = answer.having(X_OpenStack_Request_ID=self.request_id(request))
        if answer.content not in (NOTHING, b"") and "Content-Type" not in answer.headers:
            return answer.having(Content_Type="application/json")
        return answer

    def request_id(self, request: Request | None) -> str:
        """An id that no other answer has."""
        return f"req-{uuid.uuid4()}"
