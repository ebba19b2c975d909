# SPDX-License-Identifier: Apache-2.0
"""One real mongod for all contract tests, in a directory of its own."""

from collections.abc import Iterator

import pytest

from zaqar_impl.mongod import EmbeddedMongod


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongod]:
    """A replica set of one; every test uses a project, or a database, of its own.

    It can be told to fail, and sweeps expired data once a second.
    """
    parameters = ("enableTestCommands=1", "ttlMonitorSleepSecs=1")
    with EmbeddedMongod(tmp_path_factory.mktemp("mongod"), parameters=parameters) as running:
        yield running
