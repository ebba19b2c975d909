# SPDX-License-Identifier: Apache-2.0
"""A request on its way through the binding: each step adds what it found, the next ones rely on
it."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from zaqar_impl.domain.values import Caller
from zaqar_impl.specdoc import Operation

_KEY = "zaqar.request"

#: The header that names a request in the answer and in the log, as it is written into answers.
ID_HEADER = b"x-openstack-request-id"


@dataclass(slots=True)
class RestRequest:
    """What is known of a request.

    ``id`` names it in the answer and in the log. Admission makes it; the checks of parameters and
    body add ``query`` and ``document``.
    """

    id: str
    operation: Operation
    path: str
    path_parameters: Mapping[str, str]
    query_string: bytes
    caller: Caller | None
    body: bytes
    #: Query parameters as given, checked and converted, under their names on the wire.
    query: dict[str, Any] = field(default_factory=dict)
    #: The checked body, None if there was none.
    document: Any = None

    @property
    def variant(self) -> str:
        """The operation that serves the request: a query parameter may choose another one
        (``x-variants``)."""
        for parameter, operation_id in self.operation.variants.items():
            if parameter in self.query:
                return operation_id
        return self.operation.id


def keep(scope: MutableMapping[str, Any], request: RestRequest) -> None:
    """Let the request travel with its ASGI scope."""
    scope[_KEY] = request


def is_kept(scope: Mapping[str, Any]) -> bool:
    """Whether a request travels with this scope: one for an operation, let in by admission."""
    return _KEY in scope


def of(scope: Mapping[str, Any]) -> RestRequest:
    """The request that travels with a scope."""
    request: RestRequest = scope[_KEY]
    return request
