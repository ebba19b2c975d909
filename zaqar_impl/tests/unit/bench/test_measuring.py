# SPDX-License-Identifier: Apache-2.0
"""Counts, percentiles, ratios, and the fields of reports."""

import pickle

import pytest

from zaqar_impl.bench.compare import Comparison, Figures
from zaqar_impl.bench.load import shared_out
from zaqar_impl.bench.measuring import Latencies, Result, Tally, Window, result_of
from zaqar_impl.bench.report import comparison_text, comparison_values, role_text, scenario_values
from zaqar_impl.bench.roles import report_of


def latencies(*milliseconds: float) -> Latencies:
    """A histogram of these."""
    made = Latencies()
    for value in milliseconds:
        made.record(value / 1000)
    return made


def window(times: list[float], begin: float = 10, end: float = 20) -> Window:
    """A window whose clock gives these times, one after another."""
    return Window(begin, end, clock=iter(times).__next__)


def test_percentiles_are_exact_to_three_digits() -> None:
    """Of 1,000 durations of 1 to 1,000 ms."""
    summary = latencies(*range(1, 1001)).summary()

    assert summary == {
        "p50": pytest.approx(500, rel=1e-3),
        "p95": pytest.approx(950, rel=1e-3),
        "p99": pytest.approx(990, rel=1e-3),
        "p99.9": pytest.approx(999, rel=1e-3),
        "max": pytest.approx(1000, rel=1e-3),
    }


def test_no_durations_have_percentiles_of_nought() -> None:
    """A report of nothing can be written."""
    assert Latencies().summary() == dict.fromkeys(["p50", "p95", "p99", "p99.9", "max"], 0.0)


def test_durations_beyond_all_bounds_are_counted() -> None:
    """Nothing is left out for being too short or too long."""
    assert latencies(0, 10**9).count == 2


def test_what_processes_counted_adds_up_after_the_journey() -> None:
    """Counts, latencies, errors and rates of two processes."""
    results = []
    for milliseconds in (10, 30):
        tally = Tally()
        tally.succeeded("post", milliseconds / 1000, messages=2)
        tally.failed("post", "503", "busy")
        results.append(result_of(tally, window([12.0]), 0.5))
        results[-1].rates = {"post": (1.0, 2.0)}
    first, second = (pickle.loads(pickle.dumps(result)) for result in results)
    first.add(second)

    together = first.tally.operation("post")
    assert (together.requests, together.successful, together.messages) == (4, 2, 4)
    assert together.latencies.percentile(100) == pytest.approx(30, rel=1e-3)
    assert first.tally.errors == {"post: 503": 2}
    assert first.tally.examples == {"post: 503": "busy"}
    assert first.rates == {"post": (2.0, 4.0)}


def test_a_request_of_the_warm_up_does_not_count() -> None:
    """However late it is answered."""
    assert not window([15.0]).counts(began=9.9)


def test_a_slow_request_counts_with_all_its_time() -> None:
    """It began within the window, so the rate is over the time until its answer."""
    slow = window([50.0])

    assert slow.counts(began=19.9)
    assert slow.seconds == 40


def test_rates_are_over_the_time_until_the_last_answer() -> None:
    """100 messages in 4 requests over 5 seconds, with one of processor."""
    tally = Tally()
    for _ in range(4):
        tally.succeeded("post", 0.1, messages=25)
    measured = window([15.0])
    measured.counts(began=10)

    result = result_of(tally, measured, cpu_seconds=1.0)

    assert result.rates == {"post": (0.8, 20.0)}
    assert result.cpu == 0.2


def test_connections_are_shared_out_evenly() -> None:
    """No process is without one."""
    assert shared_out(16, 3) == [6, 5, 5]
    assert shared_out(2, 8) == [1, 1]


def comparison() -> Comparison:
    """Three rounds, of which one was bad for both."""
    rounds = [
        (Figures(500, 2, 10), Figures(100, 8, 40)),
        (Figures(50, 20, 100), Figures(10, 80, 500)),
        (Figures(600, 2, 10), Figures(100, 8, 80)),
    ]
    return Comparison(("http://a", "http://b"), rounds, (Result(), Result()))


def test_ratios_are_taken_within_rounds() -> None:
    """The bad round does not show in them; their spread does."""
    values = comparison_values("post-1", comparison())

    assert values["ratios"]["rate"] == {"median": 5, "least": 5, "most": 6}
    assert values["ratios"]["p99_ms"] == {"median": 0.2, "least": 0.125, "most": 0.25}
    assert values["sides"][0]["rate"] == {"median": 500, "least": 50, "most": 600}
    assert "5.00 - 6.00" in comparison_text("post-1", comparison())


def test_nothing_is_no_ratio() -> None:
    """A deployment that did nothing can't be divided by."""
    none = Comparison(("a", "b"), [(Figures(1, 1, 1), Figures(0, 0, 0))], (Result(), Result()))

    assert comparison_values("post-1", none)["ratios"]["rate"] is None
    assert "-" in comparison_text("post-1", none)


def worked(*operations: str) -> Result:
    """A second in which each operation was asked for twice and failed once."""
    tally = Tally()
    for operation in operations:
        tally.succeeded(operation, 0.004, messages=1)
        tally.failed(operation, "503")
    return Result(tally, 1.0, dict.fromkeys(operations, (1.0, 1.0)), 0.25)


@pytest.mark.parametrize("role", ["producer", "observer"])
def test_the_report_of_a_role_has_upstreams_fields(role: str) -> None:
    """And percentiles, errors and the generator's share of a core."""
    report = report_of(role, worked("post"))

    assert report.pop("req_ms")["p99.9"] == pytest.approx(4, rel=1e-3)
    assert report == {
        "duration_sec": 1.0,
        "total_reqs": 2,
        "successful_reqs": 1,
        "reqs_per_sec": 1.0,
        "ms_per_req": pytest.approx(4),
        "errors": {"post: 503": 1},
        "generator_cpu": 0.25,
    }


def test_the_report_of_consumers_has_upstreams_fields() -> None:
    """Claims and deletions apart."""
    report = report_of("consumer", worked("claim", "delete"))

    assert set(report) >= {
        "duration_sec", "total_reqs", "claim_total_requests", "successful_reqs",
        "messages_processed", "reqs_per_sec", "ms_per_claim", "ms_per_delete",
    }  # fmt: skip
    assert (report["total_reqs"], report["claim_total_requests"]) == (4, 2)
    assert report["messages_processed"] == 1


def test_people_see_errors_and_a_busy_generator() -> None:
    """What makes figures worthless is said beside them."""
    result = worked("post")
    result.cpu = 0.95
    text = role_text("producer", report_of("producer", result), result)

    assert "ERROR post: 503: 1" in text
    assert "95 % of a core" in text
    assert "--processes" in text


def test_values_of_a_scenario_have_every_operation() -> None:
    """With its rates and percentiles."""
    values = scenario_values("claim-10", "http://a", 10.0, worked("claim", "delete"))

    assert values["unit"] == "messages/s"
    assert values["operations"]["delete"]["messages_per_sec"] == 1.0
    assert set(values["operations"]["claim"]["latency_ms"]) == {
        "p50", "p95", "p99", "p99.9", "max",
    }  # fmt: skip
