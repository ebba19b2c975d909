# SPDX-License-Identifier: Apache-2.0
"""Pops: removing messages and giving them, without losing one on the way."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from zaqar_impl.domain.errors import Forbidden, InvalidInput
from zaqar_impl.domain.values import ClaimTerms, Message, QueueRef
from zaqar_impl.filters.pipeline import FilterFailed
from zaqar_impl.handlers.service import Service

#: How long messages that are popped are held while filters see them. Lives that would end meanwhile
#: are extended, so it is short.
_HOLD = ClaimTerms(ttl=30, grace=0)


async def popped(service: Service, ref: QueueRef, limit: int) -> Sequence[Message]:
    """Remove and give the oldest messages. Where filters may fail on them, they are held first and
    removed last, so that none is lost when one does (decision 0056)."""
    accept = partial(service.can_tell, ref)
    if not service.filters.delivers:
        return await service.told(
            ref, await service.storage.messages.pop(ref, limit, accept=accept)
        )
    held = await service.storage.claims.create(ref, _HOLD, limit, accept=accept)
    if held is None:
        return []
    async with service.released_on_failure(ref, held):
        told = await service.told(ref, held.messages)
        await _remove_held(service, ref, told, held.id)
    return [
        replace(message, claim_id=None, claim_count=message.claim_count - 1) for message in told
    ]


async def _remove_held(
    service: Service, ref: QueueRef, told: Sequence[Message], claim_id: str
) -> None:
    ids = [message.id for message in told]
    try:
        await service.storage.messages.delete_many(ref, ids, claim_ids=[claim_id])
    except (Forbidden, InvalidInput) as error:
        raise FilterFailed(f"message filters took more than {_HOLD.ttl} s for a pop") from error
