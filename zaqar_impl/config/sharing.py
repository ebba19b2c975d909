# SPDX-License-Identifier: Apache-2.0
"""Options of pre-signed URLs."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups

SHARING_GROUP = "signed_url"

#: A year whatever its length: who asks for the same day of the next year gets it.
A_YEAR = 366 * 24 * 60 * 60

_SIGNED_URL = [
    cfg.StrOpt(
        "secret_key",
        secret=True,
        help="Key that pre-signed URLs are signed with: a long random text, the same on every "
        "host. A new one ends all that was signed. None: nothing is shared, and no signature "
        "opens anything.",
    ),
    cfg.IntOpt(
        "max_lifetime",
        default=A_YEAR,
        min=1,
        help="Most seconds that a pre-signed URL may last. What was signed before stays good.",
    ),
]

OPTIONS: Groups = {SHARING_GROUP: _SIGNED_URL}
