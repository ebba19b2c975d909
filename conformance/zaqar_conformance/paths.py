# SPDX-License-Identifier: Apache-2.0
"""The paths of the API, each written once."""

from __future__ import annotations

from typing import Final

HOME: Final = "/v2/"
PING: Final = "/v2/ping"
QUEUES: Final = "/v2/queues"
TOPICS: Final = "/v2/topics"
HEALTH: Final = "/v2/health"
POOLS: Final = "/v2/pools"
FLAVORS: Final = "/v2/flavors"


class Topic(str):
    """The name of a topic: with it, all paths here are those of the topic."""

    __slots__ = ()


def collection(name: str) -> str:
    """Where queues are listed, or topics, whichever the name is of."""
    return TOPICS if isinstance(name, Topic) else QUEUES


def queue(name: str) -> str:
    """A queue or topic."""
    return f"{collection(name)}/{name}"


def stats(name: str) -> str:
    """The statistics of a queue."""
    return f"{queue(name)}/stats"


def purge(name: str) -> str:
    """Where a queue is purged."""
    return f"{queue(name)}/purge"


def messages(name: str) -> str:
    """The messages of a queue."""
    return f"{queue(name)}/messages"


def message(name: str, message_id: str) -> str:
    """One message of a queue."""
    return f"{queue(name)}/messages/{message_id}"


def share(name: str) -> str:
    """Where parts of a queue are shared."""
    return f"{queue(name)}/share"


def claims(name: str) -> str:
    """Where the messages of a queue are claimed."""
    return f"{queue(name)}/claims"


def claim(name: str, claim_id: str) -> str:
    """One claim of a queue."""
    return f"{queue(name)}/claims/{claim_id}"


def subscriptions(name: str) -> str:
    """The subscriptions of a queue."""
    return f"{queue(name)}/subscriptions"


def subscription(name: str, subscription_id: str) -> str:
    """One subscription of a queue."""
    return f"{queue(name)}/subscriptions/{subscription_id}"


def confirm(name: str, subscription_id: str) -> str:
    """Where a subscription is confirmed."""
    return f"{queue(name)}/subscriptions/{subscription_id}/confirm"


def pool(name: str) -> str:
    """A pool."""
    return f"{POOLS}/{name}"


def pool_queues(name: str) -> str:
    """The queues that live in a pool, and where they are moved to."""
    return f"{POOLS}/{name}/queues"


def flavor(name: str) -> str:
    """A flavor."""
    return f"{FLAVORS}/{name}"
