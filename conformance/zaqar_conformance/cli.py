# SPDX-License-Identifier: Apache-2.0
"""The command line: parse, settle, run, render. Only this module prints and exits.

Results go to stdout, progress and advice to stderr. A flag wins over the environment (OS_TOKEN,
NO_COLOR), the environment over the default; nothing else in the kit reads the environment.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from random import SystemRandom
from typing import IO, Final

from zaqar_conformance import errors, generate, invent, known, render, report, specdoc
from zaqar_conformance.case import registry
from zaqar_conformance.render import Judgement, Style
from zaqar_conformance.report import CaseLine
from zaqar_conformance.run import Selection, Session, select
from zaqar_conformance.run.options import parser
from zaqar_conformance.run.selection import unknown_id
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Conclusion, Outcome
from zaqar_conformance.websocket.actions import Actions

#: Every MUST case of the chosen profiles passed.
EXIT_CONFORMS: Final = 0
#: At least one MUST case did not pass.
EXIT_FAILED: Final = 1
#: The command line, a file or the selection makes no sense, or nothing ran. Also argparse's code.
EXIT_USAGE: Final = 2
#: Nothing answers at the URL.
EXIT_UNREACHABLE: Final = 3
#: The kit itself broke: this says nothing about the target.
EXIT_KIT_BROKE: Final = 4
#: Stopped by Ctrl-C: 128 + SIGINT, as in shells.
EXIT_INTERRUPTED: Final = 130
#: The reader of stdout went away: 128 + SIGPIPE. Not 0, as nobody has seen the result.
EXIT_PIPE: Final = 141

_EXITS: Final = {
    Conclusion.CONFORMS: EXIT_CONFORMS,
    Conclusion.DOES_NOT_CONFORM: EXIT_FAILED,
    Conclusion.NOTHING_RAN: EXIT_USAGE,
    Conclusion.KIT_BROKE: EXIT_KIT_BROKE,
}

_WIDEST: Final = 110


# -- the commands


def _run(options: argparse.Namespace) -> int:
    spec = specdoc.load(options.spec)
    failures = known.read(options.known) if options.known else known.Known()
    session = Session(
        spec=spec,
        target=_target(options),
        selection=_selection(spec, options),
        profiles=tuple(dict.fromkeys(options.profile or spec.profiles)),
        settings=generate.Settings(
            examples=options.generated,
            seed=SystemRandom().getrandbits(32) if options.seed is None else options.seed,
            pinned_project=options.project is not None,
        ),
        asked=tuple(options.ids),
    )
    progress = _Progress(len(session.selection))
    with ExitStack() as stack:

        def open_report() -> IO[str]:
            return stack.enter_context(_opened(options.report)) if options.report else StringIO()

        stack.callback(progress.clear)
        result = session.run(open_report, progress.tell, progress.found)
    for id in failures.unknown_ids({case.id for case in result.cases}):
        _advise(f"{options.known} names {id}, which is no case of this run")
    return _concluded(Judgement.of(result, failures), options)


def _list(options: argparse.Namespace) -> int:
    spec = specdoc.load(options.spec)
    selection = _selection(spec, options)
    lines = selection.lines(spec.requirements)
    width = max(len(line.id) for line in lines)
    in_order = list(spec.profiles)
    widest = max(map(len, in_order))
    for line in sorted(lines, key=lambda line: in_order.index(line.profile)):
        print(f"{line.id:<{width}}  {line.level:<6}  {line.profile:<{widest}}  {line.sentence}")
    return EXIT_CONFORMS


def _show(options: argparse.Namespace) -> int:
    spec = specdoc.load(options.spec)
    everything = select(
        spec,
        registry().values(),
        generate.plan(spec.document, spec.profiles),
        invented=invent.plan(Actions(spec.websocket)),
    )
    lines = everything.lines(spec.requirements)
    proving = [line for line in lines if options.id in (line.id, line.requirement)]
    wanted = proving[0].requirement if proving else options.id
    if wanted not in spec.requirements and not proving:
        raise unknown_id(options.id, [*spec.requirements, *(line.id for line in lines)])
    print(render.description(wanted, spec.requirements.get(wanted), proving))
    return EXIT_CONFORMS


def _judge(options: argparse.Namespace) -> int:
    failures = known.read(options.known) if options.known else known.Known()
    try:
        with options.report.open(encoding="utf-8") as lines:
            stored = report.read(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise errors.ReportError(f"cannot read the report: {error}") from error
    return _concluded(Judgement.of(stored, failures), options)


def _concluded(judgement: Judgement, options: argparse.Namespace) -> int:
    print(render.summary(judgement, _style()), end="")
    if options.junit:
        with _opened(options.junit) as stream:
            stream.write(render.junit(judgement))
    return _EXITS[judgement.conclusion]


# -- settling


def _target(options: argparse.Namespace) -> Target:
    headers = dict(_header(text) for text in options.header)
    if token := options.token or os.environ.get("OS_TOKEN"):
        headers["X-Auth-Token"] = token
    own = {"client_id": options.client_id} if options.client_id else {}
    return Target(
        url=options.url.rstrip("/"),
        websocket_url=_websocket(options.websocket_url),
        headers=headers,
        timeout=options.timeout,
        verify=not options.insecure,
        pool_uris=tuple(options.pool_uri),
        project=options.project or f"conformance-{secrets.token_hex(4)}",
        **own,
    )


def _websocket(url: str) -> str:
    if url and not url.startswith(("ws://", "wss://")):
        raise errors.UsageError(f"{url} is no WebSocket", "write ws://HOST:PORT/ or wss://")
    return url


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise errors.UsageError(f"{text!r} is no header", "write --header 'NAME: VALUE'")
    return name.strip(), value.strip()


def _selection(spec: specdoc.SpecDoc, options: argparse.Namespace) -> Selection:
    written = registry().values()
    if options.no_generated:
        return select(spec, written, [], options.profile, options.ids)
    planned = generate.plan(spec.document, spec.profiles)
    invented = invent.plan(Actions(spec.websocket))
    return select(spec, written, planned, options.profile, options.ids, invented)


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise errors.UsageError(f"cannot write {path}: {error.strerror}") from error


# -- the terminal


class _Progress:
    """One line on stderr that tells how far the run is; nothing where nobody looks."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._wrong = 0
        self._shown = sys.stderr.isatty()

    def found(self, line: CaseLine) -> None:
        """A case is done."""
        self._done += 1
        self._wrong += line.outcome is Outcome.MISMATCH
        self.tell(line.id)

    def tell(self, text: str) -> None:
        """Something else goes on."""
        line = f"{self._done} of {self._total}, {self._wrong} mismatches: {text}"
        self._write(line[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Leave the line free for the results."""
        self._write("")

    def _write(self, text: str) -> None:
        if self._shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _style() -> Style:
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return Style(colour, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns))


def _advise(text: str) -> None:
    print(f"zaqar-conformance: {text}", file=sys.stderr)


_COMMANDS: Final = {"run": _run, "list": _list, "show": _show, "judge": _judge}


def main(
    arguments: Sequence[str] | None = None,
    commands: Mapping[str, Callable[[argparse.Namespace], int]] = _COMMANDS,
) -> int:
    """Do what the arguments ask for; the exit code."""
    options = parser().parse_args(arguments)
    try:
        return commands[options.command](options)
    except errors.UsageError as error:
        _advise(str(error))
        return EXIT_USAGE
    except errors.TargetUnreachable as error:
        _advise(str(error))
        return EXIT_UNREACHABLE
    except KeyboardInterrupt:
        _advise("interrupted; a report without a footer cannot be judged")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout, such as head, has seen enough. Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except Exception as error:
        # Whatever it is, it is the kit's fault and must not look like a finding.
        traceback.print_exc()
        _advise(f"the kit broke ({type(error).__name__}); please report this")
        return EXIT_KIT_BROKE


def run_and_exit() -> None:
    """The entry point of the command."""
    sys.exit(main())
