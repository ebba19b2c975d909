# SPDX-License-Identifier: Apache-2.0
"""A replica set of three mongods on this machine, which can be killed, stopped, starved of disk and
started again one by one."""

import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from zaqar_impl.mongod.child import Child
from zaqar_impl.mongod.embedded import find_mongod

ADDRESS = "127.0.0.1"
NAME = "faults"
SIZE = 3

#: A secondary waits this long for a silent primary before it stands for election, in ms, where
#: MongoDB's default is 10 s; and members notice soon who is silent. This keeps the runs short.
SETTINGS = {
    "electionTimeoutMillis": 2000,
    "heartbeatIntervalMillis": 250,
    "heartbeatTimeoutSecs": 1,
}
#: How much longer than it should take a member waits for the one that it copies from, in seconds.
#: MongoDB's default is 5: so long a new primary can commit nothing if the other member copied from
#: one that stands still.
SILENT_SOURCE_SECONDS = 1
#: Seconds that a member, or the set, may take to come up on a busy machine.
SLOWEST_START = 60.0
#: Seconds that a member may take to follow again after a fault.
SLOWEST_RETURN = 30.0
#: Seconds between two looks at who is primary: so exact are the times of elections.
LOOK_SECONDS = 0.05
#: How much longer than the log its files may get on a disk that is about to be full.
LEFT_BYTES = 16 * 1024

# mongod ignores what would kill it for a file that is too long, and gets an error from the write,
# as it does from a disk that is full.
_LAUNCHER = ("/bin/sh", "-c", 'trap "" XFSZ; exec "$0" "$@"')


class Member:
    """One mongod, on a port that it keeps."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        with socket.socket() as free:
            free.bind((ADDRESS, 0))
            self.address = f"{ADDRESS}:{free.getsockname()[1]}"
        self.client: MongoClient[dict[str, Any]] = MongoClient(
            f"mongodb://{self.address}/?directConnection=true&timeoutMS=1000"
        )

    def start(self) -> None:
        """Start it on its data, and do not wait for it."""
        directory, port = str(self._directory), self.address.rsplit(":")[-1]
        command = [
            str(find_mongod()), "--dbpath", directory, "--port", port, "--bind_ip", ADDRESS,
            "--replSet", NAME, "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64",
            "--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)",
            "--logpath", f"{directory}/mongod.log", "--logappend", "--nounixsocket",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            "--setParameter", f"oplogNetworkTimeoutBufferSeconds={SILENT_SOURCE_SECONDS}",
            "--setParameter", "oplogFetcherSteadyStateMaxFetcherRestarts=0",
        ]  # fmt: skip
        self._child = Child([*_LAUNCHER, *command], self._directory / "mongod.out")

    def kill(self) -> None:
        """As if its power was cut."""
        self._signal(signal.SIGKILL)
        self.wait_ended()

    def freeze(self) -> None:
        """As if its machine stood still."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """Let each write fail that needs more room, from a few on."""
        room = (self._directory / "mongod.log").stat().st_size + LEFT_BYTES
        _, most = resource.prlimit(self._child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._child.pid, resource.RLIMIT_FSIZE, (room, most))

    def start_anew(self) -> None:
        """Start it on a disk with room; if it has not ended yet it is ended first."""
        if not self.has_ended:
            self.kill()
        self.start()

    @property
    def has_ended(self) -> bool:
        return self._child.exit_code is not None

    def wait_ended(self) -> None:
        """Return when it has ended."""
        assert self._child.wait(SLOWEST_START) is not None, f"mongod {self.address} does not end"

    def stop(self) -> None:
        """Let it end, whatever state it is in; its data are not needed any more."""
        self.client.close()  # while there is one to say goodbye to
        if not self.has_ended:
            self.kill()

    def _signal(self, sign: signal.Signals) -> None:
        os.kill(self._child.pid, sign)

    def checkpoint(self) -> bool:
        """Make a checkpoint, or be told that there can be none yet.

        MongoDB makes its first a minute after a start. Until then a member that has to roll back
        can't, and ends itself; one that is killed in each of its first minutes rolls back to older
        and older moments, in the middle of which MongoDB 6.0.5 stood still for good.
        """
        try:
            self.client.admin.command("fsync")
        except PyMongoError:
            return False
        return True

    def hello(self) -> dict[str, Any]:
        """What it says of itself; empty if it says nothing."""
        try:
            return self.client.admin.command("hello")
        except PyMongoError:
            return {}

    def serves(self) -> bool:
        """Whether it takes writes, or follows who does."""
        said = self.hello()
        return bool(said.get("isWritablePrimary") or said.get("secondary"))


class ReplicaSet:
    """Three members; a context manager that starts and ends them.

    ``elections`` has the moments at which a member was first seen to take writes as a new primary.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.members: Sequence[Member] = [Member(directory / str(n)) for n in range(SIZE)]
        self.elections: list[float] = []
        self._known: set[object] = set()
        self._over = threading.Event()

    @property
    def uri(self) -> str:
        """Where the whole set is."""
        addresses = ",".join(member.address for member in self.members)
        return f"mongodb://{addresses}/?replicaSet={NAME}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        for member in self.members:
            member.start()
        config = {
            "_id": NAME,
            "members": [{"_id": n, "host": each.address} for n, each in enumerate(self.members)],
            "settings": SETTINGS,
        }
        _until("all members answer", lambda: all(member.hello() for member in self.members))
        self.members[0].client.admin.command("replSetInitiate", config)
        for member in self.members:
            threading.Thread(target=self._watch, args=(member,), daemon=True).start()
        self.wait_whole()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for member in self.members:
            member.stop()

    def wait_majority_ended(self) -> None:
        """Return when so many members have ended that there can be no primary."""
        _until(
            "a majority has ended",
            lambda: sum(member.has_ended for member in self.members) > SIZE // 2,
        )

    def primary(self) -> Member:
        """The member that takes writes, as soon as there is one."""
        found: list[Member] = []

        def look() -> bool:
            found[:] = [each for each in self.members if each.hello().get("isWritablePrimary")]
            return len(found) == 1

        _until("there is one primary", look)
        return found[0]

    def secondaries(self) -> Sequence[Member]:
        """The other members."""
        primary = self.primary()
        return [member for member in self.members if member is not primary]

    def step_down(self) -> None:
        """Ask the primary to hand over."""
        primary = self.primary()
        command = {"replSetStepDown": 2, "secondaryCatchUpPeriodSecs": 1}
        try:
            primary.client.admin.command(command)
        except (OperationFailure, ConnectionFailure):  # it may close the connection over that
            _until("it has stepped down", lambda: not primary.hello().get("isWritablePrimary"))

    def wait_whole(self) -> Sequence[str]:
        """Return when there is a primary, all others follow it, and each has a checkpoint.

        A member that does not come back in time is killed and started again, as who operates the
        set would do. The addresses of those.
        """
        hung: list[Member] = []
        if not _becomes(self._is_whole, SLOWEST_RETURN):
            hung = [member for member in self.members if not member.serves()]
        for member in hung:
            member.start_anew()
        _until("the replica set is whole", self._is_whole)
        for member in self.members:
            _until("there is a checkpoint", member.checkpoint)
        return [member.address for member in hung]

    def _is_whole(self) -> bool:
        try:
            status = self.primary().client.admin.command("replSetGetStatus")
        except PyMongoError:
            return False
        states = sorted(member["stateStr"] for member in status["members"])
        return states == ["PRIMARY"] + ["SECONDARY"] * (SIZE - 1)

    def _watch(self, member: Member) -> None:
        while not self._over.wait(LOOK_SECONDS):
            said = member.hello()
            if said.get("isWritablePrimary") and said["electionId"] not in self._known:
                self._known.add(said["electionId"])
                self.elections.append(time.monotonic())


def _becomes(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it is so within that time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _until(what: str, is_so: Callable[[], bool]) -> None:
    assert _becomes(is_so, SLOWEST_START), f"not so after {SLOWEST_START:.0f} s: {what}"
