# SPDX-License-Identifier: Apache-2.0
"""Sends invented requests, one after the other, and judges what comes back.

Of each request one reply is wanted, valid by the document and no server error; the connection goes
on, or ends with a close code that the document has, and the server answers on a new one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from zaqar_conformance import match
from zaqar_conformance.case import Mismatch
from zaqar_conformance.client import Api
from zaqar_conformance.generate.finding import Finding, Sight, one_line
from zaqar_conformance.generate.settings import Settings
from zaqar_conformance.generate.taming import tame
from zaqar_conformance.invent import mutate, plan
from zaqar_conformance.invent.mutate import Invented
from zaqar_conformance.invent.plan import Check, Planned
from zaqar_conformance.invent.values import Maker
from zaqar_conformance.report import CaseLine
from zaqar_conformance.target import Target
from zaqar_conformance.verdict import Outcome
from zaqar_conformance.websocket.actions import Action, Actions
from zaqar_conformance.websocket.connection import Connection, Reply

_NAMES: Final = 3
_NO_WEBSOCKET: Final = "the WebSocket is at a URL of its own: give --websocket-url"
#: Members that a reply does not repeat.
_SECRET: Final = ("uri",)

Tell = Callable[[str], None]


def lines(
    planned: Sequence[Planned],
    actions: Actions,
    target: Target,
    settings: Settings,
    tell: Tell = lambda text: None,
) -> Iterator[CaseLine]:
    """Invents requests for the actions of the planned cases; a line for each case."""
    if not planned:
        return
    if not target.websocket_url:
        for case in planned:
            yield case.line(Outcome.UNSUPPORTED, cause=_NO_WEBSOCKET)
        return
    api = Api(target, actions=actions)
    try:
        for name in dict.fromkeys(case.action.name for case in planned):
            tell(f"inventing requests of {name}")
            run = _Run(api, actions[name], settings)
            run.execute()
            for case in planned:
                if case.action.name == name:
                    yield run.line(case)
    finally:
        api.cleanup()


class _Run:
    """All invented requests of one action, and what was found."""

    def __init__(self, api: Api, action: Action, settings: Settings) -> None:
        self._api = api
        self._action = action
        self._settings = settings
        self._chance = Random(f"{settings.seed} {action.name}")
        self._maker = Maker(action.components, self._chance)
        self._findings: dict[Check, Finding] = {}
        self._names = [self._new_name() for _ in range(_NAMES)]
        self._line: Connection | None = None
        self._sent = 0

    def _new_name(self) -> str:
        topics = self._action.names == "topic_name"
        return self._api.topic_name() if topics else self._api.queue_name()

    def execute(self) -> None:
        """Sends everything."""
        for _ in range(self._settings.examples):
            self._try(mutate.invented(self._request(), self._chance))
        self._alive("the target answers another request on the connection", self._line)
        self._alive("the target answers on a new connection", None)
        if self._line is not None:
            self._line.wire.drop()

    def line(self, case: Planned) -> CaseLine:
        """What was found of one case."""
        finding = self._findings.get(case.check)
        if finding is None:
            return case.line(Outcome.OK)
        return case.line(
            Outcome.MISMATCH,
            expected=finding.expected(),
            observed=finding.observed(self._sent),
            reproduce=finding.reproduce(),
        )

    # -- requests

    def _request(self) -> dict[str, Any]:
        """A request that the document allows, of this run's project and queues."""
        line = self._opened()
        made = self._maker.value(self._action.payload)
        body = made.get("body", {})
        if self._action.names in body:
            body[self._action.names] = self._chance.choice(self._names)
        tame(body if "pool_name" in body or "flavor_name" in body else {}, body)
        tokens = {"X-Auth-Token": "kit"} if self._action.name == "authenticate" else {}
        return {**made, "headers": {**line.own_headers(), **tokens}}

    def _opened(self) -> Connection:
        if self._line is None:
            self._line = self._api.connect()
        return self._line

    def _try(self, request: Invented) -> None:
        line = self._opened()
        self._sent += 1
        before = len(self._api.exchanges)
        line.say(request.data, request.form, self._action.name)
        try:
            reply = line.reply()
        except Mismatch as error:
            self._ended(line, request, error)
        else:
            self._judge(request, reply)
        del self._api.exchanges[before:]

    def _ended(self, line: Connection, request: Invented, error: Mismatch) -> None:
        """There was no reply: the connection ended, for a good reason or not."""
        allowed = () if request.whole else (1007,)
        code = line.wire.ended_with
        if code == 0:
            self._add(plan.ONE_REPLY, "no reply", error.expected, error.observed)
        elif code not in allowed:
            self._add(plan.CONNECTION, str(code), error.expected, error.observed)
        line.wire.drop()
        self._line = None
        self._alive("the target answers on a new connection", None)

    def _alive(self, what: str, line: Connection | None) -> None:
        try:
            own = line or self._api.connect()
            match.equal("the status of queue_list", own.ask("queue_list").status, 200)
        except Mismatch as error:
            self._add(plan.CONNECTION, "dead", what, error.observed)
        else:
            if line is None:
                own.wire.drop()

    # -- replies

    def _judge(self, request: Invented, reply: Reply) -> None:
        try:
            status = reply.status
        except Mismatch as error:
            return self._add(plan.REPLY_SCHEMA, "no status", error.expected, error.observed)
        if status >= 500:
            self._add(plan.SERVER_ERROR, str(status), "a status below 500", reply.said)
        elif problem := self._action.problem(status, reply.content):
            kind = f"{status} {problem.partition(':')[0]}"
            self._add(plan.REPLY_SCHEMA, kind, "a reply as it is declared", problem)
        if status < 300 and not self._may_be_done(request):
            self._add(plan.BAD_DATA_ACCEPTED, str(status), "a refusal", reply.said)
        with contextlib.suppress(Mismatch):
            self._compare(request, reply)
            return
        told = one_line(match.said(reply.content.get("request")))
        self._add(plan.ONE_REPLY, "another request", "the request in its reply", told)

    def _may_be_done(self, request: Invented) -> bool:
        return request.whole and self._action.fits(request.value)

    def _compare(self, request: Invented, reply: Reply) -> None:
        """The reply comes in the form of its request and repeats it."""
        match.equal("the form", reply.form, request.form)
        sent = request.value if isinstance(request.value, Mapping) else {}
        if not request.whole:
            return
        match.equal("action", reply.request.get("action"), sent.get("action"))
        body = sent.get("body", {})
        if not (isinstance(body, dict) and set(_SECRET) & set(body)):
            match.equal("body", reply.request.get("body"), body)

    def _add(self, check: Check, kind: str, expected: str, observed: str) -> None:
        frames = tuple(one.curl() for one in self._api.exchanges[-2:])
        sight = Sight(kind=kind, expected=expected, observed=observed, reproduce=frames)
        self._findings.setdefault(check, Finding()).add(sight)
