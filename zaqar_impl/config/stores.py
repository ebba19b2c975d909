# SPDX-License-Identifier: Apache-2.0
"""Options of the storage: which driver, and what each needs to know."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups

_GROUP_OF_DRIVER = "drivers:message_store:"
STORE_GROUP = f"{_GROUP_OF_DRIVER}mongodb"

_DRIVERS = [
    cfg.StrOpt(
        "message_store",
        default="mongodb",
        help="Storage driver, by its entry point's name. A driver of another package has a group "
        "like that of mongodb, with its own name, for its uri and database.",
    ),
]

_MESSAGE_STORE = [
    cfg.StrOpt(
        "uri",
        secret=True,
        help="MongoDB URI of a replica set or sharded cluster. None: an embedded mongod.",
    ),
    cfg.StrOpt("database", default="zaqar", help="Name of the database."),
]

_EMBEDDED = [
    cfg.StrOpt(
        "data_dir",
        help="Where the embedded mongod keeps its data. None: zaqar in the user's data directory.",
    ),
]

OPTIONS: Groups = {"drivers": _DRIVERS, STORE_GROUP: _MESSAGE_STORE, "embedded": _EMBEDDED}

_OF_ANY_DRIVER = [
    cfg.StrOpt("uri", secret=True, help="URI that the driver opens."),
    cfg.StrOpt("database", help="Name of the database."),
]


def options_of_driver(conf: cfg.ConfigOpts) -> Groups:
    """The options of the driver that is chosen, in a group of its own, if it is another one."""
    group = _GROUP_OF_DRIVER + conf.drivers.message_store
    return {} if group == STORE_GROUP else {group: _OF_ANY_DRIVER}


def store_of(conf: cfg.ConfigOpts) -> tuple[str | None, str]:
    """The URI and the database of the driver that is chosen; what its own group does not say is
    taken from that of mongodb."""
    own, mongodb = conf[_GROUP_OF_DRIVER + conf.drivers.message_store], conf[STORE_GROUP]
    return own.uri or mongodb.uri, own.database or mongodb.database
