# SPDX-License-Identifier: Apache-2.0
"""The judgement of load runs catches what it is there to catch."""

from zaqar_impl.tests.acceptance.history import Hold, Post, claim_violations, reading_violations

POSTS = [
    Post(((1, 0), (1, 1)), acknowledged=True),
    Post(((2, 0),), acknowledged=True),
    Post(((1, 2), (1, 3)), acknowledged=False),
]
ALL = [(1, 0), (2, 0), (1, 1), (1, 2), (1, 3)]


def test_a_right_history_is_accepted() -> None:
    """All acknowledged messages once and in order; the post of unknown outcome wholly there or
    wholly absent."""
    assert reading_violations(POSTS, {0: ALL, 1: ALL}) == []
    assert reading_violations(POSTS, {0: ALL[:3]}) == []


def test_a_lost_message_is_caught() -> None:
    """An acknowledged message that a reader did not see."""
    assert reading_violations(POSTS, {0: [(1, 0), (2, 0)]})


def test_a_message_seen_twice_is_caught() -> None:
    """A message that was listed twice."""
    assert reading_violations(POSTS, {0: [*ALL, (1, 3)]})


def test_disorder_is_caught() -> None:
    """Two messages of one producer the wrong way round."""
    assert reading_violations(POSTS, {0: [(1, 1), (1, 0), (2, 0)]})


def test_half_a_post_is_caught() -> None:
    """A part of a post of unknown outcome."""
    assert reading_violations(POSTS, {0: [(1, 0), (2, 0), (1, 1), (1, 2)]})


def test_an_invented_message_is_caught() -> None:
    """A message that nobody posted."""
    assert reading_violations(POSTS, {0: [*ALL[:3], (9, 9)]})


def test_readers_that_disagree_are_caught() -> None:
    """Two readers that saw producers interleaved differently."""
    assert reading_violations(POSTS, {0: [(1, 0), (1, 1), (2, 0)], 1: [(2, 0), (1, 0), (1, 1)]})


def test_two_claims_at_once_are_caught() -> None:
    """One message under two claims; one after the other is fine."""
    first = Hold((1, 0), "a", granted=1.0, ended=3.0)

    assert claim_violations([first, Hold((1, 0), "b", granted=2.0, ended=4.0)])
    assert claim_violations([first, Hold((1, 0), "b", granted=3.5, ended=4.0)]) == []
    assert claim_violations([first, Hold((1, 1), "b", granted=2.0, ended=4.0)]) == []
