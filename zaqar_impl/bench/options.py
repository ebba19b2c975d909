# SPDX-License-Identifier: Apache-2.0
"""What can be asked for: upstream's options by their names, short names and defaults, from the
command line or from ``zaqar-benchmark.conf``, and the options of this version.

Authentication comes from the environment, as for other OpenStack commands.
"""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from oslo_config import cfg

from zaqar_impl.bench.scenarios import SCENARIOS
from zaqar_impl.bench.websocket import WEBSOCKET_SCENARIOS

#: What the configuration file is called, before ``.conf``.
PROGRAM = "zaqar-benchmark"

#: Where the messages are looked for that producers post, in the directories of the configuration.
MESSAGES_FILE = "zaqar-benchmark-messages.json"

#: The scenario that is no closed loop.
END_TO_END = "end-to-end"

#: Stands for all scenarios but ``end-to-end``.
ALL = "all"

#: Rounds of a comparison, and of anything else, unless more are asked for.
COMPARED_ROUNDS, PLAIN_ROUNDS = 5, 1

#: Queues of the roles, unless others are asked for.
ROLE_QUEUES = 4

#: Scenarios that a loop of bare inserts can be held against.
BASELINES = ("post-1", "post-1-to-64")


class WrongOptions(Exception):
    """An option breaks its rule; the text names it."""


@dataclass(frozen=True)
class Role:
    """How many processes a role has, and workers in each; no workers means that it is left out."""

    processes: int
    workers: int


@dataclass(frozen=True)
class Options:
    """All that was asked for; the names are those of the options."""

    roles: Mapping[str, Role]
    time: float
    server_url: str
    queue_prefix: str
    num_queues: int | None
    messages_per_claim: int
    messages_per_list: int
    messages_path: Path | None
    debug: bool
    skip_queue_reset: bool
    scenarios: Sequence[str]
    connections: int
    processes: int
    warm_up: float
    rounds: int
    rate: float
    preloaded: int | None
    compare: str | None
    baseline_mongodb: str | None
    self_check: bool
    json: Path | None
    auth_strategy: str


def _count(
    name: str, default: int | None, text: str, *, short: str | None = None, least: int = 1
) -> cfg.Opt:
    return cfg.IntOpt(name, short=short, default=default, min=least, help=text)


def _role_options() -> list[cfg.Opt]:
    found = []
    for role, letter, workers in (
        ("producer", "p", 10),
        ("consumer", "c", 0),
        ("observer", "o", 5),
    ):
        found += [
            _count(f"{role}_processes", 1, f"processes of {role}s", short=f"{letter}p"),
            _count(
                f"{role}_workers", workers, f"{role}s in each process; 0 for none",
                short=f"{letter}w", least=0,
            ),
        ]  # fmt: skip
    return found


_UPSTREAM = [
    *_role_options(),
    cfg.FloatOpt("time", short="t", default=5, help="seconds that a run takes"),
    cfg.StrOpt(
        "server_url", short="s", default="http://localhost:8888", help="URL of the deployment"
    ),
    cfg.StrOpt(
        "queue_prefix", short="q", default="ogre-test-queue", help="what names of queues begin with"
    ),
    _count(
        "num_queues", None, f"queues ({ROLE_QUEUES}; with a scenario what that says)", short="qno"
    ),
    _count("messages_per_claim", 5, "messages that a consumer claims at once", short="cno"),
    _count("messages_per_list", 5, "messages that an observer lists at once", short="lno"),
    cfg.StrOpt(
        "messages_path",
        short="m",
        help="JSON file of what producers post: an array of "
        '{"weight": 0..1, "doc": {"ttl": ..., "body": ...}} whose weights add up to 1',
    ),
    cfg.FloatOpt("api_version", short="api", default=2, help="version of the API; only 2"),
    cfg.BoolOpt("debug", default=True, help="a report for people; --nodebug: one line of JSON"),
    cfg.BoolOpt(
        "skip_queue_reset",
        default=False,
        help="neither delete the queues at the beginning nor those of scenarios at the end",
    ),
]

_OWN = [
    cfg.ListOpt(
        "scenario",
        default=[],
        help=f"instead of the roles, with commas between: {', '.join(SCENARIOS)}, {END_TO_END}; "
        f"or {ALL}, which is all of them but the last; over the WebSocket, with ws:// as URL: "
        f"{', '.join(WEBSOCKET_SCENARIOS)}",
    ),
    _count("connections", 16, "connections of a scenario, over all processes"),
    _count("processes", 1, "processes of the load generator in a scenario"),
    cfg.FloatOpt("warm-up", default=1, help="seconds before anything is counted"),
    _count(
        "rounds", None, f"rounds of each scenario ({COMPARED_ROUNDS} to compare, else "
        f"{PLAIN_ROUNDS})",
    ),
    cfg.FloatOpt("rate", default=100, help=f"messages a second of {END_TO_END}"),
    _count("preloaded", None, "messages in each queue of a scenario when it begins", least=0),
    cfg.StrOpt("compare", help="URL of a deployment to do the same work on, in turn"),
    cfg.StrOpt(
        "baseline-mongodb",
        secret=True,
        help="URI of a MongoDB to compare posts with a bare loop of inserts on",
    ),
    cfg.BoolOpt(
        "self-check",
        default=False,
        help="measure the load generator itself, on a server that answers from memory",
    ),
    cfg.StrOpt("json", help="file to write the report to, as JSON as well"),
]  # fmt: skip


def parse(arguments: Sequence[str]) -> Options:
    """The options of a command line, over those of the configuration files.

    Raises:
        WrongOptions: one breaks its rule, or two do not go together.
        SystemExit: help was asked for; or the command line makes no sense, which was told.
    """
    conf = cfg.ConfigOpts()
    conf.register_cli_opts([*_UPSTREAM, *_OWN])
    try:
        conf(
            [_spelt(argument) for argument in arguments],
            project="zaqar",
            prog="zaqar-bench",
            description="Put load on a deployment of the Zaqar API; report rates and latencies.",
            # zaqar.conf is the server's, though it may lie there too
            default_config_files=[
                file for file in cfg.find_config_files("zaqar", PROGRAM) if PROGRAM in file
            ],
            default_config_dirs=[],
        )
        options = _options_of(conf)
    except SystemExit as exit:
        # oslo.config has said what is wrong, and ends with another status than argparse does
        raise SystemExit(2 if exit.code else 0) from exit
    except (cfg.Error, ValueError) as error:
        raise WrongOptions(" ".join(str(error).split())) from error
    _check(options)
    return options


def _spelt(argument: str) -> str:
    """The option as it is registered: hyphens and underscores mean the same."""
    name, equals, value = argument.partition("=")
    known = {re.sub("[-_]", "-", option.name): option.name for option in [*_UPSTREAM, *_OWN]}
    plain = name.removeprefix("--")
    found = known.get(plain.replace("_", "-"), plain)
    return f"--{found}{equals}{value}" if name.startswith("--") else argument


def _options_of(conf: cfg.ConfigOpts) -> Options:
    if conf.api_version != 2:
        raise WrongOptions("api_version: only version 2 of the API can be measured")
    compared = conf.compare or conf.baseline_mongodb
    roles = {
        role: Role(conf[f"{role}_processes"], conf[f"{role}_workers"])
        for role in ("producer", "observer", "consumer")
    }
    scenarios = [
        name for given in conf.scenario for name in ([*SCENARIOS] if given == ALL else [given])
    ]
    if compared and not scenarios:
        scenarios = ["post-1"]
    if conf.self_check and not scenarios:
        scenarios = [*SCENARIOS]
    return Options(
        roles=roles,
        time=conf.time,
        server_url=conf.server_url,
        queue_prefix=conf.queue_prefix,
        num_queues=conf.num_queues,
        messages_per_claim=conf.messages_per_claim,
        messages_per_list=conf.messages_per_list,
        messages_path=_messages_path(conf),
        debug=conf.debug,
        skip_queue_reset=conf.skip_queue_reset,
        scenarios=scenarios,
        connections=conf.connections,
        processes=conf.processes,
        warm_up=conf.warm_up,
        rounds=conf.rounds or (COMPARED_ROUNDS if compared else PLAIN_ROUNDS),
        rate=conf.rate,
        preloaded=conf.preloaded,
        compare=conf.compare,
        baseline_mongodb=conf.baseline_mongodb,
        self_check=conf.self_check,
        json=Path(conf.json) if conf.json else None,
        auth_strategy=os.environ.get("OS_AUTH_STRATEGY", "noauth"),
    )


def _messages_path(conf: cfg.ConfigOpts) -> Path | None:
    if conf.messages_path:
        return Path(conf.messages_path)
    found = conf.find_file(MESSAGES_FILE)
    return Path(found) if found else None


def _check(options: Options) -> None:
    """Raise WrongOptions for what can't be done."""
    for name in ("server_url", "compare"):
        url = getattr(options, name)
        schemes = ("ws",) if over_websocket(options) else ("http", "https")
        if url is not None and (urlsplit(url).scheme not in schemes or not urlsplit(url).hostname):
            raise WrongOptions(f"{name}: {url} is not a URL with {' or '.join(schemes)}")
    for name, least in (("time", 0.0), ("rate", 0.0)):
        if not getattr(options, name) > least or not math.isfinite(getattr(options, name)):
            raise WrongOptions(f"{name}: has to be more than 0")
    if not 0 <= options.warm_up < math.inf:
        raise WrongOptions("warm-up: has to be 0 or more")
    for name in options.scenarios:
        if name not in (*SCENARIOS, END_TO_END, *WEBSOCKET_SCENARIOS):
            known = ", ".join([*SCENARIOS, END_TO_END, ALL, *WEBSOCKET_SCENARIOS])
            raise WrongOptions(f"scenario: there is none called {name}; there are {known}")
    _check_together(options)


def over_websocket(options: Options) -> bool:
    """Whether scenarios of the WebSocket are asked for."""
    return not WEBSOCKET_SCENARIOS.keys().isdisjoint(options.scenarios)


def _check_together(options: Options) -> None:
    if over_websocket(options) and not WEBSOCKET_SCENARIOS.keys() >= set(options.scenarios):
        raise WrongOptions("scenario: those of the WebSocket can't be had with others in one run")
    if over_websocket(options) and options.self_check:
        raise WrongOptions("self-check: does not go with scenarios of the WebSocket")
    asked = [
        name for name in ("compare", "baseline_mongodb", "self_check") if getattr(options, name)
    ]
    if len(asked) > 1:
        raise WrongOptions(f"{' and '.join(asked)} can't be had in one run")
    if options.baseline_mongodb and not set(options.scenarios) <= set(BASELINES):
        raise WrongOptions(f"baseline-mongodb: only goes with {' and '.join(BASELINES)}")
    if options.self_check and END_TO_END in options.scenarios:
        raise WrongOptions(f"self-check: does not go with {END_TO_END}")
    if not options.scenarios and not any(role.workers for role in options.roles.values()):
        raise WrongOptions("producer_workers, consumer_workers, observer_workers: all are 0")
    if options.auth_strategy not in ("noauth", "keystone"):
        raise WrongOptions("OS_AUTH_STRATEGY: has to be noauth or keystone")
