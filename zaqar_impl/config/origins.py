# SPDX-License-Identifier: Apache-2.0
"""Where an option's value comes from, for those who have to find it to change it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zaqar_impl.config.files import Given
from zaqar_impl.config.flags import FLAGS
from zaqar_impl.config.group import Name


@dataclass(frozen=True)
class Origins:
    """What sets options, by the rank that it has: overrides (flags), the environment, files.

    ``files`` has the last line for each spelling; ``old`` maps old names to new ones.
    """

    overrides: Mapping[Name, Any] = field(repr=False)
    files: Mapping[Name, Given]
    old: Mapping[Name, Name]

    def of(self, name: Name) -> str:
        """Flag, variable, or file with group and name; group and name alone if nothing set it."""
        if name in self.overrides:
            return FLAGS.get(name, str(name))
        if name.variable in os.environ:
            return f"environment variable {name.variable}"
        given = self._line(name)
        return f"{given.file}: {given.name}" if given else str(name)

    def text(self, name: Name) -> str | None:
        """The value as it was given; None if nothing set the option."""
        if name in self.overrides:
            return str(self.overrides[name])
        given = self._line(name)
        return os.environ.get(name.variable, given.value if given else None)

    def _line(self, name: Name) -> Given | None:
        spellings = (name, *(old for old, new in self.old.items() if new == name))
        return next((self.files[each] for each in spellings if each in self.files), None)


def origins(
    overrides: Mapping[Name, Any], given: Iterable[Given], old: Mapping[Name, Name]
) -> Origins:
    """The origins of what flags and files set."""
    return Origins(dict(overrides), {item.name: item for item in given}, dict(old))
