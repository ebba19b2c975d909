# SPDX-License-Identifier: Apache-2.0
"""The options of ``zaqar-bench``: upstream's by all their names, and what can't be asked for."""

from pathlib import Path

import pytest

from zaqar_impl.bench.options import Role, WrongOptions, parse
from zaqar_impl.bench.report import parameters
from zaqar_impl.bench.roles import WrongMessages, messages_of
from zaqar_impl.bench.scenarios import SCENARIOS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a configuration."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OS_AUTH_STRATEGY", raising=False)
    return tmp_path


def test_the_defaults_are_upstreams() -> None:
    """Without options the roles run as upstream's do."""
    options = parse([])

    assert options.roles == {
        "producer": Role(1, 10),
        "observer": Role(1, 5),
        "consumer": Role(1, 0),
    }
    assert options.time == 5
    assert options.server_url == "http://localhost:8888"
    assert options.queue_prefix == "ogre-test-queue"
    assert (options.messages_per_claim, options.messages_per_list) == (5, 5)
    assert options.messages_path is None
    assert options.debug
    assert not options.skip_queue_reset
    assert options.auth_strategy == "noauth"
    assert options.scenarios == []


_SHORT = (
    "-pp 2 -pw 3 -cp 4 -cw 5 -op 6 -ow 7 -t 8 -s http://h:9 -q prefix -qno 10 -cno 11 -lno 12 "
    "-m file.json -api 2"
)
_LONG = (
    "--producer_processes 2 --producer_workers 3 --consumer_processes 4 --consumer_workers 5 "
    "--observer_processes 6 --observer_workers 7 --time 8 --server_url http://h:9 "
    "--queue_prefix prefix --num_queues 10 --messages_per_claim 11 --messages_per_list 12 "
    "--messages_path file.json --api_version 2"
)


def _words(line: str) -> list[str]:
    return line.split()


def test_upstreams_short_names_work() -> None:
    """Every short option of upstream's says the same as its long one."""
    short, long = parse(_words(_SHORT)), parse(_words(_LONG))

    assert short == long
    assert short.roles["consumer"] == Role(4, 5)
    assert short.num_queues == 10


def test_hyphens_and_underscores_mean_the_same() -> None:
    """Nobody has to remember which option has which."""
    assert parse(["--num-queues=7", "--warm_up=0"]) == parse(
        ["--num_queues", "7", "--warm-up", "0"]
    )


def test_a_configuration_file_is_read_and_the_servers_is_not(home: Path) -> None:
    """``zaqar-benchmark.conf`` holds options; ``zaqar.conf`` beside it is another program's."""
    (home / ".zaqar").mkdir()
    (home / ".zaqar" / "zaqar-benchmark.conf").write_text("[DEFAULT]\nnum_queues = 9\ntime = 2\n")
    (home / ".zaqar" / "zaqar.conf").write_text("[DEFAULT]\ndebug = false\n")
    (home / ".zaqar" / "zaqar-benchmark-messages.json").write_text("[]")

    options = parse(["--time", "3"])

    assert (options.num_queues, options.time, options.debug) == (9, 3, True)
    assert options.messages_path == home / ".zaqar" / "zaqar-benchmark-messages.json"


def test_a_comparison_takes_five_rounds_and_a_plain_run_one() -> None:
    """A median needs several."""
    assert parse(["--compare", "http://other:1"]).rounds == 5
    assert parse(["--scenario", "post-1"]).rounds == 1


def test_all_scenarios_can_be_asked_for_at_once() -> None:
    """``all`` stands for each closed loop."""
    assert parse(["--scenario", "all"]).scenarios == list(SCENARIOS)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param("--scenario nonsense", "scenario", id="unknown scenario"),
        pytest.param("--time 0", "time", id="no time"),
        pytest.param("--rate nan --scenario end-to-end", "rate", id="no number"),
        pytest.param("--api_version 1.1", "api_version", id="old version"),
        pytest.param("--server_url localhost:8888", "server_url", id="no URL"),
        pytest.param("-pw 0 -ow 0", "workers", id="no role"),
        pytest.param("--compare http://a:1 --self-check", "compare", id="two at once"),
        pytest.param(
            "--baseline-mongodb mongodb://h/ --scenario list-10", "baseline", id="no baseline"
        ),
    ],
)
def test_what_can_not_be_done_is_refused(arguments: str, named: str) -> None:
    """The text names the option."""
    with pytest.raises(WrongOptions, match=named):
        parse(arguments.split())


@pytest.mark.parametrize("arguments", [["--connections", "0"], ["--time", "long"], ["--no-such"]])
def test_a_command_line_that_makes_no_sense_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As every command does; the option is named."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)

    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_an_unknown_strategy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """``OS_AUTH_STRATEGY`` is one of two."""
    monkeypatch.setenv("OS_AUTH_STRATEGY", "kerberos")

    with pytest.raises(WrongOptions, match="OS_AUTH_STRATEGY"):
        parse([])


def test_messages_of_a_file_have_weights(tmp_path: Path) -> None:
    """The form is upstream's."""
    file = tmp_path / "messages.json"
    file.write_text(
        '[{"weight": 0.8, "doc": {"ttl": 60, "body": 1}}, {"weight": 0.2, "doc": {"body": 2}}]'
    )

    assert messages_of(file) == [(0.8, {"ttl": 60, "body": 1}), (0.2, {"body": 2})]


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", "no JSON", '[{"weight": 0.5, "doc": {"body": 1}}]', '[{"doc": {}}]', "[1]"],
)
def test_files_of_messages_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    """Empty ones, other shapes, weights that do not add up to 1."""
    file = tmp_path / "messages.json"
    file.write_text(text)

    with pytest.raises(WrongMessages, match=r"messages\.json"):
        messages_of(file)


def test_secrets_are_not_shown() -> None:
    """The URI of the baseline may hold a password; reports have no such parameter."""
    options = parse(["--baseline-mongodb", "mongodb://u:secret@h/"])

    assert "secret" not in str(parameters(options))


def test_scenarios_of_the_websocket_have_its_url() -> None:
    """And go with no others."""
    options = parse(["--scenario", "ws-post-1,ws-idle", "--server_url", "ws://h:9000"])
    assert options.scenarios == ["ws-post-1", "ws-idle"]
    for wrong in (
        ["--scenario", "ws-post-1"],
        ["--scenario", "post-1", "--server_url", "ws://h:9000"],
        ["--scenario", "ws-post-1,post-1", "--server_url", "ws://h:9000"],
        ["--scenario", "ws-post-1", "--server_url", "ws://h:9000", "--self-check"],
    ):
        with pytest.raises(WrongOptions):
            parse(wrong)
