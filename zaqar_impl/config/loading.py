# SPDX-License-Identifier: Apache-2.0
"""Reads files and flags into settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.registry import options_by_group, options_of_plugins
from zaqar_impl.config.rules import check
from zaqar_impl.config.settings import Settings, settings_of


def load(files: Sequence[Path], overrides: Mapping[tuple[str | None, str], Any]) -> Settings:
    """Settings by this precedence: ``overrides`` (group, name), the files, the defaults.

    Without files, ``zaqar.conf`` is looked for where oslo.config looks (``~/.zaqar``, ``~``,
    ``/etc/zaqar``, ``/etc``).

    Raises:
        WrongConfiguration: a file can't be read, or a value breaks its option's rule.
    """
    conf = cfg.ConfigOpts()
    for group, options in options_by_group().items():
        conf.register_opts(options, group=group)
    try:
        conf([], project="zaqar", default_config_files=[str(file) for file in files] or None)
        for (group, name), value in overrides.items():
            _override(conf, group, name, value)
        for group_of_plugin, more in options_of_plugins(conf).items():
            conf.register_opts(more, group=group_of_plugin)
        settings = settings_of(conf)
    except (cfg.Error, ValueError) as error:
        raise WrongConfiguration(" ".join(str(error).split())) from error
    check(settings)
    return settings


def _override(conf: cfg.ConfigOpts, group: str | None, name: str, value: Any) -> None:
    try:
        conf.set_override(name, value, group=group)
    except ValueError as error:
        raise WrongConfiguration(f"{name} = {value}: {error}") from error
