# SPDX-License-Identifier: Apache-2.0
"""Messages of queues and topics: post, list, read, remove, pop."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from zaqar_impl.domain.errors import EncryptionUnavailable, InvalidInput, NotFound
from zaqar_impl.domain.metadata import effective
from zaqar_impl.domain.stored import QueueChanged
from zaqar_impl.domain.values import Caller, Kind, Message, NewMessage, Queue, QueueRef
from zaqar_impl.handlers.popping import popped
from zaqar_impl.handlers.service import Service

__all__ = [
    "message_delete",
    "message_delete_many",
    "message_get",
    "message_get_many",
    "message_list",
    "message_post",
]


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message as a producer sends it: its body as JSON bytes, and a lifetime and a delay unless
    the queue's defaults are meant."""

    body: bytes
    ttl: int | None
    delay: int | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of messages; ``marker`` leads to the next one and is None on an empty page."""

    messages: Sequence[Message]
    marker: str | None


async def message_post(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    messages: Sequence[PostedMessage],
    size: int,
    kind: Kind = Kind.QUEUE,
) -> Sequence[str]:
    """Append the messages, all or none; their ids in order.

    ``size`` is the whole request in bytes: the queue may have a lower bound than the server. The
    queue is made when it does not exist, but never by a request that is refused (D-40).

    Raises:
        InvalidInput: the request is larger than the queue allows, or a filter refuses a message.
        EncryptionUnavailable: the queue asks for encryption, and the server has lost its key.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    post = partial(_post, service, ref, caller.client_id, messages, size)
    queues = service.storage.queues
    with suppress(QueueChanged, InvalidInput, EncryptionUnavailable):
        return await service.on_demand(ref, partial(post, queues.recall))
    # What was remembered of the queue is not so any more, or may not be.
    while True:
        with suppress(QueueChanged):
            return await service.on_demand(ref, partial(post, queues.get))


async def _post(
    service: Service,
    ref: QueueRef,
    producer: str,
    messages: Sequence[PostedMessage],
    size: int,
    look: Callable[[QueueRef], Awaitable[Queue | None]],
) -> Sequence[str]:
    """Append the messages to the queue as ``look`` finds it.

    Raises:
        QueueChanged: it is not like that.
    """
    queue = await look(ref)
    metadata = queue.metadata if queue else {}
    largest = effective(metadata, "_max_messages_post_size", service.limits.max_messages_post_size)
    if size > largest:
        raise InvalidInput(
            f"The request has {size} bytes; this {ref.kind} takes at most {largest}."
        )
    default_ttl = effective(metadata, "_default_message_ttl", service.limits.default_message_ttl)
    # The server's default_message_delay is shown, and delays nothing (decision 0022).
    default_delay = effective(metadata, "_default_message_delay", 0)
    new = [
        NewMessage(
            body=message.body,
            ttl=default_ttl if message.ttl is None else message.ttl,
            delay=default_delay if message.delay is None else message.delay,
        )
        for message in messages
    ]
    stored = await service.stored(ref, metadata, new)
    return await service.storage.messages.post(ref, stored, producer=producer, seen=queue)


async def message_list(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    limit: int,
    marker: str | None = None,
    echo: bool = False,
    include_claimed: bool = False,
    include_delayed: bool = False,
    kind: Kind = Kind.QUEUE,
) -> MessagePage:
    """The messages after the marker, oldest first; the caller's own only with ``echo``.

    A marker that this service never gave out leads to an empty page (A19).
    """
    after = _position(marker)
    if after is None:
        return MessagePage([], None)
    ref, step = QueueRef(caller.project, queue_name, kind), limit
    while True:
        found = await service.storage.messages.list(
            ref,
            after=after,
            limit=step,
            hide_producer=None if echo else caller.client_id,
            include_claimed=include_claimed,
            include_delayed=include_delayed,
        )
        if not found:
            return MessagePage([], None)
        page = found if step == limit else service.openable(ref, found)[:limit]
        # An empty page would be the end of the queue.
        if told := await service.told(ref, page):
            return MessagePage(told, str(told[-1].position))
        after, step = found[-1].position, max(limit + 1, _STRIDE)


async def message_get_many(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    message_ids: Sequence[str],
    kind: Kind = Kind.QUEUE,
) -> Sequence[Message]:
    """Those of the messages that exist, claimed and delayed ones too, each once.

    Raises:
        EncryptionUnavailable: some exist, but none can be decrypted.
    """
    return await _named(service, QueueRef(caller.project, queue_name, kind), message_ids)


async def message_get(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    message_id: str,
    kind: Kind = Kind.QUEUE,
) -> Message:
    """One message, also while it is claimed or delayed.

    Raises:
        NotFound: there is no such message in the queue.
        EncryptionUnavailable: there is, but it can't be decrypted.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    found = await _named(service, ref, [message_id])
    if not found:
        raise NotFound(f"Message {message_id!r} does not exist in {kind} {queue_name!r}.")
    return found[0]


async def message_delete(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    message_id: str,
    claim_id: str | None = None,
    kind: Kind = Kind.QUEUE,
) -> None:
    """Remove one message; with its claim if it is under one. An unknown message is as good as
    removed."""
    ref = QueueRef(caller.project, queue_name, kind)
    await service.storage.messages.delete(ref, message_id, claim_id=claim_id)


async def message_delete_many(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    message_ids: Sequence[str] | None = None,
    claim_ids: Sequence[str] | None = None,
    pop: int | None = None,
    kind: Kind = Kind.QUEUE,
) -> Sequence[Message] | None:
    """Remove the messages with these ids, or remove and give the ``pop`` oldest unclaimed ones.

    Raises:
        InvalidInput: not exactly one of the two is asked for, or claim ids do not go with it.
    """
    ref = QueueRef(caller.project, queue_name, kind)
    if (message_ids is None) == (pop is None):
        raise InvalidInput("Give exactly one of ids and pop.")
    # Nothing is claimed in a topic, so nobody can name the claims of its messages (decision 0031).
    with_claims = service.limits.message_delete_with_claim_id and kind is Kind.QUEUE
    if pop is not None:
        if with_claims and claim_ids is not None:
            raise InvalidInput("claim_ids goes with ids only.")
        return await popped(service, ref, pop)
    assert message_ids is not None
    if with_claims and not claim_ids:
        raise InvalidInput(
            "This server deletes by ids only with claim_ids: the claims of the messages."
        )
    await service.storage.messages.delete_many(
        ref, message_ids, claim_ids=claim_ids if with_claims else None
    )
    return None


async def _named(service: Service, ref: QueueRef, ids: Sequence[str]) -> Sequence[Message]:
    """Those of the messages that exist.

    Raises:
        EncryptionUnavailable: some exist, but none can be decrypted.
    """
    found = await service.storage.messages.get_many(ref, ids)
    told = await service.told(ref, found)
    if found and not told:
        raise EncryptionUnavailable(
            "The message is stored encrypted, and this server can't decrypt it now; it is kept."
        )
    return told


#: How many messages are looked at together while none of them can be told.
_STRIDE = 1000

#: The largest position that the log can have: 64 bits, signed.
_LAST_POSITION = 2**63 - 1

_MARKER = re.compile("[1-9][0-9]{0,18}")


def _position(marker: str | None) -> int | None:
    """The position that a marker stands for, 0 for none, None for one that was never given out."""
    if marker is None:
        return 0
    if not _MARKER.fullmatch(marker):
        return None
    return min(int(marker), _LAST_POSITION)
