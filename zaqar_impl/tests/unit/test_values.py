# SPDX-License-Identifier: Apache-2.0
"""What messages, claims and statistics say of themselves."""

import pytest

from zaqar_impl.domain.values import Claim, Message, QueueStats


def message(created: float = 1000.0, expires: float = 1060.0) -> Message:
    return Message(id="m", position=1, body=b"{}", created=created, expires=expires)


@pytest.mark.parametrize(
    ("created", "expires", "ttl"),
    [
        pytest.param(1000.0, 1060.0, 60, id="whole"),
        pytest.param(2_000_000_000.123, 2_000_000_060.123, 60, id="inexact-floats"),
        pytest.param(1000.0, 1060.001, 61, id="rounded-up"),
        pytest.param(1000.5, 1211.0, 211, id="lengthened"),
    ],
)
def test_ttl_is_the_whole_life_in_seconds(created: float, expires: float, ttl: int) -> None:
    """A started second counts, so that the life left is never told too short."""
    assert message(created, expires).ttl == ttl


@pytest.mark.parametrize(
    ("now", "age"), [(1000.0, 0), (1000.999, 0), (1001.0, 1), (1059.999, 59), (999.0, 0)]
)
def test_age_is_in_whole_seconds_and_never_negative(now: float, age: int) -> None:
    """Also when the clock that asks is behind the one that posted."""
    assert message().age(now) == age
    assert Claim(id="c", ttl=60, created=1000.0, messages=[]).age(now) == age


def test_total_is_all_messages() -> None:
    """Claimed and free ones."""
    assert QueueStats(claimed=2, free=3, oldest=None, newest=None).total == 5
