# SPDX-License-Identifier: Apache-2.0
"""Names of requests: in the answer, and in the lines of the log that belong to it."""

import os
from contextvars import ContextVar

_current_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_id() -> str:
    """An id that no other request has, and nobody can guess: ``req-`` and a random UUID."""
    digits = os.urandom(16).hex()
    return f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def begin(request_id: str) -> None:
    """Say which request is answered from now on, in this task and those that it starts."""
    _current_id.set(request_id)


def current_id() -> str | None:
    """The id of the request that is being answered; None where there is none."""
    return _current_id.get()
