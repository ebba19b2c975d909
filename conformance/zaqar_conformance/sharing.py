# SPDX-License-Identifier: Apache-2.0
"""Shares parts of queues, and speaks to the target with nothing but what a share gives.

Times are the target's own: a share that asks for no expiry ends a day after the target's now.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from zaqar_conformance import match, paths
from zaqar_conformance.case import Mismatch, Unsupported, setup
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

#: How times are written in a share.
FORM: Final = "%Y-%m-%dT%H:%M:%S"

KEYS: Final = frozenset({"paths", "methods", "project", "expires", "signature"})

_DAY: Final = timedelta(days=1)

#: Headers that a share stands in for.
_TOKENS: Final = frozenset({"x-auth-token", "x-service-token", "authorization"})


def asked(api: Api, name: str, body: Any) -> Exchange:
    """The answer to a request to share.

    Ends the case if the target shares nothing at all: that can't be told from a refusal of this
    request, so the simplest share is asked for too.
    """
    answer = api.post(paths.share(name), json=body)
    if answer.status == 400 and api.post(paths.share(name), json={}).status == 400:
        raise Unsupported("the deployment shares no queues: it has no key to sign with")
    return answer


def share_of(answer: Exchange) -> dict[str, Any]:
    """The share in an answer, with all its members, each of its type, and no other."""
    match.status(answer, 200)
    share = match.object_of(answer)
    match.keys("a share", share, KEYS)
    for member in ("paths", "methods"):
        for one in match.an_array(member, share[member]):
            match.like(f"an element of {member}", one, ".+", "a text")
    match.like("project", share["project"], ".+", "a text")
    _time(share["expires"])
    # what opens a share is told to nobody, not even in a finding
    match.equal("whether the signature is a text", isinstance(share["signature"], str), True)
    return share


@setup()
def shared(api: Api, name: str, **wanted: Any) -> dict[str, Any]:
    """A share of parts of the queue."""
    return share_of(asked(api, name, wanted))


@setup()
def now(api: Api, name: str) -> datetime:
    """The time on the target."""
    share = share_of(asked(api, name, {}))
    return _time(share["expires"]) - _DAY


def headers(api: Api, share: Mapping[str, Any], **changed: str | None) -> dict[str, str | None]:
    """The headers of a request that shows the share and no token; _ stands for - in names."""
    return {
        **{name: None for name in api.target.headers if name.lower() in _TOKENS},
        "URL-Signature": share["signature"],
        "URL-Expires": share["expires"],
        "URL-Methods": ",".join(share["methods"]),
        "URL-Paths": ",".join(share["paths"]),
        "X-Project-ID": share["project"],
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }


def _time(told: object) -> datetime:
    """The time that a share tells, which is written in that form and no other."""
    try:
        time = datetime.strptime(str(told), FORM)
    except ValueError:
        time = None
    if time is None or time.strftime(FORM) != told:
        raise Mismatch("expires: a time in UTC as YYYY-MM-DDTHH:MM:SS", match.said(told))
    return time
