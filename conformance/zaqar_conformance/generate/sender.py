# SPDX-License-Identifier: Apache-2.0
"""Sends single requests to the target, outside of the engine: to repeat one, and to clean up.

It knows no operation and judges no answer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import requests

from zaqar_conformance.exchange import Exchange, redacted
from zaqar_conformance.generate.reading import Request
from zaqar_conformance.target import Target


class Sender:
    """A plain HTTP client for the target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = target.verify

    def status_of(self, request: Request) -> int:
        """The status that answers the request; 0 if nothing does."""
        with contextlib.suppress(requests.RequestException):
            return self._session.request(
                request.method,
                request.url,
                headers={k: v for k, v in request.headers.items() if k.lower() not in _COMPUTED},
                data=request.body or None,
                timeout=self._target.timeout,
                allow_redirects=False,
            ).status_code
        return 0

    def has_path(self, path: str) -> bool:
        """Whether the target knows the path: only then it tells the methods of it."""
        own = {"Client-ID": self._target.client_id, "X-Project-ID": self._target.project}
        with contextlib.suppress(requests.RequestException):
            answer = self._session.options(
                f"{self._target.url.rstrip('/')}{path}",
                headers={**own, **self._target.headers},
                timeout=self._target.timeout,
                allow_redirects=False,
            )
            return "Allow" in answer.headers
        return False

    def remove_queues(self, queues: Iterable[tuple[str, str]]) -> None:
        """Delete queues, given by project and URL. Nothing depends on it, so it never fails."""
        for project, url in sorted(queues):
            own = {"Client-ID": self._target.client_id, "X-Project-ID": project}
            self.status_of(Request("DELETE", url, {**own, **self._target.headers}, b""))


#: Follows from the request, so it would be wrong for another one.
_COMPUTED = frozenset(("content-length", "x-schemathesis-testcaseid"))


def command(request: Request) -> str:
    """The shell line that sends the request again, without secrets."""
    told = {k: v for k, v in request.headers.items() if k.lower() not in _COMPUTED}
    return Exchange(
        request.method, request.url, redacted(told), request.body, 0, {}, b"", 0.0
    ).curl()
