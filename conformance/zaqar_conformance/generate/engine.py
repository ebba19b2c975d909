# SPDX-License-Identifier: Apache-2.0
"""Drives schemathesis: bundled document in, lines of the report out.

schemathesis invents requests (boundary values, broken values, walks along the links) and looks at
the answers; this module sets it up, tells it what the API's own rules leave open, and sums up what
it finds under the fixed ids of `checks`. Only this module and `referee` know schemathesis.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import requests
import schemathesis
from hypothesis.configuration import set_hypothesis_home_dir
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.errors import ServerUnavailable
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import TestPhase

from zaqar_conformance.errors import KitBroken
from zaqar_conformance.generate import checks, referee
from zaqar_conformance.generate.checks import Planned
from zaqar_conformance.generate.finding import Sight, one_line
from zaqar_conformance.generate.operations import Operation, operations, with_one_caller
from zaqar_conformance.generate.reading import Request, takes_header
from zaqar_conformance.generate.sender import Sender, command
from zaqar_conformance.generate.settings import Settings, configuration
from zaqar_conformance.generate.shorten import shortened
from zaqar_conformance.generate.tally import Tally
from zaqar_conformance.generate.taming import tame
from zaqar_conformance.report import CaseLine
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Outcome

_QUEUE_URL = re.compile(r"(.*/v2/queues/[^/?]+)(/messages)?$")

_JSON = "application/json"

#: Often enough to see it move, seldom enough to cost nothing.
_TELL_EVERY = 25

Tell = Callable[[str], None]


def lines(
    planned: Sequence[Planned],
    document: Mapping[str, Any],
    target: Target,
    settings: Settings,
    tell: Tell = lambda text: None,
) -> Iterator[CaseLine]:
    """Generate requests for the operations of the planned cases; a line for each case.

    The document should state the target's own limits, or its rules will be taken for others.
    """
    if not planned:
        return
    # The operations as this document has them: the plan may be made from one with other limits.
    own = operations(document)
    cases = [replace(case, operation=own[case.operation.id]) for case in planned]
    missing = _missing_paths([case.operation for case in cases], target)
    tried = [case for case in cases if case.operation.path not in missing]
    run = _Run(tried, document, target, settings, tell)
    if tried:
        run.execute()
    for case in cases:
        if case.operation.path in missing:
            yield case.line(Outcome.UNSUPPORTED, cause="the target does not have this path")
        else:
            yield run.tally.line(case)


def _missing_paths(wanted: Iterable[Operation], target: Target) -> set[str]:
    """The paths that the target has switched off."""
    sender = Sender(target)
    optional = {operation.path for operation in wanted if operation.optional}
    return {path for path in optional if not sender.has_path(re.sub(r"\{\w+\}", "kit", path))}


class _Run:
    """One run of the engine, and what it saw."""

    def __init__(
        self,
        planned: Sequence[Planned],
        document: Mapping[str, Any],
        target: Target,
        settings: Settings,
        tell: Tell,
    ) -> None:
        self._planned = {(case.check.tool, case.operation.id): case for case in planned}
        self._operations = {case.operation.id: case.operation for case in planned}
        self._document = document
        self._target = target
        self._settings = settings
        self._tell = tell
        self._sender = Sender(target)
        self.tally = Tally()
        self._now = "generated cases"
        #: What the last answer, and the one before it, said was made.
        self._made, self._made_before = "", ""
        #: The queues that were made, by project and URL, to be removed in the end.
        self._queues: set[tuple[str, str]] = set()

    # -- running

    def execute(self) -> None:
        """Send everything, then remove the queues that it made."""
        # Hypothesis keeps tables on disk; a user's working directory is no place for them.
        with tempfile.TemporaryDirectory(prefix="zaqar-conformance-") as scratch:
            set_hypothesis_home_dir(scratch)
            try:
                for event in from_schema(self._schema()).execute():
                    self._follow(event)
                self._tell("looking for shorter requests that show the findings")
                self.tally.mend(self._shortened)
            finally:
                self._tell(f"removing {len(self._queues)} queues")
                self._sender.remove_queues(self._queues)

    def _schema(self) -> Any:
        # Bodies are JSON under every name the document gives them.
        named = {name for operation in self._operations.values() for name in operation.bodies}
        if others := sorted(named - {_JSON}):
            schemathesis.serializer.alias(others, _JSON)
        walks = any(each.links & set(self._operations) for each in self._operations.values())
        settled = configuration(self._target, self._settings, walks)
        config = schemathesis.Config.from_dict(settled)
        whole = schemathesis.openapi.from_dict(with_one_caller(self._document), config=config)
        schema = whole.include(operation_id=sorted(self._operations))
        schema.hooks.register_hook_with_name(self._address, "map_case")
        schema.hooks.register_hook_with_name(self._note, "after_call")
        schema.hooks.register_hook_with_name(self._is_finding, "filter_failure")
        return schema

    def _follow(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.ScenarioStarted):
            self._now = f"{event.phase.value} {event.label or ''}".strip()
        elif isinstance(event, events.ScenarioFinished):
            self._collect(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self._note_error(event)
        elif isinstance(event, events.FatalError):
            raise KitBroken(f"schemathesis broke: {event.exception!r}") from event.exception
        elif isinstance(event, events.Interrupted):
            raise KeyboardInterrupt

    # -- hooks: schemathesis calls these in a thread of its own, one at a time

    def _address(self, context: Any, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
        """Send what is valid as the caller of this run, and nothing that does harm.

        Walks along the links need one caller for all their steps. Other requests keep the valid
        spellings of Client-ID and of projects that were invented, unless the project is pinned.
        """
        walks = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
        tame(case.path_parameters, case.body)
        own = {"X-Project-ID": self._target.project, "Client-ID": self._target.client_id}
        operation = self._operations[_operation_id(case)]
        for name in [name for name in own if name in (case.headers or {})]:
            pinned = walks or (name == "X-Project-ID" and self._settings.pinned_project)
            if pinned and takes_header(operation, self._document, name, case.headers[name]):
                case.headers[name] = own[name]
        return case

    def _note(
        self, context: Any, case: schemathesis.Case[Any], response: schemathesis.Response
    ) -> None:
        on_a_walk = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
        total = self.tally.sent(_operation_id(case), on_a_walk)
        if total % _TELL_EVERY == 0:
            self._tell(f"{self._now}: {total} requests")
        is_made = response.status_code == requests.codes.created
        location = response.headers.get("location", [""])[0] if is_made else ""
        self._made, self._made_before = location, self._made
        queue = _QUEUE_URL.match(str(response.request.url).partition("?")[0])
        if is_made and queue is not None:
            project = response.request.headers.get("X-Project-ID", "")
            self._queues.add((project, queue[1]))

    def _is_finding(
        self,
        context: Any,
        failure: Failure,
        case: schemathesis.Case[Any],
        response: schemathesis.Response,
    ) -> bool:
        return referee.is_finding(
            failure,
            response.status_code,
            self._operations[_operation_id(case)],
            self._document,
            _sent(response.request),
            self._made_before,
        )

    # -- summing up

    def _collect(self, recorder: ScenarioRecorder) -> None:
        for case_id, nodes in recorder.checks.items():
            operation = _operation_id(recorder.cases[case_id].value)
            for node in nodes:
                planned = self._planned.get((node.name, operation))
                if planned is not None and node.failure_info is not None:
                    self._add(planned, node.failure_info.failure, case_id, recorder)

    def _add(
        self, planned: Planned, failure: Failure, case_id: str, recorder: ScenarioRecorder
    ) -> None:
        interaction = recorder.interactions[failure.case_id or case_id]
        if interaction.response is None:
            return
        status = interaction.response.status_code
        body = (interaction.response.content or b"").decode("utf-8", "replace")
        request = _sent(interaction.request)
        problem = referee.problem(failure, planned.operation, self._document, request)
        commands = tuple(_commands(recorder, case_id, failure))
        sight = Sight(
            kind=referee.kind(failure, status, problem),
            expected=referee.expected(planned, failure, problem),
            observed=referee.observed(failure, status, body),
            reproduce=commands,
            status=status,
            request=request if len(commands) == 1 else None,
        )
        self.tally.found(planned, sight)

    def _shortened(self, case: Planned, sight: Sight) -> Sight:
        if sight.request is None:
            return sight

        def still_fails(request: Request) -> bool:
            status = self._sender.status_of(request)
            return referee.fails_again(case, sight, status, self._document, request)

        request = shortened(sight.request, still_fails)
        return replace(sight, request=request, reproduce=(command(request),))

    def _note_error(self, event: events.NonFatalError) -> None:
        text = one_line(f"{type(event.value).__name__}: {event.value}")
        operation = next((o for o in self._operations.values() if _label(o) == event.label), None)
        no_answer = isinstance(event.value, (requests.RequestException, ServerUnavailable))
        if operation is None and no_answer:
            self.tally.lost(text)
        elif operation is None:
            for id in self._operations:
                self.tally.broke(id, text)
        elif no_answer:
            case = self._planned.get((checks.SERVER_ERROR.tool, operation.id))
            sight = Sight(
                kind=type(event.value).__name__,
                expected=f"an answer within {self._target.timeout:g} s",
                observed=text,
                reproduce=(event.info.code_sample,) if event.info.code_sample else (),
            )
            if case is not None:
                self.tally.found(case, sight)
        else:
            self.tally.broke(operation.id, text)


def _operation_id(case: schemathesis.Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _label(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _sent(request: Any) -> Request:
    """The request in plain values; the engine has two forms of it."""
    headers = {
        name: values[0] if isinstance(values, list) else str(values)
        for name, values in request.headers.items()
    }
    body = request.body or b""
    url = request.uri if hasattr(request, "uri") else request.url
    return Request(
        request.method, url, headers, body.encode() if isinstance(body, str) else bytes(body)
    )


def _commands(recorder: ScenarioRecorder, case_id: str, failure: Failure) -> Iterator[str]:
    """The requests that lead to the failure and the one that shows it, as shell lines."""
    for case in recorder.iter_chain_cases(
        case_id=case_id, related_case_ids=failure.related_case_ids()
    ):
        if (interaction := recorder.interactions.get(case.id)) is not None:
            yield command(_sent(interaction.request))
