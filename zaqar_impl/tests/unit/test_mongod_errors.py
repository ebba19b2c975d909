# SPDX-License-Identifier: Apache-2.0
"""What the embedded MongoDB says when it cannot start."""

import json
import shutil
from pathlib import Path

import pytest

from zaqar_impl.mongod import (
    DirectoryInUse,
    DirectoryUnusable,
    EmbeddedMongod,
    MongodFailed,
    MongodMissing,
    find_mongod,
)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_missing_mongod_is_told_with_all_ways_out(tmp_path: Path) -> None:
    """Neither the wheel nor the PATH has one: install one of them, or name a server."""
    with pytest.raises(MongodMissing) as told:
        find_mongod(wheel="no_such_package.db", path=str(tmp_path))

    for way in ("[embedded]", "PATH", "--mongodb-uri"):
        assert way in str(told.value)


def test_mongod_of_the_wheel_comes_first(tmp_path: Path) -> None:
    """One that happens to be on the PATH is for machines without the wheel."""
    on_path = script(tmp_path / "mongod", "exit 1")

    assert find_mongod(path=str(tmp_path)) != on_path
    assert find_mongod(wheel="no_such_package.db", path=str(tmp_path)) == on_path


@pytest.mark.parametrize("place", ["/proc/zaqar", "/dev/null", "/dev/null/data"])
def test_directory_that_cannot_be_written_is_told(place: str) -> None:
    """Nobody can make these, root neither."""
    with pytest.raises(DirectoryUnusable, match=place):
        EmbeddedMongod(place).start()


def test_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written into it."""
    (tmp_path / "letter.txt").write_text("dear reader")

    with pytest.raises(DirectoryUnusable, match="something else"):
        EmbeddedMongod(tmp_path).start()
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_disk_without_room_is_told(tmp_path: Path) -> None:
    """Before mongod could die of it."""
    free = shutil.disk_usage(tmp_path).free

    with pytest.raises(DirectoryUnusable, match="MB free"):
        EmbeddedMongod(tmp_path / "data", min_free_bytes=free * 2).start()


def test_directory_in_use_is_told(tmp_path: Path) -> None:
    """With the process that lives in it, which is not disturbed."""
    with EmbeddedMongod(tmp_path / "data") as running:
        with pytest.raises(DirectoryInUse, match=str(running.pid)):
            EmbeddedMongod(tmp_path / "data").start()
        assert running.trouble() is None


def test_data_of_another_replica_set_are_left_alone(tmp_path: Path) -> None:
    """They are somebody else's, though they are MongoDB's."""
    with EmbeddedMongod(tmp_path / "data", replica_set="others"):
        pass

    with pytest.raises(DirectoryUnusable, match="replica set others"):
        EmbeddedMongod(tmp_path / "data").start()


def test_damaged_data_are_told(tmp_path: Path) -> None:
    """In mongod's own words."""
    with EmbeddedMongod(tmp_path / "data"):
        pass
    (tmp_path / "data" / "WiredTiger.wt").write_bytes(b"not a table")

    with pytest.raises(MongodFailed, match=r"File WiredTiger\.wt is smaller"):
        EmbeddedMongod(tmp_path / "data").start()


def test_what_mongod_prints_before_it_has_a_log_is_told(tmp_path: Path) -> None:
    """Such as a library that is missing."""
    binary = script(
        tmp_path / "bin" / "mongod", "echo cannot open shared object file >&2; exit 127"
    )

    with pytest.raises(MongodFailed, match="cannot open shared object file"):
        EmbeddedMongod(tmp_path / "data", binary=binary).start()


def test_binary_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(MongodFailed, match="nowhere/mongod: No such file"):
        EmbeddedMongod(tmp_path / "data", binary=Path("/nowhere/mongod")).start()


def test_silent_death_is_told_by_its_exit_code(tmp_path: Path) -> None:
    """There is always a reason given, and where to look for more."""
    binary = script(tmp_path / "bin" / "mongod", "exit 14")

    with pytest.raises(MongodFailed, match=r"exit code 14 \(see .*mongod.log\)"):
        EmbeddedMongod(tmp_path / "data", binary=binary).start()


def test_port_that_was_taken_in_between_is_replaced(tmp_path: Path) -> None:
    """mongod says so by its exit code, and is started again with another port."""
    ports = tmp_path / "ports"
    binary = script(
        tmp_path / "bin" / "mongod",
        f'while [ "$1" != --port ]; do shift; done; echo "$2" >> {ports}; exit 48',
    )

    with pytest.raises(MongodFailed, match="no port"):
        EmbeddedMongod(tmp_path / "data", binary=binary).start()

    assert len(set(ports.read_text().split())) > 1


def test_fatal_entries_of_the_log_are_told_after_a_start(tmp_path: Path) -> None:
    """An error of its storage tells more; errors about requests are not what it died of."""
    entries = [
        {"s": "E", "c": "WT", "msg": "storage", "attr": {"message": {"msg": "No space left"}}},
        {"s": "E", "c": "COMMAND", "msg": "bad request", "attr": {"error": "BadValue"}},
        {"s": "F", "c": "ASSERT", "msg": "Fatal assertion"},
    ]
    with EmbeddedMongod(tmp_path / "data") as mongod:
        pass
    with (tmp_path / "data" / "mongod.log").open("a") as log:
        log.writelines(json.dumps(entry) + "\n" for entry in entries)

    assert "storage: No space left" in str(mongod.trouble())
