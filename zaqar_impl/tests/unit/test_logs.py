# SPDX-License-Identifier: Apache-2.0
"""The log: each test sets it up in a process of its own, as the command does, and reads it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from zaqar_impl import logs
from zaqar_impl.config import Name, WrongConfiguration, load


class Log(NamedTuple):
    """What a process wrote."""

    stderr: str
    stdout: str

    @property
    def lines(self) -> list[str]:
        return self.stderr.splitlines()


Run = Callable[..., Log]

#: What a process does when it has read its configuration.
_BEGIN = """\
import logging, sys
from pathlib import Path
from zaqar_impl import logs
from zaqar_impl.config import load
from zaqar_impl.wire.request_ids import begin
logs.configure(load([Path(sys.argv[1])], {}))
LOG = logging.getLogger("zaqar_impl.part")
"""

INFO = 'LOG.info("all is well")'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs statements in a process with these options of ``[DEFAULT]``."""

    def start(statements: str, **options: object) -> Log:
        file = tmp_path / "zaqar.conf"
        lines = (f"{name} = {value}\n" for name, value in options.items())
        file.write_text("[DEFAULT]\n" + "".join(lines))
        done = subprocess.run(
            [sys.executable, "-c", _BEGIN + statements, str(file)],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return Log(done.stderr, done.stdout)

    return start


def test_lines_go_to_stderr(run: Run) -> None:
    """With time, process, level and part; stdout is for what the command says to people."""
    log = run(INFO + '; LOG.debug("a detail")')

    assert log.stdout == ""
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ INFO zaqar_impl\.part \[-\] all is well\n",
        log.stderr,
    )


def test_lines_of_a_request_name_it(run: Run) -> None:
    """Whichever part of the service writes them."""
    log = run('begin("req-7"); logging.getLogger("library").warning("slow")')

    assert "WARNING library [req-7] slow" in log.stderr


@pytest.mark.option("DEFAULT.debug")
def test_debug(run: Run) -> None:
    """Details are logged too, but not those of libraries, in which there are message bodies."""
    log = run('LOG.debug("a detail"); logging.getLogger("pymongo.command").debug("a body")',
              debug=True)  # fmt: skip

    assert len(log.lines) == 1
    assert "a detail" in log.stderr


@pytest.mark.option("DEFAULT.log_file")
def test_log_file(run: Run, tmp_path: Path) -> None:
    """It is appended to, and stderr stays empty; when it is moved away it is begun anew."""
    file = tmp_path / "a.log"
    file.write_text("before\n")
    move = f"import os; os.rename({str(file)!r}, {str(file)!r} + '.1')"

    log = run(f"{INFO}; {move}; {INFO}; {INFO}", log_file=file)

    assert log.stderr == ""
    assert (tmp_path / "a.log.1").read_text().splitlines()[0] == "before"
    assert len(file.read_text().splitlines()) == 2


@pytest.mark.option("DEFAULT.log_dir")
@pytest.mark.parametrize(
    ("options", "name"), [({}, "zaqar-server.log"), ({"log_file": "b.log"}, "b.log")]
)
def test_log_dir(run: Run, tmp_path: Path, options: dict[str, str], name: str) -> None:
    """The log is in there, by the command's name or that of log_file."""
    run(INFO, log_dir=tmp_path, **options)

    assert "all is well" in (tmp_path / name).read_text()


@pytest.mark.option("DEFAULT.use_stderr")
def test_use_stderr(run: Run, tmp_path: Path) -> None:
    """The same lines go to the file and to stderr."""
    log = run(INFO, log_file=tmp_path / "a.log", use_stderr=True)

    assert log.stderr == (tmp_path / "a.log").read_text() != ""


@pytest.mark.option("DEFAULT.log_config_append")
def test_log_config_append(run: Run, tmp_path: Path) -> None:
    """The file decides; a formatter of oslo.log in it still knows the request."""
    file = tmp_path / "logging.conf"
    file.write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = out\n[formatters]\nkeys = mine\n"
        "[logger_root]\nlevel = WARNING\nhandlers = out\n"
        "[handler_out]\nclass = StreamHandler\nargs = (sys.stdout,)\nformatter = mine\n"
        "[formatter_mine]\nclass = oslo_log.formatters.ContextFormatter\n"
    )

    log = run(f'begin("req-7"); {INFO}; LOG.warning("look")', log_config_append=file)

    assert log.stderr == ""
    assert log.stdout.endswith("WARNING zaqar_impl.part [req-7] look\n")
    assert len(log.stdout.splitlines()) == 1


@pytest.mark.option("DEFAULT.log_date_format")
def test_log_date_format(run: Run) -> None:
    """Times are written so."""
    assert run(INFO, log_date_format="%d.%m.%y").stderr[2:6:3] == ".."


@pytest.mark.option("DEFAULT.use_json")
def test_use_json(run: Run) -> None:
    """A line is an object that has the request as well."""
    log = run(f'begin("req-7"); {INFO}', use_json=True)

    line = json.loads(log.stderr)
    assert (line["message"], line["levelname"]) == ("all is well", "INFO")
    assert line["context"] == {"request_id": "req-7"}


@pytest.mark.option("DEFAULT.logging_default_format_string")
def test_logging_default_format_string(run: Run) -> None:
    """Lines that belong to no request look so."""
    log = run(f'{INFO}; begin("req-7"); {INFO}', logging_default_format_string="> %(message)s")

    assert [line.startswith("> all is well") for line in log.lines] == [True, False]


@pytest.mark.option("DEFAULT.logging_context_format_string")
def test_logging_context_format_string(run: Run) -> None:
    """Lines that belong to a request look so."""
    form = "%(request_id)s> %(message)s"

    log = run(f'{INFO}; begin("req-7"); {INFO}', logging_context_format_string=form)

    assert log.lines[1:] == ["req-7> all is well"]


@pytest.mark.option("DEFAULT.logging_debug_format_suffix")
def test_logging_debug_format_suffix(run: Run) -> None:
    """It ends the lines of one level."""
    log = run(f'{INFO}; LOG.debug("detail")', debug=True,
              logging_debug_format_suffix="in %(funcName)s")  # fmt: skip

    assert [line.endswith("in <module>") for line in log.lines] == [False, True]


@pytest.mark.option("DEFAULT.logging_exception_prefix")
def test_logging_exception_prefix(run: Run) -> None:
    """It begins the lines of a traceback."""
    log = run('\ntry:\n  1 / 0\nexcept Exception: LOG.exception("oh")\n',
              logging_exception_prefix="!")  # fmt: skip

    assert len(log.lines) > 3
    assert all(line.startswith("!") for line in log.lines[1:])


@pytest.mark.option("DEFAULT.default_log_levels")
def test_default_log_levels(run: Run) -> None:
    """Loggers that are named log from their level on; the others keep theirs."""
    log = run(
        'LOG.warning("no"); LOG.error("yes"); logging.getLogger("pymongo.command").debug("body")',
        default_log_levels="zaqar_impl=ERROR",
        debug=True,
    )

    assert [line.rsplit(" ", 1)[1] for line in log.lines] == ["yes"]


@pytest.mark.option("DEFAULT.rate_limit_interval", "DEFAULT.rate_limit_burst")
def test_rate_limit(run: Run) -> None:
    """So many lines in so many seconds; the log says that some are missing."""
    log = run(f"for _ in range(20): {INFO}", rate_limit_interval=60, rate_limit_burst=3)

    assert len([line for line in log.lines if line.endswith("all is well")]) == 3


@pytest.mark.option("DEFAULT.rate_limit_except_level")
def test_rate_limit_except_level(run: Run) -> None:
    """What is as grave as this is logged in any case."""
    log = run(
        'for _ in range(9): LOG.error("grave")',
        rate_limit_interval=60, rate_limit_burst=1, rate_limit_except_level="ERROR",
    )  # fmt: skip

    assert len(log.lines) == 9


@pytest.mark.parametrize(
    ("option", "path", "why"),
    [
        ("log_file", "/proc/no/a.log", "can't be used: No such file or directory"),
        ("log_dir", "/proc/no", "can't be used: No such file or directory"),
        ("log_config_append", "/no.conf", "can't be used: No such file or directory"),
    ],
)
def test_a_log_that_can_not_be_written(option: str, path: str, why: str) -> None:
    """The option and its value are named."""
    settings = load([], {(None, option): path})

    with pytest.raises(WrongConfiguration) as caught:
        logs.configure(settings)

    assert str(caught.value) == f"{settings.origins.of(Name(None, option))} = {path}: {why}."


@pytest.mark.parametrize("content", ["hunter2", "[loggers]\nkeys = root, hunter2\n"])
def test_a_file_that_sets_up_no_logging(tmp_path: Path, content: str) -> None:
    """The file is named, and nothing of it is repeated."""
    file = tmp_path / "logging.conf"
    file.write_text(content)

    with pytest.raises(WrongConfiguration, match="not in the format") as caught:
        logs.configure(load([], {(None, "log_config_append"): str(file)}))

    assert "hunter2" not in str(caught.value)
