# SPDX-License-Identifier: Apache-2.0
"""The option that puts message filters to work, and the options that the filters bring along."""

from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Groups, Name
from zaqar_impl.config.origins import Origins
from zaqar_impl.filters.loader import Chosen, filter_class
from zaqar_impl.plugins import PluginError

PIPELINE = Name("storage", "message_pipeline")

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


def options_of_filters(conf: cfg.ConfigOpts, origins: Origins) -> Groups:
    """The options that the filters of the pipeline bring along, each in its filter's group.

    Raises:
        WrongConfiguration: a filter is not there or named twice. Leaving one out, as upstream does,
            could show what it is there to hide.
    """
    groups: dict[str | None, Sequence[cfg.Opt]] = {}
    for name in _names(conf):
        if _group(name) in groups:
            raise WrongConfiguration(f"{origins.of(PIPELINE)}: {name} is named twice.")
        try:
            groups[_group(name)] = filter_class(name).OPTIONS
        except PluginError as error:
            raise WrongConfiguration(f"{origins.of(PIPELINE)}: {error}") from error
    return groups


def chosen_filters(conf: cfg.ConfigOpts) -> Chosen:
    """The filters of the pipeline with the values of their options, which are registered."""
    return tuple((name, _values(conf, name)) for name in _names(conf))


def needless(conf: cfg.ConfigOpts, origins: Origins) -> list[str]:
    """What an operator should know of the pipeline."""
    if UPSTREAMS_NOTIFIER not in conf.storage.message_pipeline:
        return []
    return [
        f"{origins.of(PIPELINE)}: {UPSTREAMS_NOTIFIER} is needless: notifications need no stage."
    ]


def _names(conf: cfg.ConfigOpts) -> list[str]:
    return [name for name in conf.storage.message_pipeline if name != UPSTREAMS_NOTIFIER]


def _values(conf: cfg.ConfigOpts, name: str) -> Mapping[str, Any]:
    group = _group(name)
    return {option.dest: conf[group][option.dest] for option in filter_class(name).OPTIONS}


def _group(name: str) -> str:
    return f"filter:{name}"
