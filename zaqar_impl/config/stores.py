# SPDX-License-Identifier: Apache-2.0
"""Options of the storage: which driver, and what each needs to know."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups
from zaqar_impl.config.tls import tls_options

STORE_GROUP = "drivers:message_store:mongodb"

_DRIVERS = [
    cfg.StrOpt(
        "message_store",
        default="mongodb",
        deprecated_name="storage",
        help="Storage driver, by its entry point's name; mongodb.fifo is mongodb, which keeps the "
        "order of messages in any case.",
    ),
]

_MESSAGE_STORE = [
    cfg.StrOpt(
        "uri",
        secret=True,
        help="MongoDB URI of a replica set or sharded cluster. None: an embedded mongod.",
    ),
    cfg.StrOpt("database", default="zaqar", help="Name of the database."),
    *tls_options(),
]

_EMBEDDED = [
    cfg.StrOpt(
        "data_dir",
        help="Where the embedded mongod keeps its data. None: zaqar in the user's data directory.",
        sample_default="~/.local/share/zaqar",
    ),
]

OPTIONS: Groups = {"drivers": _DRIVERS, STORE_GROUP: _MESSAGE_STORE, "embedded": _EMBEDDED}
