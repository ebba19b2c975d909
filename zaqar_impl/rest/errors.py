# SPDX-License-Identifier: Apache-2.0
"""What errors look like on this transport: their answers, by the table of statuses."""

import http
import logging
from collections.abc import Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from zaqar_impl.wire.statuses import status_of

LOG = logging.getLogger(__name__)

#: Seconds after which a client may try again; a failover of a replica set takes one or two.
RETRY_AFTER = "2"

#: What is said of paths that lead nowhere.
NOTHING_HERE = "There is nothing under this path; GET / tells which versions of the API there are."


class Refusal(Exception):
    """A request that HTTP itself refuses: no such path, wrong method, unacceptable media types and
    the like."""

    def __init__(
        self, status: int, description: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.headers = dict(headers or {})


def refused(error: Exception) -> Response:
    """The answer to a request that ended with ``error``.

    Of an error that is in no table nothing is told but that it happened: its text may hold
    anything. The log has it under the request's id.
    """
    if isinstance(error, Refusal):
        return _answer(error.status, str(error), error.headers)
    if status := status_of(error):
        if status == 503:
            LOG.warning("unavailable: %s", error.__cause__ or error)
            return _answer(status, str(error), {"Retry-After": RETRY_AFTER})
        return _answer(status, str(error), {})
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _answer(error.status_code, NOTHING_HERE, error.headers or {})
    LOG.error("unexpected error", exc_info=error)
    return _answer(
        500,
        "The server failed to answer. Its log has the cause; X-OpenStack-Request-ID names it.",
        {},
    )


def body_of(status: int, description: str) -> bytes:
    """The bytes of an error body."""
    return orjson.dumps({"title": http.HTTPStatus(status).phrase, "description": description})


def _answer(status: int, description: str, headers: Mapping[str, str]) -> Response:
    return Response(
        body_of(status, description),
        status_code=status,
        media_type="application/json",
        headers={"Vary": "Accept", **headers},
    )
