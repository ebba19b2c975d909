# SPDX-License-Identifier: Apache-2.0
"""What a share opens, and that it opens nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths, sharing
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.sharing import FORM, headers, shared

_OPENS: Final = ("signed-access.opens",)

#: Who a caller may say it is.
_IDENTITY: Final = {
    "X-Roles": "admin",
    "X-Role": "admin",
    "X-User-Id": "admin",
    "X-User-Name": "admin",
    "X-Identity-Status": "Confirmed",
    "X-Is-Admin-Project": "True",
    "X-Service-Roles": "admin",
}


def _opens(api: Api, share: Mapping[str, Any], path: str, **changed: str | None) -> None:
    match.status(api.get(path, headers=headers(api, share, **changed)), 200)


def _stays_shut(api: Api, share: Mapping[str, Any], path: str, **changed: str | None) -> None:
    match.status(api.get(path, headers=headers(api, share, **changed)), 404)


@case("signed-access.opens", needs=("queue-share.document", "message-post.created"))
def opens(api: Api) -> None:
    """Who shows a share does what was shared, and needs nothing else."""
    name, _ = arrange.stocked(api, 1)
    share = shared(api, name, paths=["messages", "claims"], methods=["GET", "POST"])

    _opens(api, share, paths.messages(name))
    _opens(api, share, f"{paths.messages(name)}?echo=true&limit=5")
    match.status(api.post(paths.claims(name), headers=headers(api, share)), 201)


@case("signed-access.below", needs=(*_OPENS, "message-delete.unclaimed"))
def below(api: Api) -> None:
    """Each message of shared messages is shared."""
    name, (first, *_) = arrange.stocked(api, 1, 2)
    share = shared(api, name, methods=["GET", "DELETE"])
    path = paths.message(name, first)

    _opens(api, share, path)
    match.status(api.delete(path, headers=headers(api, share)), 204)
    _stays_shut(api, share, path)


@case("signed-access.lazy-queue", needs=(*_OPENS, "message-list.order"))
def lazy_queue(api: Api) -> None:
    """A queue that was shared before it existed is made by a signed post."""
    name = api.queue_name()
    share = shared(api, name, methods=["POST"])
    message = {"messages": [{"body": "signed"}]}

    match.status(api.post(paths.messages(name), json=message, headers=headers(api, share)), 201)

    match.equal("messages", observe.bodies(api, name), ["signed"])


@case("signed-access.order-of-lists", needs=_OPENS)
def order_of_lists(api: Api) -> None:
    """The lists of a share are shown in any order."""
    name = arrange.queue(api)
    share = shared(api, name, paths=["claims", "messages"], methods=["GET", "POST", "PUT"])

    methods, shown = ",".join(reversed(share["methods"])), ",".join(reversed(share["paths"]))
    _opens(api, share, paths.messages(name), URL_Methods=methods, URL_Paths=shown)


@case("signed-access.expires-zone", needs=_OPENS)
def expires_zone(api: Api) -> None:
    """The end of a share is shown with a zone or without."""
    name = arrange.queue(api)
    share = shared(api, name)

    for spelled in (f"{share['expires']}Z", f"{share['expires']}+00:00"):
        _opens(api, share, paths.messages(name), URL_Expires=spelled)


@case("signed-access.other-method", needs=_OPENS)
def other_method(api: Api) -> None:
    """Who may read neither posts nor deletes."""
    name, ids = arrange.stocked(api, "kept")
    signed = headers(api, shared(api, name))
    path = paths.messages(name)

    match.status(api.post(path, json={"messages": [{"body": 1}]}, headers=signed), 404)
    match.status(api.delete(path, params={"ids": ids[0]}, headers=signed), 404)
    match.status(api.delete(paths.message(name, ids[0]), headers=signed), 404)
    match.equal("messages", observe.bodies(api, name), ["kept"])


@case("signed-access.other-path", needs=_OPENS)
def other_path(api: Api) -> None:
    """Who may read messages of a queue reads nothing else."""
    name, other = arrange.queue(api), arrange.queue(api)
    share = shared(api, name)

    for path in (
        *(paths.messages(other), paths.messages(f"{name}x"), paths.messages(f"x{name}")),
        *(paths.queue(name), paths.stats(name), paths.subscriptions(name)),
        *(paths.QUEUES, paths.HOME, paths.PING),
    ):
        _stays_shut(api, share, path)


@case("signed-access.path-literal", needs=_OPENS)
def path_literal(api: Api) -> None:
    """A shared path opens no path that only looks like it."""
    base = api.queue_name()
    dotted, like, upper = (api.remember(f"{base}{end}") for end in (".a", "xa", ".A"))
    share = shared(api, dotted)

    _opens(api, share, paths.messages(dotted))
    for name in (like, upper):
        _stays_shut(api, share, paths.messages(name))


@case("signed-access.other-project", needs=_OPENS)
def other_project(api: Api) -> None:
    """A share is of one project."""
    name = arrange.queue(api)
    share = shared(api, name)

    for project in ("kit-other", f"{share['project']}x", share["project"][:-1]):
        _stays_shut(api, share, paths.messages(name), X_Project_ID=project)


def _changes(share: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Headers that make another share of it, each with its value."""
    signature = str(share["signature"])
    yield "URL_Signature", "0" * len(signature)
    yield "URL_Signature", signature.upper()
    yield "URL_Signature", signature[:-1]
    yield "URL_Signature", f"{signature}0"
    yield "URL_Expires", f"{int(share['expires'][:4]) + 1}{share['expires'][4:]}"
    yield "URL_Methods", "DELETE,GET"
    yield "URL_Methods", "GET"
    yield "URL_Paths", share["paths"][0]
    yield "URL_Paths", ",".join([*share["paths"], "/v2/queues"])
    yield "URL_Paths", "/v2"


@case("signed-access.changed", needs=_OPENS)
def changed(api: Api) -> None:
    """A share that was changed is none."""
    name = arrange.queue(api)
    wanted = {"paths": ["claims", "messages"], "methods": ["GET", "POST"]}
    share = {**shared(api, name, **wanted)}
    share["paths"] = sorted(share["paths"], reverse=True)

    for header, value in _changes(share):
        _stays_shut(api, share, paths.messages(name), **{header: value})


@case("signed-access.expired", needs=_OPENS, wait=7)
def expired(api: Api) -> None:
    """A share ends."""
    name = arrange.queue(api)
    soon = sharing.now(api, name) + timedelta(seconds=6)
    share = shared(api, name, expires=soon.strftime(FORM))

    _opens(api, share, paths.messages(name))
    api.wait(7)
    _stays_shut(api, share, paths.messages(name))


@case("signed-access.incomplete", needs=_OPENS)
def incomplete(api: Api) -> None:
    """A share that is not shown wholly is none."""
    name = arrange.queue(api)
    share = shared(api, name)

    for header in ("URL_Methods", "URL_Paths", "X_Project_ID"):
        for value in (None, ""):
            _stays_shut(api, share, paths.messages(name), **{header: value})


@case("signed-access.expires-required", needs=_OPENS)
def expires_required(api: Api) -> None:
    """A share has an end."""
    name = arrange.queue(api)

    for value in (None, "", "never", "9999-99-99", "9999-12-31T23:59:59-23:59"):
        # asked for each time: to take a day from now for a missing end has to be noticed
        _stays_shut(api, shared(api, name), paths.messages(name), URL_Expires=value)


@case("signed-access.empty-signature", needs=_OPENS)
def empty_signature(api: Api) -> None:
    """An empty signature is a wrong one, and not none."""
    name = arrange.queue(api)

    _stays_shut(api, shared(api, name), paths.messages(name), URL_Signature="")
    match.status(api.get(paths.messages(name), headers={"URL-Signature": ""}), 404)
    match.status(api.get(paths.QUEUES, headers={"URL-Signature": ""}), 404)


@case("signed-access.before-other-checks", needs=_OPENS)
def before_other_checks(api: Api) -> None:
    """Who shows a wrong share learns nothing else."""
    name = arrange.queue(api)
    share = {**shared(api, name), "signature": "0" * 64}

    for also_wrong in ({"Accept": "text/plain"}, {"Client-ID": None}, {"Client-ID": "x"}):
        wrong = {**headers(api, share), **also_wrong}
        match.status(api.get(paths.messages(name), headers=wrong), 404)
    match.status(api.put(paths.messages(name), headers=headers(api, share)), 404)
    match.status(api.get(paths.messages("no*name"), headers=headers(api, share)), 404)


@case("signed-access.identity-headers", needs=(*_OPENS, "signed-access.other-path"))
def identity_headers(api: Api) -> None:
    """Nobody is an administrator for saying so."""
    name = arrange.queue(api)
    share = shared(api, name)
    said = {**headers(api, share), **_IDENTITY}

    for path in (paths.queue(name), paths.QUEUES, paths.stats(name), "/v2/pools", "/v2/health"):
        match.status(api.get(path, headers=said), 404)
    match.status(api.post(paths.messages(name), json={}, headers=said), 404)
