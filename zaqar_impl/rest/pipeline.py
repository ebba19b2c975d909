# SPDX-License-Identifier: Apache-2.0
"""Connexion's middleware as this service runs it: what can be found out at start is, and a request
passes nothing that does nothing for it.

Connexion resolves the operations of the document to our endpoints and calls them, checks requests
by its ``validator_map`` and, in tests, answers by the document. Its own routers are not asked:
admission knows the operation by then. Its own error handling is not either: admission turns every
error into an answer. What that leaves of a request's way is in decision 0080.
"""

from collections.abc import Mapping
from typing import Any

from connexion.middleware.abstract import (
    ROUTING_CONTEXT,
    RoutedAPI,
    RoutedMiddleware,
    SpecMiddleware,
)
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.response_validation import ResponseValidationMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.utils import is_nullable
from starlette.types import ASGIApp, Receive, Scope, Send

from zaqar_impl.rest import request as requests

# connexion is untyped
# mypy: disable-error-code="misc,no-untyped-call"


def middlewares(*, validate_responses: bool) -> list[Any]:
    """What ``AsyncApp`` is given, from the outermost to the innermost."""
    return [
        LifespanMiddleware,
        DocumentPage,
        Routing,
        RequestChecks,
        *([ResponseValidationMiddleware] if validate_responses else []),
        Endpoints,
    ]


class DocumentPage(SwaggerUIMiddleware):
    """The page of the document, for requests that are for no operation."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if requests.is_kept(scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Routing(SpecMiddleware):
    """Tells the middleware behind it which operation a request means, in the way that Connexion's
    routing does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._base_path = ""

    def add_api(self, specification: Any, *, base_path: str, **_options: Any) -> None:
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if requests.is_kept(scope):
            scope["extensions"] = {
                **scope.get("extensions", {}),
                ROUTING_CONTEXT: {
                    "api_base_path": self._base_path,
                    "operation_id": requests.of(scope).operation.id,
                },
            }
        elif scope["type"] == "http":
            scope["extensions"] = {**scope.get("extensions", {}), ROUTING_CONTEXT: {}}
        await self._app(scope, receive, send)


class _Checked:
    """An operation behind the checks of its parameters and its body."""

    def __init__(self, next_app: ASGIApp, operation: Any, validators: Mapping[str, Any]) -> None:
        self._next_app = next_app
        parser = operation.uri_parser_class(operation.parameters, operation.body_definition())
        self._parameters = validators["parameter"](
            operation.parameters, uri_parser=parser, strict_validation=False
        )
        self._body = None
        for media_type in operation.consumes:  # one, by the rules for the spec
            self._body = validators["body"][media_type.lower()](
                schema=operation.body_schema(media_type),
                required=operation.request_body.get("required", False),
                nullable=is_nullable(operation.body_definition(media_type)),
                encoding="utf-8",
                strict_validation=False,
                uri_parser=parser,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._parameters.validate(scope)
        if self._body is not None:
            receive, scope = await self._body.wrap_receive(receive, scope=scope)
        await self._next_app(scope, receive, send)


class _RequestChecksApi(RoutedAPI[_Checked]):
    def __init__(self, *args: Any, validator_map: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self._validators = validator_map
        self.add_paths()

    def make_operation(self, operation: Any) -> _Checked:
        return _Checked(self.next_app, operation, self._validators)


class RequestChecks(RoutedMiddleware[_RequestChecksApi]):
    """Connexion's request validation with the validators of its ``validator_map`` made once for
    each operation, and not anew for each request."""

    api_cls = _RequestChecksApi


class _Endpoint:
    """The function that the resolver found for an operation."""

    def __init__(self, operation: Any) -> None:
        self._function = operation.function

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._function(requests.of(scope))
        await answer(scope, receive, send)


class _EndpointsApi(RoutedAPI[_Endpoint]):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_paths()

    def make_operation(self, operation: Any) -> _Endpoint:
        return _Endpoint(operation)


class Endpoints(RoutedMiddleware[_EndpointsApi]):
    """Calls the endpoint itself. ``AsyncApp`` would route a third time, and wrap the endpoint for
    each request into decorators that give it arguments which it does not take."""

    api_cls = _EndpointsApi
