# SPDX-License-Identifier: Apache-2.0
"""A child process that ends with this one. It knows nothing of MongoDB."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

#: How long the process may take to stop by itself, in seconds.
STOP_SECONDS = 20.0

# Asks the kernel to end this process when the thread that started it ends, then becomes the
# command. It has an interpreter of its own, since Python code between fork and exec may hang in a
# process with threads. On other systems than Linux, the command outlives a parent that is killed.
_LAUNCHER = """\
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
if sys.platform.startswith("linux"):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
if os.getppid() == int(sys.argv[1]):
    try:
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
"""


class Child:
    """A process that ends with this one, and a thread that started it and waits for its end.

    The kernel ends it with the *thread* that started it, so that thread lives as long as it does.

    Raises:
        OSError: there is no room for another process.
    """

    def __init__(self, command: Sequence[str], output: Path) -> None:
        self.exit_code: int | None = None
        self._popen: subprocess.Popen[bytes] | OSError | None = None
        self._started, self._ended = threading.Event(), threading.Event()
        keep = threading.Thread(target=self._keep, args=(command, output), daemon=True)
        keep.start()
        self._started.wait()
        if isinstance(self._popen, OSError):
            raise self._popen

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    def wait(self, timeout: float | None) -> int | None:
        """The exit code, negative for a signal; None if the process has not ended by then."""
        self._ended.wait(timeout)
        return self.exit_code

    def stop(self) -> None:
        """End it in order, or by force if that takes too long."""
        self._running().send_signal(signal.SIGTERM)
        if self.wait(STOP_SECONDS) is None:
            self._running().kill()
            self._ended.wait()

    def _keep(self, command: Sequence[str], output: Path) -> None:
        try:
            self._popen = process = _spawn(command, output)
        except OSError as error:
            self._popen = error
            return
        finally:
            self._started.set()
        self.exit_code = process.wait()
        self._ended.set()

    def _running(self) -> subprocess.Popen[bytes]:
        assert isinstance(self._popen, subprocess.Popen)
        return self._popen


def _spawn(command: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as printed:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the child
        )
