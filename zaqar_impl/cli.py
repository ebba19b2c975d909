# SPDX-License-Identifier: Apache-2.0
"""The command ``zaqar-server``: parse, settings, storage, run. Only this module prints and
exits."""

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zaqar_impl import logs, server, wiring
from zaqar_impl.config import (
    FLAGS,
    REST_GROUP,
    STORE_GROUP,
    WEBSOCKET_GROUP,
    Name,
    Settings,
    WrongConfiguration,
    load,
)
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.mongod import EmbeddedMongod, MongodError

LOG = logging.getLogger(__name__)

#: Stopped as asked, by a signal.
EXIT_OK = 0
#: The service failed in a way that is no one of those below.
EXIT_FAILED = 1
#: A flag or a configuration value is wrong.
EXIT_USAGE = 2
#: MongoDB can't be reached, can't be started, or the embedded one died.
EXIT_STORAGE = 3
#: The port is taken, or the address is not this machine's.
EXIT_PORT = 4

_EXAMPLES = """\
examples:
  zaqar-server                                          everything on this machine: REST on
                                                        127.0.0.1:8888, WebSocket on 127.0.0.1:9000
  zaqar-server --port 8080 --data-dir /var/lib/zaqar    another port, data elsewhere
  zaqar-server --mongodb-uri 'mongodb://db1,db2,db3/?replicaSet=rs0'
                                                        on a MongoDB replica set of yours
  zaqar-server --role websocket --mongodb-uri ...       nothing but the WebSocket
  zaqar-server --config-file /etc/zaqar/zaqar.conf      options from a file

exit status:
  0 stopped by a signal, 1 failed, 2 wrong option or configuration,
  3 no storage (MongoDB not found, not reachable, died), 4 port not available
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    parsed = _parser().parse_args(arguments)
    # Until the workers' supervisor takes over, both signals end the start the same way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = load(parsed.config_file, _overrides(parsed), parsed.config_dir)
        logs.configure(settings)
        for finding in settings.findings:
            LOG.warning("%s", finding)
        return _serve(settings)
    except WrongConfiguration as error:
        return _fail(EXIT_USAGE, error)
    except server.PortTaken as error:
        return _fail(EXIT_PORT, error)
    except MongodError as error:
        return _fail(EXIT_STORAGE, error)
    except StorageUnavailable as error:
        # pymongo goes on about its timeouts and topology
        cause = re.split(r" \(configured|, Timeout:|\n", str(error.__cause__ or error))[0]
        return _fail(EXIT_STORAGE, f"MongoDB does not answer under the given URI: {cause}")
    except KeyboardInterrupt:
        return EXIT_OK
    except server.WorkersFailed as error:
        return _fail(EXIT_FAILED, error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zaqar-server",
        description="Serve the Zaqar messaging API; with no options on an embedded MongoDB.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="zaqar.conf to read; repeatable",
    )
    parser.add_argument(
        "--config-dir",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="directory with *.conf files to read after those; repeatable",
    )
    for name, (metavar, text) in _VALUES.items():
        parser.add_argument(FLAGS[name], dest=str(name), metavar=metavar, help=text)
    for name, text in _SWITCHES.items():
        flag = FLAGS[name]
        spellings = [flag, *_OTHER_SPELLINGS.get(flag, [])]
        parser.add_argument(
            *spellings, dest=str(name), action="store_true", default=None, help=text
        )
        parser.add_argument(
            f"--no{flag[2:]}", dest=str(name), action="store_false", help=argparse.SUPPRESS
        )
    return parser


#: Flags with a value: what the value is, and what it does. The configuration checks the value.
_VALUES: Mapping[Name, tuple[str, str]] = {
    Name("drivers", "transport"): ("ROLE", "what to serve: rest, websocket, or all"),
    Name(REST_GROUP, "bind"): ("ADDRESS", "address of REST to listen on (127.0.0.1)"),
    Name(REST_GROUP, "port"): ("PORT", "port of REST (8888); 0 for a free one"),
    Name(REST_GROUP, "workers"): ("N", "worker processes of REST (one a core, at most 4)"),
    Name(WEBSOCKET_GROUP, "bind"): ("ADDRESS", "address of the WebSocket to listen on (127.0.0.1)"),
    Name(WEBSOCKET_GROUP, "port"): ("PORT", "port of the WebSocket (9000); 0 for a free one"),
    Name(WEBSOCKET_GROUP, "workers"): ("N", "worker processes of the WebSocket (one a core)"),
    Name(STORE_GROUP, "uri"): ("URI", "MongoDB to use instead of an embedded one"),
    Name(STORE_GROUP, "database"): ("NAME", "name of the database in MongoDB (zaqar)"),
    Name("embedded", "data_dir"): ("DIR", "where the embedded MongoDB keeps its data"),
    Name(None, "log_file"): ("FILE", "log there instead of to stderr"),
    Name(None, "log_dir"): ("DIR", "directory of the log file"),
    Name(None, "log_config_append"): ("FILE", "set up the logging as this file says"),
}

#: Flags without a value; each has a form with "no" before it, which turns off what a file turns on.
_SWITCHES: Mapping[Name, str] = {
    Name(None, "admin_mode"): "serve the operations of administrators too",
    Name(None, "debug"): "log more, a line for each request among it",
    Name(None, "use_syslog"): "log to the system's log as well",
    Name(None, "use_json"): "log JSON objects",
}

#: How upstream spells flags, where that is another way too.
_OTHER_SPELLINGS = {"--debug": ["-d"], "--admin-mode": ["--admin_mode"]}


def _overrides(parsed: argparse.Namespace) -> dict[tuple[str | None, str], Any]:
    given = {name: getattr(parsed, str(name)) for name in FLAGS}
    return {name: value for name, value in given.items() if value is not None}


def _serve(settings: Settings) -> int:
    wiring.filters(settings)  # so that what is wrong with them is told at once, and once
    with server.listen(settings) as bound, _mongodb(settings) as (uri, trouble):
        settings = dataclasses.replace(settings, mongodb_uri=uri)
        asyncio.run(_prepare(settings))
        reason = server.serve(
            settings, bound, announce=lambda: _announce(settings, bound), trouble=trouble
        )
    return _fail(EXIT_STORAGE, reason) if reason else EXIT_OK


@contextlib.contextmanager
def _mongodb(settings: Settings) -> Iterator[tuple[str | None, Callable[[], str | None]]]:
    """The URI of the MongoDB to use, an embedded one if none was given, and how to ask what is
    wrong with it."""
    if not settings.needs_mongodb:
        yield settings.mongodb_uri, lambda: None
        return
    _tell(f"Starting the embedded MongoDB on {settings.data_dir} ...")
    with EmbeddedMongod(settings.data_dir) as mongod:
        yield mongod.uri, mongod.trouble


async def _prepare(settings: Settings) -> None:
    """Connect once before anything is served, so that a wrong URI is told at once, and make the
    indexes."""
    storage = wiring.storage(settings)
    try:
        await storage.open()
    finally:
        await storage.close()


def _announce(settings: Settings, bound: server.Bound) -> None:
    if settings.auth_strategy == "":
        _tell("No authentication: whoever reaches the port can use any project.")
        if settings.admin_mode:
            _tell(
                "admin_mode without authentication: whoever reaches the port is an administrator."
            )
    lines = ["Zaqar is ready."]
    if bound.rest:
        url = _url("http", bound.rest)
        lines += [
            f"  REST API        {url}/v2/",
            f"  OpenAPI         {url}/openapi.json",
            f"  for people      {url}/docs/",
        ]
    if bound.websocket:
        lines += [
            f"  WebSocket API   {_url('ws', bound.websocket)}/",
            f"  AsyncAPI        {_url('http', bound.websocket)}/asyncapi.json",
        ]
    if bound.rest:
        lines += [
            "Try it:",
            f"  curl -i -H 'Client-ID: {_EXAMPLE_CLIENT}' -H 'X-Project-ID: demo' \\",
            f"    -H 'Content-Type: application/json' -d '{_EXAMPLE_POST}' \\",
            f"    {url}/v2/queues/greetings/messages",
        ]
    print(*lines, "Ctrl-C stops it.", sep="\n", flush=True)


def _url(scheme: str, bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


_EXAMPLE_CLIENT = "3381af92-2b9e-11e3-b191-71861300734c"
_EXAMPLE_POST = '{"messages": [{"body": "hello"}]}'


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _fail(status: int, reason: object) -> int:
    _tell(f"zaqar-server: {reason}")
    return status
