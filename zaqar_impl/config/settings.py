# SPDX-License-Identifier: Apache-2.0
"""The settings: what the parts of the service are given of the configuration, as plain values.

An option outside of ``[transport]`` gets a field in :class:`Settings` and a line in
:func:`settings_of`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.filters import chosen_filters
from zaqar_impl.config.rest import REST_GROUP
from zaqar_impl.config.sharing import SHARING_GROUP
from zaqar_impl.config.stores import store_of
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sharing import Signing
from zaqar_impl.filters.loader import Chosen


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
    signing: Signing | None = None
    #: Message filters in the order of the pipeline.
    filters: Chosen = ()

    @property
    def limits(self) -> Limits:
        values = {field.name: self.transport[field.name] for field in fields(Limits)}
        return Limits(**{**values, "subscriber_types": tuple(values["subscriber_types"])})


def settings_of(conf: cfg.ConfigOpts) -> Settings:
    """The settings that these parsed options mean."""
    uri, database = store_of(conf)
    return Settings(
        debug=conf.debug,
        auth_strategy=conf.auth_strategy,
        enable_checksum=conf.enable_checksum,
        bind=conf[REST_GROUP].bind,
        port=conf[REST_GROUP].port,
        workers=conf[REST_GROUP].workers,
        driver=conf.drivers.message_store,
        mongodb_uri=uri,
        database=database,
        data_dir=Path(conf.embedded.data_dir or _user_data_dir()),
        transport=dict(conf.transport),
        signing=_signing(conf),
        filters=chosen_filters(conf),
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
