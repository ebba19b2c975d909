# SPDX-License-Identifier: Apache-2.0
"""All options of the service, gathered from the modules that declare them.

A new module of options is a line in ``_MODULES``; several may add to one group.
"""

from collections.abc import Sequence

from oslo_config import cfg

from zaqar_impl.config import filters, general, rest, sharing, stores, transport
from zaqar_impl.config.group import Groups

_MODULES = (
    general,
    stores,
    rest,
    transport,
    sharing,
    filters,
)


def options_by_group() -> dict[str | None, list[cfg.Opt]]:
    """Every option that has an effect, by group; None is ``[DEFAULT]``."""
    gathered: dict[str | None, list[cfg.Opt]] = {}
    for module in _MODULES:
        for group, options in module.OPTIONS.items():
            gathered.setdefault(group, []).extend(options)
    return gathered


def options_of_plugins(conf: cfg.ConfigOpts) -> Groups:
    """The options that come with what the parsed options name: a driver, filters.

    Raises:
        WrongConfiguration: a filter is not there.
    """
    return {**stores.options_of_driver(conf), **filters.options_of_filters(conf)}


def list_options() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """Every option by group, in the form that oslo.config's generators of samples and pages
    take."""
    return [(group or "DEFAULT", options) for group, options in options_by_group().items()]
