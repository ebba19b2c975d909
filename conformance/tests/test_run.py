# SPDX-License-Identifier: Apache-2.0
"""The runner of written cases, the selection, and a whole session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from tests.small_target import Answer, Call, Honest, serving, write_spec
from zaqar_conformance import generate, report, specdoc
from zaqar_conformance.case import Case, Mismatch, SetupFailed, Unsupported
from zaqar_conformance.client import Api
from zaqar_conformance.errors import KitBroken, SpecError, UsageError
from zaqar_conformance.report import CaseLine
from zaqar_conformance.run import Runner, Session, in_order_of_needs, select
from zaqar_conformance.target import Limits, Target
from zaqar_conformance.verdict import Level, Outcome

NOWHERE = Target("http://127.0.0.1:1")
PATIENCE = 10.0


@pytest.fixture
def spec(tmp_path: Path) -> specdoc.SpecDoc:
    """The specification of the small API."""
    return specdoc.load(write_spec(tmp_path / "spec"))


def passing(api: Api) -> None:
    """Finds nothing wrong."""


def raising(error: Exception) -> Callable[[Api], None]:
    """A check that ends in the error."""

    def check(api: Api) -> None:
        raise error

    return check


def case(
    word: str, check: Callable[[Api], None] = passing, needs: tuple[str, ...] = (), wait: float = 0
) -> Case:
    """A case of the requirement queue-list.order, called by a word."""
    needed = tuple(f"queue-list.order/{need}" for need in needs)
    return Case(f"queue-list.order/{word}", "queue-list.order", needed, wait, check)


def run(spec: specdoc.SpecDoc, *cases: Case, target: Target = NOWHERE) -> dict[str, CaseLine]:
    """What happened to the cases, by their words, in the order in which they ended."""
    lines = Runner(target, Limits(), spec.requirements).run(cases)
    return {line.id.partition("/")[2]: line for line in lines}


@pytest.mark.parametrize(
    ("error", "outcome", "told"),
    [
        (Mismatch("1", "2"), Outcome.MISMATCH, ("1", "2", "")),
        (SetupFailed("no queue"), Outcome.SETUP_FAILED, ("", "", "no queue")),
        (Unsupported("no token"), Outcome.UNSUPPORTED, ("", "", "no token")),
    ],
)
def test_each_exception_of_a_case_is_one_outcome(
    spec: specdoc.SpecDoc, error: Exception, outcome: Outcome, told: tuple[str, str, str]
) -> None:
    """The line keeps the outcome and the words of the exception."""
    line = run(spec, case("a", raising(error)))["a"]

    assert outcome == line.outcome
    assert told == (line.expected, line.observed, line.cause)


def test_a_case_that_returns_is_ok_and_carries_its_requirement(spec: specdoc.SpecDoc) -> None:
    """Level, profile and sentence are the requirement's."""
    line = run(spec, case("a"))["a"]

    assert (line.outcome, line.level, line.profile) == (Outcome.OK, Level.MUST, "core")
    assert (line.sentence, line.defect) == ("Queues are listed by name.", "D-1")


def test_any_other_exception_is_a_kit_error_with_its_place(spec: specdoc.SpecDoc) -> None:
    """A fault of a case never looks like a finding."""
    line = run(spec, case("a", raising(KeyError("links"))))["a"]

    assert line.outcome == Outcome.KIT_ERROR
    assert "KeyError: 'links' (test_run.py, line " in line.cause


def test_cases_run_after_what_they_need(spec: specdoc.SpecDoc) -> None:
    """The order of declaration gives way to the order of needs."""
    lines = run(spec, case("c", needs=("b",)), case("b", needs=("a",)), case("a"))

    assert list(lines) == ["a", "b", "c"]


def test_a_case_whose_need_did_not_pass_does_not_run(spec: specdoc.SpecDoc) -> None:
    """It and all that build on it are told as not run."""
    ran: list[str] = []

    lines = run(
        spec,
        case("a", raising(Mismatch("1", "2"))),
        case("b", lambda api: ran.append("b"), needs=("a",)),
        case("c", lambda api: ran.append("c"), needs=("b",)),
    )

    assert ran == []
    assert [lines["b"].outcome, lines["c"].outcome] == [Outcome.NOT_RUN, Outcome.NOT_RUN]


def test_a_need_that_was_not_selected_does_not_hold_a_case_back(spec: specdoc.SpecDoc) -> None:
    """One case can be run alone."""
    assert run(spec, case("b", needs=("a",)))["b"].outcome == Outcome.OK


def test_waiting_cases_wait_at_the_same_time(spec: specdoc.SpecDoc) -> None:
    """Both stand at the barrier together, or neither gets through."""
    barrier = threading.Barrier(2)

    def meet(api: Api) -> None:
        barrier.wait(PATIENCE)

    lines = run(spec, case("a", meet, wait=1), case("b", meet, wait=1))

    assert [line.outcome for line in lines.values()] == [Outcome.OK, Outcome.OK]


def test_waits_begin_before_other_cases_and_go_on_beside_them(spec: specdoc.SpecDoc) -> None:
    """A wait that needs a quick case starts right after it, and others run meanwhile."""
    begun, over = threading.Event(), threading.Event()

    def wait_for_others(api: Api) -> None:
        begun.set()
        if not over.wait(PATIENCE):
            raise Mismatch("others to run meanwhile", "nothing")

    def run_meanwhile(api: Api) -> None:
        if not begun.wait(PATIENCE):
            raise Mismatch("the wait to have begun", "it had not")
        over.set()

    lines = run(
        spec,
        case("quick", run_meanwhile),
        case("base"),
        case("waits", wait_for_others, needs=("base",), wait=60),
    )

    assert list(lines) == ["base", "quick", "waits"]
    assert {Outcome.OK} == {line.outcome for line in lines.values()}


def test_other_work_is_done_while_cases_wait(spec: specdoc.SpecDoc) -> None:
    """It begins when only waits are left, and ends the wait of this case."""
    over = threading.Event()
    ended: list[str] = []

    def wait_for_work(api: Api) -> None:
        if not over.wait(PATIENCE):
            raise Mismatch("other work to begin", "it did not")

    def other_work() -> Iterator[CaseLine]:
        ended.append("work")
        over.set()
        yield from ()

    cases = [case("a", lambda api: ended.append("a")), case("waits", wait_for_work, wait=60)]
    lines = list(Runner(NOWHERE, Limits(), spec.requirements).run(cases, other_work))

    assert ended == ["a", "work"]
    assert {Outcome.OK} == {line.outcome for line in lines}


def test_other_work_holds_back_no_case_that_becomes_ready(spec: specdoc.SpecDoc) -> None:
    """A wait that needs another wait begins before the other work is at its end."""
    first, second = threading.Event(), threading.Event()
    runner = Runner(NOWHERE, Limits(), spec.requirements)

    def other_work() -> Iterator[CaseLine]:
        extra = case("work")
        first.set()
        until = time.monotonic() + PATIENCE
        while not second.is_set() and time.monotonic() < until:
            yield runner.line(extra, runner.attempt(extra))

    def wait_for_work(api: Api) -> None:
        first.wait(PATIENCE)

    cases = [
        case("a", wait_for_work, wait=1),
        case("b", lambda api: second.set(), needs=("a",), wait=1),
    ]
    started = time.monotonic()
    list(runner.run(cases, other_work))

    assert time.monotonic() - started < PATIENCE


def test_other_work_is_done_also_when_nothing_waits(spec: specdoc.SpecDoc) -> None:
    """Its lines follow those of the cases."""
    extra = Runner(NOWHERE, Limits(), spec.requirements).line(
        case("x"), Runner(NOWHERE, Limits(), spec.requirements).attempt(case("x"))
    )
    runner = Runner(NOWHERE, Limits(), spec.requirements)

    lines = list(runner.run([case("a")], lambda: iter([extra])))

    assert [line.id for line in lines] == ["queue-list.order/a", "queue-list.order/x"]


def test_a_run_that_is_given_up_does_not_sit_out_its_waits(spec: specdoc.SpecDoc) -> None:
    """Closing the run wakes the threads that wait."""
    runner = Runner(NOWHERE, Limits(), spec.requirements)
    lines = runner.run([case("hour", lambda api: api.wait(3600), wait=3600), case("quick")])
    started = time.monotonic()
    next(iter(lines))

    lines.close()

    assert time.monotonic() - started < PATIENCE


def test_cases_that_need_each_other_break_the_kit() -> None:
    """A circle is a mistake in the cases and names them."""
    with pytest.raises(KitBroken, match=r"queue-list\.order/[ab] -> "):
        in_order_of_needs([case("a", needs=("b",)), case("b", needs=("a",))])


def test_a_case_without_a_requirement_is_refused(spec: specdoc.SpecDoc) -> None:
    """A specification that lacks the rule cannot be used to judge the case."""
    stray = Case("queue-list.none", "queue-list.none", (), 0, passing)

    with pytest.raises(SpecError, match=r"no requirement queue-list\.none"):
        run(spec, stray)


def test_a_mismatch_keeps_the_last_requests_without_secrets(spec: specdoc.SpecDoc) -> None:
    """The report can be given away: the token is not in it."""

    def ask(api: Api) -> None:
        for number in range(20):
            api.get(f"/v2/queues?limit={number}")
        raise Mismatch("1", "2")

    with serving(Honest()) as url:
        target = Target(url, headers={"X-Auth-Token": "geheim"})
        lines = run(spec, case("bad", ask), case("good", lambda api: None), target=target)

    assert len(lines["bad"].reproduce) == 12
    assert "limit=19" in lines["bad"].reproduce[-1]
    assert "geheim" not in str(lines["bad"])
    assert lines["good"].reproduce == ()


class Recording(Honest):
    """An honest server that remembers what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def answer(self, call: Call) -> Answer:
        """The honest answer."""
        self.calls.append(f"{call.method} {call.path}")
        return super().answer(call)


def test_the_queues_of_a_case_are_removed_however_it_ends(spec: specdoc.SpecDoc) -> None:
    """Also after an error of the case itself."""
    server = Recording()

    def leave(api: Api) -> None:
        api.remember("mine")
        raise KeyError

    with serving(server) as url:
        run(spec, case("a", leave), target=Target(url))

    assert server.calls == ["DELETE /v2/queues/mine"]


def test_selection_is_by_profile_and_by_the_beginning_of_ids(spec: specdoc.SpecDoc) -> None:
    """No profile means all, no id means all."""
    claim = Case("claim-create.exclusive", "claim-create.exclusive", (), 60, passing)
    written = [case("a"), case("b"), claim]
    planned = generate.plan(spec.document, spec.profiles)

    by_profile = select(spec, written, planned, profiles=["claims"])
    by_id = select(spec, written, planned, ids=["queue-list.order/b", "generated.server-error"])
    whole_words = select(spec, written, planned, ids=["queue", "generated.lost-resource/queue_get"])

    assert (claim,) == by_profile.written
    assert by_profile.longest_wait == 60
    assert [chosen.id for chosen in by_id.written] == ["queue-list.order/b"]
    assert len(whole_words) == 3
    operations = {"queue_list", "queue_create", "queue_get"}
    assert operations == {chosen.operation.id for chosen in by_id.generated}


@pytest.mark.parametrize(
    ("profiles", "ids", "told"),
    [
        (["kore"], [], "no profile kore; choose from core, claims"),
        ([], ["queue-list.ordr"], "did you mean queue-list.order/a?"),
        ([], ["zzz"], "nothing is called zzz; try the command list"),
        (["claims"], ["queue-list"], "the chosen profiles have none of these cases"),
    ],
)
def test_a_selection_of_nothing_is_refused(
    spec: specdoc.SpecDoc, profiles: list[str], ids: list[str], told: str
) -> None:
    """A misspelling never ends in a run of nothing."""
    with pytest.raises(UsageError) as caught:
        select(spec, [case("a")], [], profiles, ids)

    assert told in str(caught.value)


def test_a_session_writes_a_report_that_can_be_read_back(spec: specdoc.SpecDoc) -> None:
    """The report holds both kinds of cases and tells what was asked, with secrets redacted."""
    stream = StringIO()
    planned = [
        planned
        for planned in generate.plan(spec.document, spec.profiles)
        if planned.id == "generated.server-error/queue_list"
    ]

    with serving(Honest()) as url:
        session = Session(
            spec=spec,
            target=Target(url.replace("//", "//me:geheim@"), headers={"X-Auth-Token": "geheim"}),
            selection=select(spec, [case("a")], planned),
            profiles=("core",),
            settings=generate.Settings(examples=2, seed=1),
        )
        result = session.run(lambda: stream, lambda text: None, lambda line: None)

    assert result == report.read(stream.getvalue().splitlines())
    assert [line.id for line in result.cases] == [
        "queue-list.order/a",
        "generated.server-error/queue_list",
    ]
    assert "geheim" not in stream.getvalue()
    assert result.header.settings["generated"] == 2
