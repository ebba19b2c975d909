# SPDX-License-Identifier: Apache-2.0
"""What handlers of pools and flavors give, as HTTP answers."""

from starlette.responses import Response

from zaqar_impl.domain.pools import Move
from zaqar_impl.handlers.flavors import FlavorPage, ShownFlavor
from zaqar_impl.handlers.pools import PoolPage, PoolQueuePage, ShownPool
from zaqar_impl.rest.answers import json_answer, next_links
from zaqar_impl.rest.request import RestRequest
from zaqar_impl.wire import documents


def put(_result: None, request: RestRequest, _now: float) -> Response:
    """It is there now, be it new or not: clients take no other answer."""
    return Response(status_code=201, headers={"Location": request.path})


def pool_page(page: PoolPage, request: RestRequest, _now: float) -> Response:
    """A page of pools."""
    body = {
        "pools": [documents.pool(one) for one in page.pools],
        "links": next_links(request, page.marker),
    }
    return json_answer(body, Content_Location=_here(request))


def pool(result: ShownPool, _request: RestRequest, _now: float) -> Response:
    """One pool."""
    return json_answer(documents.pool(result))


def pool_queue_page(page: PoolQueuePage, request: RestRequest, _now: float) -> Response:
    """A page of the queues that live in a pool."""
    return json_answer(
        {"queues": documents.pool_queues(page), "links": next_links(request, page.marker)}
    )


def moved(result: Move, _request: RestRequest, _now: float) -> Response:
    """From where, to where, and how many messages."""
    return json_answer(documents.move(result))


def flavor_page(page: FlavorPage, request: RestRequest, _now: float) -> Response:
    """A page of flavors; one without pools is listed without pool_list."""
    listed = [documents.listed_flavor(one) for one in page.flavors]
    return json_answer({"flavors": listed, "links": next_links(request, page.marker)})


def flavor(result: ShownFlavor, _request: RestRequest, _now: float) -> Response:
    """One flavor."""
    return json_answer(documents.flavor(result))


def _here(request: RestRequest) -> str:
    """Path and query of the request."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path
