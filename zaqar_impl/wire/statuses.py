# SPDX-License-Identifier: Apache-2.0
"""Which status each failure has: those of HTTP, which the WebSocket has too."""

from collections.abc import Mapping

from zaqar_impl.domain import errors

#: Meaning -> status. The first class in an error's own order of ancestry that stands here decides.
STATUS: Mapping[type[BaseException], int] = {
    errors.InvalidInput: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.EncryptionUnavailable: 503,
    errors.StorageUnavailable: 503,
}


def status_of(error: BaseException) -> int | None:
    """The status of a failure that means something to clients; None of any other."""
    for ancestor in type(error).__mro__:
        if status := STATUS.get(ancestor):
            return status
    return None
