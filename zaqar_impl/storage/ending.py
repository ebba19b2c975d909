# SPDX-License-Identifier: Apache-2.0
"""Ending tasks that talk to a database."""

import asyncio
from collections.abc import Iterable
from typing import Any

#: Seconds until a task that goes on is told again to end.
TELL_AGAIN = 0.1


async def ended(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel the tasks, and return when all have ended.

    They are told more than once: pymongo may take a cancellation for a connection that was lost,
    and what goes on after that does not know of it.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=TELL_AGAIN)


def check_cancelled() -> None:
    """Return unless the running task was told to end.

    Raises:
        CancelledError: it was, though something may have passed over it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
