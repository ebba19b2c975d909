# SPDX-License-Identifier: Apache-2.0
"""The options that the server of each transport has: where it listens, and with how many
workers."""

from collections.abc import Sequence

from oslo_config import cfg


def listening(server: str, port: int) -> Sequence[cfg.Opt]:
    """``bind``, ``port`` and ``workers`` of the server of this name."""
    return [
        cfg.HostAddressOpt(
            "bind",
            default="127.0.0.1",
            help=f"Address that the {server} server listens on; 0.0.0.0 or :: for all of this "
            "machine's.",
        ),
        cfg.PortOpt(
            "port",
            default=port,
            help=f"Port that the {server} server listens on; 0 for a free one.",
        ),
        cfg.IntOpt(
            "workers",
            default=0,
            min=0,
            max=256,
            help=f"{server} worker processes; 0 for one a core, at most 4.",
        ),
    ]
