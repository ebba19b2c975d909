# SPDX-License-Identifier: Apache-2.0
"""A whole run: ask the target for its limits, run what was selected, write the report.

The written cases and the generated ones share a run: the requests are generated while the written
cases wait for something to expire. This module knows no command line and no verdict.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO

from zaqar_conformance import __version__, generate, invent, limits
from zaqar_conformance.exchange import REDACTED, redacted
from zaqar_conformance.limits import Found
from zaqar_conformance.report import CaseLine, Header, Report, Writer
from zaqar_conformance.run.selection import Selection
from zaqar_conformance.run.written import Runner
from zaqar_conformance.specdoc import SpecDoc
from zaqar_conformance.target import Target
from zaqar_conformance.websocket.actions import Actions
from zaqar_conformance.websocket.connection import reach

_PASSWORD = re.compile(r"(?<=//)[^/@]*@")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Session:
    """Everything a run needs to be told."""

    spec: SpecDoc
    target: Target
    selection: Selection
    profiles: tuple[str, ...]
    settings: generate.Settings
    #: What was asked for on the command line, for the report.
    asked: tuple[str, ...] = ()

    def run(
        self, open_report: Callable[[], IO[str]], tell: Tell, found: Callable[[CaseLine], None]
    ) -> Report:
        """Run everything. The report is opened only once the target has answered."""
        tell(f"asking {self.target.url} for its limits")
        stated = limits.find(self.target, self.spec.document)
        reach(self.target)
        started = time.monotonic()
        header = self.header(stated)
        writer = Writer(open_report(), header)
        lines: list[CaseLine] = []
        # Closed at once when the user interrupts, so that no waiting thread holds the process back.
        with closing(self._lines(stated, tell)) as running:
            for line in running:
                writer.case(line)
                lines.append(line)
                found(line)
        footer = writer.finish(round(time.monotonic() - started, 3), _now())
        return Report(header, tuple(lines), footer)

    def header(self, stated: Found) -> Header:
        """What the report says about the run as a whole."""
        return Header(
            kit=__version__,
            spec_version=self.spec.version,
            spec_digest=self.spec.digest,
            target=_PASSWORD.sub(f"{REDACTED}@", self.target.url),
            profiles={name: self.spec.profiles[name] for name in self.profiles},
            settings={
                "ids": list(self.asked),
                "generated": self.settings.examples if self._invents else 0,
                "websocket": _PASSWORD.sub(f"{REDACTED}@", self.target.websocket_url),
                "project": self.target.project,
                "client_id": self.target.client_id,
                "headers": redacted(self.target.headers),
                "timeout": self.target.timeout,
                "verify": self.target.verify,
                "limits": asdict(stated.limits),
                "limits_from": stated.origin,
            },
            seed=self.settings.seed,
            started=_now(),
        )

    @property
    def _invents(self) -> bool:
        return bool(self.selection.generated or self.selection.invented)

    def _lines(self, stated: Found, tell: Tell) -> Generator[CaseLine]:
        document = limits.applied(self.spec.document, stated.limits)
        planned = self.selection.generated
        actions = Actions(limits.applied(self.spec.websocket, stated.limits))
        runner = Runner(self.target, stated.limits, self.spec.requirements, tell, actions)

        def invented(target: Target) -> Iterator[CaseLine]:
            yield from generate.lines(planned, document, target, self.settings, tell)
            chosen = self.selection.invented
            yield from invent.lines(chosen, actions, target, self.settings, tell)

        if self.settings.pinned_project or self.target.has_token:
            # One project for all: walks along the links would find the queues of waiting cases.
            yield from runner.run(self.selection.written)
            yield from invented(self.target)
        else:
            apart = replace(self.target, project=f"{self.target.project}-generated")
            yield from runner.run(self.selection.written, meanwhile=partial(invented, apart))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
