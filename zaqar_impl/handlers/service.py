# SPDX-License-Identifier: Apache-2.0
"""What handlers work with, given to them by the wiring."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from zaqar_impl.domain.checksum import with_checksum
from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sharing import Signing
from zaqar_impl.domain.values import Claim, Message, Metadata, NewMessage, QueueRef
from zaqar_impl.filters.pipeline import Pipeline
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.interface import Storage

_T = TypeVar("_T")

NO_FILTERS = Pipeline()


@dataclass(frozen=True)
class Service:
    """The opened storage, the limits in force, the time, the filters of the deployment, and what
    the spec says of stored things.

    ``metadata_shape`` is the spec's shape of queue metadata: the result of a change is checked by
    it like a creation. ``home_document`` is the body of the home document, made from the spec.
    ``signing`` is None where nothing is shared.
    """

    storage: Storage
    limits: Limits
    clock: Clock
    metadata_shape: Shape
    home_document: Mapping[str, Any]
    enable_checksum: bool = False
    signing: Signing | None = None
    filters: Pipeline = NO_FILTERS

    async def on_demand(self, ref: QueueRef, work: Callable[[], Awaitable[_T]]) -> _T:
        """What ``work`` gives; the queue is made, with no metadata, when it is missed there."""
        while True:
            try:
                return await work()
            except NotFound:
                await self.storage.queues.create(ref, {})

    async def stored(
        self, ref: QueueRef, metadata: Metadata, new: Sequence[NewMessage]
    ) -> Sequence[NewMessage]:
        """The messages of a post as they are stored: every way in leads through here.

        Raises:
            InvalidInput: a filter refuses one of them.
        """
        return await self.filters.incoming(ref, new, metadata)

    async def told(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as readers see them: every way out leads through here.

        They have checksums, of what readers see, if the deployment wants them.
        """
        messages = await self.filters.outgoing(ref, messages)
        if self.enable_checksum:
            return [with_checksum(message) for message in messages]
        return messages

    @contextlib.asynccontextmanager
    async def released_on_failure(self, ref: QueueRef, claim: Claim) -> AsyncIterator[None]:
        """Ends a new claim when the block fails: nobody has heard of it, and its messages are
        others' at once."""
        try:
            yield
        except Exception:
            await self.storage.claims.release(ref, claim.id)
            raise
