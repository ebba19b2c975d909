# SPDX-License-Identifier: Apache-2.0
"""Who a request says it is from: client instance and project.

No other header of identity is read: roles and users that a caller claims to have mean nothing
(D-13).
"""

import uuid

from starlette.datastructures import Headers

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import Caller
from zaqar_impl.specdoc import Operation

#: The project's header and its older spellings; the first one that is there counts.
_PROJECT_HEADERS = ("x-project-id", "x-tenant-id", "x-tenant")


def caller_of(headers: Headers, operation: Operation) -> Caller | None:
    """Who is calling, or None where the spec asks for no identity."""
    identity = {parameter.name.lower(): parameter for parameter in operation.of("header")}
    if "client-id" not in identity:
        return None
    client_id = only(headers, "client-id")
    if client_id is None:
        raise InvalidInput("The header Client-ID is missing: it names the client instance.")
    if violation := identity["client-id"].shape.violation(client_id):
        raise InvalidInput(f"The header Client-ID is invalid: {violation}.")
    project = project_of(headers)
    if project is None:
        raise InvalidInput("The header X-Project-ID is missing: the project whose data is meant.")
    if violation := identity["x-project-id"].shape.violation(project):
        raise InvalidInput(f"The header X-Project-ID is invalid: {violation}.")
    return Caller(project=project, client_id=_normalised(client_id))


def project_of(headers: Headers) -> str | None:
    """The project that the request names, None if it names none.

    Raises:
        InvalidInput: a header of it is given twice, with different values.
    """
    named = [project for name in _PROJECT_HEADERS if (project := only(headers, name)) is not None]
    return named[0] if named else None


def only(headers: Headers, name: str) -> str | None:
    """The header's value; given twice with different values it could mean anything."""
    values = set(headers.getlist(name))
    if len(values) > 1:
        raise InvalidInput(f"The header {name} is given more than once, with different values.")
    return values.pop() if values else None


def _normalised(client_id: str) -> str:
    """One spelling for one client: UUIDs come in many, other ids (where allowed) in one."""
    try:
        return uuid.UUID(client_id).hex
    except ValueError:
        return client_id
