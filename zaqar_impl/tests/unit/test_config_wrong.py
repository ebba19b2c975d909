# SPDX-License-Identifier: Apache-2.0
"""A configuration that the service can't start with: one line that names place, option and rule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.config import REST_GROUP, STORE_GROUP, WrongConfiguration, load
from zaqar_impl.config.stores import MANAGEMENT_GROUP

Told = Callable[[str], str]


def told(*arguments: Any) -> str:
    """What is said of a configuration that can't be used."""
    with pytest.raises(WrongConfiguration) as caught:
        load(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def told_of(tmp_path: Path) -> Told:
    """Gives what is said of a file with this content, without the file's name."""

    def ask(content: str) -> str:
        file = tmp_path / "zaqar.conf"
        file.write_text(content)
        text = told([file], {})
        assert text.startswith(f"{file}: ")
        return text.removeprefix(f"{file}: ")

    return ask


WHOLE = "has to be a whole number"


@pytest.mark.parametrize(
    ("group", "option", "value", "rule"),
    [
        pytest.param("transport", "max_claim_ttl", "many", f"{WHOLE}, 60 or more", id="number"),
        pytest.param("transport", "max_claim_ttl", "", f"{WHOLE}, 60 or more", id="empty number"),
        pytest.param("transport", "default_claim_ttl", "59", f"{WHOLE}, 60 or more", id="low"),
        pytest.param(REST_GROUP, "workers", "257", f"{WHOLE} from 0 to 256", id="high"),
        pytest.param(REST_GROUP, "port", "70000", f"{WHOLE} from 0 to 65535", id="port"),
        pytest.param("DEFAULT", "unreliable", "perhaps", "has to be true or false", id="switch"),
        pytest.param(
            REST_GROUP, "bind", "not a host", "has to be an IP address or the name of a host",
            id="address",
        ),
        pytest.param(
            "transport", "client_id_uuid_safe", "on", "has to be one of strict, off", id="choice"
        ),
        pytest.param(
            "transport", "subscriber_types", "http,ftp",
            "has to be a list with commas between, each one of http, https, mailto, trust+http, "
            "trust+https",
            id="list of choices",
        ),
        pytest.param(
            "DEFAULT", "default_log_levels", "pymongo",
            "has to be a list with commas between, each name=LEVEL",
            id="list of pairs",
        ),
        pytest.param(
            "DEFAULT", "syslog_log_facility", "POSTMAN",
            "has to be a facility of syslog, such as LOG_USER or LOG_LOCAL0",
            id="pattern",
        ),
        pytest.param(
            "DEFAULT", "logging_default_format_string", "%(message)",
            "has to be a format of Python's logging, such as %(message)s",
            id="format",
        ),
        pytest.param(
            "DEFAULT", "auth_strategy", "keystone",
            "has to be empty; there is no authentication by Keystone in this version",
            id="strategy",
        ),
        pytest.param(
            "drivers", "transport", "soap",
            "has to be one of all, rest, wsgi, websocket",
            id="transport",
        ),
    ],
)  # fmt: skip
def test_a_wrong_value(told_of: Told, group: str, option: str, value: str, rule: str) -> None:
    """File, group, option, value and rule."""
    text = told_of(f"[{group}]\n{option} = {value}\n")

    assert text == f"[{group}] {option} = {value}: {rule}."


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("default_message_ttl = 70", "max_message_ttl = 60"),
        ("default_message_delay = 2", "max_message_delay = 1"),
        ("default_claim_ttl = 70", "max_claim_ttl = 60"),
        ("default_claim_grace = 70", "max_claim_grace = 60"),
        ("min_length_client_id = 9", "max_length_client_id = 8"),
    ],
)
def test_a_default_above_its_maximum(told_of: Told, low: str, high: str) -> None:
    """Both options and their values."""
    text = told_of(f"[transport]\n{low}\n{high}\n")

    assert text == f"[transport] {low}: has to be {high} or less."


@pytest.mark.parametrize("group", [STORE_GROUP, MANAGEMENT_GROUP])
def test_a_weak_acknowledgement(told_of: Told, group: str) -> None:
    """Has to be wanted twice, for the register too: a queue is lost with its entry."""
    content = f"[DEFAULT]\npooling = true\n[{group}]\nuri = mongodb://user:pa55@db/?W=1\n"

    text = told_of(content)

    assert text == (
        f"[{group}] uri: w has to be majority, or 2 or more, "
        "as long as [DEFAULT] unreliable is false."
    )


def test_an_old_name_is_named_as_it_stands(told_of: Told) -> None:
    """The operator looks for what the file says."""
    text = told_of("[DEFAULT]\nlog_config = $nothing\n")

    assert text.startswith("[DEFAULT] log_config: a $ that is no reference")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param("[transport]\nhunter2\n", "line 2: No ':' or '='", id="no value"),
        pytest.param("hunter2 = 1\n", "line 1: Section must be started", id="no group"),
        pytest.param("[transport\nhunter2 = 1\n", "line 1: Invalid section", id="open bracket"),
        pytest.param("[a]\n = hunter2\n", "line 2: ", id="no name"),
    ],
)
def test_a_file_that_is_no_configuration(told_of: Told, content: str, what: str) -> None:
    """The line is named and not repeated: it may be a secret."""
    text = told_of(content)

    assert text.startswith(what)
    assert "hunter2" not in text


def test_another_source(told_of: Told) -> None:
    """oslo.config can have options from elsewhere, and goes on where that fails."""
    assert told_of("[DEFAULT]\nconfig_source = web\n").startswith("[DEFAULT] config_source: ")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """For example one that was compressed."""
    file = tmp_path / "zaqar.conf"
    file.write_bytes(b"\x1f\x8b\x08\xff")

    assert told([file], {}) == f"{file}: is not text in UTF-8."


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Path and cause."""
    assert (
        told([tmp_path / "no"], {}) == f"{tmp_path}/no: can't be read: No such file or directory."
    )


def test_a_file_that_is_a_directory(tmp_path: Path) -> None:
    """Path and cause."""
    assert told([tmp_path], {}) == f"{tmp_path}: can't be read: Is a directory."


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """Path and cause."""
    place = tmp_path / "no"

    assert told([], {}, [place]) == f"{place}: can't be listed: No such file or directory."


def test_a_wrong_value_in_a_directory(tmp_path: Path) -> None:
    """The file that set it is named, not another one with the same group."""
    (tmp_path / "10.conf").write_text("[transport]\nmax_claim_ttl = 1\n")
    (tmp_path / "20.conf").write_text("[transport]\nmax_message_ttl = 100000\n")

    assert told([], {}, [tmp_path]).startswith(f"{tmp_path}/10.conf: [transport] max_claim_ttl")


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ((REST_GROUP, "port"), "70000", f"--port = 70000: {WHOLE} from 0 to 65535."),
        ((REST_GROUP, "workers"), "x", f"--workers = x: {WHOLE} from 0 to 256."),
    ],
)
def test_a_wrong_flag(option: tuple[str | None, str], value: str, text: str) -> None:
    """The flag takes the place of file, group and option."""
    assert told([], {option: value}) == text


def test_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("OS_TRANSPORT__MAX_CLAIM_TTL", "x")

    assert told([], {}).startswith(
        "environment variable OS_TRANSPORT__MAX_CLAIM_TTL = x: has to be"
    )
