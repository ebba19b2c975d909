# SPDX-License-Identifier: Apache-2.0
"""``zaqar-bench`` against a real server: its counts are those of the server, and trouble shows."""

import contextlib
import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.bench.scenarios import SCENARIOS
from zaqar_impl.tests.acceptance.running import RunningServer

EXIT_OK, EXIT_ERRORS, EXIT_USAGE, EXIT_UNUSABLE = 0, 1, 2, 3

COMMAND = [sys.executable, "-c", "from zaqar_impl.bench.cli import main; main()"]


def bench(*flags: str, status: int = EXIT_OK) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    done = subprocess.run([*COMMAND, *flags], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def report(server: RunningServer, *flags: str) -> Any:
    """The JSON line of a short run without a warm-up."""
    short = ["-s", server.url, "--nodebug", "--skip_queue_reset", "--time", "0.4", "--warm-up", "0"]
    return json.loads(bench(*short, *flags).stdout)


def asked(server: RunningServer, path: str) -> tuple[int, Any]:
    """The answer in the project of the load generator."""
    headers = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "zaqar-bench"}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def messages_left(server: RunningServer, queue: str) -> int:
    """What the server's own statistics say."""
    return int(asked(server, f"/v2/queues/{queue}/stats")[1]["messages"]["total"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_counts_what_the_server_counts(server: RunningServer, scenario: str) -> None:
    """Messages posted less messages deleted are what is left in the queues."""
    prefix, queues, preloaded = f"counted-{scenario}", 3, 40
    values = report(
        server, "--scenario", scenario, "--queue_prefix", prefix, "--num_queues", str(queues),
        "--preloaded", str(preloaded), "--connections", "4", "--processes", "2",
    )  # fmt: skip

    (run,) = values["scenarios"]
    posted, deleted = (
        run["operations"].get(operation, {"messages": 0})["messages"]
        for operation in ("post", "delete")
    )
    left = sum(messages_left(server, f"{prefix}-{scenario}-{number}") for number in range(queues))
    assert run["errors"] == {}
    assert run["rate"] > 0
    assert queues * preloaded + posted - deleted == left


def test_the_roles_count_what_the_server_counts(server: RunningServer) -> None:
    """Upstream's report: messages produced less messages consumed are left."""
    values = report(server, "-pw", "3", "-cw", "2", "-ow", "1", "-qno", "2", "-q", "roles")

    left = sum(messages_left(server, f"roles-{number}") for number in range(2))
    produced, consumed = values["producer"]["total_reqs"], values["consumer"]["messages_processed"]
    assert values["params"]["consumer"] == {"processes": 1, "workers": 2}
    assert values["observer"]["successful_reqs"] > 0
    assert produced == values["producer"]["successful_reqs"] > 0
    assert left == produced - consumed


def test_end_to_end_every_message_arrives(server: RunningServer) -> None:
    """As many as are due, each once, and none is left."""
    values = report(server, "--scenario", "end-to-end", "--rate", "50", "--time", "1")

    (run,) = values["scenarios"]
    assert run["errors"] == {}
    assert run["operations"]["end-to-end"]["messages"] == 50
    assert run["operations"]["end-to-end"]["latency_ms"]["p50"] > 0


def test_a_stalled_server_can_not_slow_its_own_measurement(tmp_path: Path) -> None:
    """Time without any worker shows in the latency of every message that was due in it, and no
    message is left out."""
    server = RunningServer(tmp_path / "db", "--workers", "1").wait_ready()
    try:
        running = subprocess.Popen(
            [*COMMAND, "-s", server.url, "--nodebug", "--skip_queue_reset", "--time", "6",
             "--warm-up", "0", "--scenario", "end-to-end", "--rate", "50", "-q", "stalled"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        (worker,) = server.workers()
        _wait_for_messages(server, "stalled-end-to-end-0")
        worker.suspend()
        time.sleep(1.5)
        worker.resume()
        text, _ = running.communicate(timeout=60)
    finally:
        server.stop()

    latency = json.loads(text)["scenarios"][0]["operations"]["end-to-end"]
    assert latency["messages"] == 300
    assert latency["latency_ms"]["max"] > 1400
    assert latency["latency_ms"]["p95"] > 400


def _wait_for_messages(server: RunningServer, queue: str) -> None:
    """Return when the run posts: one of its messages is seen, each of which lives but a moment."""
    deadline = time.monotonic() + 60
    path = f"/v2/queues/{queue}/messages?echo=true&include_claimed=true"
    while not asked(server, path)[1].get("messages"):
        assert time.monotonic() < deadline


def test_a_comparison_has_ratios_and_their_spread(server: RunningServer) -> None:
    """A server against itself, on three rounds."""
    values = report(
        server, "--compare", server.url, "--scenario", "show-queue", "--rounds", "3",
        "--time", "0.3",
    )  # fmt: skip

    (comparison,) = values["comparisons"]
    rate = comparison["ratios"]["rate"]
    assert len(comparison["rounds"]) == 3
    assert 0 < rate["least"] <= rate["median"] <= rate["most"]
    assert [side["errors"] for side in comparison["sides"]] == [{}, {}]


def test_posts_can_be_held_against_bare_inserts(server: RunningServer) -> None:
    """On the same mongod; the loop's database is gone afterwards."""
    flags = server.mongod().cmdline()
    uri = f"mongodb://127.0.0.1:{flags[flags.index('--port') + 1]}/?directConnection=true"
    values = report(server, "--baseline-mongodb", uri, "--rounds", "1")

    (comparison,) = values["comparisons"]
    assert comparison["sides"][1]["of"] == "bare pymongo inserts"
    assert comparison["sides"][1]["rate"]["median"] > 0


def test_people_get_a_table_and_a_file(server: RunningServer, tmp_path: Path) -> None:
    """``--json`` writes what the line of JSON has, beside the table."""
    file = tmp_path / "report.json"
    done = bench(
        "-s", server.url, "--scenario", "post-1", "--time", "0.3", "--warm-up", "0",
        "--json", str(file),
    )  # fmt: skip

    assert "p99.9" in done.stdout
    assert "requests/s" in done.stdout
    assert json.loads(file.read_text())["scenarios"][0]["scenario"] == "post-1"
    assert messages_left(server, "ogre-test-queue-post-1-0") == 0


def test_the_generator_measures_itself() -> None:
    """Every scenario runs on the server that answers from memory."""
    done = bench("--self-check", "--time", "0.2", "--warm-up", "0")

    assert [line.split()[0] for line in done.stdout.splitlines()] == list(SCENARIOS)


def test_errors_end_with_a_status_of_their_own(server: RunningServer, tmp_path: Path) -> None:
    """A message that the server refuses is counted by status, with its reason."""
    file = tmp_path / "messages.json"
    file.write_text('[{"weight": 1, "doc": {"ttl": 1, "body": "too short a life"}}]')
    done = bench("-s", server.url, "-m", str(file), "-t", "0.3", "-ow", "0", status=EXIT_ERRORS)

    assert "ERROR post: 400:" in done.stdout
    assert "ttl" in done.stdout
    assert "errors" in done.stderr


def test_what_can_not_be_used_is_told_in_a_line() -> None:
    """Nobody listens there; an option is wrong."""
    unused = bench("-s", "http://127.0.0.1:1", "-t", "1", status=EXIT_UNUSABLE)
    wrong = bench("--scenario", "nonsense", status=EXIT_USAGE)

    assert unused.stderr.startswith("zaqar-bench: http://127.0.0.1:1: no answer")
    assert wrong.stderr.startswith("zaqar-bench: scenario:")
