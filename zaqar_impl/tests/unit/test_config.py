# SPDX-License-Identifier: Apache-2.0
"""Settings from files, directories, the environment, flags and defaults."""

from pathlib import Path

import pytest

from zaqar_impl.config import REST_GROUP, STORE_GROUP, Name, list_options, load
from zaqar_impl.domain.limits import Limits


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A file as an operator of upstream has it."""
    file = tmp_path / "zaqar.conf"
    file.write_text(
        "[DEFAULT]\n"
        "unreliable = True\n"
        "[drivers]\n"
        "storage = mongodb.fifo\n"
        "[drivers:transport:wsgi]\n"
        "bind = 0.0.0.0\n"
        "port = 9999\n"
        "[drivers:message_store:mongodb]\n"
        "uri = mongodb://db/?replicaSet=rs0\n"
        "[Transport]\n"
        "max_messages_per_page = 50\n"
        "subscriber_types = https, mailto\n"
    )
    return file


def port_file(file: Path, port: int) -> Path:
    """A file that sets nothing but the port."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"[{REST_GROUP}]\nport = {port}\n")
    return file


def test_defaults_are_upstreams() -> None:
    """Without a file the limits are those that clients know."""
    settings = load([], {})

    assert settings.limits == Limits()
    assert (settings.bind, settings.port, settings.mongodb_uri) == ("127.0.0.1", 8888, None)


def test_a_file_of_upstreams_is_read_as_it_is(conf: Path) -> None:
    """Old names and other spellings are understood; nothing is left to say of them but that."""
    settings = load([conf], {})

    assert (settings.bind, settings.port, settings.driver) == ("0.0.0.0", 9999, "mongodb")
    assert settings.mongodb_uri == "mongodb://db/?replicaSet=rs0"
    assert settings.transport["max_messages_per_page"] == 50
    assert settings.limits.subscriber_types == ("https", "mailto")
    assert len(settings.findings) == 1


def test_flags_win_over_everything(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said on the command line counts."""
    monkeypatch.setenv(f"OS_{REST_GROUP.upper()}__PORT", "4321")

    assert load([conf], {(REST_GROUP, "port"): 1234}).port == 1234


def test_the_environment_wins_over_files(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By oslo.config's names of variables."""
    monkeypatch.setenv("OS_TRANSPORT__MAX_MESSAGES_PER_PAGE", "7")

    assert load([conf], {}).transport["max_messages_per_page"] == 7


def test_later_files_win(tmp_path: Path) -> None:
    """What a later one does not set stays as the earlier one has it."""
    first = tmp_path / "first.conf"
    first.write_text(f"[{REST_GROUP}]\nport = 1\nworkers = 3\n")

    settings = load([first, port_file(tmp_path / "second.conf", 2)], {})

    assert (settings.port, settings.workers) == (2, 3)


def test_directories_are_read_after_files_by_name(tmp_path: Path) -> None:
    """Only what ends in .conf, and no hidden file."""
    folder = tmp_path / "zaqar.conf.d"
    for name, port in (("20.conf", 20), ("10.conf", 10), ("30.bak", 30), (".40.conf", 40)):
        port_file(folder / name, port)

    assert load([port_file(tmp_path / "zaqar.conf", 1)], {}, [folder]).port == 20


def test_files_are_found_where_upstream_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without files and directories; naming one of either stops the search."""
    monkeypatch.setenv("HOME", str(tmp_path))
    port_file(tmp_path / ".zaqar" / "zaqar.conf", 5)
    (tmp_path / "empty").mkdir()

    assert load([], {}).port == 5
    assert load([], {}, [tmp_path / "empty"]).port == 8888


def test_settings_know_where_values_come_from(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flag, variable, the last file with the line as it is spelled there, or nothing."""
    monkeypatch.setenv("OS_DEFAULT__DEBUG", "true")

    origins = load([conf], {(REST_GROUP, "port"): 1, ("transport", "max_claim_ttl"): 300}).origins

    assert origins.of(Name(REST_GROUP, "port")) == "--port"
    assert origins.of(Name(None, "debug")) == "environment variable OS_DEFAULT__DEBUG"
    assert origins.of(Name(STORE_GROUP, "uri")) == f"{conf}: [{STORE_GROUP}] uri"
    assert origins.of(Name("drivers", "message_store")) == f"{conf}: [drivers] storage"


def test_every_option_explains_itself() -> None:
    """The sample file and the page are made of these texts, of one sentence or more."""
    for group, options in list_options():
        for text in (group.help, *(option.help for option in options)):
            assert text
            assert text.endswith(".")
