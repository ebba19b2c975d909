# SPDX-License-Identifier: Apache-2.0
"""What clients saw of a run, and the pure judgement of it: the promises of the message path,
checked after the fact."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: A message as its producer knows it: (producer, number), numbers rising by one from 0.
Label = tuple[int, int]


@dataclass(frozen=True)
class Post:
    """One post: its messages in order, and whether it was acknowledged. Without that, it may be
    there or not."""

    labels: tuple[Label, ...]
    acknowledged: bool


@dataclass(frozen=True)
class Hold:
    """A message in a consumer's hands: from the answer to its claim until the release or deletion
    was sent."""

    label: Label
    claim: str
    granted: float
    ended: float


def reading_violations(posts: Sequence[Post], seen: Mapping[int, Sequence[Label]]) -> list[str]:
    """What is wrong with what the readers (reader -> labels in order of listing) saw of the
    posts."""
    wrong: list[str] = []
    known = {label for post in posts for label in post.labels}
    for reader, labels in seen.items():
        counts = Counter(labels)
        wrong += [f"reader {reader} saw {label} {n} times" for label, n in counts.items() if n > 1]
        wrong += [
            f"reader {reader} saw {label}, never posted" for label in counts if label not in known
        ]
        for post in posts:
            there = sum(label in counts for label in post.labels)
            if post.acknowledged and there < len(post.labels):
                wrong.append(f"reader {reader} missed {there - len(post.labels)} of {post.labels}")
            elif 0 < there < len(post.labels):
                wrong.append(f"reader {reader} saw a part of {post.labels}")
        wrong += _disorder(reader, labels)
    orders = {reader: list(labels) for reader, labels in seen.items()}
    if len({tuple(order) for order in orders.values()}) > 1:
        wrong.append("readers saw different orders")
    return wrong


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
            if later.granted < earlier.ended
        ]
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
