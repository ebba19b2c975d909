# SPDX-License-Identifier: Apache-2.0
"""The judgement of load runs catches what it is there to catch."""

import pytest

from zaqar_impl.tests.acceptance.history import (
    BROKEN_SECONDS,
    Answer,
    Deletion,
    Hold,
    Kill,
    Label,
    Post,
    answer_violations,
    claim_violations,
    consuming_violations,
    marker_violations,
    reading_violations,
)

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


def test_a_claim_that_ran_out_is_no_violation() -> None:
    """A message that was left to run out, and handed out again to the millisecond."""
    forgotten = Hold((1, 0), "a", granted=1.0, ended=60.0)

    assert claim_violations([forgotten, Hold((1, 0), "b", granted=59.999, ended=70.0)]) == []
    assert claim_violations([forgotten, Hold((1, 0), "b", granted=59.9, ended=70.0)])


TIMED = [
    Post(((1, 0),), True, sent=1.0, answered=2.0),
    Post(((2, 0),), True, sent=1.5, answered=3.0),
    Post(((2, 1),), True, sent=3.5, answered=4.0),
]


def test_posts_at_the_same_time_may_be_in_any_order() -> None:
    """The second was sent before the first was acknowledged."""
    assert reading_violations(TIMED, {0: [(1, 0), (2, 0), (2, 1)]}) == []
    assert reading_violations(TIMED, {0: [(2, 0), (1, 0), (2, 1)]}) == []


def test_a_message_overtaken_by_another_producers_is_caught() -> None:
    """One that was acknowledged stands behind one that was sent later."""
    assert reading_violations(TIMED, {0: [(2, 0), (2, 1), (1, 0)]})


def test_a_message_lost_at_the_end_is_caught() -> None:
    """Acknowledged by a primary whose successor does not have it: all readers agree."""
    assert reading_violations(TIMED, {0: [(1, 0), (2, 0)], 1: [(1, 0), (2, 0)]})


def test_a_message_that_may_have_been_deleted_need_not_be_seen() -> None:
    """The readers may differ in it, but not in others."""
    seen: dict[int, list[Label]] = {0: [(1, 0), (2, 0), (2, 1)], 1: [(2, 0), (2, 1)]}

    assert reading_violations(TIMED, seen, {(1, 0)}) == []
    assert reading_violations(TIMED, seen, {(2, 0)})


def test_a_message_of_unknown_outcome_that_one_reader_missed_is_caught() -> None:
    """It came to stand behind that reader's marker."""
    posts = [*TIMED, Post(((3, 0),), False, sent=1.0)]
    late: list[Label] = [(1, 0), (3, 0), (2, 0), (2, 1)]

    assert reading_violations(posts, {0: late, 1: late}) == []
    assert reading_violations(posts, {0: late, 1: [(1, 0), (2, 0), (2, 1)]})


def test_a_marker_that_goes_back_is_caught() -> None:
    """For each reader by itself."""
    assert marker_violations({0: [5, 9, 9, 12], 1: [3]}) == []
    assert marker_violations({0: [5, 9, 8], 1: [3]})


HELD = [
    Hold((1, 0), "a", granted=3.0, ended=4.0, asked=2.5),
    Hold((1, 1), "a", granted=3.0, ended=5.0, asked=2.5),
]
DELETED = [Deletion((1, 0), sent=4.0, answered=4.5), Deletion((1, 1), sent=5.0)]


def test_a_right_consumption_is_accepted() -> None:
    """Deleted, asked to be deleted without an answer, still there; and the post of unknown outcome
    wholly absent or wholly there."""
    assert consuming_violations(POSTS, HELD, DELETED, [(2, 0)]) == []
    assert consuming_violations(POSTS, HELD, DELETED, [(1, 1), (2, 0), (1, 2), (1, 3)]) == []


@pytest.mark.parametrize(
    ("holds", "deletions", "remaining"),
    [
        pytest.param(HELD, DELETED, [], id="lost"),
        pytest.param(HELD, DELETED[:1], [(2, 0)], id="deleted though nobody asked for it"),
        pytest.param(HELD, DELETED, [(2, 0), (2, 0)], id="duplicated"),
        pytest.param(HELD, DELETED, [(2, 0), (1, 2)], id="half a post"),
        pytest.param(HELD, DELETED, [(2, 0), (1, 0)], id="back after its deletion"),
        pytest.param(HELD, DELETED, [(2, 0), (9, 9)], id="invented"),
        pytest.param(
            [*HELD, Hold((9, 9), "b", 3.0, 4.0)], DELETED, [(2, 0)], id="invented and handed out"
        ),
        pytest.param(
            [*HELD, Hold((1, 0), "b", granted=5.0, ended=6.0, asked=4.6)],
            DELETED,
            [(2, 0)],
            id="handed out after its deletion",
        ),
    ],
)
def test_wrong_consumption_is_caught(
    holds: list[Hold], deletions: list[Deletion], remaining: list[Label]
) -> None:
    """One thing wrong in each."""
    assert len(consuming_violations(POSTS, holds, deletions, remaining)) == 1


def test_half_a_deleted_post_is_caught() -> None:
    """Of a post of unknown outcome one message was handed out and deleted, the other never was."""
    part = [Hold((1, 2), "a", 3.0, 4.0)], [Deletion((1, 2), 4.0, 4.5)]

    assert consuming_violations(POSTS[2:], *part, [(1, 3)]) == []
    assert consuming_violations(POSTS[2:], *part, [])


KILLS = [Kill(host=1, at=10.0)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(1, 9.0, 9.5, 201), id="success"),
        pytest.param(Answer(1, 9.0, 9.5, 503, "2"), id="503 that says when to come again"),
        pytest.param(Answer(1, 9.0, 10.1, 0), id="broken by a kill"),
        pytest.param(Answer(1, 12.0, 12.0, 0), id="found broken by a kill"),
    ],
)
def test_answers_in_trouble_are_accepted(answer: Answer) -> None:
    """What clients are promised."""
    assert answer_violations([answer], KILLS) == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(1, 9.0, 9.5, 500), id="500"),
        pytest.param(Answer(1, 9.0, 9.5, 503), id="503 that does not say when to come again"),
        pytest.param(Answer(1, 9.0, 9.5, 404), id="a queue that is said not to be there"),
        pytest.param(Answer(2, 9.0, 10.1, 0), id="broken, where nothing was killed"),
        pytest.param(Answer(1, 9.0, 9.5, 0), id="broken before the kill"),
        pytest.param(Answer(1, 9.0, 10.1 + BROKEN_SECONDS, 0), id="broken long after the kill"),
    ],
)
def test_wrong_answers_in_trouble_are_caught(answer: Answer) -> None:
    """Anything else."""
    assert answer_violations([answer], KILLS)
