# SPDX-License-Identifier: Apache-2.0
"""One server for the tests that only talk to it; tests that kill things start their own."""

from collections.abc import Iterator

import pytest

from zaqar_impl.tests.acceptance.running import RunningServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with two workers on an embedded mongod."""
    running = RunningServer(tmp_path_factory.mktemp("data") / "db", "--workers", "2")
    try:
        yield running.wait_ready()
    finally:
        assert running.stop() == 0, running.text
