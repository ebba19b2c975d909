# SPDX-License-Identifier: Apache-2.0
"""What is told of the health of a storage."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageVolume:
    """About how many messages a storage holds, of all projects; ``claimed`` of them under a
    claim."""

    claimed: int
    total: int

    @property
    def free(self) -> int:
        """What the two others leave; never negative, for they are not of one moment."""
        return max(0, self.total - self.claimed)


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """Whether a kind of operation would succeed, and how many seconds the question took.

    ``ref`` is in the log beside the cause, where it would fail.
    """

    succeeded: bool
    seconds: float
    ref: str | None


@dataclass(frozen=True, slots=True)
class StorageHealth:
    """Of one storage; ``volume`` is None where it can't be told cheaply."""

    reachable: bool
    operations: Mapping[str, OperationStatus]
    volume: MessageVolume | None


@dataclass(frozen=True, slots=True)
class PooledHealth:
    """Of the catalogue and of each pool, by its name."""

    catalog_reachable: bool
    pools: Mapping[str, StorageHealth]
