# SPDX-License-Identifier: Apache-2.0
"""Who a request says it is from: client instance and project.

No other header of identity is read: roles and users that a caller claims to have mean nothing
(D-13).
"""

import functools
from collections.abc import Callable

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import Caller
from zaqar_impl.rest.fields import HeaderFields
from zaqar_impl.specdoc import Operation, Shape
from zaqar_impl.wire.clients import normalised

#: The project's header and its older spellings; the first one that is there counts.
_PROJECT_HEADERS = (b"x-project-id", b"x-tenant-id", b"x-tenant")

#: Identities that are remembered as good ones, of each kind; the spec bounds their length.
_REMEMBERED = 1024


class Identity:
    """Reads callers as an operation of the spec wants them."""

    def __init__(self, operation: Operation) -> None:
        headers = {parameter.name.lower(): parameter.shape for parameter in operation.of("header")}
        self._asked = "client-id" in headers
        if self._asked:
            # The clients of a service are few beside their requests.
            remember = functools.lru_cache(maxsize=_REMEMBERED)
            self._client = remember(_checked("Client-ID", headers["client-id"], normalised))
            self._project = remember(_checked("X-Project-ID", headers["x-project-id"], str))

    def caller(self, fields: HeaderFields) -> Caller | None:
        """Who is calling, or None where the spec asks for no identity.

        Raises:
            InvalidInput: it asks for one, and there is none, or no good one.
        """
        if not self._asked:
            return None
        client_id = fields.only(b"client-id")
        if client_id is None:
            raise InvalidInput("The header Client-ID is missing: it names the client instance.")
        client_id = self._client(client_id)
        project = project_of(fields)
        if project is None:
            raise InvalidInput(
                "The header X-Project-ID is missing: the project whose data is meant."
            )
        return Caller(project=self._project(project), client_id=client_id)


def project_of(fields: HeaderFields) -> str | None:
    """The project that the request names, None if it names none.

    Raises:
        InvalidInput: a header of it is given twice, with different values.
    """
    named = [fields.only(name) for name in _PROJECT_HEADERS if name in fields]
    return named[0] if named else None


def _checked(header: str, shape: Shape, form: Callable[[str], str]) -> Callable[[str], str]:
    def check(given: str) -> str:
        if violation := shape.violation(given):
            raise InvalidInput(f"The header {header} is invalid: {violation}.")
        return form(given)

    return check
