# SPDX-License-Identifier: Apache-2.0
"""Options of the storage: which driver, and what each needs to know."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups
from zaqar_impl.config.tls import tls_options

#: Upstream's names of drivers that go by another one here.
_OTHER_NAMES = {"mongodb.fifo": "mongodb"}


def group_of(driver: str) -> str:
    """The group with the options of a driver."""
    return f"drivers:message_store:{driver}"


STORE_GROUP = group_of("mongodb")
MANAGEMENT_GROUP = "drivers:management_store:mongodb"
CATALOG_GROUP = "pooling:catalog"

_DRIVERS = [
    cfg.StrOpt(
        "message_store",
        default="mongodb",
        deprecated_name="storage",
        help="Storage driver, by its entry point's name; mongodb.fifo is mongodb, which keeps the "
        "order of messages in any case. A driver of another package has a group like that of "
        "mongodb, with its own name, for its uri and database.",
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

_MANAGEMENT = [
    cfg.StrOpt(
        "management_store",
        default="mongodb",
        help="Driver of the register of pools, flavors and where queues live, by its entry "
        "point's name. Used with pooling only.",
    ),
]

_MANAGEMENT_STORE = [
    cfg.StrOpt(
        "uri",
        secret=True,
        help="MongoDB URI of the register of pools. None: the message store's.",
    ),
    cfg.StrOpt("database", default="zaqar", help="Name of the register's database."),
]

_CATALOG = [
    cfg.BoolOpt(
        "enable_virtual_pool",
        default=False,
        help="Whether new queues live in the message store while no pool can take them, and those "
        "that were there before pooling are served from it.",
    ),
]

_EMBEDDED = [
    cfg.StrOpt(
        "data_dir",
        help="Where the embedded mongod keeps its data. None: zaqar in the user's data directory.",
        sample_default="~/.local/share/zaqar",
    ),
]

OPTIONS: Groups = {
    "drivers": [*_DRIVERS, *_MANAGEMENT],
    STORE_GROUP: _MESSAGE_STORE,
    MANAGEMENT_GROUP: _MANAGEMENT_STORE,
    CATALOG_GROUP: _CATALOG,
    "embedded": _EMBEDDED,
}

_OF_ANY_DRIVER = [
    cfg.StrOpt("uri", secret=True, help="URI that the driver opens."),
    cfg.StrOpt("database", default="zaqar", help="Name of the database."),
]


def driver_of(conf: cfg.ConfigOpts) -> str:
    """The name of the driver that is chosen."""
    name: str = conf.drivers.message_store
    return _OTHER_NAMES.get(name, name)


def options_of_driver(conf: cfg.ConfigOpts) -> Groups:
    """The options of the driver that is chosen, if it is another one."""
    group = group_of(driver_of(conf))
    return {} if group == STORE_GROUP else {group: _OF_ANY_DRIVER}
