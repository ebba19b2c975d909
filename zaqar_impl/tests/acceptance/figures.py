# SPDX-License-Identifier: Apache-2.0
"""How long clients had to do without: pure, from what they wrote down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from zaqar_impl.tests.acceptance.history import Post


@dataclass(frozen=True)
class Spell:
    """A fault and the time after it in which the service recovered; ``elected`` is when the new
    primary that stayed was there, None if there was none."""

    fault: str
    begin: float
    end: float
    elected: float | None


@dataclass(frozen=True)
class Figures:
    """Seconds of one spell: from the fault to a new primary, from that to the first acknowledged
    post, and to the first of the producer that waited longest; and the longest time in which no
    post was acknowledged. And how many posts were refused."""

    fault: str
    election: float | None
    resumed: float | None
    all_resumed: float | None
    silence: float
    refused: int

    def __str__(self) -> str:
        return (
            f"{self.fault}: new primary after {_seconds(self.election)}, first post after "
            f"{_seconds(self.resumed)}, all producers after {_seconds(self.all_resumed)}; "
            f"longest silence {_seconds(self.silence)}, {self.refused} posts refused"
        )


def figures(spell: Spell, posts: Sequence[Post]) -> Figures:
    """The figures of a spell by the posts of all producers, at least one of them in it."""
    done = sorted(post.answered for post in posts if post.acknowledged)
    within = [spell.begin, *(at for at in done if spell.begin <= at <= spell.end), spell.end]
    first = last = None
    if spell.elected is not None:
        waits = _waits(spell.elected, posts)
        first, last = min(waits), max(waits)
    return Figures(
        fault=spell.fault,
        election=None if spell.elected is None else spell.elected - spell.begin,
        resumed=first,
        all_resumed=last,
        silence=max(later - earlier for earlier, later in pairwise(within)),
        refused=sum(
            spell.begin <= post.sent <= spell.end for post in posts if not post.acknowledged
        ),
    )


def summary(of: Sequence[Figures]) -> list[str]:
    """A line for each kind of fault: median and worst of the seconds in which clients had to do
    without."""
    lines = []
    for fault in sorted({each.fault for each in of}):
        same = [each for each in of if each.fault == fault]
        columns = {
            "first post": [each.resumed for each in same if each.resumed is not None],
            "all producers": [each.all_resumed for each in same if each.all_resumed is not None],
            "silence": [each.silence for each in same],
        }
        told = (
            f"{name} {_seconds(median(values))} (at most {_seconds(max(values))})"
            for name, values in columns.items()
            if values
        )
        lines.append(f"{len(same)} x {fault}: {', '.join(told)}")
    return lines


def _waits(since: float, posts: Sequence[Post]) -> Sequence[float]:
    """For each producer, the time until its next acknowledged post."""
    waits = {post.labels[0][0]: math.inf for post in posts}
    for post in posts:
        if post.acknowledged and post.answered > since:
            producer = post.labels[0][0]
            waits[producer] = min(waits[producer], post.answered - since)
    return list(waits.values())


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
