# SPDX-License-Identifier: Apache-2.0
"""The options of the service: upstream's groups, names and defaults, so that an operator's
``zaqar.conf`` is read as it is.

Nothing else reads the configuration: parts are given plain values by the wiring.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from oslo_config import cfg, types

from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.subscribers import SCHEMES

#: Lower bounds that are part of the API, in seconds.
SHORTEST_MESSAGE_TTL = 60
SHORTEST_CLAIM_TTL = 60
SHORTEST_CLAIM_GRACE = 60
SHORTEST_SUBSCRIPTION_TTL = 60

#: A century: a subscription has to end before the year 10000.
LONGEST_DEFAULT_SUBSCRIPTION_TTL = 100 * 365 * 86400

#: Most bytes that MongoDB could store in one piece, with room for what goes along.
LARGEST_DOCUMENT = 15 * 1024 * 1024

REST_GROUP = "drivers:transport:wsgi"
STORE_GROUP = "drivers:message_store:mongodb"

_DEFAULT_OPTIONS = [
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
]

_DRIVER_OPTIONS = [
    cfg.StrOpt(
        "message_store", default="mongodb", help="Storage driver, by its entry point's name."
    ),
]

_REST_OPTIONS = [
    cfg.StrOpt("bind", default="127.0.0.1", help="Address that the REST server listens on."),
    cfg.PortOpt("port", default=8888, help="Port that the REST server listens on."),
    cfg.IntOpt(
        "workers",
        default=0,
        min=0,
        max=256,
        help="REST worker processes; 0 for one a core, at most 4.",
    ),
]

_STORE_OPTIONS = [
    cfg.StrOpt(
        "uri",
        secret=True,
        help="MongoDB URI of a replica set or sharded cluster. None: an embedded mongod.",
    ),
    cfg.StrOpt("database", default="zaqar", help="Name of the database."),
]

_TRANSPORT_OPTIONS = [
    cfg.IntOpt(
        "default_message_ttl",
        default=3600,
        min=SHORTEST_MESSAGE_TTL,
        help="Seconds a message lives when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_message_delay",
        default=0,
        min=0,
        help="Shown as the default delay of queues, in seconds.",
    ),
    cfg.IntOpt(
        "default_claim_ttl",
        default=300,
        min=SHORTEST_CLAIM_TTL,
        help="Seconds a claim lives when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_claim_grace",
        default=60,
        min=SHORTEST_CLAIM_GRACE,
        help="Seconds that claimed messages outlive a claim when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_subscription_ttl",
        default=3600,
        min=SHORTEST_SUBSCRIPTION_TTL,
        max=LONGEST_DEFAULT_SUBSCRIPTION_TTL,
        help="Seconds a subscription lives when nothing else is said.",
    ),
    cfg.ListOpt(
        "subscriber_types",
        item_type=types.String(choices=SCHEMES),
        default=list(SCHEMES),
        help="Schemes that the URI of a subscriber may have.",
    ),
    cfg.IntOpt(
        "max_subscriptions_per_page",
        default=20,
        min=1,
        help="Most subscriptions in one listing.",
    ),
    cfg.IntOpt("max_queues_per_page", default=20, min=1, help="Most queues in one listing."),
    cfg.IntOpt(
        "max_messages_per_page",
        default=20,
        min=1,
        help="Most messages in one listing, or asked for by id.",
    ),
    cfg.IntOpt(
        "max_messages_per_claim_or_pop",
        default=20,
        min=1,
        help="Most messages in one claim or pop.",
    ),
    cfg.IntOpt(
        "max_queue_metadata",
        default=64 * 1024,
        min=2,
        max=LARGEST_DOCUMENT,
        help="Most bytes of queue metadata.",
    ),
    cfg.IntOpt(
        "max_messages_post_size",
        default=256 * 1024,
        min=1,
        max=LARGEST_DOCUMENT,
        help="Most bytes of a request that posts messages.",
    ),
    cfg.IntOpt(
        "max_message_ttl",
        default=1209600,
        min=SHORTEST_MESSAGE_TTL,
        help="Most seconds a message may live.",
    ),
    cfg.IntOpt(
        "max_message_delay", default=900, min=0, help="Most seconds a message may be delayed."
    ),
    cfg.IntOpt(
        "max_claim_ttl",
        default=43200,
        min=SHORTEST_CLAIM_TTL,
        help="Most seconds a claim may live.",
    ),
    cfg.IntOpt(
        "max_claim_grace",
        default=43200,
        min=SHORTEST_CLAIM_GRACE,
        help="Most seconds that claimed messages may outlive a claim.",
    ),
    cfg.StrOpt(
        "client_id_uuid_safe",
        default="strict",
        choices=["strict", "off"],
        help="strict: Client-ID is a UUID. off: any text of the lengths below.",
    ),
    cfg.IntOpt(
        "min_length_client_id",
        default=10,
        min=1,
        help="Fewest characters of a Client-ID that need not be a UUID.",
    ),
    cfg.IntOpt(
        "max_length_client_id",
        default=36,
        min=1,
        help="Most characters of a Client-ID that need not be a UUID.",
    ),
    cfg.BoolOpt(
        "message_delete_with_claim_id",
        default=False,
        help="Whether deleting messages by ids needs the ids of their claims.",
    ),
]

_EMBEDDED_OPTIONS = [
    cfg.StrOpt(
        "data_dir",
        help="Where the embedded mongod keeps its data. None: zaqar in the user's data directory.",
    ),
]

_GROUPS: Mapping[str | None, Sequence[cfg.Opt]] = {
    None: _DEFAULT_OPTIONS,
    "drivers": _DRIVER_OPTIONS,
    REST_GROUP: _REST_OPTIONS,
    STORE_GROUP: _STORE_OPTIONS,
    "embedded": _EMBEDDED_OPTIONS,
    "transport": _TRANSPORT_OPTIONS,
}


class WrongConfiguration(Exception):
    """A value that the service can't start with; the text names file or flag, option and rule."""


@dataclass(frozen=True)
class Settings:
    """The effective values. ``mongodb_uri`` is None when an embedded mongod is meant."""

    debug: bool
    auth_strategy: str
    enable_checksum: bool
    bind: str
    port: int
    workers: int
    driver: str
    mongodb_uri: str | None
    database: str
    data_dir: Path
    transport: Mapping[str, Any]

    @property
    def limits(self) -> Limits:
        values = {field.name: self.transport[field.name] for field in fields(Limits)}
        return Limits(**{**values, "subscriber_types": tuple(values["subscriber_types"])})


def load(files: Sequence[Path], overrides: Mapping[tuple[str | None, str], Any]) -> Settings:
    """Settings by this precedence: ``overrides`` (group, name), the files, the defaults.

    Without files, ``zaqar.conf`` is looked for where oslo.config looks (``~/.zaqar``, ``~``,
    ``/etc/zaqar``, ``/etc``).

    Raises:
        WrongConfiguration: a file can't be read, or a value breaks its option's rule.
    """
    conf = cfg.ConfigOpts()
    for group, options in _GROUPS.items():
        conf.register_opts(options, group=group)
    try:
        conf([], project="zaqar", default_config_files=[str(file) for file in files] or None)
        for (group, name), value in overrides.items():
            _override(conf, group, name, value)
        settings = _settings(conf)
    except (cfg.Error, ValueError) as error:
        raise WrongConfiguration(" ".join(str(error).split())) from error
    _check_ranges(settings.transport)
    return settings


def list_options() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """Every option by group, in the form that oslo.config's generators of samples and pages
    take."""
    return [(group or "DEFAULT", options) for group, options in _GROUPS.items()]


def _override(conf: cfg.ConfigOpts, group: str | None, name: str, value: Any) -> None:
    try:
        conf.set_override(name, value, group=group)
    except ValueError as error:
        raise WrongConfiguration(f"{name} = {value}: {error}") from error


def _settings(conf: cfg.ConfigOpts) -> Settings:
    return Settings(
        debug=conf.debug,
        auth_strategy=conf.auth_strategy,
        enable_checksum=conf.enable_checksum,
        bind=conf[REST_GROUP].bind,
        port=conf[REST_GROUP].port,
        workers=conf[REST_GROUP].workers,
        driver=conf.drivers.message_store,
        mongodb_uri=conf[STORE_GROUP].uri,
        database=conf[STORE_GROUP].database,
        data_dir=Path(conf.embedded.data_dir or _user_data_dir()),
        transport={option.name: conf.transport[option.name] for option in _TRANSPORT_OPTIONS},
    )


def _user_data_dir() -> str:
    """The user's data directory as desktops and services agree on it (XDG)."""
    return os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "zaqar"
    )


def _check_ranges(transport: Mapping[str, Any]) -> None:
    """A default beyond its own maximum would be refused by the API itself."""
    for low, high in (
        ("default_message_ttl", "max_message_ttl"),
        ("default_message_delay", "max_message_delay"),
        ("default_claim_ttl", "max_claim_ttl"),
        ("default_claim_grace", "max_claim_grace"),
        ("min_length_client_id", "max_length_client_id"),
    ):
        if transport[low] > transport[high]:
            raise WrongConfiguration(
                f"[transport] {low} = {transport[low]} is above {high} = {transport[high]}."
            )
