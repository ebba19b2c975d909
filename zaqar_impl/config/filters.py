# SPDX-License-Identifier: Apache-2.0
"""The option that puts message filters to work, and the options that the filters bring along."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Groups
from zaqar_impl.filters.loader import Chosen, filter_class
from zaqar_impl.plugins import PluginError

LOG = logging.getLogger(__name__)

#: The stage that upstream sends notifications from; here they need no stage.
UPSTREAMS_NOTIFIER = "zaqar.notification.notifier"

_STORAGE = [
    cfg.ListOpt(
        "message_pipeline",
        default=[],
        help="Message filters, by their entry points' names: messages pass them in this order when "
        "they are posted, and in the reverse order when they are handed out. Options of a filter "
        "are in [filter:NAME].",
    ),
]

OPTIONS: Groups = {"storage": _STORAGE}


def options_of_filters(conf: cfg.ConfigOpts) -> Groups:
    """The options that the filters of the pipeline bring along, each in its filter's group.

    Raises:
        WrongConfiguration: a filter is not there or named twice. Leaving one out, as upstream does,
            could show what it is there to hide.
    """
    groups: dict[str | None, Sequence[cfg.Opt]] = {}
    for name in conf.storage.message_pipeline:
        if name == UPSTREAMS_NOTIFIER:
            LOG.warning("%s: %s is needless, notifications need no stage here", _where(conf), name)
            continue
        if _group(name) in groups:
            raise WrongConfiguration(f"{_where(conf)}: {name} is named twice.")
        try:
            groups[_group(name)] = filter_class(name).OPTIONS
        except PluginError as error:
            raise WrongConfiguration(f"{_where(conf)}: {error}") from error
    return groups


def chosen_filters(conf: cfg.ConfigOpts) -> Chosen:
    """The filters of the pipeline with the values of their options, which are registered."""
    names = (name for name in conf.storage.message_pipeline if name != UPSTREAMS_NOTIFIER)
    return tuple((name, _values(conf, name)) for name in names)


def _values(conf: cfg.ConfigOpts, name: str) -> Mapping[str, Any]:
    group, values = _group(name), {}
    for option in filter_class(name).OPTIONS:
        values[option.dest] = conf[group][option.dest]
        if option.required and values[option.dest] is None:
            raise cfg.RequiredOptError(option.name, cfg.OptGroup(group))
    return values


def _group(name: str) -> str:
    return f"filter:{name}"


def _where(conf: cfg.ConfigOpts) -> str:
    """The option, and the file that it is set in."""
    place = conf.get_location("message_pipeline", "storage")
    file = f"{place.detail}: " if place and place.location == cfg.Locations.user else ""
    return f"{file}[storage] message_pipeline"
