# SPDX-License-Identifier: Apache-2.0
"""The options of the command line, and the help that explains them.

This module builds the parser and checks single values. What the options lead to is `cli`'s.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zaqar_conformance import __version__

#: Invented requests for each operation: as many as the waits of the written cases leave time for.
_DEFAULT_EXAMPLES: Final = 20

_EPILOG: Final = """\
examples:
  zaqar-conformance run --url http://127.0.0.1:8888
      everything, about two minutes; some cases wait for messages to expire
  zaqar-conformance run --url http://127.0.0.1:8888 --profile core --report core.jsonl
      one profile, and a report to keep
  zaqar-conformance run --url http://127.0.0.1:8888 message-post queue-list.count-zero
      the cases whose ids begin so; what they need is then taken as met
  zaqar-conformance run --url http://127.0.0.1:8888 --generated 2000 --seed 1 generated.
      a long run of generated requests only
  OS_TOKEN=... zaqar-conformance run --url https://messaging.example.org
      a deployment with Keystone; the project is the token's
  zaqar-conformance run --url http://127.0.0.1:8887 --pool-uri URI --pool-uri URI
      pools and moves too, seven minutes; the URIs are of empty stores that the target can reach
  zaqar-conformance run --url http://127.0.0.1:8888 --websocket-url ws://127.0.0.1:9000/
      the WebSocket of the deployment too; without its URL that is left out
  zaqar-conformance judge core.jsonl --known known-failures.txt
      a stored report again, with no server

exit codes:
  0  every MUST case of the chosen profiles passed (known failures aside)
  1  a MUST case failed, was blocked, or could not be set up
  2  bad usage or configuration, or nothing ran
  3  nothing answers at the URL
  4  the kit itself broke
"""


def parser() -> argparse.ArgumentParser:
    """Every option of the command."""
    top = argparse.ArgumentParser(
        prog="zaqar-conformance",
        description="Verifies any deployment of the Zaqar v2 messaging API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_run, _add_list, _add_show, _add_judge):
        add(commands)
    return top


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="verify a deployment")
    target = run.add_argument_group("target")
    target.add_argument("--url", required=True, help="where the API is, without /v2")
    target.add_argument(
        "--websocket-url", default="", metavar="URL", help="where its WebSocket is: ws://HOST:PORT/"
    )
    target.add_argument("--project", help="the project to work in (default: a new name each run)")
    target.add_argument("--client-id", metavar="UUID", help="default: a new one each run")
    target.add_argument("--token", help="sent as X-Auth-Token (default: the variable OS_TOKEN)")
    target.add_argument(
        "--header", action="append", default=[], metavar="NAME: VALUE", help="sent with everything"
    )
    target.add_argument(
        "--pool-uri",
        action="append",
        default=[],
        metavar="URI",
        help="an empty store that the target can reach, for cases of pools; give two",
    )
    target.add_argument("--timeout", type=_positive(float), default=10.0, metavar="SECONDS")
    target.add_argument("--insecure", action="store_true", help="trust any certificate")
    cases = run.add_argument_group("cases")
    _add_selection(cases)
    cases.add_argument(
        "--generated",
        type=_positive(int),
        default=_DEFAULT_EXAMPLES,
        metavar="N",
        help="invented requests for each operation (default: %(default)s)",
    )
    cases.add_argument("--no-generated", action="store_true", help="only the written cases")
    cases.add_argument("--seed", type=int, metavar="N", help="of the invented requests")
    output = run.add_argument_group("output")
    output.add_argument("--report", type=Path, metavar="FILE", help="keep the run, as JSON lines")
    _add_output(output)


def _add_list(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = commands.add_parser("list", help="tell the cases, run nothing")
    _add_selection(listing)
    listing.add_argument("--no-generated", action="store_true", help="only the written cases")


def _add_show(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = commands.add_parser("show", help="tell all about one requirement or case")
    show.add_argument("id", metavar="ID")
    show.add_argument("--spec", type=Path, metavar="FOLDER", help="another specification")


def _add_judge(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    judge = commands.add_parser("judge", help="judge a stored report again, with no server")
    judge.add_argument("report", type=Path, metavar="REPORT")
    _add_output(judge)


def _add_selection(group: argparse._ActionsContainer) -> None:
    group.add_argument("ids", nargs="*", metavar="ID", help="ids, or how they begin")
    group.add_argument(
        "--profile", action="append", default=[], metavar="NAME", help="may be repeated"
    )
    group.add_argument("--spec", type=Path, metavar="FOLDER", help="another specification")


def _add_output(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--known", type=Path, metavar="FILE", help="known failures: an id and a reason a line"
    )
    group.add_argument("--junit", type=Path, metavar="FILE", help="the results for CI, as XML")


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is no number above 0")
        return number

    return convert
