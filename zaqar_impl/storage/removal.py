# SPDX-License-Identifier: Apache-2.0
"""The rule for removing messages that may be claimed, so that every driver says the same words."""

from collections.abc import Sequence

from zaqar_impl.domain.errors import Forbidden, InvalidInput


def check_removal(holder: str | None, named: Sequence[str] | None) -> None:
    """Return if a message under the live claim ``holder`` may go when the caller names these
    claims.

    ``holder`` is None for an unclaimed message, ``named`` is None for a caller that names no
    claims.

    Raises:
        Forbidden: the message is claimed, and not by one of the named claims.
        InvalidInput: claims are named, but the message is not claimed.
    """
    if holder is None and named is not None:
        raise InvalidInput(
            "The message is not claimed; a claim may only be named for a claimed one."
        )
    if holder is not None and holder not in (named or ()):
        raise Forbidden("The message is claimed; only the holder of the claim may delete it.")
