# SPDX-License-Identifier: Apache-2.0
"""Subscribing to a queue: what is stored, what is refused, and doing it again."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.arrange import HOOK
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_CREATED: Final = ("subscription-create.created",)
_CONFIRMED: Final = ("subscription-confirm.confirmed",)
_YEAR_10000: Final = 253_402_300_800


def _subscribe(api: Api, name: str, subscriber: Any = HOOK, **more: Any) -> Exchange:
    return api.post(paths.subscriptions(name), json={"subscriber": subscriber, **more})


@case("subscription-create.created")
def created(api: Api) -> None:
    """A subscription is answered with its id, under which it is found."""
    name = arrange.queue(api)

    answer = _subscribe(api, name, ttl=86400, options={"post_headers": {"X-Key": "abc"}})

    found = match.subscription_id(answer)
    match.header(answer, "Location", paths.subscriptions(name))
    shown = observe.subscription(api, name, found)
    expected = {"id": found, "source": name, "subscriber": HOOK, "ttl": 86400}
    match.equal("the subscription", {key: shown[key] for key in expected}, expected)
    match.equal("options", shown["options"], {"post_headers": {"X-Key": "abc"}})
    match.equal("confirmed", shown["confirmed"], False)
    match.between("age", shown["age"], 0, 10)


@case("subscription-create.creates-queue", needs=_CREATED)
def creates_queue(api: Api) -> None:
    """The first subscription of a queue makes it."""
    name = api.queue_name()

    match.status(_subscribe(api, name), 201)
    observe.a_queue(api, name)


@case("subscription-create.rejected-creates-nothing", needs=_CREATED)
def rejected_creates_nothing(api: Api) -> None:
    """A subscription that is refused leaves no queue behind."""
    name = api.queue_name()

    match.status(_subscribe(api, name, "ftp://host/in"), 400)
    match.status(_subscribe(api, name, ttl=59), 400)
    observe.no_queue(api, name)


@case("subscription-create.unknown-members", needs=_CREATED)
def unknown_members(api: Api) -> None:
    """Foreign members of a subscription do no harm and have no effect."""
    name = arrange.queue(api)

    answer = _subscribe(api, name, confirmed=True, id="mine", source="other", x=[1])

    shown = observe.subscription(api, name, match.subscription_id(answer))
    match.equal("source and confirmed", [shown["source"], shown["confirmed"]], [name, False])


@case("subscription-create.body-required", needs=_CREATED)
def body_required(api: Api) -> None:
    """A subscription says who is subscribed."""
    name = arrange.queue(api)

    match.status(api.post(paths.subscriptions(name)), 400)
    match.status(api.post(paths.subscriptions(name), data=b""), 400)
    for body in ({}, {"ttl": 60}):
        match.status(api.post(paths.subscriptions(name), json=body), 400)
    match.equal("subscribers", observe.subscribers(api, name), [])


@case("subscription-create.ttl-range", needs=_CREATED)
def ttl_range(api: Api) -> None:
    """A subscription lives 60 seconds at least and ends before the year 10000."""
    name = arrange.queue(api)

    for ttl in (59, 1, -1, _YEAR_10000, "100", 100.5, [100]):
        match.status(_subscribe(api, name, ttl=ttl), 400)
    match.equal("subscribers", observe.subscribers(api, name), [])
    match.status(_subscribe(api, name, ttl=60), 201)


@case("subscription-create.ttl-null", needs=_CREATED)
def ttl_null(api: Api) -> None:
    """A subscription has a lifetime or the usual one, but not null."""
    match.status(_subscribe(api, arrange.queue(api), ttl=None), 400)


@case("subscription-create.ttl-zero", needs=_CREATED)
def ttl_zero(api: Api) -> None:
    """A subscription that would be over at once is refused."""
    match.status(_subscribe(api, arrange.queue(api), ttl=0), 400)


@case("subscription-create.default-ttl", needs=_CREATED)
def default_ttl(api: Api) -> None:
    """A subscription that does not say how long it lives gets the deployment's lifetime."""
    name = arrange.queue(api)

    shown = observe.subscription(api, name, match.subscription_id(_subscribe(api, name)))

    match.equal("ttl", shown["ttl"], api.limits.default_subscription_ttl)


@case("subscription-create.options-kept", needs=_CREATED)
def options_kept(api: Api) -> None:
    """Options come back as they were given."""
    name = arrange.queue(api)
    given = {"post_data": "", "a.b": [1, None, {"$c": 2.5}], "post_headers": {}, "subject": "é"}

    kept = match.subscription_id(_subscribe(api, name, options=given))
    bare = match.subscription_id(_subscribe(api, name, f"{HOOK}/bare"))

    match.equal("options", observe.subscription(api, name, kept)["options"], given)
    match.equal("no options", observe.subscription(api, name, bare)["options"], {})


@case("subscription-create.options-types", needs=_CREATED)
def options_types(api: Api) -> None:
    """Options that no notification could use are refused."""
    name = arrange.queue(api)

    for options in ([], ["a"], "text", 1):
        match.status(_subscribe(api, name, options=options), 400)
    for key in ("post_data", "from", "subject"):
        match.status(_subscribe(api, name, options={key: {"a": 1}}), 400)
    for headers in ("X-Key: abc", ["a"], {"X-Key": 1}, {"X-Key": None}):
        match.status(_subscribe(api, name, options={"post_headers": headers}), 400)
    match.equal("subscribers", observe.subscribers(api, name), [])


@case("subscription-create.retry-policy", needs=_CREATED)
def retry_policy(api: Api) -> None:
    """A retry policy that could not be followed is refused."""
    name = arrange.queue(api)

    for policy in (
        {"retries_with_no_delay": "3"},
        {"minimum_delay": 2.5},
        {"retry_backoff_function": "random"},
        {"ignore_subscription_override": "yes"},
        {"minimum_delay": 21},
        {"minimum_delay": 30, "maximum_delay": 20},
    ):
        match.status(_subscribe(api, name, options={"_retry_policy": policy}), 400)
    good = {"minimum_delay": 20, "retry_backoff_function": "exponential"}
    match.status(_subscribe(api, name, options={"_retry_policy": good}), 201)


@case("subscription-create.unconfirmed-again", needs=_CREATED)
def unconfirmed_again(api: Api) -> None:
    """Who has not confirmed may subscribe again, which changes nothing."""
    name = arrange.queue(api)
    first = arrange.subscribed(api, name, ttl=600, options={"post_data": "a"})

    answer = _subscribe(api, name, ttl=900, options={"post_data": "b"})

    match.equal("subscription_id", match.subscription_id(answer), first)
    match.header(answer, "Location", paths.subscriptions(name))
    shown = observe.subscription(api, name, first)
    match.equal("ttl and options", [shown["ttl"], shown["options"]], [600, {"post_data": "a"}])
    match.equal("subscribers", observe.subscribers(api, name), [HOOK])


@case("subscription-create.confirmed-again", needs=(*_CREATED, *_CONFIRMED))
def confirmed_again(api: Api) -> None:
    """Who has confirmed is told that the subscription exists."""
    name = arrange.queue(api)
    arrange.confirmed(api, name, arrange.subscribed(api, name))

    answer = _subscribe(api, name, ttl=900)

    match.status(answer, 409)
    match.header(answer, "Location", paths.subscriptions(name))
    match.error_object(answer)


@case("subscription-create.unique-by-text", needs=_CREATED)
def unique_by_text(api: Api) -> None:
    """Two texts are two subscribers, and each queue has its own."""
    name, other = arrange.queue(api), arrange.queue(api)
    spelled = (HOOK, f"{HOOK}/", HOOK.upper())

    ids = [match.subscription_id(_subscribe(api, name, one)) for one in spelled]
    ids.append(match.subscription_id(_subscribe(api, other)))

    match.distinct("subscription ids", ids)
    match.same_items("subscribers", observe.subscribers(api, name), spelled)
