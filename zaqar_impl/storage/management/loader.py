# SPDX-License-Identifier: Apache-2.0
"""Finds management drivers by name: they are entry points of packages.

An entry point in the group ``zaqar_impl.management`` is a callable that takes the URI, the name
of the database and the clock, and gives a management store that is not open yet. It raises
ValueError, with a line for the operator, if it cannot use them.
"""

from zaqar_impl.domain.clock import Clock
from zaqar_impl.storage.loader import DriverKind, opened_by
from zaqar_impl.storage.management.interface import Management

GROUP = "zaqar_impl.management"


def open_management(name: str, uri: str, database: str, clock: Clock) -> Management:
    """The management store that the driver makes of the URI, not opened yet.

    Raises:
        DriverError: there is no such driver, it cannot use the URI or the database, or it is none.
    """
    kind = DriverKind(GROUP, "management driver", Management)
    management: Management = opened_by(kind, name, (uri, database, clock))
    return management
