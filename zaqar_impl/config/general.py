# SPDX-License-Identifier: Apache-2.0
"""Options of ``[DEFAULT]``, but for those of logging."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups

_DEFAULT = [
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
        "unreliable",
        default=False,
        help="Whether the MongoDB URI may ask for writes that only one server has acknowledged "
        "(w=1): what was acknowledged to a client can then be lost in a failover.",
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
