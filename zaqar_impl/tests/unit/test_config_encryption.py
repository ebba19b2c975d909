# SPDX-License-Identifier: Apache-2.0
"""Options of encryption: what counts as a key, and that nothing shows one."""

import logging
import pickle
from pathlib import Path

import pytest
from oslo_config import cfg

from zaqar_impl.config import Settings, WrongConfiguration, list_options, load
from zaqar_impl.domain.sealing import SHORTEST_SECRET

ONE, TWO, THREE = (digit * SHORTEST_SECRET for digit in "123")
KEY = "message_encryption_key"
KEYS = "message_encryption_keys"


def settings_of(tmp_path: Path, *lines: str) -> Settings:
    """What a file with these lines in [transport] means."""
    file = tmp_path / "zaqar.conf"
    file.write_text("\n".join(["[transport]", *lines]))
    return load([file], {})


def secrets_of(tmp_path: Path, *lines: str) -> tuple[str, ...]:
    """The keys of such a file."""
    return settings_of(tmp_path, *lines).encryption_secrets


def test_there_is_no_key_by_default() -> None:
    """Upstream's default is public, so it is none here."""
    assert load([], {}).encryption_secrets == ()


def test_order_of_keys(tmp_path: Path) -> None:
    """The first of the list encrypts; upstream's option stands behind the list."""
    assert secrets_of(tmp_path, f"{KEY} = {ONE}") == (ONE,)
    assert secrets_of(tmp_path, f"{KEYS} = {TWO}, {THREE}") == (TWO, THREE)
    assert secrets_of(tmp_path, f"{KEY} = {ONE}", f"{KEYS} = {TWO},{THREE}") == (TWO, THREE, ONE)


def test_public_default_of_upstream_is_no_key(tmp_path: Path) -> None:
    """A file that spells it starts, with a warning that says what to do."""
    settings = settings_of(tmp_path, f"{KEY} = AES256")

    assert settings.encryption_secrets == ()
    [line] = settings.findings
    assert f"zaqar.conf: [transport] {KEY}" in line
    assert "openssl rand" in line


def test_empty_key_is_no_key(tmp_path: Path) -> None:
    """As if the line were not there."""
    settings = settings_of(tmp_path, f"{KEY} =", f"{KEYS} =")

    assert (settings.encryption_secrets, settings.findings) == ((), [])


@pytest.mark.parametrize("line", [f"{KEY} = {{}}", f"{KEYS} = {ONE},{{}}"])
@pytest.mark.parametrize("weak", ["x", "swordfish" + "h" * (SHORTEST_SECRET - 10)])
def test_short_key_stops_the_start(tmp_path: Path, line: str, weak: str) -> None:
    """One line names the option, the rule, and how to make a key; not the key."""
    with pytest.raises(WrongConfiguration) as caught:
        secrets_of(tmp_path, line.format(weak))

    text = str(caught.value)
    assert line.partition(" ")[0] in text
    assert f"{SHORTEST_SECRET} characters" in text
    assert "openssl rand" in text
    assert "\n" not in text
    assert "swordfish" not in text
    assert ONE not in text


@pytest.mark.option("transport.message_encryption_algorithms")
def test_only_aes_is_taken(tmp_path: Path) -> None:
    """Upstream's RSA never worked; whoever asks for it is told at the start."""
    assert secrets_of(tmp_path, "message_encryption_algorithms = AES256", f"{KEY} = {ONE}") == (
        ONE,
    )
    with pytest.raises(WrongConfiguration, match=r"message_encryption_algorithms.*RSA") as caught:
        secrets_of(tmp_path, "message_encryption_algorithms = RSA", f"{KEY} = {ONE}")
    assert "AES256" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_hide_keys() -> None:
    """Their repr, which logs and tracebacks show, has none; workers get them all the same."""
    settings = load([], {("transport", KEY): ONE, ("transport", KEYS): [TWO]})

    assert ONE not in repr(settings)
    assert TWO not in repr(settings)
    assert not {KEY, KEYS} & set(settings.transport)
    assert pickle.loads(pickle.dumps(settings)).encryption_secrets == (TWO, ONE)


def test_settings_hide_credentials() -> None:
    """Those in URIs likewise, of messages and of the register."""
    uri = "mongodb://zaqar:hunter2@db"
    groups = ("drivers:message_store:mongodb", "drivers:management_store:mongodb")
    settings = load([], {(group, "uri"): uri for group in groups})

    assert "hunter2" not in repr(settings)


def test_log_of_options_masks_keys(caplog: pytest.LogCaptureFixture) -> None:
    """What oslo.config writes of the options in force has stars in their place."""
    conf = cfg.ConfigOpts()
    for group, options in list_options():
        conf.register_opts(options, group=group)
    conf([], default_config_files=[])
    conf.set_override(KEY, ONE, group="transport")
    conf.set_override(KEYS, [TWO], group="transport")

    with caplog.at_level(logging.DEBUG):
        conf.log_opt_values(logging.getLogger("options"), logging.DEBUG)

    assert KEYS in caplog.text
    assert ONE not in caplog.text
    assert TWO not in caplog.text
