# SPDX-License-Identifier: Apache-2.0
"""Requests that show a signature: whether it opens what they ask for.

This is the only place where a signature is looked at. Whatever is wrong, the answer is the one for
paths that lead nowhere, so that nobody learns what is there or how far they came; the log tells.
"""

import logging

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.sharing import Share, Signing, fault
from zaqar_impl.rest.errors import NOTHING_HERE, Refusal
from zaqar_impl.rest.fields import HeaderFields
from zaqar_impl.rest.identity import project_of

LOG = logging.getLogger(__name__)

_SIGNATURE = b"url-signature"


class SignedAccess:
    """Judges signatures by the deployment's key; without one, every signature is wrong."""

    def __init__(self, signing: Signing | None, clock: Clock) -> None:
        self._signing = signing
        self._clock = clock

    def check(self, fields: HeaderFields, method: str, path: str) -> None:
        """Return if the request shows no signature, or one that opens ``path`` for ``method``.

        An empty signature is shown, too, and wrong like any other (D-11).

        Raises:
            Refusal: the signature does not open it.
        """
        if _SIGNATURE not in fields:
            return
        if reason := self._fault(fields, method, path):
            LOG.debug("the signature opens nothing: %s", reason)
            raise Refusal(404, NOTHING_HERE)

    def _fault(self, fields: HeaderFields, method: str, path: str) -> str | None:
        if self._signing is None:
            return "[signed_url] secret_key is not set"
        try:
            share = Share(
                paths=tuple((fields.only(b"url-paths") or "").split(",")),
                methods=tuple((fields.only(b"url-methods") or "").split(",")),
                project=project_of(fields) or "",
                expires=fields.only(b"url-expires") or "",
            )
            shown = fields.only(_SIGNATURE) or ""
        except InvalidInput:
            return "a header of it is given more than once, with different values"
        now = self._clock()
        return fault(self._signing.key, share, shown, method=method, path=path, now=now)
