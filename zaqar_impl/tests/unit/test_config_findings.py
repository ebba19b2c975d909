# SPDX-License-Identifier: Apache-2.0
"""What an operator is told of options that have no effect."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from zaqar_impl.config import list_options, load, unsupported

Findings = Callable[[str], Sequence[str]]


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    """Gives the findings of a file with this content, without the file's name."""

    def ask(content: str) -> Sequence[str]:
        file = tmp_path / "zaqar.conf"
        file.write_text(content)
        found = load([file], {}).findings
        assert all(line.startswith(f"{file}: ") for line in found)
        return [line.removeprefix(f"{file}: ") for line in found]

    return ask


def test_nothing_is_said_of_what_works(findings: Findings) -> None:
    """Nor of comments, and of groups with nothing in them."""
    assert findings("[DEFAULT]\n# pooling = true\ndebug = true\n[oslo_policy]\n[nonsense]\n") == []


@pytest.mark.parametrize(
    ("group", "option", "what"),
    [
        ("DEFAULT", "use_journal", "systemd's journal"),
        ("DEFAULT", "enable_deprecated_api_versions", "v2 is the only version"),
        ("Drivers:Message_Store:Mongodb", "max_attempts", "tries again by itself"),
        ("drivers:message_store:mongodb", "partitions", "in one collection"),
        ("drivers:transport:websocket", "external-port", "the Host header"),
        ("keystone_authtoken", "password", "no authentication by Keystone"),
        ("cache", "enabled", "needs no cache server"),
        ("profiler", "hmac_keys", "not traced"),
        ("oslo_reports", "log_dir", "no reports"),
    ],
)
def test_options_of_upstream_without_an_effect(
    findings: Findings, group: str, option: str, what: str
) -> None:
    """One line with the reason, and without the value."""
    [line] = findings(f"[{group}]\n{option} = hunter2\n")

    assert line.startswith(f"[{group if group == 'DEFAULT' else group.lower()}]")
    assert f" {option}: not supported, and ignored: " in line
    assert what in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("group", "option", "end"),
    [
        (
            "transport",
            "max_messages_per_pages",
            "; did you mean [transport] max_messages_per_page?",
        ),
        ("DEFAULT", "port", "; did you mean [drivers:transport:websocket] port?"),
        ("driver", "message_store", "; did you mean [drivers] message_store?"),
        ("tranport", "max_claim_tll", "; did you mean [transport] max_claim_ttl?"),
        ("nonsense", "secret", "."),
    ],
)
def test_unknown_options(findings: Findings, group: str, option: str, end: str) -> None:
    """One line, with the option that was perhaps meant, and without the value."""
    assert findings(f"[{group}]\n{option} = 1\n") == [
        f"[{group}] {option}: unknown option, ignored{end}"
    ]


def test_old_names(findings: Findings) -> None:
    """They work, and the new name is told."""
    assert findings("[drivers]\nstorage = memory\n[DEFAULT]\nuse-json = true\n") == [
        "[drivers] storage: this is an old name; it is taken as [drivers] message_store.",
        "[DEFAULT] use-json: this is an old name; it is taken as [DEFAULT] use_json.",
    ]


def test_every_file_has_its_own_lines(tmp_path: Path) -> None:
    """The same option in two files is two places to look at."""
    for name in ("1.conf", "2.conf"):
        (tmp_path / name).write_text("[cache]\nenabled = true\n")

    first, second = load([], {}, [tmp_path]).findings

    assert first.startswith(f"{tmp_path}/1.conf: ")
    assert second.startswith(f"{tmp_path}/2.conf: ")


def test_an_option_has_an_effect_or_a_reason_for_none() -> None:
    """What begins to be supported leaves the table of what is not."""
    supported = {
        (None if group.name == "DEFAULT" else group.name, option.dest)
        for group, options in list_options()
        for option in options
    }
    ignored = {(g, name) for g, names in unsupported.OPTIONS.items() for name in names}

    assert supported & ignored == set()
    assert {group for group, _ in supported} & set(unsupported.GROUPS) == set()
