# SPDX-License-Identifier: Apache-2.0
"""What handlers work with, given to them by the wiring."""

import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from zaqar_impl.domain.checksum import with_checksum
from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import EncryptionUnavailable, NotFound
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.metadata import effective
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.domain.sharing import Signing
from zaqar_impl.domain.values import Claim, Message, Metadata, NewMessage, QueueRef
from zaqar_impl.filters.pipeline import Pipeline
from zaqar_impl.specdoc import Shape
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.pooling import PooledStorage

LOG = logging.getLogger(__name__)

_T = TypeVar("_T")

#: What a handler is: it takes the service, the caller, and the operation's arguments by name.
Handler = Callable[..., Awaitable[Any]]
NO_FILTERS = Pipeline()


@dataclass(frozen=True)
class Service:
    """The opened storage, the limits in force, the time, the filters of the deployment, and what
    the spec says of stored things.

    ``metadata_shape`` is the spec's shape of queue metadata: the result of a change is checked by
    it like a creation. ``home_document`` is the body of the home document, made from the spec.
    ``pools`` is what is behind the storage in deployments with pools, for their administrators.
    ``signing`` is None where nothing is shared.
    ``keys`` seal and open message bodies.
    """

    storage: Storage
    limits: Limits
    clock: Clock
    metadata_shape: Shape
    home_document: Mapping[str, Any]
    enable_checksum: bool = False
    pools: PooledStorage | None = None
    signing: Signing | None = None
    keys: KeyRing = field(default_factory=KeyRing)
    filters: Pipeline = NO_FILTERS

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

    async def stored(
        self, ref: QueueRef, metadata: Metadata, messages: Sequence[NewMessage]
    ) -> Sequence[NewMessage]:
        """The messages as the storage is given them: every way in leads through here.

        They have passed the filters, and are sealed if the queue's metadata asks for that.

        Raises:
            InvalidInput: a filter refuses one of them.
            EncryptionUnavailable: they are to be sealed, but there is no key.
        """
        messages = await self.filters.incoming(ref, messages, metadata)
        if not effective(metadata, "_enable_encrypt_messages", False):
            return messages
        return [self.keys.sealed(message, ref.project) for message in messages]

    async def told(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as readers see them: every way out leads through here.

        They are opened, pass the filters, and have checksums of what is left if the deployment
        wants them. Those whose bodies can't be opened are left out, and the log says so (decision
        0052).
        """
        messages = await self.filters.outgoing(ref, self._opened(ref, messages))
        if self.enable_checksum:
            return [with_checksum(message) for message in messages]
        return messages

    def can_tell(self, ref: QueueRef, message: Message) -> bool:
        """Whether :meth:`told` can open this message; consumers are handed out no other."""
        return message.key_id is None or bool(self._opened(ref, [message]))

    def openable(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        """Those of the messages that :meth:`told` can open, as they are stored."""
        ids = {message.id for message in self._opened(ref, messages)}
        return [message for message in messages if message.id in ids]

    def _opened(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        if all(message.key_id is None for message in messages):
            return messages
        opened: list[Message] = []
        reasons: Counter[str] = Counter()
        for message in messages:
            try:
                opened.append(self.keys.opened(message, ref.project))
            except EncryptionUnavailable as error:
                reasons[str(error)] += 1
        for reason, times in reasons.items():
            LOG.warning(
                "queue %r of project %r: a body can't be decrypted, %s (%d times)",
                ref.name,
                ref.project,
                reason,
                times,
            )
        return opened

    @contextlib.asynccontextmanager
    async def released_on_failure(self, ref: QueueRef, claim: Claim) -> AsyncIterator[None]:
        """Ends a new claim when the block fails: nobody has heard of it, and its messages are
        others' at once."""
        try:
            yield
        except Exception:
            await self.storage.claims.release(ref, claim.id)
            raise
