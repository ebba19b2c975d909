# SPDX-License-Identifier: Apache-2.0
"""Sharing a part of a queue with those who have no account."""

from collections.abc import Iterable, Sequence

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.sharing import Share, Signing, signature, time_of, written
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.service import Service

__all__ = ["queue_share"]

#: Seconds that a share lasts when nothing else is said.
USUAL_LIFETIME = 24 * 60 * 60


async def queue_share(
    service: Service,
    caller: Caller,
    *,
    queue_name: str,
    paths: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    expires: str | None = None,
) -> tuple[Share, str]:
    """What is shared of the queue, which need not exist, and the signature that opens it.

    Raises:
        InvalidInput: the deployment has no key to sign with, or the end is not one.
    """
    signing = service.signing
    if signing is None:
        raise InvalidInput("This deployment shares no queues: it has no key to sign with.")
    share = Share(
        paths=_in_order(f"/v2/queues/{queue_name}/{part}" for part in paths or ("messages",)),
        methods=_in_order(methods or ("GET",)),
        project=caller.project,
        expires=written(_end(expires, signing, service.clock())),
    )
    return share, signature(signing.key, share)


def _in_order(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _end(expires: str | None, signing: Signing, now: float) -> float:
    """The second at which a share ends that is to last until then."""
    if expires is None:
        return now + min(USUAL_LIFETIME, signing.longest)
    end = time_of(expires)
    if end is None:
        raise InvalidInput(f"expires is invalid: {expires!r} is no time.")
    if end <= now:
        raise InvalidInput(f"expires is invalid: {expires!r} is not ahead.")
    if end - now > signing.longest:
        raise InvalidInput(
            f"expires is invalid: {expires!r} is more than {signing.longest} seconds ahead."
        )
    return end
