# SPDX-License-Identifier: Apache-2.0
"""Opening what may not answer yet."""

import asyncio
import logging
from typing import Protocol

from zaqar_impl.domain.errors import StorageUnavailable

LOG = logging.getLogger(__name__)

#: Seconds between attempts to open a storage that does not answer.
OPEN_AGAIN = 1.0


class Opens(Protocol):
    """A storage, or what else is opened like one."""

    async def open(self) -> None: ...


async def opened(driver: Opens, what: str = "the storage") -> None:
    """Open the driver, however long it takes to come up."""
    while True:
        try:
            await driver.open()
        except StorageUnavailable as error:
            LOG.warning("%s does not open, trying again: %s", what, error.__cause__ or error)
            await asyncio.sleep(OPEN_AGAIN)
        else:
            return
