# SPDX-License-Identifier: Apache-2.0
"""What refusals look like on this transport: a status, and a text as error."""

import logging
from typing import Any

from zaqar_impl.wire.statuses import status_of

LOG = logging.getLogger(__name__)

_FAILED = "The server failed to answer. Its log has the cause under the id of this reply."


class Refusal(Exception):
    """A request that this transport itself refuses; ``body`` is that of the reply."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def not_allowed(text: str) -> Refusal:
    """The caller may not do this."""
    return Refusal(403, {"error": text})


def refused(error: Exception) -> tuple[int, Any]:
    """Status and body of the reply to a request that ended with ``error``.

    Of an error that means nothing to clients nothing is told but that it happened: its text may
    hold anything. The log has it under the reply's id.
    """
    if isinstance(error, Refusal):
        return error.status, error.body
    if status := status_of(error):
        if status == 503:
            LOG.warning("unavailable: %s", error.__cause__ or error)
        return status, {"error": str(error)}
    LOG.error("unexpected error", exc_info=error)
    return 500, {"error": _FAILED}
