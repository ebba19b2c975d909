# SPDX-License-Identifier: Apache-2.0
"""Shares of queues, and requests that show one."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .reading import Reading, Refusal
from .state import Call, State
from .wire import Answer, Request

_PARTS = ("messages", "claims", "subscriptions")
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_TIME = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"


class Sharing(State, Reading):
    """The signing and the judging of signatures."""

    secret_key: str | None = "the miniature's"
    longest_share = timedelta(days=366)

    # -- sharing

    def queue_share(self, call: Call) -> Answer:
        """A signature for parts of the queue."""
        if not self.secret_key:
            raise Refusal(400, "there is no key")
        body = self.object_of(call.request)
        self.check_share_members(body)
        parts = self.texts("paths", body.get("paths"), ["messages"], self.shared_parts())
        methods = self.texts("methods", body.get("methods"), ["GET"], self.shared_methods())
        paths = self.ordered([f"/v2/queues/{call.queue}/{part}" for part in parts])
        expires = self.written(self.end_of_share(body.get("expires")))
        share = {
            "paths": paths,
            "methods": self.ordered(methods),
            "project": call.project,
            "expires": expires,
            "signature": self.signature(paths, self.ordered(methods), call.project, expires),
        }
        return Answer(200, share)

    def check_share_members(self, body: dict[str, Any]) -> None:
        """Nothing that is not known."""
        if set(body) - {"paths", "methods", "expires"}:
            raise Refusal(400, "there is a member that is not known")

    def shared_parts(self) -> tuple[str, ...]:
        """What of a queue can be shared."""
        return _PARTS

    def shared_methods(self) -> tuple[str, ...]:
        """For what."""
        return _METHODS

    def texts(self, what: str, value: Any, default: list[str], known: tuple[str, ...]) -> list[str]:
        """An array of known texts."""
        if value is None or value == []:
            return default
        if not isinstance(value, list) or not all(one in known for one in value):
            raise Refusal(400, f"{what} is not an array of {known}")
        return value

    def ordered(self, texts: list[str]) -> list[str]:
        """The texts in byte order, each once."""
        return sorted(set(texts))

    def end_of_share(self, value: Any) -> datetime:
        """When a share ends."""
        if value is None:
            return self.now() + timedelta(days=1)
        end = self.time_of(value)
        if end is None or not self.now() < end:
            raise Refusal(400, "expires is not a time ahead")
        self.check_longest(end)
        return end

    def check_longest(self, end: datetime) -> None:
        """Shares end within a year."""
        if end - self.now() > self.longest_share:
            raise Refusal(400, "expires is too far ahead")

    # -- times

    def now(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.time, UTC)

    def time_of(self, value: Any) -> datetime | None:
        """The time that a text stands for."""
        if not isinstance(value, str) or not re.fullmatch(_TIME, value):
            return None
        try:
            time = datetime.fromisoformat(value)
            zoned = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return zoned.replace(microsecond=0)

    def written(self, time: datetime) -> str:
        """A time as it is signed."""
        return time.strftime("%Y-%m-%dT%H:%M:%S")

    # -- signatures

    def signature(self, paths: list[str], methods: list[str], project: str, expires: str) -> str:
        """The signature of a share; its parts are separated by a backslash and an n."""
        signed = r"\n".join((",".join(paths), ",".join(methods), project, expires))
        key = (self.secret_key or "").encode()
        return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()

    def check_share(self, request: Request, path: str) -> None:
        """A request that shows a signature shows a right one."""
        if self.shows_share(request) and not self.is_open(request, path):
            raise Refusal(404, "there is nothing")

    def shows_share(self, request: Request) -> bool:
        """Whether a signature is there, empty or not."""
        return "URL-Signature" in request.headers

    def is_open(self, request: Request, path: str) -> bool:
        """Whether the share opens the path for the method, now."""
        methods = request.headers.get("URL-Methods", "").split(",")
        paths = request.headers.get("URL-Paths", "").split(",")
        end = self.shown_end(request)
        if end is None or not self.is_ahead(end):
            return False
        if not self.is_for_method(methods, request.method):
            return False
        if not any(self.covers(shared, path) for shared in paths):
            return False
        wanted = self.signature(
            self.shown_order(paths),
            self.shown_order(methods),
            self.shared_project(request),
            self.written(end),
        )
        return self.is_same(request.headers["URL-Signature"], wanted) and bool(self.secret_key)

    def is_for_method(self, methods: list[str], method: str) -> bool:
        """Whether the method is shared."""
        return method in methods

    def shown_end(self, request: Request) -> datetime | None:
        """When the share that is shown ends."""
        return self.time_of(request.headers.get("URL-Expires"))

    def is_ahead(self, end: datetime) -> bool:
        """Whether that is not yet."""
        return self.now() < end

    def covers(self, shared: str, path: str) -> bool:
        """Whether a path is the shared one, or below it."""
        return path == shared or path.startswith(f"{shared}/")

    def shown_order(self, texts: list[str]) -> list[str]:
        """The texts in the order in which they were signed."""
        return sorted(texts)

    def shared_project(self, request: Request) -> str:
        """Whose share it is."""
        return str(request.headers.get("X-Project-ID", ""))

    def is_same(self, shown: str, wanted: str) -> bool:
        """Whether the signature is the right one."""
        return hmac.compare_digest(shown.encode(), wanted.encode())
