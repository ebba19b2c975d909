# SPDX-License-Identifier: Apache-2.0
"""The paths of the API, each written once."""

from __future__ import annotations

from typing import Final

HOME: Final = "/v2/"
PING: Final = "/v2/ping"
QUEUES: Final = "/v2/queues"


def queue(name: str) -> str:
    """A queue."""
    return f"{QUEUES}/{name}"


def stats(name: str) -> str:
    """The statistics of a queue."""
    return f"{QUEUES}/{name}/stats"


def purge(name: str) -> str:
    """Where a queue is purged."""
    return f"{QUEUES}/{name}/purge"


def share(name: str) -> str:
    """Where parts of a queue are shared."""
    return f"{QUEUES}/{name}/share"


def messages(name: str) -> str:
    """The messages of a queue."""
    return f"{QUEUES}/{name}/messages"


def message(name: str, message_id: str) -> str:
    """One message of a queue."""
    return f"{QUEUES}/{name}/messages/{message_id}"


def claims(name: str) -> str:
    """Where the messages of a queue are claimed."""
    return f"{QUEUES}/{name}/claims"


def claim(name: str, claim_id: str) -> str:
    """One claim of a queue."""
    return f"{QUEUES}/{name}/claims/{claim_id}"


def subscriptions(name: str) -> str:
    """The subscriptions of a queue."""
    return f"{QUEUES}/{name}/subscriptions"


def subscription(name: str, subscription_id: str) -> str:
    """One subscription of a queue."""
    return f"{QUEUES}/{name}/subscriptions/{subscription_id}"


def confirm(name: str, subscription_id: str) -> str:
    """Where a subscription is confirmed."""
    return f"{QUEUES}/{name}/subscriptions/{subscription_id}/confirm"
