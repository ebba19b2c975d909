# SPDX-License-Identifier: Apache-2.0
"""Who can be subscribed to a queue."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_CREATED: Final = ("subscription-create.created",)


def _subscribe(api: Api, name: str, subscriber: Any) -> Exchange:
    # With a trust of its own nothing has to be asked of an identity service.
    body = {"subscriber": subscriber, "options": {"trust_id": "kit"}}
    return api.post(paths.subscriptions(name), json=body)


def _refused(api: Api, *subscribers: Any) -> None:
    name = arrange.queue(api)
    for subscriber in subscribers:
        match.status(_subscribe(api, name, subscriber), 400)
    match.equal("subscribers", observe.subscribers(api, name), [])


@case("subscription-create.subscriber-scheme/accepted", needs=_CREATED)
def accepted(api: Api) -> None:
    """Webhooks and mail addresses are subscribed, their schemes in any letter case."""
    name = arrange.queue(api)

    for subscriber in (
        "http://kit.invalid/in",
        "HTTPS://kit.invalid",
        "trust+http://kit.invalid/in",
        "Trust+HTTPS://kit.invalid/in?a=b",
        "mailto:kit@kit.invalid",
    ):
        match.status(_subscribe(api, name, subscriber), 201)


@case("subscription-create.subscriber-scheme/refused", needs=_CREATED)
def refused(api: Api) -> None:
    """What cannot be notified is not subscribed."""
    _refused(
        api,
        *("ftp://kit.invalid/in", "websocket:", "javascript:alert(1)", "trust+ftp://kit.invalid"),
        *("kit.invalid/in", "/in", "httpx://kit.invalid/in"),
    )


@case("subscription-create.subscriber-text", needs=_CREATED)
def text(api: Api) -> None:
    """A subscriber is a text that says something."""
    _refused(api, "", None, 1, True, ["http://kit.invalid/in"], {"uri": "http://kit.invalid"})


@case("subscription-create.subscriber-host", needs=_CREATED)
def host(api: Api) -> None:
    """A webhook leads to a host and a port that can exist."""
    _refused(
        api,
        *("http:", "http://", "https:///in", "http:kit.invalid", "trust+http:///in", "http://:80/"),
        *("http://kit.invalid:0/", "http://kit.invalid:65536/", "http://kit.invalid:port/"),
        *("http://kit .invalid/", "http://kit.invalid/a b", "http://kit.invalid/\n", "http://[::"),
    )


@case("subscription-create.subscriber-user", needs=_CREATED)
def user(api: Api) -> None:
    """A webhook shows no password to who may see the subscription."""
    _refused(api, "http://me:secret@kit.invalid/in", "https://me@kit.invalid/in")


@case("subscription-create.subscriber-international", needs=_CREATED)
def international(api: Api) -> None:
    """Hosts of all kinds are subscribed and shown as they were written."""
    name = arrange.queue(api)

    for subscriber in (
        "http://bücher.invalid/é",
        "http://xn--bcher-kva.invalid:1/",
        "https://192.0.2.1:65535/in",
        "https://[2001:db8::1]:8443/in",
    ):
        found = match.subscription_id(_subscribe(api, name, subscriber))
        shown = observe.subscription(api, name, found)
        match.equal("subscriber", shown["subscriber"], subscriber)


@case("subscription-create.subscriber-mail", needs=_CREATED)
def mail(api: Api) -> None:
    """Mail goes to an address."""
    _refused(api, "mailto:", "mailto:kit", "mailto:@kit.invalid", "mailto:?subject=a")
    asked = _subscribe(api, arrange.queue(api), "mailto:kit@kit.invalid?subject=a%20b")
    match.status(asked, 201)
