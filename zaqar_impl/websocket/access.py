# SPDX-License-Identifier: Apache-2.0
"""Who asks, and whether it may: headers, then signature. The only place that looks at them.

Where nobody is authenticated every caller may do everything in the project that it names, unless it
shows a signature: then it may do what the signature opens.
"""

import functools
import logging
from collections.abc import Mapping
from typing import Any

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.sharing import Share, Signing, fault
from zaqar_impl.domain.values import Caller
from zaqar_impl.specdoc import Action
from zaqar_impl.websocket.errors import not_allowed
from zaqar_impl.wire.clients import normalised

LOG = logging.getLogger(__name__)

_SIGNATURE = "URL-Signature"

#: Client ids that are remembered in their one spelling: a service's clients are few beside their
#: requests.
_client = functools.lru_cache(maxsize=1024)(normalised)


class Access:
    """Judges requests by the deployment's key; without one, every signature is wrong."""

    def __init__(self, signing: Signing | None, clock: Clock) -> None:
        self._signing = signing
        self._clock = clock

    def caller(self, action: Action, request: Mapping[str, Any]) -> Caller | None:
        """Who is asking; None for an action that is for those who are nobody yet.

        Raises:
            InvalidInput: the headers are not as the action wants them.
            Refusal: the request shows a signature that does not open what it asks for.
        """
        if "headers" not in request:
            raise InvalidInput("The member headers is missing: it says who asks.")
        headers = request["headers"]
        if violation := action.headers.violation(headers):
            raise InvalidInput(f"headers are invalid: {violation}.")
        if action.path is None:
            return None
        if _SIGNATURE in headers and (reason := self._fault(action, headers, request)):
            LOG.debug("the signature opens nothing: %s", reason)
            raise not_allowed("The signature does not open this.")
        return Caller(project=headers["X-Project-ID"], client_id=_client(headers["Client-ID"]))

    def _fault(
        self, action: Action, headers: Mapping[str, Any], request: Mapping[str, Any]
    ) -> str | None:
        if self._signing is None:
            return "[signed_url] secret_key is not set"
        path = _path(action, request.get("body"))
        if path is None:
            return "the request does not say what it is about"
        share = Share(
            paths=tuple(headers.get("URL-Paths", ())),
            methods=tuple(headers.get("URL-Methods", ())),
            project=headers["X-Project-ID"],
            expires=headers.get("URL-Expires", ""),
        )
        shown, now = headers[_SIGNATURE], self._clock()
        assert action.method is not None
        return fault(self._signing.key, share, shown, method=action.method, path=path, now=now)


def _path(action: Action, body: Any) -> str | None:
    """The path that the body means, which is not checked yet."""
    try:
        return action.rest_path(body if isinstance(body, dict) else {})
    except KeyError:
        return None
