# SPDX-License-Identifier: Apache-2.0
"""Plug-ins of other packages that are not as they are to be: one line each."""

import pytest

from zaqar_impl import plugins
from zaqar_impl.domain.clock import system_clock
from zaqar_impl.filters.loader import open_pipeline
from zaqar_impl.plugins import PluginError
from zaqar_impl.storage.loader import open_driver
from zaqar_impl.tests.unit.conftest import Install

BROKEN = "import no_such_module"

MODULE = """
from zaqar_impl.filters import MessageFilter
from zaqar_impl.storage import loader

class Storage:
    async def open(self): ...
    async def ping(self): ...
    async def close(self): ...
    queues = messages = claims = object()

class Old:
    def __init__(self, other):
        self.queues, self.messages, self.claims = other.queues, other.messages, other.claims
        self.open = self.ping = self.close = other.open
        self.subscriptions = object()

def lacking(uri, database, clock):
    return Storage()

def old(uri, database, clock):
    return Old(loader.open_driver("memory", "", "", clock))

def fewer():
    return Storage()

class Hasty(MessageFilter):
    def on_post(self, message): ...

class Picky(MessageFilter):
    def __init__(self, options):
        raise ValueError("there are no\\noptions")

class Clumsy(MessageFilter):
    def __init__(self, options):
        raise KeyError("host")

class Odd(MessageFilter):
    OPTIONS = ["host"]
"""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("broken", "of brittle.* cannot be imported: ModuleNotFoundError: No mod"),
        ("nothing_there", "cannot be imported: AttributeError: "),
        ("lacking", "lacks subscriptions, "),
        ("old", "lacks subscriptions.create, subscriptions.list, "),
        ("fewer", "cannot be opened: TypeError: fewer"),
        ("Storage", "cannot be opened: TypeError: "),
    ],
)
def test_a_driver_that_is_none_is_told(install: Install, value: str, told: str) -> None:
    """It can't be imported, made, or lacks what the interface has, perhaps since an upgrade."""
    install("storage", "mine", BROKEN if value == "broken" else MODULE, value)

    with pytest.raises(PluginError, match=f"^The storage driver '?mine'? .*{told}") as caught:
        open_driver("mine", "mine:", "zaqar", system_clock)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("broken", "of brittle.* cannot be imported: ModuleNotFoundError: No mod"),
        ("lacking", "is no subclass of zaqar_impl.filters.MessageFilter"),
        ("Storage", "is no subclass of zaqar_impl.filters.MessageFilter"),
        ("Hasty", "on_post of the message filter .mine. is no .async def."),
        ("Picky", r"\[filter:mine\] there are no options"),
        ("Clumsy", "cannot be made: KeyError: 'host'"),
        ("Odd", "OPTIONS .* 'mine' are no options of oslo.config"),
    ],
)
def test_a_filter_that_is_none_is_told(install: Install, value: str, told: str) -> None:
    """It can't be imported, made, is no subclass, or can't be awaited."""
    install("filters", "mine", BROKEN if value == "broken" else MODULE, value)

    with pytest.raises(PluginError, match=told) as caught:
        open_pipeline([("mine", {})])

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["storage", "filters"])
def test_a_name_that_is_taken_twice_is_told(install: Install, kind: str) -> None:
    """The line names both packages: which one would be meant is a guess."""
    install(kind, "mine", MODULE, "lacking", "brittle")
    install(kind, "mine", MODULE, "lacking", "sturdy")

    with pytest.raises(PluginError, match=r"More than one .* 'mine': brittle .*, sturdy "):
        plugins.load(f"zaqar_impl.{kind}", "mine", "plug-in")


def test_an_unknown_filter_is_told_with_those_there_are() -> None:
    """The line names what was asked for, and what could be."""
    with pytest.raises(PluginError, match=r"No message filter is called 'none'; there are: guard"):
        open_pipeline([("none", {})])
