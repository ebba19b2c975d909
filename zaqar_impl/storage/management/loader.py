# SPDX-License-Identifier: Apache-2.0
"""Finds management drivers by name: they are entry points of packages.

An entry point in the group ``zaqar_impl.management`` is a callable that takes the URI, the name
of the database and the clock, and gives a management store that is not open yet. It raises
ValueError, with a line for the operator, if it cannot use them.
"""

from importlib.metadata import entry_points
from typing import Any

from stevedore import DriverManager

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage.loader import UnknownDriver, WrongUri
from zaqar_impl.storage.management.interface import Management

GROUP = "zaqar_impl.management"


def open_management(name: str, uri: str, database: str, clock: Clock) -> Management:
    """The management store that the driver makes of the URI, not opened yet.

    Raises:
        DriverError: there is no such driver, or it cannot use the URI or the database.
    """
    found = entry_points(group=GROUP).names
    if name not in found:
        raise UnknownDriver(
            f"No management driver is called {name!r}; there are: {', '.join(sorted(found))}."
        )
    factory = DriverManager[Any](GROUP, name).driver
    try:
        management: Management = factory(uri, database, clock)
    except ValueError as error:
        raise WrongUri(f"The management driver {name} cannot use its URI: {error}") from error
    return management
