# SPDX-License-Identifier: Apache-2.0
"""The WebSocket server as it runs, over the memory driver, with every reply checked against the
spec."""

import functools
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.config import list_options, load
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.websocket.clients import Client
from zaqar_impl.wiring import websocket_document

WEBSOCKET = "drivers:transport:websocket"


class Deployment:
    """A running server with some options, and what its document says."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        groups = {
            option.dest: group.name
            for group, listed in list_options()
            for option in listed
            if group.name == WEBSOCKET or not group.name.startswith("drivers")
        }
        lines = [f"[{groups[name]}]\n{name} = {value}\n" for name, value in options.items()]
        stores = "".join(f"{name}_store = memory\n" for name in ("message", "management"))
        file = folder / "zaqar.conf"
        file.write_text(f"[drivers]\n{stores}" + "".join(lines))
        self.document = websocket_document(load([file], {}))
        self.server = RunningServer(
            None, "--config-file", str(file), "--websocket-workers", "1", role="websocket"
        )

    def connect(self, **more: Any) -> Client:
        """A connection to it, in a project of its own."""
        return Client(self.server.websocket_url, self.document, uuid.uuid4().hex, **more)


Deploy = Callable[..., Deployment]


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    """Gives the deployment with these options; each is started once."""
    running: list[Deployment] = []

    @functools.cache
    def start(**options: Any) -> Deployment:
        running.append(Deployment(tmp_path_factory.mktemp("deployment"), options))
        running[-1].server.wait_ready()
        return running[-1]

    yield start
    for deployment in running:
        assert deployment.server.stop() == 0, deployment.server.text
        assert "Traceback" not in deployment.server.text


@pytest.fixture
def connect(deployments: Deploy) -> Iterator[Callable[..., Client]]:
    """Makes a connection to a deployment with these options; closed after the test."""
    clients: list[Client] = []

    def make(**options: Any) -> Client:
        clients.append(deployments(**options).connect())
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    """A connection to a deployment with the default options."""
    return connect()
