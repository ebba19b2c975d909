# SPDX-License-Identifier: Apache-2.0
"""Processes killed outright under load: what was acknowledged is there afterwards."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from zaqar_impl.tests.acceptance.history import reading_violations
from zaqar_impl.tests.acceptance.running import RunningServer, serves
from zaqar_impl.tests.acceptance.traffic import Load

EXIT_STORAGE = 3

#: Seconds in which a new worker does nothing at all; uvicorn gives it 5.
SLOW_START = 8


@pytest.mark.long
def test_nothing_acknowledged_is_lost_when_a_worker_and_mongod_are_killed(tmp_path: Path) -> None:
    """kill -9 of a worker, then of mongod, then a restart on the same data, all under load."""
    server = RunningServer(tmp_path / "db", "--workers", "2").wait_ready()
    load = Load(server.port)
    load.consume(*(load.reader("kill", number) for number in range(4)))
    load.produce(*(load.producer("kill", number, batch=1 + number % 3) for number in range(16)))

    time.sleep(3)
    server.workers()[0].kill()
    time.sleep(3)
    server.mongod().kill()
    assert server.wait() == EXIT_STORAGE
    again = RunningServer(tmp_path / "db", "--workers", "2", port=load.port).wait_ready()
    time.sleep(3)
    load.finish()
    assert again.stop() == 0

    assert set(load.statuses) <= {0, 200, 201, 503}
    assert sum(post.acknowledged for post in load.posts) > 100
    assert reading_violations(load.posts, load.seen) == []


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """The service has its two workers again, and serves meanwhile; also when the new one is slow to
    start, as on a busy machine."""
    server = RunningServer(tmp_path / "db", "--workers", "2").wait_ready()
    victim, survivor = server.workers()

    victim.kill()
    new = successor(server, victim, survivor)
    new.suspend()
    time.sleep(SLOW_START)
    new.resume()
    until(lambda: serves(new))

    assert {worker.pid for worker in server.workers()} == {new.pid, survivor.pid}
    assert server.stop() == 0


def successor(
    server: RunningServer, victim: psutil.Process, survivor: psutil.Process
) -> psutil.Process:
    """The worker in the place of the victim, as soon as there is one."""
    found: list[psutil.Process] = []

    def look() -> bool:
        found[:] = [each for each in server.workers() if each not in (victim, survivor)]
        return len(found) == 1

    until(look)
    return found[0]


def until(is_so: Callable[[], bool]) -> None:
    """Return when it is so."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_is_left_behind_when_the_server_itself_is_killed(tmp_path: Path) -> None:
    """Workers and mongod end with the process that started them."""
    server = RunningServer(tmp_path / "db", "--workers", "2").wait_ready()
    family = psutil.Process(server.process.pid).children(recursive=True)

    server.process.kill()
    server.wait()
    _, alive = psutil.wait_procs(family, timeout=30)

    assert alive == []
