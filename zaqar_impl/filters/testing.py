# SPDX-License-Identifier: Apache-2.0
"""Messages for the tests of filters, as the service would hand them over."""

from typing import Any

from zaqar_impl import jsontext
from zaqar_impl.domain.values import Kind
from zaqar_impl.filters.interface import IncomingMessage, OutgoingMessage

_ADDRESS = {"project": "demo", "kind": Kind.QUEUE, "name": "jobs", "ttl": 3600}


def incoming(body: Any, **members: Any) -> IncomingMessage:
    """A message on its way in; ``members`` are those that matter to the test."""
    told: dict[str, Any] = {"delay": 0, "metadata": {}}
    return IncomingMessage(_text=jsontext.written(body), **{**_ADDRESS, **told, **members})


def outgoing(body: Any, **members: Any) -> OutgoingMessage:
    """A message on its way out; ``members`` are those that matter to the test."""
    told = {"id": "6567d1b5a0f3c2e4d8b79a10", "claim_count": 0}
    return OutgoingMessage(_text=jsontext.written(body), **{**_ADDRESS, **told, **members})
