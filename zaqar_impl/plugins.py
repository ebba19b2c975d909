# SPDX-License-Identifier: Apache-2.0
"""Loads what other packages add to the service, by entry point.

Whatever is wrong with such a package stops the start with one line for the operator: a plug-in that
was asked for is never left out in silence.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any


class PluginError(Exception):
    """A plug-in cannot be used; the text is one line for the operator."""


class UnknownPlugin(PluginError):
    """No installed package has a plug-in of that name."""


def installed(group: str) -> list[str]:
    """The names of the plug-ins in an entry point group."""
    return sorted(entry_points(group=group).names)


def load(group: str, name: str, noun: str) -> Any:
    """What the entry point of that name is; ``noun`` is what such a plug-in is called.

    Raises:
        UnknownPlugin: there is none.
        PluginError: two packages have one of that name, or importing it fails.
    """
    found = list(entry_points(group=group, name=name))
    if not found:
        raise UnknownPlugin(
            f"No {noun} is called {name!r}; there are: {', '.join(installed(group)) or 'none'}."
        )
    if len(found) > 1:
        raise PluginError(
            f"More than one {noun} is called {name!r}: {', '.join(sorted(map(_source, found)))}. "
            "Uninstall all but one of these packages."
        )
    try:
        return found[0].load()
    except Exception as error:
        raise PluginError(
            f"The {noun} {name!r} of {_source(found[0])} cannot be imported: {one_line(error)}"
        ) from error


def one_line(error: Exception) -> str:
    """What went wrong, with the kind of error, as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _source(entry_point: EntryPoint) -> str:
    """The package that brings the entry point, and where in it."""
    package = entry_point.dist.name if entry_point.dist else "an unknown package"
    return f"{package} ({entry_point.value})"
