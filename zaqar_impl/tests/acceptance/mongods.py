# SPDX-License-Identifier: Apache-2.0
"""mongods that tests kill and start again: each keeps its address, as an operator's host does."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from zaqar_impl.mongod.embedded import find_mongod

#: Seconds that a start may take on a busy machine.
SLOWEST_START = 40
_ALREADY_INITIALIZED = 23


class PoolMongod:
    """A replica set of one, on a fixed port."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    @property
    def uri(self) -> str:
        """With a short limit for each call, so that tests do not wait for long."""
        return (
            f"mongodb://127.0.0.1:{self._port}/?replicaSet=pool"
            "&timeoutMS=1500&serverSelectionTimeoutMS=1000"
        )

    def start(self) -> "PoolMongod":
        """Start it on its data."""
        self._process = subprocess.Popen(
            [
                str(find_mongod()), "--dbpath", str(self._directory), "--port", str(self._port),
                "--bind_ip", "127.0.0.1", "--replSet", "pool", "--wiredTigerCacheSizeGB", "0.25",
                "--setParameter", "diagnosticDataCollectionEnabled=false",
            ],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return self

    def wait(self) -> None:
        """Return when it takes writes."""
        deadline = time.monotonic() + SLOWEST_START
        address = f"mongodb://127.0.0.1:{self._port}/?directConnection=true&timeoutMS=1000"
        client: MongoClient[dict[str, object]] = MongoClient(address)
        with client:
            while not _is_primary(client, f"127.0.0.1:{self._port}"):
                assert time.monotonic() < deadline, "mongod does not come up"
                time.sleep(0.1)

    def kill(self) -> None:
        """As if its power was cut."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Let it end in order."""
        self._process.terminate()
        self._process.wait()


@contextlib.contextmanager
def pool_mongods(directory: Path, number: int) -> Iterator[list[PoolMongod]]:
    """So many of them."""
    with contextlib.ExitStack() as stack:
        started = []
        for index in range(number):
            started.append(PoolMongod(directory / str(index)).start())
            stack.callback(started[-1].stop)
        for mongod in started:
            mongod.wait()
        yield started


def _is_primary(client: MongoClient[dict[str, object]], address: str) -> bool:
    with contextlib.suppress(PyMongoError):
        if client.admin.command("hello")["isWritablePrimary"]:
            return True
        members = [{"_id": 0, "host": address}]
        try:
            client.admin.command("replSetInitiate", {"_id": "pool", "members": members})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise
    return False
