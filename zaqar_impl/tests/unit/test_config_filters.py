# SPDX-License-Identifier: Apache-2.0
"""Filters in the configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

from zaqar_impl.config import Settings, WrongConfiguration, load
from zaqar_impl.tests.unit.conftest import Install

#: A filter with an option that has to be given.
STRICT = """
from oslo_config import cfg
from zaqar_impl.filters import MessageFilter

class Strict(MessageFilter):
    OPTIONS = [cfg.IntOpt("most", min=1, required=True)]
"""

Configured = Callable[[str], Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """The settings of a file with this text."""

    def read(text: str) -> Settings:
        (tmp_path / "zaqar.conf").write_text(text)
        return load([tmp_path / "zaqar.conf"], {})

    return read


def test_a_filter_gets_its_options(configured: Configured) -> None:
    """With their types and defaults; a filter that is not named needs none."""
    settings = configured(
        "[storage]\nmessage_pipeline = guard\n[filter:guard]\nredact = a, b\n[filter:x]\ny = z\n"
    )

    assert settings.filters == (("guard", {"refuse": [], "redact": ["a", "b"], "hide": []}),)


def test_an_unknown_filter_stops_the_start(configured: Configured) -> None:
    """With one line: the file, the option, the name, and those there are. Upstream goes on without
    it, also if it is there to hide something."""
    with pytest.raises(WrongConfiguration) as caught:
        configured("[storage]\nmessage_pipeline = guard, gard\n")

    told = str(caught.value)
    for part in ("zaqar.conf: [storage] message_pipeline", "'gard'", "there are: ", "guard"):
        assert part in told
    assert "\n" not in told


@pytest.mark.parametrize("names", ["guard, guard", "guard,,x"])
def test_a_filter_that_is_named_twice_or_not_at_all_stops_the_start(
    configured: Configured, names: str
) -> None:
    """It is a slip."""
    with pytest.raises(WrongConfiguration, match=r"\[storage\] message_pipeline"):
        configured(f"[storage]\nmessage_pipeline = {names}\n")


def test_upstreams_notifier_is_needless(configured: Configured) -> None:
    """An operator's file of upstream has it where there are subscriptions."""
    settings = configured("[storage]\nmessage_pipeline = zaqar.notification.notifier, guard\n")

    assert [name for name, _ in settings.filters] == ["guard"]
    [finding] = settings.findings
    assert "zaqar.conf: [storage] message_pipeline: zaqar.notification.notifier is n" in finding


def test_options_of_filters_are_known(configured: Configured) -> None:
    """But not those of a filter that is not named, nor those that the filter does not have."""
    settings = configured(
        "[storage]\nmessage_pipeline = guard\n"
        "[filter:guard]\nhide = a\nhid = b\n[filter:x]\ny = z\n"
    )

    first, second = settings.findings
    assert "[filter:guard] hid: unknown option" in first
    assert "[filter:x] y: unknown option" in second


def test_a_driver_has_a_group_of_its_own(configured: Configured) -> None:
    """As those of upstream have."""
    settings = configured(
        "[drivers]\nmessage_store = stopwatch\n"
        "[drivers:message_store:mongodb]\nuri = mongodb://db\ndatabase = messages\n"
        "[drivers:message_store:stopwatch]\nuri = stopwatch+memory:\n"
    )

    assert (settings.mongodb_uri, settings.database) == ("stopwatch+memory:", "zaqar")
    assert not settings.findings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "most = many\n", r"conf: \[filter:strict\] most = many: has to be a whole", id="type"
        ),
        pytest.param("most = 0\n", r"most = 0: has to be a whole number, 1 or more", id="bound"),
        pytest.param("", r"\[filter:strict\] most: has to be given", id="required"),
    ],
)
def test_a_wrong_option_of_a_filter_is_told(
    configured: Configured, install: Install, text: str, told: str
) -> None:
    """As if it were an option of the house."""
    install("filters", "strict", STRICT, "Strict")

    with pytest.raises(WrongConfiguration, match=told) as caught:
        configured(f"[storage]\nmessage_pipeline = strict\n[filter:strict]\n{text}")

    assert "\n" not in str(caught.value)
