# SPDX-License-Identifier: Apache-2.0
"""The reserved metadata keys: what they may hold, in a new queue and after a patch."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("queue-create.created",)
_INTEGERS: Final = (
    "_default_message_ttl",
    "_max_messages_post_size",
    "_default_message_delay",
    "_dead_letter_queue_messages_ttl",
)
_PATCH: Final = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}


def _refused(api: Api, *metadata: dict[str, Any]) -> None:
    """None of these can be stored, neither with a new queue nor by a patch."""
    name = arrange.queue(api)
    for one in metadata:
        match.status(api.put(paths.queue(api.queue_name()), json=one), 400)
        match.status(_patched(api, name, one), 400)


def _accepted(api: Api, *metadata: dict[str, Any]) -> None:
    """Each of these can be stored both ways."""
    name = arrange.queue(api)
    for one in metadata:
        match.status(api.put(paths.queue(api.queue_name()), json=one), 201)
        match.status(_patched(api, name, one), 200)


def _patched(api: Api, name: str, metadata: dict[str, Any]) -> Any:
    operations = [
        {"op": "add", "path": f"/metadata/{key}", "value": value} for key, value in metadata.items()
    ]
    return api.patch(paths.queue(name), json=operations, headers=_PATCH)


def _ranges(api: Api) -> tuple[tuple[str, int, int], ...]:
    limits = api.limits
    return (
        ("_default_message_ttl", 60, limits.max_message_ttl),
        ("_dead_letter_queue_messages_ttl", 60, limits.max_message_ttl),
        ("_max_messages_post_size", 1, limits.max_messages_post_size),
        ("_default_message_delay", 0, limits.max_message_delay),
    )


@case("queue-metadata.ranges/inside", needs=_CREATED)
def ranges_inside(api: Api) -> None:
    """The ends of each range can be stored."""
    _accepted(api, *({key: value} for key, low, high in _ranges(api) for value in (low, high)))


@case("queue-metadata.ranges/outside", needs=_CREATED)
def ranges_outside(api: Api) -> None:
    """One beyond either end of each range is refused."""
    for key, low, high in _ranges(api):
        _refused(api, {key: low - 1}, {key: high + 1})


@case("queue-metadata.types", needs=_CREATED)
def types(api: Api) -> None:
    """Text and fractions are no integers, and 1 and text are no booleans."""
    for key in (*_INTEGERS, "_max_claim_count"):
        _refused(api, {key: "100"}, {key: 100.5})
    _refused(api, {"_enable_encrypt_messages": 1}, {"_enable_encrypt_messages": "true"})


@case("queue-metadata.claim-count-boolean", needs=_CREATED)
def claim_count_boolean(api: Api) -> None:
    """True is no count."""
    _refused(api, {"_max_claim_count": True})


@case("queue-metadata.claim-count-negative", needs=_CREATED)
def claim_count_negative(api: Api) -> None:
    """A count below zero can be stored."""
    _accepted(api, {"_max_claim_count": -1})


@case("queue-metadata.falsy-wrong-type", needs=_CREATED)
def falsy_wrong_type(api: Api) -> None:
    """What is empty is of no less wrong a type."""
    for key in _INTEGERS:
        _refused(api, {key: ""}, {key: []}, {key: {}})


@case("queue-metadata.falsy-wrong-type/retry-policy", needs=_CREATED)
def retry_policy_null(api: Api) -> None:
    """A delay of null is no delay."""
    _refused(
        api,
        {"_retry_policy": {"retries_with_no_delay": 1, "minimum_delay": None}},
        {"_retry_policy": {"retries_with_no_delay": 1, "maximum_delay": None}},
    )


@case("queue-metadata.null-is-unset", needs=("queue-get.defaults",))
def null_is_unset(api: Api) -> None:
    """Null for a reserved integer shows its default."""
    defaults = observe.metadata(api, arrange.queue(api))
    nulls = dict.fromkeys([*_INTEGERS, "_max_claim_count"])
    name = api.queue_name()

    match.status(api.put(paths.queue(name), json=nulls), 201)
    match.equal("the metadata", observe.metadata(api, name), defaults)


@case("queue-metadata.dead-letter-queue-name", needs=_CREATED)
def dead_letter_queue_name(api: Api) -> None:
    """A dead letter queue has a name that a queue can have."""
    no_names: tuple[Any, ...] = (7, True, [], "no*name", "n" * 65)
    _refused(api, *({"_dead_letter_queue": value} for value in no_names))


@case("queue-metadata.retry-policy", needs=_CREATED)
def retry_policy(api: Api) -> None:
    """A retry policy has fields of the right type and delays that are apart."""
    _accepted(api, {"_retry_policy": {}}, {"_retry_policy": {"maximum_delay_retries": 3}})
    _refused(
        api,
        {"_retry_policy": "often"},
        {"_retry_policy": {"maximum_delay_retries": "3"}},
        {"_retry_policy": {"ignore_subscription_override": "yes"}},
        {"_retry_policy": {"retry_backoff_function": "random"}},
        {"_retry_policy": {"minimum_delay": 25}},
        {"_retry_policy": {"minimum_delay": 5, "maximum_delay": 14}},
    )


@case("queue-metadata.retry-policy-negative", needs=("queue-metadata.retry-policy",))
def retry_policy_negative(api: Api) -> None:
    """Nothing in a retry policy is below zero."""
    _refused(
        api,
        {"_retry_policy": {"retries_with_no_delay": -1}},
        {"_retry_policy": {"minimum_delay_retries": -1}},
        {"_retry_policy": {"minimum_delay": -5}},
    )


@case("queue-metadata.retry-policy-growth", needs=("queue-metadata.retry-policy",))
def retry_policy_growth(api: Api) -> None:
    """Nothing grows from 0 by a factor; by a sum it does."""
    _accepted(api, {"_retry_policy": {"minimum_delay": 0, "retry_backoff_function": "linear"}})
    _refused(
        api,
        {"_retry_policy": {"minimum_delay": 0, "retry_backoff_function": "geometric"}},
        {"_retry_policy": {"minimum_delay": 0, "retry_backoff_function": "exponential"}},
    )


@case("queue-metadata.retry-policy-unknown", needs=("queue-metadata.retry-policy",))
def retry_policy_unknown(api: Api) -> None:
    """A misspelt field is no field."""
    _refused(api, {"_retry_policy": {"retries_without_delay": 1}})


@case("queue-metadata.stored-falsy-shown", needs=_CREATED)
def stored_falsy_shown(api: Api) -> None:
    """A stored count of 0 is shown as 0."""
    name = arrange.queue(api, {"_max_claim_count": 0})
    match.equal("_max_claim_count", observe.metadata(api, name).get("_max_claim_count"), 0)
