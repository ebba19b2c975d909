# SPDX-License-Identifier: Apache-2.0
"""Finds storage drivers by name. It knows none of them: they are entry points of packages.

An entry point in the group ``zaqar_impl.storage`` is a callable that takes the URI, the name of the
database and the clock, and gives a storage that is not open yet. It raises ValueError, with a line
for the operator, if it cannot use the URI or the database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zaqar_impl import plugins
from zaqar_impl.domain.clock import Clock
from zaqar_impl.plugins import PluginError, UnknownPlugin
from zaqar_impl.storage.interface import Storage

GROUP = "zaqar_impl.storage"

#: The configured storage cannot be had; the text is one line for the operator.
DriverError = PluginError
#: No installed package has a driver of that name.
UnknownDriver = UnknownPlugin


class WrongUri(DriverError):
    """The driver cannot use the URI, or the name of the database."""


def open_driver(name: str, uri: str, database: str, clock: Clock) -> Storage:
    """The storage that the driver makes of the URI, not opened yet.

    With an empty name, the scheme of the URI names the driver, up to a plus sign.

    Raises:
        DriverError: there is no such driver, it cannot use the URI or the database, or it is none.
    """
    name = name or uri.partition(":")[0].partition("+")[0]
    kind = DriverKind(GROUP, "storage driver", Storage)
    storage: Storage = opened_by(kind, name, (uri, database, clock))
    return storage


@dataclass(frozen=True, slots=True)
class DriverKind:
    """A kind of driver: where its entry points are, what it is called, what they give."""

    group: str
    called: str
    interface: Any


def opened_by(kind: DriverKind, name: str, arguments: tuple[str, str, Clock]) -> Any:
    """What the driver of this kind and name makes of URI, database and clock.

    Raises:
        DriverError: there is no such driver, it cannot use the URI or the database, or it is none.
    """
    factory = plugins.load(kind.group, name, kind.called)
    try:
        made = factory(*arguments)
    except ValueError as error:
        raise WrongUri(f"The {kind.called} {name} cannot use its URI: {error}") from error
    except DriverError:
        raise
    except Exception as error:
        raise DriverError(
            f"The {kind.called} {name} cannot be opened: {plugins.one_line(error)}"
        ) from error
    if lacking := list(_lacking(made, kind.interface)):
        raise DriverError(
            f"The {kind.called} {name} is not up to {kind.interface.__module__}; "
            f"its storage lacks {', '.join(lacking)}."
        )
    return made


def _lacking(made: Any, interface: Any) -> Iterator[str]:
    """The names that the interface has and what was made has not."""
    for name in _promised(interface):
        if not hasattr(made, name):
            yield name
    for part, protocol in interface.__annotations__.items():
        for name in _promised(protocol):
            if hasattr(made, part) and not hasattr(getattr(made, part), name):
                yield f"{part}.{name}"


def _promised(protocol: type) -> list[str]:
    return [
        name for name in {**vars(protocol), **protocol.__annotations__} if not name.startswith("_")
    ]
