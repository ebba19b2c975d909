# SPDX-License-Identifier: Apache-2.0
"""Finds storage drivers by name. It knows none of them: they are entry points of packages.

An entry point in the group ``zaqar_impl.storage`` is a callable that takes the URI, the name of the
database and the clock, and gives a storage that is not open yet. It raises ValueError, with a line
for the operator, if it cannot use the URI or the database.
"""

from importlib.metadata import entry_points
from typing import Any

from stevedore import DriverManager

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage.interface import Storage

GROUP = "zaqar_impl.storage"


class DriverError(Exception):
    """The configured storage cannot be had; the text is one line for the operator."""


class UnknownDriver(DriverError):
    """No installed package has a driver of that name."""


class WrongUri(DriverError):
    """The driver cannot use the URI, or the name of the database."""


def open_driver(name: str, uri: str, database: str, clock: Clock) -> Storage:
    """The storage that the driver makes of the URI, not opened yet.

    With an empty name, the scheme of the URI names the driver.

    Raises:
        DriverError: there is no such driver, or it cannot use the URI or the database.
    """
    name = name or uri.partition(":")[0].partition("+")[0]
    found = entry_points(group=GROUP).names
    if name not in found:
        raise UnknownDriver(
            f"No storage driver is called {name!r}; there are: {', '.join(sorted(found))}."
        )
    factory = DriverManager[Any](GROUP, name).driver
    try:
        storage: Storage = factory(uri, database, clock)
    except ValueError as error:
        raise WrongUri(f"The storage driver {name} cannot use its URI: {error}") from error
    return storage
