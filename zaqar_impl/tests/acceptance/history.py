# SPDX-License-Identifier: Apache-2.0
"""What clients saw of a run, and the pure judgement of it: the promises of the message path,
checked after the fact.

Times are seconds of one clock, the clients' own. Nothing is judged by what a client can't know: a
request takes effect at some moment between its sending and its answer, or never, or perhaps later
if there was no answer.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

#: A message as its producer knows it: (producer, number), numbers rising by one from 0.
Label = tuple[int, int]

#: What clocks of processes on one machine differ by, and rounding to milliseconds, in seconds.
CLOCK_SLACK = 0.005

#: For how long after its death the connections that a process had accepted may be found broken, in
#: seconds.
BROKEN_SECONDS = 5.0


@dataclass(frozen=True)
class Post:
    """One post: its messages in order, and whether it was acknowledged. Without that, it may be
    there or not."""

    labels: tuple[Label, ...]
    acknowledged: bool
    sent: float = -math.inf
    answered: float = math.inf


@dataclass(frozen=True)
class Hold:
    """A message in a consumer's hands: from the answer to its claim until the release or deletion
    was sent, or until the time of the claim, counted from its request, was over."""

    label: Label
    claim: str
    granted: float
    ended: float
    asked: float = -math.inf


@dataclass(frozen=True)
class Deletion:
    """A message whose deletion was asked for, first at ``sent``, and acknowledged at
    ``answered``."""

    label: Label
    sent: float
    answered: float = math.inf


@dataclass(frozen=True)
class Answer:
    """How a request to a host ended; status 0 if its connection broke."""

    host: int
    sent: float
    answered: float
    status: int
    retry_after: str | None = None


@dataclass(frozen=True)
class Kill:
    """The moment at which a process that had accepted connections to a host was killed."""

    host: int
    at: float


def reading_violations(
    posts: Sequence[Post],
    seen: Mapping[int, Sequence[Label]],
    deleted: Collection[Label] = frozenset(),
) -> list[str]:
    """What is wrong with what the readers (reader -> labels in order of listing) saw of the posts.

    The messages whose deletion was asked for may have been gone when a reader came.
    """
    wrong: list[str] = []
    posted = {label: post for post in posts for label in post.labels}
    for reader, labels in seen.items():
        counts = Counter(labels)
        wrong += [f"reader {reader} saw {label} {n} times" for label, n in counts.items() if n > 1]
        wrong += [
            f"reader {reader} saw {label}, never posted" for label in counts if label not in posted
        ]
        wrong += _incomplete(f"reader {reader}", posts, counts.keys() | set(deleted))
        wrong += _disorder(reader, labels)
        wrong += _overtaken(reader, labels, posted)
    wrong += _disagreement(seen, deleted)
    return wrong


def marker_violations(markers: Mapping[int, Sequence[int]]) -> list[str]:
    """Every page of a reader (reader -> markers after each page) that led it backwards."""
    return [
        f"reader {reader} was sent back from {earlier} to {later}"
        for reader, passed in markers.items()
        for earlier, later in pairwise(passed)
        if later < earlier
    ]


def claim_violations(holds: Sequence[Hold]) -> list[str]:
    """Every pair of claims that held one message at the same moment."""
    wrong: list[str] = []
    by_label: dict[Label, list[Hold]] = {}
    for hold in holds:
        by_label.setdefault(hold.label, []).append(hold)
    for label, owned in by_label.items():
        owned.sort(key=lambda hold: hold.granted)
        wrong += [
            f"{label} was under {earlier.claim} and {later.claim} at once"
            for earlier, later in pairwise(owned)
            if later.granted < earlier.ended - CLOCK_SLACK
        ]
    return wrong


def consuming_violations(
    posts: Sequence[Post],
    holds: Sequence[Hold],
    deletions: Sequence[Deletion],
    remaining: Sequence[Label],
) -> list[str]:
    """What is wrong with a queue that consumers have worked on and in which ``remaining`` is left.

    A message ends only by a deletion that was asked for, and then for good.
    """
    posted = {label for post in posts for label in post.labels}
    asked = {deletion.label for deletion in deletions}
    done = {deletion.label: deletion.answered for deletion in deletions}
    wrong = [f"{label} is there {n} times" for label, n in Counter(remaining).items() if n > 1]
    wrong += [f"{label} was handed out, never posted" for label in _labels(holds) - posted]
    wrong += [f"{label} is there, never posted" for label in set(remaining) - posted]
    wrong += _incomplete("the queue", posts, asked | set(remaining))
    wrong += [
        f"{label} is there, though its deletion was acknowledged"
        for label in remaining
        if done.get(label, math.inf) < math.inf
    ]
    wrong += [
        f"{hold.label} was handed out by {hold.claim}, after its deletion was acknowledged"
        for hold in holds
        if hold.asked > done.get(hold.label, math.inf)
    ]
    return wrong


def answer_violations(answers: Sequence[Answer], kills: Sequence[Kill]) -> list[str]:
    """Every answer that a client of a service in trouble must not get: anything but success and
    503 with Retry-After; and every connection that broke without its process being killed."""
    wrong: list[str] = []
    for answer in answers:
        if answer.status == 0:
            if not any(_explains(kill, answer) for kill in kills):
                wrong.append(f"host {answer.host} broke a connection: {answer}")
        elif answer.status == 503:
            if not (answer.retry_after or "").isdecimal():
                wrong.append(f"503 without Retry-After: {answer}")
        elif not 200 <= answer.status < 300:
            wrong.append(f"host {answer.host} answered {answer.status}: {answer}")
    return wrong


def _incomplete(who: str, posts: Sequence[Post], there: Collection[Label]) -> list[str]:
    """Every acknowledged post that is not wholly there, and every other that is partly."""
    wrong: list[str] = []
    for post in posts:
        missing = [label for label in post.labels if label not in there]
        if missing and post.acknowledged:
            wrong.append(f"{who} missed {missing} of the acknowledged {post.labels}")
        elif 0 < len(missing) < len(post.labels):
            wrong.append(f"{who} has a part of {post.labels}, without {missing}")
    return wrong


def _disorder(reader: int, labels: Sequence[Label]) -> list[str]:
    wrong: list[str] = []
    last: dict[int, int] = {}
    for producer, number in labels:
        if number < last.get(producer, -1):
            wrong.append(
                f"reader {reader} saw {number} of producer {producer} after {last[producer]}"
            )
        last[producer] = number
    return wrong


def _overtaken(reader: int, labels: Sequence[Label], posted: Mapping[Label, Post]) -> list[str]:
    """Every message behind one that was sent only after it had been acknowledged."""
    wrong: list[str] = []
    latest, first = -math.inf, None
    for label in labels:
        post = posted.get(label)
        if post is None:
            continue
        if post.answered < latest:
            wrong.append(f"reader {reader} saw {label} after {first}, which was sent later")
        if post.sent > latest:
            latest, first = post.sent, label
    return wrong


def _disagreement(seen: Mapping[int, Sequence[Label]], deleted: Collection[Label]) -> list[str]:
    """Every pair of readers that did not see the same in the same order, but for what may have
    been gone when one of them came."""
    wrong: list[str] = []
    for (one, first), (other, second) in combinations(seen.items(), 2):
        gone = (set(first) ^ set(second)) & set(deleted)
        if [x for x in first if x not in gone] != [x for x in second if x not in gone]:
            wrong.append(f"readers {one} and {other} saw different orders")
    return wrong


def _explains(kill: Kill, answer: Answer) -> bool:
    return kill.host == answer.host and 0 <= answer.answered - kill.at < BROKEN_SECONDS


def _labels(holds: Sequence[Hold]) -> set[Label]:
    return {hold.label for hold in holds}
