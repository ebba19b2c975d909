# SPDX-License-Identifier: Apache-2.0
"""Lets pages of other origins use the API from within a browser, where the operator allows it.

Answers are made as ever, and get headers that tell the browser what a page may do; a browser that
finds none keeps the answer from the page. A preflight request is an OPTIONS, which needs no
identity and never fails.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Headers that a page may always send, in lower case.
_SIMPLE = frozenset(
    (
        "accept", "accept-language", "cache-control", "content-language", "content-type",
        "expires", "last-modified", "pragma",
    )
)  # fmt: skip

ANY = "*"


@dataclass(frozen=True)
class CorsPolicy:
    """The options of ``[cors]``, by their names."""

    allowed_origin: Collection[str]
    allow_credentials: bool
    max_age: int
    expose_headers: Collection[str]
    allow_methods: Collection[str]
    allow_headers: Collection[str]

    def answer(self, origin: str) -> Mapping[str, str]:
        """Headers of any answer to a page of this origin; none if it may not read it."""
        if ANY in self.allowed_origin:
            # Browsers give no credentials to a service that takes any page.
            return {"Access-Control-Allow-Origin": ANY}
        if origin not in self.allowed_origin:
            return {}
        allowed = {"Access-Control-Allow-Origin": origin}
        return {**allowed, **({_CREDENTIALS: "true"} if self.allow_credentials else {})}

    def preflight(self, headers: Headers) -> Mapping[str, str]:
        """Headers of the answer to a browser that asks what it may send; none if it may not."""
        allowed = self.answer(headers["origin"])
        method = headers.get("access-control-request-method", "")
        asked = _names(headers.getlist("access-control-request-headers"))
        if not allowed or method not in self.allow_methods or not self._may_send(asked):
            return {}
        return {
            **allowed,
            "Access-Control-Max-Age": str(self.max_age),
            "Access-Control-Allow-Methods": method,
            **({"Access-Control-Allow-Headers": ",".join(asked)} if asked else {}),
        }

    def actual(self, headers: Headers) -> Mapping[str, str]:
        """Headers of the answer to any other request of a page."""
        allowed = self.answer(headers["origin"])
        exposed = {"Access-Control-Expose-Headers": ",".join(self.expose_headers)}
        return {**allowed, **exposed} if allowed and self.expose_headers else allowed

    def _may_send(self, names: Collection[str]) -> bool:
        allowed = _SIMPLE.union(name.lower() for name in self.allow_headers)
        return all(name.lower() in allowed for name in names)


_CREDENTIALS = "Access-Control-Allow-Credentials"


def _names(values: Iterable[str]) -> list[str]:
    """The header names in lists with commas between."""
    return [name for value in values for name in re.split(r"[\s,]+", value) if name]


class Cors:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, policy: CorsPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "origin" not in headers:
            await self._app(scope, receive, send)
            return
        of = self._policy.preflight if scope["method"] == "OPTIONS" else self._policy.actual
        allowed = of(Headers(scope=scope))

        async def answer(message: Message) -> None:
            if allowed and message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                told.add_vary_header("Origin")
                for name, value in allowed.items():
                    told[name] = value
            await send(message)

        await self._app(scope, receive, answer)
