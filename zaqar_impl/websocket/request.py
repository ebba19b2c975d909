# SPDX-License-Identifier: Apache-2.0
"""A request that was let in, and what a reply repeats of one."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from zaqar_impl import jsontext
from zaqar_impl.domain.values import Caller
from zaqar_impl.specdoc import Action
from zaqar_impl.websocket.codecs import JsonText, Read

VERSION = "v2"

#: What is repeated of a message that can't be read, or is no object.
UNREADABLE: Mapping[str, Any] = {"action": None, "headers": {}, "body": {}, "api": VERSION}


@dataclass(frozen=True, slots=True)
class WebSocketRequest:
    """A request whose headers and body are as the spec wants them.

    ``body`` has the defaults of members that were not given; ``size`` is that of the body as JSON
    text without blanks, where the action bounds it. ``caller`` is None for ``authenticate``.
    """

    action: Action
    caller: Caller | None
    body: Mapping[str, Any]
    size: int
    read: Read

    @property
    def holder(self) -> str:
        """The name of the queue or topic that the request is about."""
        name: str = self.body.get("topic_name") or self.body["queue_name"]
        return name


def repeated(
    read: Read,
    request_id: Any,
    secret_headers: AbstractSet[str],
    secret_members: AbstractSet[str],
) -> Mapping[str, Any]:
    """What the reply to an object repeats: all that came, but for what is secret.

    ``secret_headers`` are names in lower case; ``request_id`` is None where there is none to
    repeat.
    """
    echo = {
        "action": read.member("action") if "action" in read.value else None,
        "headers": _headers(read, secret_headers),
        "body": _body(read, secret_members),
        "api": VERSION,
    }
    return echo if request_id is None else {**echo, "request_id": request_id}


def _headers(read: Read, secret: AbstractSet[str]) -> Any:
    headers = read.value.get("headers")
    if not isinstance(headers, dict):
        return {}
    kept = {name: value for name, value in headers.items() if name.lower() not in secret}
    return read.member("headers") if len(kept) == len(headers) else _rewritten(kept)


def _body(read: Read, secret: AbstractSet[str]) -> Any:
    if "body" not in read.value:
        return {}
    body = read.value["body"]
    if not isinstance(body, dict) or secret.isdisjoint(body):
        return read.member("body")
    return _rewritten({name: value for name, value in body.items() if name not in secret})


def _rewritten(value: Any) -> JsonText:
    """Integers may be of any size, which not every encoder takes."""
    return JsonText(jsontext.written(value))
