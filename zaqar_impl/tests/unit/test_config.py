# SPDX-License-Identifier: Apache-2.0
"""Settings from files, flags and defaults."""

from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.config import REST_GROUP, WrongConfiguration, list_options, load
from zaqar_impl.domain.limits import Limits


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A file as an operator of upstream has it."""
    file = tmp_path / "zaqar.conf"
    file.write_text(
        "[DEFAULT]\n"
        "unreliable = True\n"
        "[drivers:transport:wsgi]\n"
        "bind = 0.0.0.0\n"
        "port = 9999\n"
        "[drivers:message_store:mongodb]\n"
        "uri = mongodb://db/?replicaSet=rs0\n"
        "[transport]\n"
        "max_messages_per_page = 50\n"
        "subscriber_types = https, mailto\n"
    )
    return file


def test_defaults_are_upstreams() -> None:
    """Without a file the limits are those that clients know."""
    settings = load([], {})

    assert settings.limits == Limits()
    assert (settings.bind, settings.port, settings.mongodb_uri) == ("127.0.0.1", 8888, None)


def test_a_file_of_upstreams_is_read_as_it_is(conf: Path) -> None:
    """Known options take effect, others do no harm."""
    settings = load([conf], {})

    assert (settings.bind, settings.port) == ("0.0.0.0", 9999)
    assert settings.mongodb_uri == "mongodb://db/?replicaSet=rs0"
    assert settings.transport["max_messages_per_page"] == 50
    assert settings.limits.subscriber_types == ("https", "mailto")


def test_flags_win_over_files(conf: Path) -> None:
    """What is said on the command line counts."""
    assert load([conf], {(REST_GROUP, "port"): 1234}).port == 1234


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ((REST_GROUP, "port"), 70000),
        ((REST_GROUP, "workers"), -1),
        (("transport", "default_message_ttl"), 59),
        (("transport", "client_id_uuid_safe"), "perhaps"),
        (("transport", "min_length_client_id"), 37),
        (("transport", "default_subscription_ttl"), 59),
        (("transport", "subscriber_types"), ["http", "ftp"]),
        ((None, "auth_strategy"), "keystone"),
    ],
)
def test_wrong_values_are_named(option: tuple[str | None, str], value: Any) -> None:
    """The text has the option's name, on one line."""
    with pytest.raises(WrongConfiguration) as caught:
        load([], {option: value})

    assert option[1] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_option_explains_itself() -> None:
    """The sample file and the page are made of these texts."""
    for _, options in list_options():
        assert all(option.help for option in options)
