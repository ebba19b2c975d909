# SPDX-License-Identifier: Apache-2.0
"""The data directory: whether mongod can live in it, and what it wrote there before it died."""

import fcntl
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zaqar_impl.mongod.errors import DirectoryInUse, DirectoryUnusable

#: How long to wait for the mongod of a server that was killed a moment ago to leave, in seconds.
LEAVE_SECONDS = 5.0

#: mongod's log, and the one of the start before.
LOG = "mongod.log"
PREVIOUS_LOG = "mongod.log.previous"
#: What mongod prints while it has no log yet.
OUTPUT = "mongod.out"

# mongod's own; it is there before any data, and stays.
_LOCK = "mongod.lock"

# Severities and components in mongod's log.
_FATAL, _ERROR = "F", "E"
_STORAGE = ("WT", "STORAGE")


def prepare(directory: Path, min_free_bytes: int) -> None:
    """Make the directory if it is not there, and see that mongod can live in it.

    Raises:
        DirectoryUnusable: it cannot be made or written, is too full, or holds something else.
        DirectoryInUse: a mongod lives in it.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise DirectoryUnusable(
            f"The data directory {directory} cannot be used ({error.strerror}): "
            "name one that can be written."
        ) from error
    _check_content(directory)
    _check_room(directory, min_free_bytes)
    _wait_until_left(directory / _LOCK)
    if (directory / LOG).exists():
        (directory / LOG).replace(directory / PREVIOUS_LOG)
    (directory / LOG).touch()


def last_words(directory: Path, *, started: bool) -> str:
    """What mongod says it died of; empty if it says nothing.

    Before it has started that may be an error. Later, errors are about requests, and only what it
    calls fatal is about itself, or rather the error of its storage just before that.
    """
    error = storage_error = ""
    for entry in filter(None, map(_entry, _lines(directory / LOG))):
        if entry.get("s") == _FATAL:
            return storage_error or _text(entry)
        if entry.get("s") == _ERROR:
            error = _text(entry)
            storage_error = error if entry.get("c") in _STORAGE else storage_error
    printed = [line for line in _lines(directory / OUTPUT) if not _entry(line)]
    return ("" if started else error) or (printed[-1] if printed else "")


def _check_content(directory: Path) -> None:
    content = {entry.name for entry in directory.iterdir()} - {"lost+found"}
    if content and not content & {LOG, _LOCK}:
        raise DirectoryUnusable(
            f"The data directory {directory} holds something else than this service's data: "
            "name an empty or a new one."
        )


def _check_room(directory: Path, min_free_bytes: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < min_free_bytes:
        raise DirectoryUnusable(
            f"The disk of the data directory {directory} has {free >> 20} MB free, and "
            f"{min_free_bytes >> 20} MB are needed: make room, or name another directory."
        )


def _wait_until_left(lock: Path) -> None:
    """Return when no mongod holds the lock: one whose server was just killed needs a moment."""
    if not lock.exists():
        return
    deadline = time.monotonic() + LEAVE_SECONDS
    with lock.open("r+b") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise DirectoryInUse(
                        f"The data directory {lock.parent} is in use by mongod, process id "
                        f"{file.read().decode().strip()}: stop the server that runs it, or name "
                        "another directory."
                    ) from error
            time.sleep(0.1)


def _lines(file: Path) -> Iterator[str]:
    if file.exists():
        text = file.read_text(errors="replace")
        yield from (line.strip() for line in text.splitlines() if line.strip())


def _entry(line: str) -> dict[str, Any]:
    """A line of mongod's log, which is JSON; empty for any other line."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _text(entry: dict[str, Any]) -> str:
    attributes = entry.get("attr", {})
    cause = attributes.get("message", attributes.get("error", ""))
    detail = cause.get("msg", "") if isinstance(cause, dict) else cause
    return ": ".join(str(part).strip() for part in (entry["msg"], detail) if part)
