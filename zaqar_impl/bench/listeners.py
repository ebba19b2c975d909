# SPDX-License-Identifier: Apache-2.0
"""The memory of the processes that serve an address, where they are on this machine and Linux tells
of them."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

_LISTENING = "0A"


def memory_of(url: str) -> Mapping[int, int]:
    """Bytes that each process holds which listens on the port of the URL; empty where nothing is
    known of them."""
    sockets = set(_sockets(urlsplit(url).port or 9000))
    if not sockets:
        return {}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if sockets & set(_open(folder)) and (size := _resident(folder)):
            found[int(folder.name)] = size
    return found


def _sockets(port: int) -> Iterator[str]:
    """The sockets that listen on a port, as file descriptors name them."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def _open(folder: Path) -> Iterator[str]:
    try:
        for descriptor in os.scandir(folder / "fd"):
            yield os.readlink(descriptor.path)
    except OSError:
        return


def _resident(folder: Path) -> int:
    try:
        match = re.search(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0
