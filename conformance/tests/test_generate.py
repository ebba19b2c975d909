# SPDX-License-Identifier: Apache-2.0
"""Generated cases against an honest server and against servers with one lie each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.small_target import Answer, Call, Honest, Refused, serving, write_spec
from zaqar_conformance import generate, limits, specdoc
from zaqar_conformance.generate.checks import CHECKS
from zaqar_conformance.report import CaseLine
from zaqar_conformance.target import Limits, Target
from zaqar_conformance.verdict import Outcome

CLIENT = "0123456789abcdef0123456789abcdef"
EXAMPLES = 12


@pytest.fixture
def spec(tmp_path: Path) -> specdoc.SpecDoc:
    """The specification of the small API."""
    return specdoc.load(write_spec(tmp_path / "spec"))


def lines(
    spec: specdoc.SpecDoc,
    server: Honest,
    *ids: str,
    target: dict[str, Any] | None = None,
    settings: generate.Settings | None = None,
) -> dict[str, CaseLine]:
    """What a run says of the ids that begin so (none: of all), by the part after the prefix."""
    planned = [
        planned
        for planned in generate.plan(spec.document, spec.profiles)
        if planned.id.removeprefix(generate.PREFIX).startswith(ids or ("",))
    ]
    with serving(server) as url:
        options = {"project": "mine", "client_id": CLIENT, **(target or {})}
        found = generate.lines(
            planned,
            spec.document,
            Target(url, **options),
            settings or generate.Settings(EXAMPLES, seed=1),
        )
        return {line.id.removeprefix(generate.PREFIX): line for line in found}


def wrong(found: dict[str, CaseLine]) -> dict[str, str]:
    """What was observed where something is wrong."""
    return {
        id: line.observed or line.cause
        for id, line in found.items()
        if line.outcome not in (Outcome.OK, Outcome.UNSUPPORTED)
    }


def test_an_honest_server_has_nothing_found_against_it(spec: specdoc.SpecDoc) -> None:
    """Its looser spellings (`limit=+7`, `detailed=yes`, `limit=`) are no findings."""
    found = lines(spec, Honest())

    assert wrong(found) == {}
    assert len(found) == 24
    assert re.fullmatch("[0-9]+ requests", found["server-error/queue_list"].observed)


class UndeclaredStatus(Honest):
    """Answers a declared operation with a status nobody has heard of."""

    def listed(self, call: Call) -> Answer:
        """418."""
        return Answer(418, {"title": "a teapot"})


class Crashes(Honest):
    """Has a bug behind one member of a body."""

    def metadata(self, call: Call) -> Any:
        """The body; the member may have any type."""
        try:
            return super().metadata(call)
        except Exception as error:
            if b'"ttl"' in call.body:
                raise ZeroDivisionError from error
            raise

    def routed(self, call: Call) -> Answer:
        """500 for the bug."""
        try:
            return super().routed(call)
        except ZeroDivisionError:
            return Answer(500, {"title": "division by zero"})


class GoesAway(Honest):
    """Ends the connection without an answer."""

    def shown(self, call: Call, name: str) -> Answer:
        """Nothing."""
        return Answer(0)


class WrongShape(Honest):
    """Answers with an object where the specification has an array."""

    def listed(self, call: Call) -> Answer:
        """queues is no array."""
        return Answer(200, {"queues": {}}) if super().listed(call) else Answer(200)


class WrongType(Honest):
    """Calls its JSON text."""

    def listed(self, call: Call) -> Answer:
        """The right body under the wrong name."""
        answer = super().listed(call)
        return Answer(200, answer.value, {"Content-Type": "text/plain"})


class NoLocation(Honest):
    """Leaves a required header out."""

    def created(self, call: Call, name: str) -> Answer:
        """201 and nothing more."""
        super().created(call, name)
        return Answer(201)


class NoBounds(Honest):
    """Takes any limit."""

    def listed(self, call: Call) -> Answer:
        """The page, whatever was asked."""
        call.query.pop("limit", None)
        return super().listed(call)


class NoTypes(Honest):
    """Takes any metadata."""

    def metadata(self, call: Call) -> Any:
        """Whatever came."""
        return {}


class NoClient(Honest):
    """Does without Client-ID."""

    def check_headers(self, call: Call) -> None:
        """The project is enough."""
        call.headers["client-id"] = CLIENT
        super().check_headers(call)


class Refuses(Honest):
    """Refuses a parameter that it should know."""

    def listed(self, call: Call) -> Answer:
        """400 for `detailed`."""
        if "detailed" in call.query:
            return Answer(400, {"title": "what is detailed?"})
        return super().listed(call)


class AnyMethod(Honest):
    """Answers methods that the path does not have."""

    def no_such_method(self, call: Call) -> Answer:
        """204."""
        return Answer(204)


class Forgets(Honest):
    """Does not keep what it says it made."""

    def shown(self, call: Call, name: str) -> Answer:
        """404."""
        return Answer(404, {"title": "no such queue"})


@pytest.mark.parametrize(
    ("server", "id", "expected", "observed"),
    [
        (UndeclaredStatus, "undeclared-status/queue_list", "200, 400", "418"),
        (Crashes, "server-error/queue_create", "below 500", "500 {"),
        (WrongShape, "response-schema/queue_list", "queues that fits its schema", "200 {"),
        (WrongType, "content-type/queue_list", "text/plain", "200 {"),
        (NoLocation, "response-headers/queue_create", "Location", "201"),
        (NoBounds, "bad-data-accepted/queue_list", "400, for query limit: ", "200 {"),
        (NoTypes, "bad-data-accepted/queue_create", "400, for body", "201"),
        (NoClient, "bad-data-accepted/queue_list", "400, for header Client-ID: ", "200 {"),
        (Refuses, "good-data-refused/queue_list", "no 400", "400 {"),
        (AnyMethod, "undeclared-method/queue_list", "405", "204"),
        (Forgets, "lost-resource/queue_get", "", "404 {"),
    ],
)
def test_a_lie_is_found_under_its_fixed_id(
    spec: specdoc.SpecDoc, server: type[Honest], id: str, expected: str, observed: str
) -> None:
    """The line says what was expected, what came, and how to see it again."""
    line = lines(spec, server(), id, "server-error/queue_create")[id]

    assert line.outcome == Outcome.MISMATCH
    assert expected in line.expected
    assert observed in line.observed
    assert line.reproduce[-1].startswith("curl ")


def test_a_server_that_goes_away_is_found(spec: specdoc.SpecDoc) -> None:
    """No answer is as bad as a 5xx."""
    line = lines(spec, GoesAway(), "server-error/queue_get")["server-error/queue_get"]

    assert line.outcome == Outcome.MISMATCH
    assert "an answer within 10 s" in line.expected


def test_one_wrong_answer_is_one_finding(spec: specdoc.SpecDoc) -> None:
    """A 500 is no undeclared status and no broken schema beside."""
    ids = [f"{check.word}/queue_create" for check in CHECKS]

    found = wrong(lines(spec, Crashes(), *ids))

    assert list(found) == ["server-error/queue_create"]


class Dies(Honest):
    """Is gone after a few requests."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 20

    def answer(self, call: Call) -> Answer:
        """The honest answer, then none, and nobody there any more."""
        self.left -= 1
        if self.left == 0:
            self.die()
        return super().answer(call) if self.left > 0 else Answer(0)


def test_what_a_dead_target_was_not_asked_has_not_passed(spec: specdoc.SpecDoc) -> None:
    """The cases that were not tried to their end are told as such, with the reason."""
    found = lines(spec, Dies(), "server-error/", "undeclared-status/")

    outcomes = {line.outcome for line in found.values()}
    assert Outcome.NOT_RUN in outcomes
    assert Outcome.OK not in outcomes
    assert "not tried to the end" in found["undeclared-status/queue_get"].cause


class ShortLines(Honest):
    """Stands behind an HTTP server that takes no long request lines."""

    def answer(self, call: Call) -> Answer:
        """414, and not in JSON, for any query."""
        return Answer(414) if call.query else super().answer(call)


def test_the_bounds_of_an_http_server_are_no_findings(spec: specdoc.SpecDoc) -> None:
    """414 is the answer to a line that is too long for the software in front of the API."""
    ids = ("undeclared-status/queue_list", "bad-data-accepted/queue_list")

    assert wrong(lines(spec, ShortLines(), *ids)) == {}


def test_the_request_of_a_finding_is_made_as_short_as_it_can_be(spec: specdoc.SpecDoc) -> None:
    """What has nothing to do with the failure is left out."""
    id = "bad-data-accepted/queue_list"

    command = lines(spec, NoBounds(), id)[id].reproduce[0]

    assert re.search(r"/v2/queues\?limit=[^&]+$", command.rstrip("'"))


class Recording(Honest):
    """An honest server that remembers what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def answer(self, call: Call) -> Answer:
        """The honest answer."""
        self.calls.append(call)
        return super().answer(call)


def test_the_same_seed_asks_the_same(spec: specdoc.SpecDoc) -> None:
    """And another one asks something else."""

    def asked(seed: int) -> list[tuple[str, str, bytes]]:
        server = Recording()
        settings = generate.Settings(EXAMPLES, seed)
        lines(spec, server, "server-error/queue_create", settings=settings)
        return [(call.method, call.path, call.body) for call in server.calls]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_every_queue_that_was_made_is_removed(spec: specdoc.SpecDoc) -> None:
    """The last requests delete what the generated ones created, in its project."""
    server = Recording()

    lines(spec, server, "server-error/queue_create")

    made = set(server.queues)
    removed = {
        (call.headers["x-project-id"], call.path.rpartition("/")[2])
        for call in server.calls[-len(made) :]
        if call.method == "DELETE"
    }
    assert made
    assert made == removed


def test_a_pinned_project_is_the_only_one_in_valid_requests(spec: specdoc.SpecDoc) -> None:
    """Who names the project does not want queues in others."""
    server = Recording()

    lines(
        spec,
        server,
        "server-error/queue_create",
        settings=generate.Settings(EXAMPLES, seed=1, pinned_project=True),
    )

    assert {"mine"} == {project for project, _ in server.queues}


def test_the_token_goes_with_every_request_and_into_no_line(spec: specdoc.SpecDoc) -> None:
    """What is shown can be given away."""
    server, id = Recording(), "bad-data-accepted/queue_list"
    headers = {"X-Auth-Token": "geheim"}

    found = lines(spec, NoBounds(), id, target={"headers": headers})
    unanswered = lines(spec, GoesAway(), "server-error/queue_get", target={"headers": headers})
    lines(spec, server, id, target={"headers": headers})

    assert "geheim" not in str([found, unanswered])
    # The first requests are probes for what the server's own HTTP can take.
    assert {"geheim"} == {c.headers.get("x-auth-token") for c in server.calls[2:]}


def test_generated_data_keeps_the_target_s_own_limits(spec: specdoc.SpecDoc) -> None:
    """A target with a smaller page is not blamed for refusing the specification's page."""

    class SmallPages(Honest):
        """Pages of at most 5."""

        def listed(self, call: Call) -> Answer:
            """400 above 5."""
            answer = super().listed(call)
            if int(call.query.get("limit", "1")) > 5:
                raise Refused("too many")
            return answer

    own = limits.applied(spec.document, Limits(max_queues_per_page=5))
    planned = [
        p for p in generate.plan(own, spec.profiles) if p.id.endswith("data-refused/queue_list")
    ]
    with serving(SmallPages()) as url:
        target = Target(url, client_id=CLIENT, project="mine")
        settings = generate.Settings(40, seed=1)
        (with_own,) = generate.lines(planned, own, target, settings)
        (with_other,) = generate.lines(planned, spec.document, target, settings)

    assert with_own.outcome == Outcome.OK
    assert with_other.outcome == Outcome.MISMATCH


def test_what_the_schema_cannot_say_is_not_asked_of_an_operation(spec: specdoc.SpecDoc) -> None:
    """Only fetched resources can be lost; queue_create may refuse more than its schema says."""
    ids = {planned.id for planned in generate.plan(spec.document, spec.profiles)}

    assert "generated.lost-resource/queue_get" in ids
    assert "generated.lost-resource/queue_list" not in ids
    assert "generated.good-data-refused/queue_create" not in ids
