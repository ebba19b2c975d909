# SPDX-License-Identifier: Apache-2.0
"""The figures of fault runs are what they are called."""

import math

import pytest

from zaqar_impl.tests.acceptance.figures import Figures, Spell, figures, summary
from zaqar_impl.tests.acceptance.history import Post


def posts(producer: int, *answered: float) -> list[Post]:
    """Acknowledged at these moments, each sent half a second before."""
    return [
        Post(((producer, number),), True, sent=at - 0.5, answered=at)
        for number, at in enumerate(answered)
    ]


def test_resumption_counts_from_the_new_primary() -> None:
    """The first post of anybody, the first of who waited longest, and the longest silence."""
    refused = Post(((2, 9),), False, sent=11.0)
    seen = [*posts(1, 9.9, 12.5, 12.6), *posts(2, 9.8, 13.0, 16.0), refused]

    found = figures(Spell("kill", begin=10.0, end=15.0, elected=12.0), seen)

    assert found.election == pytest.approx(2.0)
    assert found.resumed == pytest.approx(0.5)
    assert found.all_resumed == pytest.approx(1.0)
    assert found.silence == pytest.approx(2.5)
    assert found.refused == 1
    assert "kill: new primary after 2.00 s, first post after 0.50 s" in str(found)


def test_a_producer_that_never_posts_again_is_told() -> None:
    """It waits for ever."""
    seen = [*posts(1, 9.9, 12.5), *posts(2, 9.8)]

    found = figures(Spell("kill", begin=10.0, end=15.0, elected=12.0), seen)

    assert found.all_resumed == math.inf


def test_without_an_election_there_is_only_silence() -> None:
    """Nothing is said of resumption."""
    found = figures(Spell("kill", begin=10.0, end=15.0, elected=None), posts(1, 11.0, 12.0))

    assert (found.election, found.resumed, found.all_resumed) == (None, None, None)
    assert found.silence == pytest.approx(3.0)


def test_the_summary_has_median_and_worst_of_each_fault() -> None:
    """Faults without an election have silence only."""
    seen = [
        Figures("kill", 2.0, resumed, 1.5, silence=2.5, refused=0) for resumed in (0.1, 0.2, 0.9)
    ]

    assert summary([*seen, Figures("other", None, None, None, silence=0.25, refused=0)]) == [
        "3 x kill: first post 0.20 s (at most 0.90 s), all producers 1.50 s (at most 1.50 s), "
        "silence 2.50 s (at most 2.50 s)",
        "1 x other: silence 0.25 s (at most 0.25 s)",
    ]
