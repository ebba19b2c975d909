# SPDX-License-Identifier: Apache-2.0
"""Upstream Zaqar from PyPI, running beside this project: an oracle for the kit, a peer for the
benchmark. The environment that imports this has it installed."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

VERSION = "23.0.1"

_CONFIGURATION = """\
[DEFAULT]
admin_mode = {pooled}
pooling = {pooled}
unreliable = True
auth_strategy =
[drivers]
transport = {transport}
message_store = mongodb
management_store = mongodb
[drivers:management_store:mongodb]
uri = {uri}
database = upstream_management
[drivers:message_store:mongodb]
uri = {uri}
database = upstream_messages
[drivers:transport:websocket]
bind = 127.0.0.1
port = {port}
[signed_url]
secret_key = of no importance
"""

_APPLICATION = """\
from oslo_config import cfg
from oslo_log import log
from zaqar import bootstrap
conf = cfg.CONF
log.register_options(conf)
conf(project="zaqar", args=["--config-file", {file!r}])
log.setup(conf, "zaqar")
application = bootstrap.Bootstrap(conf).transport.app
"""


def direct(mongodb_uri: str) -> str:
    """The URI as upstream can use it: on current pymongo it can't with replicaSet= (D-79)."""
    return mongodb_uri.partition("/?")[0] + "/?directConnection=true"


@contextmanager
def upstream(directory: Path, mongodb_uri: str, *, pooled: bool = False) -> Iterator[str]:
    """Upstream's REST server behind gunicorn, with 2 workers of 8 threads, on that mongod; its
    URL. With ``pooled`` it has pools, and administrators."""
    port = _free_port()
    file = _configured(directory, "wsgi", mongodb_uri, port, pooled=pooled)
    (directory / "upstream_app.py").write_text(_APPLICATION.format(file=str(file)))
    command = [
        str(Path(sys.executable).parent / "gunicorn"), "--no-control-socket", "-w", "2",
        "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}", "upstream_app:application",
    ]  # fmt: skip
    with _running(directory, command):
        _wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


@contextmanager
def upstream_websocket(directory: Path, mongodb_uri: str) -> Iterator[str]:
    """Upstream's WebSocket server, one process as it knows no other way; its URL."""
    port = _free_port()
    file = _configured(directory, "websocket", mongodb_uri, port, pooled=False)
    # its command has the name of ours, which is in this environment too
    server = "from zaqar.cmd.server import run; run()"
    with _running(directory, [sys.executable, "-c", server, "--config-file", str(file)]):
        _wait_for(f"http://127.0.0.1:{port}/")
        yield f"ws://127.0.0.1:{port}/"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _configured(directory: Path, transport: str, uri: str, port: int, *, pooled: bool) -> Path:
    file = directory / f"zaqar-{transport}.conf"
    file.write_text(
        _CONFIGURATION.format(transport=transport, uri=direct(uri), port=port, pooled=pooled)
    )
    return file


@contextmanager
def _running(directory: Path, command: list[str]) -> Iterator[None]:
    """A command, for as long as it is needed."""
    process = subprocess.Popen(
        command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).status_code in (200, 300):
                return
        except requests.RequestException:  # it boots
            time.sleep(0.2)
    raise SystemExit("upstream did not start")
