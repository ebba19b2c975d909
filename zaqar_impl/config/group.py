# SPDX-License-Identifier: Apache-2.0
"""What a module of options declares, and how an option is named."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oslo_config import cfg

#: Options by the group they are in; None is ``[DEFAULT]``.
Groups = Mapping[str | None, Sequence[cfg.Opt]]


class Name(NamedTuple):
    """A group, None for ``[DEFAULT]``, and the name of an option in it."""

    group: str | None
    option: str

    def __str__(self) -> str:
        return f"[{self.group or 'DEFAULT'}] {self.option}"

    @classmethod
    def spelled(cls, section: str, option: str) -> "Name":
        """The name that a file means: groups are read in any case, options as they are."""
        return cls(None if section == "DEFAULT" else section.lower(), option)

    @property
    def variable(self) -> str:
        """The environment variable that oslo.config reads the option from."""
        return f"OS_{(self.group or 'DEFAULT').upper()}__{self.option.upper()}"
