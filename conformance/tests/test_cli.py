# SPDX-License-Identifier: Apache-2.0
"""The command line: exit codes, output, and what users are told."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import zaqar_conformance
from tests.small_target import Answer, Call, Honest, serving
from zaqar_conformance import cli, generate, invent, report, specdoc
from zaqar_conformance.case import registry
from zaqar_conformance.run.options import parser
from zaqar_conformance.verdict import Conclusion
from zaqar_conformance.websocket.actions import Actions

#: The quickest thing to run: one operation, no body, no query.
ONE = "generated.server-error/ping_node"


class Always(Honest):
    """A server with one answer to everything."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status
        self.calls: list[Call] = []

    def answer(self, call: Call) -> Answer:
        """That answer."""
        self.calls.append(call)
        return Answer(self.status)


def run(url: str, *arguments: str) -> int:
    """The exit code of a short run."""
    return cli.main(["run", "--url", url, "--generated", "1", "--seed", "1", *arguments])


@pytest.fixture
def closed_port() -> str:
    """A URL at which nothing answers."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """The report of a run in which the one case passed."""
    file = tmp_path / "report.jsonl"
    with serving(Always(204)) as url:
        assert run(url, ONE, "--report", str(file)) == cli.EXIT_CONFORMS
    return file


def test_every_conclusion_has_an_exit_code() -> None:
    """And the codes are those of the help."""
    assert set(cli._EXITS) == set(Conclusion)
    codes = re.findall(r"^  ([0-9]+)  ", parser().format_help(), re.MULTILINE)
    assert set(map(int, codes)) == {*cli._EXITS.values(), cli.EXIT_UNREACHABLE}


def test_a_run_in_which_all_passes_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary goes to stdout, nothing to stderr, as nobody watches a progress there."""
    with serving(Always(204)) as url:
        code = run(url, ONE)

    out, err = capsys.readouterr()
    assert code == 0
    assert out.splitlines()[-1].endswith(": 1 pass")
    assert err == ""


def test_a_run_with_a_failure_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """The failure is in the summary."""
    with serving(Always(500)) as url:
        code = run(url, ONE)

    assert code == 1
    assert f"FAIL   {ONE}" in capsys.readouterr().out


def test_a_known_failure_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As long as something else passed; an id that is no case is told."""
    file = tmp_path / "known.txt"
    file.write_text(f"{ONE} bug 7\ngenerated.typo/x bug 8\n")

    with serving(Always(500)) as url:
        code = run(url, ONE, "generated.content-type/ping_node", "--known", str(file))

    out, err = capsys.readouterr()
    assert code == 0
    assert "(known)" in out
    assert "names generated.typo/x, which is no case of this run" in err


def test_a_run_of_nothing_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be asked has not passed."""
    with serving(Always(404)) as url:
        code = run(url, "generated.lost-resource/message_get")

    assert code == 2
    assert "1 skipped" in capsys.readouterr().out


def test_a_target_that_is_not_there_exits_with_3(
    closed_port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says where nothing answers, and no report is begun."""
    file = tmp_path / "report.jsonl"

    code = run(closed_port, ONE, "--report", str(file))

    assert code == 3
    err = capsys.readouterr().err
    assert err.startswith(f"zaqar-conformance: nothing answers at {closed_port}")
    assert err.count("\n") == 1
    assert not file.exists()


def test_a_report_of_a_broken_kit_exits_with_4(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kit's fault is never the target's."""
    broken = stored.read_text("utf-8").replace('"outcome": "ok"', '"outcome": "kit-error"')
    stored.write_text(broken.replace('{"ok": 1}', '{"kit-error": 1}'), "utf-8")

    assert cli.main(["judge", str(stored)]) == 4
    assert "1 kit-error" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-case"], "nothing is called no-such-case"),
        (["queue-list.ordr"], "did you mean"),
        (["--profile", "kore"], "there is no profile kore; choose from core"),
        (["--spec", "/nowhere"], "no specification in /nowhere; give --spec"),
        (["--known", "/nowhere"], "cannot read the known failures"),
        (["--header", "nonsense"], "'nonsense' is no header; write --header 'NAME: VALUE'"),
        ([ONE, "--report", "/nowhere/report"], "cannot write /nowhere/report"),
        ([ONE, "--websocket-url", "http://kit.invalid"], "is no WebSocket"),
    ],
)
def test_bad_usage_exits_with_2_and_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says what is wrong and what to do."""
    with serving(Always(204)) as url:
        code = run(url, *arguments)

    err = capsys.readouterr().err
    assert code == 2
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run"],
        ["run", "--url", "http://a", "--generated", "0"],
        ["run", "--url", "http://a", "--timeout", "nan"],
        ["run", "--url", "http://a", "--seed", "x"],
        ["judge"],
        ["verify"],
    ],
)
def test_what_the_parser_refuses_exits_with_2(arguments: list[str]) -> None:
    """argparse's own code is ours."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)

    assert caught.value.code == cli.EXIT_USAGE


def test_a_websocket_that_is_not_there_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of a service that is not there, whichever of its transports it is."""
    with serving(Always(204)) as url:
        code = run(url, ONE, "--websocket-url", url.replace("http", "ws"))

    assert code == cli.EXIT_UNREACHABLE
    assert "mend --websocket-url" in capsys.readouterr().err


def test_without_a_websocket_its_profiles_are_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    """One word for all of a profile, and nothing that counts against the target."""
    with serving(Always(204)) as url:
        code = run(url, "--profile", "websocket", "--profile", "core", ONE, "websocket-reply")

    out = capsys.readouterr().out
    assert code == 0
    assert "give --websocket-url: all of websocket" in " ".join(out.split())


def test_report_and_junit_are_written(tmp_path: Path) -> None:
    """The report is valid, and JUnit tells the same."""
    lines, xml = tmp_path / "report.jsonl", tmp_path / "junit.xml"

    with serving(Always(500)) as url:
        run(url, ONE, "--report", str(lines), "--junit", str(xml))

    stored = report.read(lines.read_text("utf-8").splitlines())
    assert [case.id for case in stored.cases] == [ONE]
    assert stored.header.seed == 1
    assert ElementTree.parse(xml).find(".//testcase/failure") is not None


def test_a_stored_report_is_judged_as_its_run_was(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With no server there."""
    capsys.readouterr()

    assert cli.main(["judge", str(stored)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(": 1 pass")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: "", "the report is empty"),
        (lambda text: "".join(text.splitlines(keepends=True)[:-1]), "the report has no footer"),
        (lambda text: "{", "line 1 of the report"),
    ],
)
def test_a_damaged_report_exits_with_2(
    stored: Path, damage: object, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that did not end is not a result."""
    assert callable(damage)
    stored.write_text(damage(stored.read_text("utf-8")), "utf-8")
    capsys.readouterr()

    assert cli.main(["judge", str(stored)]) == 2
    assert told in capsys.readouterr().err


def test_the_token_is_taken_from_the_environment_and_kept_out_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag wins over OS_TOKEN; neither is written down."""
    server, file = Always(204), tmp_path / "report.jsonl"
    monkeypatch.setenv("OS_TOKEN", "from-env")

    with serving(server) as url:
        run(url, ONE, "--report", str(file))
        of_environment = server.calls[-1].headers["x-auth-token"]
        run(url, ONE, "--token", "from-flag", "--report", str(file))
        of_flag = server.calls[-1].headers["x-auth-token"]

    assert (of_environment, of_flag) == ("from-env", "from-flag")
    assert json.loads(file.read_text("utf-8").splitlines()[0])["settings"]["headers"]
    assert "from-flag" not in file.read_text("utf-8")


def ends_in(error: BaseException) -> int:
    """The exit code when a command ends in the error."""

    def command(options: argparse.Namespace) -> int:
        raise error

    return cli.main(["list"], {"list": command})


def test_an_unexpected_error_exits_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the kit's fault, and asked to be reported with its place."""
    assert ends_in(ZeroDivisionError("seven")) == 4

    err = capsys.readouterr().err
    assert "ZeroDivisionError: seven" in err
    assert err.splitlines()[-1].startswith("zaqar-conformance: the kit broke (ZeroDivisionError)")


def test_an_interruption_exits_as_shells_do(capsys: pytest.CaptureFixture[str]) -> None:
    """And says that the report is not to be used."""
    assert ends_in(KeyboardInterrupt()) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_goes_away_does_not_make_a_success() -> None:
    """As with `zaqar-conformance list | head -1`; nothing is complained about."""
    program = "from zaqar_conformance.cli import run_and_exit; run_and_exit()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(zaqar_conformance.__file__).parents[1],
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        complaint = process.stderr.read()

    assert (process.returncode, complaint) == (cli.EXIT_PIPE, b"")


def test_list_tells_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    """Id, level, profile, sentence, a line each."""
    assert cli.main(["list"]) == 0

    spec = specdoc.load()
    planned = {case.id for case in generate.plan(spec.document, spec.profiles)}
    planned |= {case.id for case in invent.plan(Actions(spec.websocket))}
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {*registry(), *planned}
    assert all(re.match(r"\S+ +(MUST|SHOULD|MAY) +[\w-]+ +\S", line) for line in lines)


def test_list_selects_as_run_does(capsys: pytest.CaptureFixture[str]) -> None:
    """By profile, by how ids begin, with or without the generated ones."""
    cli.main(["list", "--profile", "claims", "--no-generated", "claim-create"])

    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(re.match(r"claim-create\S* +\w+ +claims ", line) for line in lines)


def test_show_tells_a_requirement_by_its_id_and_by_that_of_a_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Written and generated ones alike."""
    requirement = next(iter(registry().values())).requirement
    for id in (requirement, ONE):
        assert cli.main(["show", id]) == 0
        assert id in capsys.readouterr().out


def test_show_of_nothing_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """With the names that come near."""
    assert cli.main(["show", "message-post.ttl-minimun"]) == 2
    assert "did you mean message-post.ttl-minimum" in capsys.readouterr().err


def examples(text: str) -> list[list[str]]:
    """The command lines of the kit in a text, as arguments."""
    joined = text.replace("\\\n", "")
    lines = re.findall(r"^.*?\bzaqar-conformance (.+)$", joined, re.MULTILINE)
    return [
        shlex.split(line) for line in lines if line.split()[0] in ("run", "judge", "list", "show")
    ]


@pytest.mark.parametrize("source", ["help", "README.rst"])
def test_examples_are_command_lines_that_parse(source: str) -> None:
    """An example that does not work is worse than none."""
    readme = Path(zaqar_conformance.__file__).parents[1] / "README.rst"
    text = parser().format_help() if source == "help" else readme.read_text("utf-8")

    found = examples(text)

    assert len(found) >= 5
    for arguments in found:
        assert parser().parse_args(arguments).command == arguments[0]


def test_stores_are_given_and_kept_out_of_the_report(tmp_path: Path) -> None:
    """The URIs for cases of pools may hold passwords."""
    file = tmp_path / "report.jsonl"

    with serving(Always(204)) as url:
        run(url, "--pool-uri", "mongodb://me:secret@db/", "--report", str(file), ONE)

    assert parser().parse_args(["run", "--url", "u", "--pool-uri", "a", "--pool-uri", "b"]).pool_uri
    assert "secret" not in file.read_text(encoding="utf-8")
