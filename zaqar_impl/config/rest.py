# SPDX-License-Identifier: Apache-2.0
"""Options of the REST server."""

from collections.abc import Mapping

from oslo_config import cfg

from zaqar_impl.config.group import Groups
from zaqar_impl.config.listening import listening

REST_GROUP = "drivers:transport:wsgi"

_REST = [
    *listening("REST", 8888),
    cfg.IntOpt(
        "max_requests",
        default=1000,
        min=1,
        help="Requests that a worker is at at a time; others are answered 503 at once.",
    ),
]

_DRIVERS = [
    cfg.StrOpt(
        "transport",
        default="all",
        choices=[
            ("all", "REST and the WebSocket"),
            ("rest", "REST"),
            ("wsgi", "REST, by its name from upstream"),
            ("websocket", "the WebSocket"),
        ],
        help="What this server speaks with clients.",
    ),
]

#: Value of the option -> the transports that are served.
ROLES: Mapping[str, frozenset[str]] = {
    "all": frozenset({"rest", "websocket"}),
    "rest": frozenset({"rest"}),
    "wsgi": frozenset({"rest"}),
    "websocket": frozenset({"websocket"}),
}

OPTIONS: Groups = {"drivers": _DRIVERS, REST_GROUP: _REST}
