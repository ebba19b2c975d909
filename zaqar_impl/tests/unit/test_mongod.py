# SPDX-License-Identifier: Apache-2.0
"""The embedded MongoDB: a real one is started, stopped and killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from zaqar_impl.mongod import EmbeddedMongod


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[EmbeddedMongod]:
    """On an empty directory; not started."""
    embedded = EmbeddedMongod(tmp_path / "data")
    yield embedded
    embedded.stop()


def write(mongod: EmbeddedMongod, number: int) -> None:
    """Write what is acknowledged by the majority of the set, which is its only member."""
    with MongoClient[Any](mongod.uri, w="majority") as client:
        client["test"]["numbers"].insert_one({"_id": number})


def written(mongod: EmbeddedMongod) -> list[int]:
    with MongoClient[Any](mongod.uri) as client:
        return [found["_id"] for found in client["test"]["numbers"].find(sort=["_id"])]


def test_it_takes_transactions_once_it_has_started(mongod: EmbeddedMongod) -> None:
    """It is a replica set with a primary, and there is nothing to wait for."""
    mongod.start()

    assert mongod.trouble() is None
    assert mongod.wait(0) is None
    with (
        MongoClient[Any](mongod.uri) as client,
        client.start_session() as session,
        session.start_transaction(),
    ):
        client["test"]["numbers"].insert_one({"_id": 1}, session=session)
    assert written(mongod) == [1]


def test_it_listens_on_this_machine_only(mongod: EmbeddedMongod) -> None:
    """It has no password, so nobody else may reach it."""
    mongod.start()

    with MongoClient[Any](mongod.uri) as client:
        net = client.admin.command("getCmdLineOpts")["parsed"]["net"]
    assert net["bindIp"] == "127.0.0.1"
    assert net["unixDomainSocket"] == {"enabled": False}


def test_data_survive_a_restart(mongod: EmbeddedMongod) -> None:
    """At another port, which is no trouble for the replica set."""
    mongod.start()
    write(mongod, 1)
    first = mongod.uri
    mongod.stop()

    mongod.start()
    write(mongod, 2)

    assert mongod.uri != first
    assert written(mongod) == [1, 2]


def test_acknowledged_data_survive_a_kill(mongod: EmbeddedMongod) -> None:
    """Whatever was acknowledged by the majority was in the journal."""
    mongod.start()
    for number in range(20):
        write(mongod, number)
    os.kill(mongod.pid, signal.SIGKILL)
    mongod.wait(10)

    mongod.start()

    assert written(mongod) == list(range(20))


def test_stopping_ends_it_in_order(mongod: EmbeddedMongod) -> None:
    """It ends with code 0; stopping again, or before a start, does nothing."""
    mongod.stop()
    mongod.start()
    mongod.stop()
    mongod.stop()

    assert mongod.wait(0) == 0


def test_its_death_is_noticed_and_told(mongod: EmbeddedMongod) -> None:
    """Within a moment, with what it died of and where its log is."""
    mongod.start()

    os.kill(mongod.pid, signal.SIGKILL)

    assert mongod.wait(5) == -signal.SIGKILL
    trouble = mongod.trouble()
    assert trouble is not None
    assert "killed by signal 9" in trouble
    assert str(mongod.directory / "mongod.log") in trouble


def test_with_statement_stops_it(tmp_path: Path) -> None:
    """Also when what is inside fails."""
    with pytest.raises(LookupError), EmbeddedMongod(tmp_path / "data") as mongod:
        raise LookupError

    assert mongod.wait(0) == 0


def test_it_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    """``kill -9`` gives the server no time to stop it; the kernel does it."""
    script = (
        "import sys, time; from zaqar_impl.mongod import EmbeddedMongod\n"
        "mongod = EmbeddedMongod(sys.argv[1]); mongod.start()\n"
        "print(mongod.pid, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "data")], stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    pid = int(server.stdout.readline())

    server.kill()
    server.communicate()

    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_server_started_right_after_a_kill_gets_the_data(tmp_path: Path) -> None:
    """It waits until the mongod of the killed one has left the directory."""
    first = EmbeddedMongod(tmp_path / "data")
    first.start()
    write(first, 1)
    os.kill(first.pid, signal.SIGTERM)

    with EmbeddedMongod(tmp_path / "data") as second:
        assert written(second) == [1]
    assert first.wait(0) == 0


def is_running(pid: int) -> bool:
    """Whether the process is there, and not just waiting to be reaped."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
