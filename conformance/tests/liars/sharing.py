# SPDX-License-Identifier: Apache-2.0
"""Servers that share what they should not, or open more than was shared."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from . import lie, nothing

# -- sharing


def _share(change: Any) -> Any:
    """An override of `queue_share`: the share is changed on its way out."""

    def queue_share(self: Miniature, call: Call) -> Answer:
        answer = Miniature.queue_share(self, call)
        assert isinstance(answer.content, dict)
        return Answer(200, change(self, call, answer.content))

    return queue_share


def _making(self: Miniature, call: Call, share: dict[str, Any]) -> dict[str, Any]:
    self.made(call)
    return share


def _no_body_needed(self: Miniature, request: Request, default: Any = None) -> dict[str, Any]:
    return Miniature.object_of(self, request, {} if default is None else default)


def _everything(self: Miniature, what: str, value: Any, default: Any, known: Any) -> list[str]:
    return Miniature.texts(self, what, value, list(known), known)


def _anything(self: Miniature, what: str, value: Any, default: Any, known: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    texts = [one for one in value or () if isinstance(one, str)]
    return Miniature.texts(self, what, texts, default, known)


def _any_method(self: Miniature, what: str, value: Any, default: Any, known: Any) -> list[str]:
    if what == "methods" and isinstance(value, list) and value:
        known = tuple(one for one in value if isinstance(one, str))
    return Miniature.texts(self, what, value, default, known)


def _past_too(self: Miniature, value: Any) -> datetime:
    return self.time_of(value) or Miniature.end_of_share(self, value)


def _one_spelling(self: Miniature, value: Any) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(value)):
        return None
    return Miniature.time_of(self, value)


def _zone_cut_off(self: Miniature, value: Any) -> datetime | None:
    return Miniature.time_of(self, value[:19] if isinstance(value, str) else value)


lie(
    "tells only the signature of a share",
    "queue-share.document",
    queue_share=_share(lambda self, call, share: {"signature": share["signature"]}),
)
lie(
    "shares a path below its own",
    "queue-share.document",
    "queue-share.sorted",
    queue_share=_share(
        lambda self, call, share: {**share, "paths": [f"/mq{path}" for path in share["paths"]]}
    ),
)
lie("shares everything unless told", "queue-share.defaults", texts=_everything)
lie(
    "shares in the order that was asked for",
    "queue-share.sorted",
    ordered=lambda self, texts: list(texts),
)
lie(
    "signs the queue alone",
    "queue-share.signature",
    signature=lambda self, paths, methods, project, expires: Miniature.signature(
        self, [path.rpartition("/")[0] for path in paths], [], project, expires
    ),
)
lie(
    "signs in upper case",
    "queue-share.signature",
    signature=lambda self, *share: Miniature.signature(self, *share).upper(),
)
lie("knows one spelling of an end", "queue-share.expires-forms", time_of=_one_spelling)
lie("cuts off the zone of an end", "queue-share.expires-forms", time_of=_zone_cut_off)
lie("shares what is over", "queue-share.expires-refused", end_of_share=_past_too)
lie(
    "shares any path of a queue",
    "queue-share.paths-refused",
    shared_parts=lambda self: ("messages", "claims", "subscriptions", "share", "stats", "purge"),
)
lie("shares for the project it is told", "queue-share.unknown-members", check_share_members=nothing)
lie("shares without being asked", "queue-share.body-required", object_of=_no_body_needed)
lie("makes texts of anything", "queue-share.types", texts=_anything)
lie("shares for any method", "queue-share.methods-known", texts=_any_method)
lie("shares for ever", "queue-share.lifetime-bounded", check_longest=nothing)
lie("makes the queue it shares", "queue-share.creates-nothing", queue_share=_share(_making))

# -- showing a share


def _shut(self: Miniature, request: Request) -> bool:
    if "URL-Signature" in request.headers:
        raise Refusal(404, "there is nothing")
    return False


def _no_posts_to_nothing(self: Miniature, call: Call) -> Answer:
    if "URL-Signature" in call.request.headers and self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.message_post(self, call)


def _somewhere_like_it(self: Miniature, shared: str, path: str) -> bool:
    return bool(re.search(shared, path))


def _same_beginning(self: Miniature, shared: str, path: str) -> bool:
    return path.startswith(shared.rpartition("/")[0])


def _whatever_case(self: Miniature, shared: str, path: str) -> bool:
    return Miniature.covers(self, shared.lower(), path.lower())


def _a_day_instead(self: Miniature, request: Request) -> datetime | None:
    shown = Miniature.shown_end(self, request)
    return shown or (self.now() + timedelta(days=1)).replace(microsecond=0)


def _after_accept(self: Miniature, request: Request) -> None:
    Miniature.check_accept(self, request)
    Miniature.check_share(self, request, request.target.partition("?")[0])


def _unless_admin(self: Miniature, request: Request, path: str) -> None:
    if request.headers.get("X-Roles") != "admin":
        Miniature.check_share(self, request, path)


def _defaults(self: Miniature, request: Request, path: str) -> bool:
    """Whether the share opens the path, with the lists of most shares where there are none."""
    for name, usual in (("URL-Methods", "GET"), ("URL-Paths", path)):
        if not request.headers.get(name):
            del request.headers[name]
            request.headers[name] = usual
    return Miniature.is_open(self, request, path)


lie(
    "opens nothing that it has shared",
    "signed-access.opens",
    shows_share=_shut,
)
lie(
    "opens a shared path only",
    "signed-access.below",
    covers=lambda self, shared, path: path == shared,
)
lie(
    "makes no queue for a signed post",
    "signed-access.lazy-queue",
    message_post=_no_posts_to_nothing,
)
lie(
    "wants the lists of a share as they were told",
    "signed-access.order-of-lists",
    shown_order=lambda self, texts: list(texts),
)
lie(
    "wants the end of a share as it was told",
    "signed-access.expires-zone",
    shown_end=lambda self, request: _one_spelling(self, request.headers.get("URL-Expires")),
)
lie(
    "does not ask what a share is for",
    "signed-access.other-method",
    "signed-access.identity-headers",
    is_for_method=lambda self, methods, method: True,
)
lie(
    "opens all of a queue of which it has shared a part",
    "signed-access.other-path",
    "signed-access.identity-headers",
    covers=_same_beginning,
)
lie("takes a shared path for a pattern", "signed-access.path-literal", covers=_somewhere_like_it)
lie("opens a path in any letter case", "signed-access.path-literal", covers=_whatever_case)
lie(
    "opens the path of a share in any project",
    "signed-access.other-project",
    signature=lambda self, paths, methods, project, expires: Miniature.signature(
        self, paths, methods, "", expires
    ),
)
lie(
    "does not look at the signature",
    "signed-access.changed",
    "signed-access.other-project",
    "signed-access.before-other-checks",
    "signed-access.empty-signature",
    is_same=lambda self, shown, wanted: True,
)
lie(
    "takes a signature in any letter case",
    "signed-access.changed",
    is_same=lambda self, shown, wanted: shown.lower() == wanted,
)
lie(
    "takes a longer signature",
    "signed-access.changed",
    is_same=lambda self, shown, wanted: shown.startswith(wanted),
)
lie(
    "does not sign the methods",
    "signed-access.changed",
    "queue-share.signature",
    signature=lambda self, paths, methods, project, expires: Miniature.signature(
        self, paths, [], project, expires
    ),
)
lie("opens what was shared for ever", "signed-access.expired", is_ahead=lambda self, end: True)
lie("knows the usual lists of shares", "signed-access.incomplete", is_open=_defaults)
lie(
    "takes a missing end for a day from now",
    "signed-access.expires-required",
    shown_end=_a_day_instead,
)
lie(
    "takes an empty signature for none",
    "signed-access.empty-signature",
    shows_share=lambda self, request: bool(request.headers.get("URL-Signature")),
)
lie(
    "judges Accept before the signature",
    "signed-access.before-other-checks",
    check_share=nothing,
    check_accept=_after_accept,
)
lie(
    "opens everything to who says to be admin",
    "signed-access.identity-headers",
    check_share=_unless_admin,
)
