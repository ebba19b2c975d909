# SPDX-License-Identifier: Apache-2.0
"""Ties a child process to its parent, so that nothing is left behind when the parent is killed
outright."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, sign: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send this process ``sign`` when its parent ends, and go at once if it has
    ended already.

    ``parent`` is the process id of the parent that is meant. Linux only; elsewhere this does
    nothing. What counts is the parent's *thread* that started this process.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(sign))
    if os.getppid() != parent:
        os.kill(os.getpid(), sign)
