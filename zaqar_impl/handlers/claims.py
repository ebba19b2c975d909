# SPDX-License-Identifier: Apache-2.0
"""Claims: make, show, renew, release."""

from dataclasses import replace
from functools import partial

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.metadata import dead_letters
from zaqar_impl.domain.values import Caller, Claim, ClaimTerms, QueueRef
from zaqar_impl.handlers.service import Service

__all__ = ["claim_create", "claim_delete", "claim_get", "claim_update"]

#: For how long a claim may go by what the queue said of dead letters before, as the spec allows.
POLICY_SECONDS = 1.0


async def claim_create(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    limit: int,
    ttl: int | None = None,
    grace: int | None = None,
) -> Claim | None:
    """Hold up to ``limit`` of the oldest unclaimed messages, the caller's own too; None if there is
    none.

    Messages that were claimed as often as the queue says move to its dead letter queue instead.
    """
    ref = QueueRef(caller.project, queue_name)
    queue = await service.storage.queues.recall(ref, seconds=POLICY_SECONDS)
    if queue is None:
        return None
    spent = dead_letters(queue)
    make = partial(
        service.storage.claims.create,
        ref,
        _terms(service, ttl, grace),
        limit,
        dead_letters=spent,
        accept=partial(service.can_tell, ref),
    )
    if spent is None:
        claim = await make()
    else:
        claim = await service.on_demand(QueueRef(caller.project, spent.queue), make)
    if claim is None:
        return None
    async with service.released_on_failure(ref, claim):
        return await _told(service, ref, claim)


async def claim_get(service: Service, caller: Caller, *, queue_name: str, claim_id: str) -> Claim:
    """The claim with the messages still under it.

    Raises:
        NotFound: the claim has ended, or never was.
    """
    ref = QueueRef(caller.project, queue_name)
    claim = await service.storage.claims.get(ref, claim_id)
    if claim is None:
        raise _gone(queue_name, claim_id)
    return await _told(service, ref, claim)


async def claim_update(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    claim_id: str,
    ttl: int | None = None,
    grace: int | None = None,
) -> None:
    """Let the claim start anew; what is not given takes the server's default, not the claim's
    earlier value.

    Raises:
        NotFound: the claim has ended, or never was.
    """
    ref = QueueRef(caller.project, queue_name)
    if not await service.storage.claims.renew(ref, claim_id, _terms(service, ttl, grace)):
        raise _gone(queue_name, claim_id)


async def claim_delete(service: Service, caller: Caller, *, queue_name: str, claim_id: str) -> None:
    """End the claim: its messages are claimable at once. An unknown claim is as good as ended."""
    await service.storage.claims.release(QueueRef(caller.project, queue_name), claim_id)


def _terms(service: Service, ttl: int | None, grace: int | None) -> ClaimTerms:
    return ClaimTerms(
        ttl=service.limits.default_claim_ttl if ttl is None else ttl,
        grace=service.limits.default_claim_grace if grace is None else grace,
    )


async def _told(service: Service, ref: QueueRef, claim: Claim) -> Claim:
    return replace(claim, messages=await service.told(ref, claim.messages))


def _gone(queue_name: str, claim_id: str) -> NotFound:
    return NotFound(f"Claim {claim_id!r} does not exist in queue {queue_name!r}, or has ended.")
