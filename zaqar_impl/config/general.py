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
]

OPTIONS: Groups = {None: _DEFAULT}
