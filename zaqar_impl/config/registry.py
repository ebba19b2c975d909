# SPDX-License-Identifier: Apache-2.0
"""All options of the service, gathered from the modules that declare them.

A new module of options is a line in ``_MODULES``; several may add to one group. A new group is a
line in ``_ABOUT`` too.
"""

import functools
from collections.abc import Mapping, Sequence

from oslo_config import cfg

from zaqar_impl.config import (
    cors,
    encryption,
    filters,
    general,
    logs,
    rest,
    sharing,
    stores,
    transport,
    websocket,
)
from zaqar_impl.config.group import Groups, Name
from zaqar_impl.config.origins import Origins

_MODULES = (
    general,
    logs,
    stores,
    rest,
    transport,
    cors,
    sharing,
    encryption,
    filters,
    websocket,
)

#: What each group is about, for the sample file and the reference page.
_ABOUT: Mapping[str | None, str] = {
    None: "The service as a whole, and its log.",
    "drivers": "What the service is put together from.",
    "drivers:message_store:mongodb": "The MongoDB that messages are stored in.",
    "drivers:transport:wsgi": "The REST server.",
    "drivers:transport:websocket": "The WebSocket server.",
    "embedded": "The mongod that zaqar-server starts when no URI is given.",
    "transport": "Limits and defaults of the API. A deployment shows its own in /openapi.json.",
    "drivers:management_store:mongodb": "The MongoDB that knows the pools, and what lives where.",
    "pooling:catalog": "Which pool a queue lives in.",
    "storage": "Message filters, the plug-ins of other packages that see each message.",
    "signed_url": "Pre-signed URLs, by which a part of a queue is shared.",
    "cors": "Pages of other origins that may use the API from within a browser.",
}


def options_by_group() -> dict[str | None, list[cfg.Opt]]:
    """Every option that has an effect, by group; None is ``[DEFAULT]``."""
    gathered: dict[str | None, list[cfg.Opt]] = {}
    for module in _MODULES:
        for group, options in module.OPTIONS.items():
            gathered.setdefault(group, []).extend(options)
    return gathered


@functools.cache
def options_by_name() -> Mapping[Name, cfg.Opt]:
    """Every option that has an effect, by group and name."""
    return _named(options_by_group())


def register_plugins(conf: cfg.ConfigOpts, origins: Origins) -> Mapping[Name, cfg.Opt]:
    """Make the options known that come with what the others name: a driver, filters.

    Raises:
        WrongConfiguration: a filter is not there.
    """
    brought = {**stores.options_of_driver(conf), **filters.options_of_filters(conf, origins)}
    for group, options in brought.items():
        conf.register_opts(options, group=group)
    return _named(brought)


def _named(groups: Groups) -> Mapping[Name, cfg.Opt]:
    return {
        Name(group, option.dest): option for group, options in groups.items() for option in options
    }


@functools.cache
def old_names() -> Mapping[Name, Name]:
    """The old names of options that are still read, and the options that they mean."""
    return {
        old: name
        for name, option in options_by_name().items()
        for given in option.deprecated_opts
        if (old := Name(given.group or name.group, given.name or name.option)) != name
    }


def list_options() -> list[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    """Every option by group, in the form that oslo.config's generators of samples and pages
    take."""
    return [
        (cfg.OptGroup(group or "DEFAULT", help=_ABOUT[group]), options)
        for group, options in options_by_group().items()
    ]
