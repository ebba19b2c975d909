# SPDX-License-Identifier: Apache-2.0
"""Requests with a pre-signed URL over the WebSocket; a deployment without a key is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from zaqar_conformance import arrange, match, sharing
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.websocket import Connection, given, replies

_OPENS: Final = ("websocket-signed.opens",)
_EVERYTHING: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _shown(share: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """The headers of a request that shows the share and no token; _ stands for - in names."""
    return {
        "X-Auth-Token": None,
        "URL-Signature": share["signature"],
        "URL-Expires": share["expires"],
        "URL-Methods": share["methods"],
        "URL-Paths": share["paths"],
        "X-Project-ID": share["project"],
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }


def _shared(
    api: Api, *bodies: Any, **wanted: Any
) -> tuple[Connection, str, list[str], dict[str, Any]]:
    """A new queue with messages and a share of it: a connection, name, ids, share."""
    line = api.stranger()
    name, ids = arrange.stocked(api, *(bodies or ("a",)))
    return line, name, ids, sharing.shared(api, name, **wanted)


@case("websocket-signed.opens", needs=("websocket-message.list-form",))
def opens(api: Api) -> None:
    """A share opens what it covers."""
    line, name, ids, share = _shared(api, "a", "b", "c", methods=list(_EVERYTHING))
    headers, queue = _shown(share), {"queue_name": name}
    one, some = {**queue, "message_id": ids[0]}, {**queue, "message_ids": ids[1:2]}

    reply = line.ask("message_list", {**queue, **given.ALL}, headers)
    match.equal("the bodies", replies.bodies(reply), ["a", "b", "c"])
    replies.status(line.ask("message_get", one, headers), 200)
    replies.status(line.ask("message_get_many", some, headers), 200)
    body = {**queue, "messages": [{"body": "d"}]}
    replies.ids(line.ask("message_post", body, headers), 1)
    replies.status(line.ask("message_delete", one, headers), 204)
    replies.status(line.ask("message_delete_many", some, headers), 204)
    reply = line.ask("message_list", {**queue, **given.ALL}, headers)
    match.equal("the bodies", replies.bodies(reply), ["c", "d"])


@case("websocket-signed.lists", needs=_OPENS)
def lists(api: Api) -> None:
    """Methods and paths are arrays in any order, and no texts."""
    line, name, _, share = _shared(api, methods=["GET", "POST"], paths=["messages", "claims"])
    body = {"queue_name": name}
    turned = {key: share[key][::-1] for key in ("methods", "paths")}
    replies.status(line.ask("message_list", body, _shown({**share, **turned})), 200)
    for key in ("methods", "paths"):
        text = {f"URL_{key.capitalize()}": ",".join(share[key])}
        replies.refused(line.ask("message_list", body, _shown(share, **text)))


@case("websocket-signed.other-queue", needs=_OPENS)
def other_queue(api: Api) -> None:
    """A share opens no other queue, also none whose name begins so."""
    line, name, _, share = _shared(api, methods=["GET", "POST"])
    for other in (arrange.queue(api), api.remember(f"{name}x"), name[:-1]):
        body = {"queue_name": other}
        replies.refused(line.ask("message_list", body, _shown(share)), 403)
        messages = {**body, "messages": [{"body": 1}]}
        replies.refused(line.ask("message_post", messages, _shown(share)), 403)


@case("websocket-signed.other-method", needs=_OPENS)
def other_method(api: Api) -> None:
    """A share for GET posts nothing and deletes nothing."""
    line, name, ids, share = _shared(api, methods=["GET"])
    body = {"queue_name": name, "messages": [{"body": 1}]}
    replies.refused(line.ask("message_post", body, _shown(share)), 403)
    body = {"queue_name": name, "message_id": ids[0]}
    replies.refused(line.ask("message_delete", body, _shown(share)), 403)
    replies.status(line.ask("message_get", body, _shown(share)), 200)


@case("websocket-signed.other-action", needs=_OPENS)
def other_action(api: Api) -> None:
    """A share of messages opens no action elsewhere."""
    line, name, _, share = _shared(api, methods=list(_EVERYTHING))
    for action in ("queue_list", "queue_delete", "claim_create"):
        body = {} if action == "queue_list" else {"queue_name": name}
        replies.refused(line.ask(action, body, _shown(share)), 403)
    replies.status(line.ask("message_list", {"queue_name": name}, _shown(share)), 200)


@case("websocket-signed.changed", needs=_OPENS)
def changed(api: Api) -> None:
    """A share with one value changed opens nothing."""
    line, name, _, share = _shared(api, methods=["GET"])
    more = [f"/v2/queues/{name}/claims"]
    for wrong in (
        {"URL_Expires": f"{int(share['expires'][:4]) + 1}{share['expires'][4:]}"},
        {"URL_Methods": [*share["methods"], "POST"]},
        {"URL_Paths": share["paths"] + more},
        {"X_Project_ID": f"{share['project']}x"},
        {"URL_Signature": share["signature"][::-1]},
    ):
        reply = line.ask("message_list", {"queue_name": name}, _shown(share, **wrong))
        replies.refused(reply, 403)


@case("websocket-signed.expired", needs=_OPENS, wait=4)
def expired(api: Api) -> None:
    """A share that has expired opens nothing."""
    line = api.stranger()
    name = arrange.queue(api)
    end = sharing.now(api, name) + timedelta(seconds=3)
    share = sharing.shared(api, name, expires=end.strftime(sharing.FORM))
    given.waiting(api, 4, line)
    replies.refused(line.ask("message_list", {"queue_name": name}, _shown(share)), 403)


@case("websocket-signed.incomplete", needs=_OPENS)
def incomplete(api: Api) -> None:
    """An empty signature, or one without all that belongs to it, opens nothing."""
    line, name, _, share = _shared(api)
    for wrong in (
        {"URL_Signature": ""},
        {"URL_Expires": None},
        {"URL_Methods": None},
        {"URL_Paths": None},
        {"URL_Signature": "", "URL_Expires": None, "URL_Methods": None, "URL_Paths": None},
    ):
        reply = line.ask("message_list", {"queue_name": name}, _shown(share, **wrong))
        replies.refused(reply, 403)


@case("websocket-signed.claims", needs=_OPENS)
def claims(api: Api) -> None:
    """A share of claims or of subscriptions opens their actions."""
    line, name, _, share = _shared(api, methods=["POST"], paths=["claims"])
    replies.status(line.ask("claim_create", {"queue_name": name}, _shown(share)), 201)
    share = sharing.shared(api, name, methods=["GET"], paths=["subscriptions"])
    replies.status(line.ask("subscription_list", {"queue_name": name}, _shown(share)), 200)
