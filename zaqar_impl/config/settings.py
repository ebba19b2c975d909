# SPDX-License-Identifier: Apache-2.0
"""The settings: what the parts of the service are given of the configuration, as plain values.

An option outside of ``[transport]`` gets a field in :class:`Settings` and a line in
:func:`settings_of`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.cors import CORS_GROUP
from zaqar_impl.config.encryption import ENCRYPTION_NAMES, encryption_findings, encryption_secrets
from zaqar_impl.config.filters import chosen_filters
from zaqar_impl.config.logs import LOG_OPTIONS
from zaqar_impl.config.origins import Origins
from zaqar_impl.config.rest import REST_GROUP, ROLES
from zaqar_impl.config.sharing import SHARING_GROUP
from zaqar_impl.config.stores import (
    CATALOG_GROUP,
    MANAGEMENT_GROUP,
    STORE_GROUP,
    driver_of,
    group_of,
)
from zaqar_impl.config.tls import tls_options
from zaqar_impl.config.websocket import WebSocketSettings, websocket_settings
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sharing import Signing
from zaqar_impl.filters.loader import Chosen


@dataclass(frozen=True)
class Settings:
    """The effective values. ``mongodb_uri`` is the URI of the driver, and None when an embedded
    mongod is meant; ``filters`` are in the order of the pipeline.

    ``encryption_secrets`` are the keys of message bodies, the one that encrypts first;
    ``transport`` does not have them.
    """

    debug: bool
    auth_strategy: str
    enable_checksum: bool
    admin_mode: bool
    bind: str
    port: int
    workers: int
    websocket: WebSocketSettings
    #: What is served: rest, websocket.
    roles: frozenset[str]
    max_requests: int
    driver: str
    mongodb_uri: str | None = field(repr=False)
    database: str
    data_dir: Path
    transport: Mapping[str, Any]
    pooling: bool
    virtual_pool: bool
    management_driver: str
    management_uri: str | None = field(repr=False)
    management_database: str
    encryption_secrets: tuple[str, ...] = field(repr=False)
    signing: Signing | None
    unreliable: bool
    cors: Mapping[str, Any]
    logs: Mapping[str, Any]
    tls: Mapping[str, str | None]
    filters: Chosen = field(repr=False)
    #: Where the options come from, for messages about their values.
    origins: Origins
    #: What the operator should know of the files; the command logs it.
    findings: Sequence[str] = ()

    @property
    def limits(self) -> Limits:
        values = {field.name: self.transport[field.name] for field in fields(Limits)}
        return Limits(**{**values, "subscriber_types": tuple(values["subscriber_types"])})

    @property
    def needs_mongodb(self) -> bool:
        """Whether a MongoDB is needed that has no URI, so that it has to be an embedded one."""
        for_messages = self.driver == "mongodb" and (not self.pooling or self.virtual_pool)
        for_pools = self.pooling and self.management_driver == "mongodb" and not self.management_uri
        return not self.mongodb_uri and (for_messages or for_pools)

    @property
    def switches(self) -> frozenset[str]:
        """The switches of the spec (``x-enabled-by``) that are on."""
        switches = {"admin_mode": self.admin_mode, "pooling": self.pooling}
        return frozenset(name for name, on in switches.items() if on)


def settings_of(conf: cfg.ConfigOpts, origins: Origins, findings: Sequence[str] = ()) -> Settings:
    """The settings that these parsed options mean."""
    store = conf[group_of(driver_of(conf))]
    return Settings(
        debug=conf.debug,
        auth_strategy=conf.auth_strategy,
        enable_checksum=conf.enable_checksum,
        admin_mode=conf.admin_mode,
        bind=conf[REST_GROUP].bind,
        port=conf[REST_GROUP].port,
        workers=conf[REST_GROUP].workers,
        websocket=websocket_settings(conf),
        roles=ROLES[conf.drivers.transport],
        max_requests=conf[REST_GROUP].max_requests,
        driver=driver_of(conf),
        mongodb_uri=store.uri,
        database=store.database,
        data_dir=Path(conf.embedded.data_dir or _user_data_dir()),
        pooling=conf.pooling,
        virtual_pool=conf[CATALOG_GROUP].enable_virtual_pool,
        management_driver=conf.drivers.management_store,
        management_uri=conf[MANAGEMENT_GROUP].uri,
        management_database=conf[MANAGEMENT_GROUP].database,
        transport={k: v for k, v in conf.transport.items() if k not in ENCRYPTION_NAMES},
        encryption_secrets=encryption_secrets(conf.transport, origins),
        unreliable=conf.unreliable,
        cors=dict(conf[CORS_GROUP]),
        logs={name: conf[name] for name in LOG_OPTIONS},
        tls={option.name: conf[STORE_GROUP][option.name] for option in tls_options()},
        origins=origins,
        filters=chosen_filters(conf),
        findings=[*findings, *encryption_findings(conf.transport, origins)],
        signing=_signing(conf),
    )


def _signing(conf: cfg.ConfigOpts) -> Signing | None:
    """None without a key; an empty one is none, since anybody could sign with it."""
    options = conf[SHARING_GROUP]
    return Signing(options.secret_key, options.max_lifetime) if options.secret_key else None


def _user_data_dir() -> str:
    """The user's data directory as desktops and services agree on it (XDG)."""
    return os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "zaqar"
    )
