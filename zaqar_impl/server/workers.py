# SPDX-License-Identifier: Apache-2.0
"""What holds for the workers of every transport."""

import contextlib
import ctypes
import gc
import os
import resource

#: Seconds that requests in flight have to end after SIGTERM; longer than a call to the storage
#: takes.
GRACE = 25

#: Seconds that workers may take from their start until they serve.
SLOWEST_START = 60

#: Most workers that are started unless more are asked for.
MOST_WORKERS = 4


#: How many objects are made, and not given back, until the garbage collector looks at them.
COLLECT_AFTER = 10_000

#: Bytes of a block of memory that the system has back as soon as it is free.
LARGE_BLOCK = 512 * 1024

_M_MMAP_THRESHOLD = -3


class WorkersFailed(Exception):
    """The workers did not start to serve; their log has the cause."""


def number_of(asked: int) -> int:
    """How many workers to start; 0 is one a core."""
    return asked or min(os.cpu_count() or 1, MOST_WORKERS)


def spare_the_collector() -> None:
    """Let the garbage collector pass over what was made at the start, for it stays.

    Else each full collection looks at it all, for some hundredths of a second in which nobody is
    served. Requests leave next to nothing for it; what they take is given back without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def prepare_for_many() -> None:
    """Let this process have as many clients as it may, and give large blocks of memory back.

    glibc keeps what it has once taken for large blocks, unless it is told how large those are.
    """
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
