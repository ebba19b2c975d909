# SPDX-License-Identifier: Apache-2.0
"""What holds for the workers of every transport."""

import os

#: Seconds that requests in flight have to end after SIGTERM; longer than a call to the storage
#: takes.
GRACE = 25

#: Seconds that workers may take from their start until they serve.
SLOWEST_START = 60

#: Most workers that are started unless more are asked for.
MOST_WORKERS = 4


class WorkersFailed(Exception):
    """The workers did not start to serve; their log has the cause."""


def number_of(asked: int) -> int:
    """How many workers to start; 0 is one a core."""
    return asked or min(os.cpu_count() or 1, MOST_WORKERS)
