# SPDX-License-Identifier: Apache-2.0
"""What the handler of health gives, as an HTTP answer."""

from starlette.responses import Response

from zaqar_impl.domain.health import PooledHealth, StorageHealth
from zaqar_impl.rest.answers import json_answer
from zaqar_impl.rest.request import RestRequest
from zaqar_impl.wire import documents


def document(result: StorageHealth | PooledHealth, _request: RestRequest, _now: float) -> Response:
    """The health document: of the one storage, or of all pools by name."""
    return json_answer(documents.health(result))
