# SPDX-License-Identifier: Apache-2.0
"""What can be shared of a queue, and what a share says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from zaqar_conformance import match, observe, paths, sharing
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.sharing import FORM

_DOCUMENT: Final = ("queue-share.document",)
_EVERYTHING: Final[dict[str, Any]] = {
    "paths": ["subscriptions", "messages", "claims"],
    "methods": ["PUT", "GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH"],
}

#: Bodies that leave everything to the defaults.
_NOTHING_SAID: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"paths": None, "methods": None, "expires": None},
    {"paths": [], "methods": []},
)
#: Values that no member may have, by member.
_OTHER_TYPES: Final[dict[str, tuple[Any, ...]]] = {
    "methods": ("GET", ["GET", 1], [None], [["GET"]], {"GET": 1}, 5),
    "paths": ("messages", [1], [None], [["messages"]], {}, 5),
    "expires": ([], ["2030-01-01"], {}, True, 1.5),
}


def _refused(api: Api, *bodies: Any) -> None:
    name = api.queue_name()
    for body in bodies:
        match.status(sharing.asked(api, name, body), 400)


@case("queue-share.document")
def document(api: Api) -> None:
    """A share tells its paths, methods, project, end and signature."""
    name = api.queue_name()

    share = sharing.share_of(sharing.asked(api, name, {"paths": ["claims"], "methods": ["POST"]}))

    match.equal("paths", share["paths"], [paths.claims(name)])
    match.equal("methods", share["methods"], ["POST"])
    if not api.target.has_token:
        match.equal("project", share["project"], api.target.project)


@case("queue-share.defaults", needs=_DOCUMENT)
def defaults(api: Api) -> None:
    """What is not said is the default: to GET messages."""
    name = api.queue_name()

    for body in _NOTHING_SAID:
        share = sharing.share_of(sharing.asked(api, name, body))

        match.equal("paths", share["paths"], [paths.messages(name)])
        match.equal("methods", share["methods"], ["GET"])


@case("queue-share.sorted", needs=_DOCUMENT)
def in_order(api: Api) -> None:
    """The lists of a share come back in byte order."""
    name = api.queue_name()

    share = sharing.share_of(sharing.asked(api, name, _EVERYTHING))

    every = [paths.claims(name), paths.messages(name), paths.subscriptions(name)]
    match.equal("paths", share["paths"], every)
    match.equal("methods", share["methods"], sorted(_EVERYTHING["methods"]))


@case("queue-share.signature", needs=_DOCUMENT)
def signature(api: Api) -> None:
    """A signature stands for one share and no other."""
    name, other = api.queue_name(), api.queue_name()
    later = (sharing.now(api, name) + timedelta(hours=1)).strftime(FORM)
    one = {"paths": ["claims"], "methods": ["POST"], "expires": later}

    first, again, *others = [
        sharing.share_of(sharing.asked(api, queue, {**one, **different}))["signature"]
        for queue, different in (
            *((name, {}), (name, {}), (other, {}), (name, {"paths": ["messages"]})),
            *((name, {"methods": ["GET"]}), (name, {"expires": f"{later}+00:01"})),
        )
    ]

    # what opens a share is told to nobody, not even in a finding
    is_right = bool(re.fullmatch("[0-9a-f]{64}", first))
    match.equal("whether a signature is 64 hexadecimal digits in lower case", is_right, True)
    match.equal("whether the same share has the same signature", again == first, True)
    match.equal("how many signatures five shares have", len({first, *others}), 5)


@case("queue-share.expires-forms", needs=_DOCUMENT)
def expires_forms(api: Api) -> None:
    """An end in any usual spelling is one time in UTC."""
    name = api.queue_name()
    day = (sharing.now(api, name) + timedelta(days=3)).strftime("%Y-%m-%d")

    for spelled, meant in (
        (day, f"{day}T00:00:00"),
        (f"{day}T10:20:30", f"{day}T10:20:30"),
        (f"{day} 10:20:30", f"{day}T10:20:30"),
        (f"{day}T10:20:30.987654", f"{day}T10:20:30"),
        (f"{day}T10:20:30Z", f"{day}T10:20:30"),
        (f"{day}T10:20:30+02:30", f"{day}T07:50:30"),
    ):
        share = sharing.share_of(sharing.asked(api, name, {"expires": spelled}))

        match.equal(f"expires of {spelled}", share["expires"], meant)


@case("queue-share.expires-refused", needs=_DOCUMENT)
def expires_refused(api: Api) -> None:
    """An end is ahead, and a time."""
    past = (sharing.now(api, api.queue_name()) - timedelta(hours=1)).strftime(FORM)
    no_times = ("", "tomorrow", "1893456000", 1893456000, f"{past[:4]}-13-01T00:00:00")
    _refused(api, *({"expires": value} for value in (past, past[:10], *no_times)))


@case("queue-share.paths-refused", needs=_DOCUMENT)
def paths_refused(api: Api) -> None:
    """Only collections of a queue are shared."""
    others = ("share", "", "/v2/queues", "messages/", "Messages", "stats", "purge")
    _refused(api, *({"paths": [path]} for path in others), {"paths": ["messages", "share"]})


@case("queue-share.unknown-members", needs=_DOCUMENT)
def unknown_members(api: Api) -> None:
    """A share for another project, or with anything else in it, is not given."""
    _refused(api, {"project": "another"}, {"paths": ["messages"], "ttl": 60})


@case("queue-share.body-required", needs=_DOCUMENT)
def body_required(api: Api) -> None:
    """Who says nothing shares nothing."""
    name = api.queue_name()
    sharing.shared(api, name)

    match.status(api.post(paths.share(name)), 400)


@case("queue-share.types", needs=_DOCUMENT)
def types(api: Api) -> None:
    """A share whose members are of another type is refused."""
    _refused(api, [], ["paths"], "messages", None, 1)
    for member, values in _OTHER_TYPES.items():
        _refused(api, *({member: value} for value in values))


@case("queue-share.methods-known", needs=_DOCUMENT)
def methods_known(api: Api) -> None:
    """A method that can't be used is not signed."""
    names = ("get", "TRACE", "CONNECT", "*", "", "GET,DELETE", "GET\\n")
    _refused(api, *({"methods": [method]} for method in names), {"methods": ["GET", "EVIL"]})


@case("queue-share.lifetime-bounded", needs=_DOCUMENT)
def lifetime_bounded(api: Api) -> None:
    """A share does not outlive those who made it."""
    _refused(api, {"expires": "2999-01-01"}, {"expires": "9999-12-31T23:59:59"})


@case("queue-share.creates-nothing", needs=(*_DOCUMENT, "queue-list.order"))
def creates_nothing(api: Api) -> None:
    """A queue that is only shared does not exist."""
    name = api.queue_name()

    sharing.share_of(sharing.asked(api, name, {}))

    observe.no_queue(api, name)
