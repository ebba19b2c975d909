# SPDX-License-Identifier: Apache-2.0
"""Options of ``[DEFAULT]``."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups

_DEFAULT = [
    cfg.BoolOpt("debug", default=False, help="Whether to log a line for each request."),
    cfg.StrOpt(
        "auth_strategy",
        default="",
        choices=[("", "trust the project header")],
        help="How callers are authenticated. Empty: X-Project-ID is trusted as it is.",
    ),
    cfg.BoolOpt(
        "enable_checksum",
        default=False,
        help="Whether messages are listed, fetched and claimed with the MD5 of their body.",
    ),
    cfg.BoolOpt(
        "admin_mode",
        default=False,
        help="Whether the operations of administrators exist. Without an auth_strategy they are "
        "open to whoever reaches the port.",
    ),
]

_POOLING = [
    cfg.BoolOpt(
        "pooling",
        default=False,
        deprecated_name="sharding",
        help="Whether queues are spread over pools, which the operations of administrators "
        "register. Without, all of them live in the message store.",
    ),
]

OPTIONS: Groups = {None: [*_DEFAULT, *_POOLING]}
