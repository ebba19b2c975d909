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
transport = wsgi
message_store = mongodb
management_store = mongodb
[drivers:management_store:mongodb]
uri = {uri}
database = upstream_management
[drivers:message_store:mongodb]
uri = {uri}
database = upstream_messages
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
    file = directory / "zaqar.conf"
    file.write_text(_CONFIGURATION.format(uri=direct(mongodb_uri), pooled=pooled))
    (directory / "upstream_app.py").write_text(_APPLICATION.format(file=str(file)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"), "--no-control-socket", "-w", "2",
            "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}",
            "upstream_app:application",
        ],
        cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).status_code == 300:
                return
        except requests.RequestException:  # it boots
            time.sleep(0.2)
    raise SystemExit("upstream did not start")
