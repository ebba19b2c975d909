# SPDX-License-Identifier: Apache-2.0
"""Rules of queue metadata."""

from typing import Any

import pytest

from zaqar_impl.domain.errors import Conflict, InvalidInput
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.metadata import (
    accepts,
    always_shown,
    changed,
    check_retry_policy,
    dead_letters,
    effective,
    shown,
)
from zaqar_impl.domain.values import DeadLetters, Kind, Queue, QueueRef

LIMITS = Limits(default_message_ttl=1000, max_messages_post_size=5000)


def test_unset_reserved_keys_show_the_limits_in_force() -> None:
    """Seven reserved keys are always there, with the deployment's own defaults."""
    assert shown({"team": "blue"}, LIMITS) == {
        "team": "blue",
        "_default_message_ttl": 1000,
        "_max_messages_post_size": 5000,
        "_default_message_delay": 0,
        "_dead_letter_queue": None,
        "_dead_letter_queue_messages_ttl": None,
        "_max_claim_count": None,
        "_enable_encrypt_messages": False,
    }


def test_topics_show_what_is_about_messages() -> None:
    """Of a topic three keys are always there; another reserved one only where it is stored."""
    assert shown({"_max_claim_count": 3}, LIMITS, Kind.TOPIC) == {
        "_max_claim_count": 3,
        "_default_message_ttl": 1000,
        "_max_messages_post_size": 5000,
        "_default_message_delay": 0,
    }


def test_topics_have_no_other_key_to_replace() -> None:
    """What a topic does not show can't be replaced or removed while it is not stored."""
    for operation in ({"op": "replace", "value": 1}, {"op": "remove"}):
        change = {**operation, "path": "/metadata/_max_claim_count"}

        with pytest.raises(Conflict, match="the topic has no such metadata key"):
            changed({}, [change], LIMITS, Kind.TOPIC)


def test_stored_zero_is_shown_and_null_counts_as_unset() -> None:
    """0 is a value (D-47), null is none."""
    metadata = {"_max_claim_count": 0, "_default_message_ttl": None}

    assert shown(metadata, LIMITS)["_max_claim_count"] == 0
    assert effective(metadata, "_default_message_ttl", 1000) == 1000


def test_changes_are_applied_in_order() -> None:
    """An operation sees what the ones before it did (A13)."""
    result = changed(
        {"a": 1},
        [
            {"op": "add", "path": "/metadata/_max_claim_count", "value": 3},
            {"op": "remove", "path": "/metadata/_max_claim_count"},
            {"op": "replace", "path": "/metadata/a", "value": None},
            {"op": "add", "path": "/metadata/b~1c~0", "value": []},
        ],
        LIMITS,
    )

    assert result == {"a": None, "b/c~": []}


@pytest.mark.parametrize("key", sorted(always_shown(LIMITS)))
@pytest.mark.parametrize("op", ["replace", "remove"])
def test_always_shown_keys_never_conflict(op: str, key: str) -> None:
    """What clients see they may replace and remove, stored or not."""
    changed({}, [{"op": op, "path": f"/metadata/{key}", "value": None}], LIMITS)


@pytest.mark.parametrize("op", ["replace", "remove"])
@pytest.mark.parametrize("key", ["missing", "_flavor", "_retry_policy"])
def test_missing_keys_conflict(op: str, key: str) -> None:
    """Other keys have to be stored."""
    with pytest.raises(Conflict, match=key):
        changed({}, [{"op": op, "path": f"/metadata/{key}", "value": 1}], LIMITS)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"team": "blue"}, True, id="string"),
        pytest.param({"team": "blu"}, False, id="part of a string"),
        pytest.param({"size": "3"}, True, id="integer"),
        pytest.param({"size": "03"}, False, id="another spelling of an integer (D-37)"),
        pytest.param({"text": "3"}, False, id="an integer is no string"),
        pytest.param({"on": "true"}, True, id="boolean (D-37)"),
        pytest.param({"on": "1"}, False, id="boolean is no integer"),
        pytest.param({"place.city": "Oslo"}, True, id="nested"),
        pytest.param({"a.b": "dotted"}, True, id="a key with a dot"),
        pytest.param({"place": "Oslo"}, False, id="an object is no text"),
        pytest.param({"nothing": "None"}, False, id="null is no text"),
        pytest.param({"missing": ""}, False, id="missing"),
        pytest.param({"team": "blue", "size": "4"}, False, id="all have to match"),
    ],
)
def test_listing_filters(wanted: dict[str, str], found: bool) -> None:
    """A filter compares a metadata value with a text."""
    metadata = {
        "team": "blue",
        "size": 3,
        "text": "3",
        "on": True,
        "place": {"city": "Oslo"},
        "a.b": "dotted",
        "nothing": None,
    }
    queue = Queue(QueueRef("p", "jobs"), metadata)

    assert accepts(queue, None, wanted) is found


@pytest.mark.parametrize(("part", "found"), [("ob", True), ("o.", False), ("JOBS", False)])
def test_name_filter_is_literal(part: str, found: bool) -> None:
    """A part of a name is text, not a pattern (D-22)."""
    assert accepts(Queue(QueueRef("p", "jobs"), {}), part, {}) is found


@pytest.mark.parametrize(
    "policy",
    [{"minimum_delay": 21}, {"maximum_delay": 14}, {"minimum_delay": 50, "maximum_delay": 20}],
)
def test_delays_that_are_too_close_are_refused(policy: dict[str, int]) -> None:
    """A missing delay has its default, so one alone may be wrong."""
    with pytest.raises(InvalidInput, match="maximum_delay"):
        check_retry_policy({"_retry_policy": policy})


@pytest.mark.parametrize("growth", ["geometric", "exponential"])
def test_nothing_grows_from_zero_by_a_factor(growth: str) -> None:
    """But by a sum it does."""
    check_retry_policy({"_retry_policy": {"minimum_delay": 0, "retry_backoff_function": "linear"}})
    with pytest.raises(InvalidInput, match="minimum_delay must be above 0"):
        check_retry_policy(
            {"_retry_policy": {"minimum_delay": 0, "retry_backoff_function": growth}}
        )


@pytest.mark.parametrize("metadata", [{}, {"_retry_policy": {}}, {"_retry_policy": None}])
def test_no_policy_is_a_good_policy(metadata: dict[str, object]) -> None:
    """The defaults are far enough apart."""
    check_retry_policy(metadata)


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({}, id="neither"),
        pytest.param({"_max_claim_count": 0}, id="no queue"),
        pytest.param({"_dead_letter_queue": "dead"}, id="no count"),
        pytest.param({"_max_claim_count": None, "_dead_letter_queue": "dead"}, id="count null"),
        pytest.param({"_max_claim_count": 0, "_dead_letter_queue": None}, id="queue null"),
        pytest.param({"_max_claim_count": 0, "_dead_letter_queue": "jobs"}, id="itself"),
    ],
)
def test_nothing_moves_without_both_settings(metadata: dict[str, Any]) -> None:
    """Nor does a queue that names itself, as it could before that was refused, move anything."""
    assert dead_letters(Queue(QueueRef("p", "jobs"), metadata)) is None


def test_dead_letters_are_what_the_queue_says() -> None:
    """A count of 0 counts, and the life is left open unless it is given."""
    metadata = {"_max_claim_count": 0, "_dead_letter_queue": "dead"}
    queue = Queue(QueueRef("p", "jobs"), metadata)

    assert dead_letters(queue) == DeadLetters("dead", 0, None)
    mortal = Queue(queue.ref, {**metadata, "_dead_letter_queue_messages_ttl": 60})
    assert dead_letters(mortal) == DeadLetters("dead", 0, 60)
