# SPDX-License-Identifier: Apache-2.0
"""The header fields of a request, read once for all who look something up in them."""

from collections.abc import Iterable

from zaqar_impl.domain.errors import InvalidInput


class HeaderFields:
    """Fields by name, in lower case; made of an ASGI scope's ``headers``."""

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = list(pairs)
        self._first = dict(reversed(self._pairs))

    def __contains__(self, name: bytes) -> bool:
        return name in self._first

    def get(self, name: bytes) -> str | None:
        """The field's first value, None if it is not there."""
        value = self._first.get(name)
        return None if value is None else value.decode("latin-1")

    def all(self, name: bytes) -> list[str]:
        """Its values in order."""
        return [value.decode("latin-1") for key, value in self._pairs if key == name]

    def only(self, name: bytes) -> str | None:
        """Its value; given twice with different values it could mean anything.

        Raises:
            InvalidInput: it is given twice, with different values.
        """
        value = self.get(name)
        if len(self._first) < len(self._pairs) and any(each != value for each in self.all(name)):
            raise InvalidInput(
                f"The header {name.decode()} is given more than once, with different values."
            )
        return value
