# SPDX-License-Identifier: Apache-2.0
"""Asking a store whether it can be a pool, before it becomes one."""

import asyncio
import contextlib

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import InvalidInput, StorageUnavailable, StorageUnfit
from zaqar_impl.domain.pools import Pool
from zaqar_impl.storage.pooling.stores import Unusable, store_of

#: Seconds that a store has to answer, and then to close: the operator waits for it, five seconds
#: altogether.
ANSWER_WITHIN = 4.0
CLOSE_WITHIN = 0.8


async def check_store(pool: Pool, database: str, clock: Clock) -> None:
    """Return when the store that the pool means answers, and has been made ready.

    Raises:
        InvalidInput: it does not within seconds, or no driver can work with it.
    """
    try:
        store = store_of(pool, database, clock)
    except Unusable as error:
        raise InvalidInput(f"uri is invalid: {error}") from None
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            await store.open()
    except StorageUnfit as error:
        raise InvalidInput(f"uri is invalid: {error}.") from None
    except (StorageUnavailable, TimeoutError):
        raise InvalidInput(
            "uri is invalid: no store answers there, or it does not let this service in."
        ) from None
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await store.close()
