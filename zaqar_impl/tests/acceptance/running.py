# SPDX-License-Identifier: Apache-2.0
"""A running ``zaqar-server`` as a test sees it: started as a user would, watched, stopped."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

#: Seconds that a start may take on a busy machine.
SLOWEST_START = 60


def refused(*flags: str) -> tuple[int, str]:
    """Exit status and the last line on stderr of a start that fails."""
    own = ("--websocket-port", "0")  # or it could fail for another server's
    done = subprocess.run(
        [sys.executable, "-c", "from zaqar_impl.cli import main; main()", *own, *flags],
        capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


def serves(worker: psutil.Process) -> bool:
    """Whether a worker has come so far that it talks to MongoDB; False if it is gone."""
    with contextlib.suppress(psutil.Error):
        return any(each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections())
    return False


class RunningServer:
    """``zaqar-server`` in a process of its own, on a free port, with its data in ``data_dir``.

    Without ``data_dir`` the flags say where the data are; without ``port``, what it listens on.
    It serves REST unless ``role`` says something else; None leaves it to the flags.
    """

    def __init__(
        self, data_dir: Path | None, *flags: str, port: int | None = 0, role: str | None = "rest"
    ) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-c", "from zaqar_impl.cli import main; main()", *flags]
        if port is not None:
            command += ["--port", str(port), "--websocket-port", "0"]
        if role is not None:
            command += ["--role", role]
        if data_dir is not None:
            command += ["--data-dir", str(data_dir)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.output: list[str] = []
        self._ready = threading.Event()
        self._pumps = [
            threading.Thread(target=self._pump, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for pump in self._pumps:
            pump.start()

    def _pump(self, stream: Sequence[str]) -> None:
        for line in stream:
            self.output.append(line)
            if line.startswith("Ctrl-C"):
                self._ready.set()

    @property
    def text(self) -> str:
        """Everything that the server has printed."""
        return "".join(self.output)

    def wait_ready(self) -> "RunningServer":
        """Return when the server has said that it serves."""
        assert self._ready.wait(SLOWEST_START), f"not ready: {self.text}"
        return self

    @property
    def url(self) -> str:
        """The root of the REST API as the server printed it."""
        match = re.search(r"REST API +(http://\S+)/v2/", self.text)
        assert match, self.text
        return match[1]

    @property
    def websocket_url(self) -> str:
        """The WebSocket as the server printed it."""
        match = re.search(r"WebSocket API +(ws://\S+)", self.text)
        assert match, self.text
        return match[1]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def _children(self, word: str) -> list[psutil.Process]:
        """The living processes below this one that have the word in their command line."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it may end while it is looked at
                if any(word in argument for argument in child.cmdline()):
                    found.append(child)
        return found

    def workers(self) -> list[psutil.Process]:
        """The REST workers."""
        return self._children("spawn_main")

    def mongod(self) -> psutil.Process:
        """The embedded mongod."""
        (child,) = self._children("--dbpath")
        return child

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; the exit status."""
        status = self.process.wait(timeout=60)
        for pump in self._pumps:
            pump.join(timeout=5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return status
