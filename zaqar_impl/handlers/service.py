# SPDX-License-Identifier: Apache-2.0
"""What handlers work with, given to them by the wiring."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from zaqar_impl.domain.checksum import with_checksum
from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sharing import Signing
from zaqar_impl.domain.values import Message, QueueRef
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.pooling import PooledStorage

_T = TypeVar("_T")


@dataclass(frozen=True)
class Service:
    """The opened storage, the limits in force, the time, and what the spec says of stored things.

    ``metadata_shape`` is the spec's shape of queue metadata: the result of a change is checked by
    it like a creation. ``home_document`` is the body of the home document, made from the spec.
    ``pools`` is what is behind the storage in deployments with pools, for their administrators.
    ``signing`` is None where nothing is shared.
    """

    storage: Storage
    limits: Limits
    clock: Clock
    metadata_shape: Shape
    home_document: Mapping[str, Any]
    enable_checksum: bool = False
    pools: PooledStorage | None = None
    signing: Signing | None = None

    async def on_demand(self, ref: QueueRef, work: Callable[[], Awaitable[_T]]) -> _T:
        """What ``work`` gives; the queue is made, with no metadata, when it is missed there."""
        while True:
            try:
                return await work()
            except NotFound:
                await self.storage.queues.create(ref, {})

    @property
    def pooled(self) -> PooledStorage:
        """The pools, for operations that only exist where there are some."""
        assert self.pools is not None
        return self.pools

    def told(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as readers see them: with checksums, if the deployment wants them."""
        return (
            [with_checksum(message) for message in messages] if self.enable_checksum else messages
        )
