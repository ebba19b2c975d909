# SPDX-License-Identifier: Apache-2.0
"""Queues and messages with all that is kept of them: for those who carry them from one store to
another."""

from dataclasses import dataclass

from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.domain.values import Metadata, QueueRef


@dataclass(frozen=True, slots=True)
class Hold:
    """The live claim that a message is under; it ends ``ttl`` seconds after ``created``."""

    id: str
    created: float
    ttl: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A live message as a store has it. It is delayed until ``begins``; ``key_id`` names the key
    that its body is sealed with."""

    id: str
    position: int
    body: bytes
    producer: str
    created: float
    expires: float
    begins: float
    claim: Hold | None
    claim_count: int
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredQueue:
    """A queue without its messages: its metadata, and the last position that it gave out."""

    metadata: Metadata
    head: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """Why a queue can't be changed: the move of this token carries it away, or, with ``arriving``,
    has not brought all of it yet."""

    token: str
    arriving: bool = False


class QueueChanged(Exception):
    """The queue is no more what the caller took it for; nothing was done."""


class QueueFrozen(StorageUnavailable):
    """The queue is being moved, and can be changed again when that is over."""

    def __init__(self, ref: QueueRef, freeze: Freeze) -> None:
        super().__init__(f"{ref} is being moved; try again shortly.")
        self.ref = ref
        self.freeze = freeze
