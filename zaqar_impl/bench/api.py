# SPDX-License-Identifier: Apache-2.0
"""What the load generator knows of the API: where things are, and what answers have to hold."""

import random
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from zaqar_impl.bench.client import Answer, Target
from zaqar_impl.bench.load import WrongAnswer

#: The life of the messages that are posted: no run is longer.
TTL = 3600

#: Bytes of a message's body as JSON.
BODY_BYTES = 1024


def body() -> str:
    """The body of a message: 1 KB that compresses as badly as real ones do."""
    return random.Random(BODY_BYTES).randbytes(BODY_BYTES).hex()[: BODY_BYTES - 2]


def messages(count: int) -> dict[str, Any]:
    """The body of a post of so many messages."""
    return {"messages": [{"ttl": TTL, "body": body()}] * count}


def queue_path(target: Target, queue: str) -> str:
    """The path of a queue."""
    return f"{target.prefix}/v2/queues/{queue}"


def path_of(href: str) -> str:
    """The path and query of a link, which may be a whole URL."""
    parts = urlsplit(href)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def listed(answer: Answer, member: str = "messages") -> Sequence[Any]:
    """The array under that name.

    Raises:
        WrongAnswer: there is none.
    """
    content = answer.json()
    found = content.get(member) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise WrongAnswer(f"{answer.status} without {member}")
    return found


def posted(count: int) -> Callable[[Answer], int]:
    """Checks that so many messages were posted, and counts them."""
    return lambda answer: _within(count, count, len(listed(answer, "resources")))


def page(least: int, most: int) -> Callable[[Answer], int]:
    """Checks that there are so many messages, and counts them."""
    return lambda answer: _within(least, most, len(listed(answer)))


def claimed(most: int) -> Callable[[Answer], int]:
    """Counts the messages of a claim: none with 204, else at least one."""

    def check(answer: Answer) -> int:
        return 0 if answer.status == 204 else _within(1, most, len(listed(answer)))

    return check


def shown(answer: Answer) -> int:
    """Checks that the metadata of a queue are there; no messages."""
    if not isinstance(answer.json(), dict):
        raise WrongAnswer(f"{answer.status} without metadata")
    return 0


def _within(least: int, most: int, found: int) -> int:
    if not least <= found <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        raise WrongAnswer(f"{found} messages for {wanted}")
    return found
