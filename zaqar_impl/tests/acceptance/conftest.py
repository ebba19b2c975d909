# SPDX-License-Identifier: Apache-2.0
"""One server for the tests that only talk to it; tests that kill things start their own."""

import secrets
from collections.abc import Iterator

import pytest

from zaqar_impl.tests.acceptance.running import RunningServer

#: Modules that take minutes, or start many servers. They come first, so that no process is left
#: alone with one of them in the end.
_LONG = ("test_kit.py", "test_faults.py", "test_kill.py", "test_pools.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with two workers of each transport on an embedded mongod, that shares queues and
    can encrypt."""
    folder = tmp_path_factory.mktemp("data")
    options = folder / "zaqar.conf"
    options.write_text(
        f"[signed_url]\nsecret_key = {secrets.token_hex()}\n"
        f"[transport]\nmessage_encryption_key = {secrets.token_urlsafe(32)}\n"
    )
    workers = ("--workers", "2", "--websocket-workers", "2")
    running = RunningServer(folder / "db", *workers, "--config-file", str(options), role="all")
    try:
        yield running.wait_ready()
    finally:
        assert running.stop() == 0, running.text
