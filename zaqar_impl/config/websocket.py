# SPDX-License-Identifier: Apache-2.0
"""Options of the WebSocket server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.group import Groups
from zaqar_impl.config.listening import listening

WEBSOCKET_GROUP = "drivers:transport:websocket"

_SERVER = listening("WebSocket", 9000)

_LIMITS = [
    cfg.IntOpt(
        "max_connections",
        default=2048,
        min=1,
        max=65536,
        help="Most connections of one worker process, each of which is a thread; others are "
        "refused with 503 in the handshake.",
    ),
    cfg.FloatOpt(
        "ping_interval",
        default=25.0,
        min=0.0,
        max=86400.0,
        help="Seconds without a word from a client until it is asked with a ping; after as many "
        "more it is closed with 1008. 0 for never.",
    ),
    cfg.IntOpt(
        "send_buffer",
        default=1024 * 1024,
        min=1,
        help="Bytes that may wait for a client that reads too slowly, beside what the kernel "
        "holds; when more comes then, it is closed with 1013.",
    ),
    cfg.FloatOpt(
        "send_timeout",
        default=20.0,
        min=0.1,
        max=86400.0,
        help="Seconds that a client may take nothing of what it is sent; then it is closed with "
        "1013.",
    ),
]

OPTIONS: Groups = {WEBSOCKET_GROUP: [*_SERVER, *_LIMITS]}


@dataclass(frozen=True)
class WebSocketSettings:
    """Where the WebSocket server listens, with how many workers, and what one of them lets its
    clients have, by the names of the options."""

    bind: str
    port: int
    workers: int
    limits: Mapping[str, Any]


def websocket_settings(conf: cfg.ConfigOpts) -> WebSocketSettings:
    """The settings that these parsed options mean."""
    options = conf[WEBSOCKET_GROUP]
    limits = {option.name: options[option.name] for option in _LIMITS}
    return WebSocketSettings(options.bind, options.port, options.workers, limits)
