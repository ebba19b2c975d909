# SPDX-License-Identifier: Apache-2.0
"""Reads files, the environment and flags into settings."""

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg

from zaqar_impl.config import unsupported
from zaqar_impl.config.describing import rule
from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.files import PROGRAM, PROJECT, files_of, read
from zaqar_impl.config.filters import needless
from zaqar_impl.config.findings import findings
from zaqar_impl.config.group import Name
from zaqar_impl.config.origins import Origins, origins
from zaqar_impl.config.registry import (
    old_names,
    options_by_group,
    options_by_name,
    register_plugins,
)
from zaqar_impl.config.rules import checked
from zaqar_impl.config.settings import Settings, settings_of


def load(
    files: Sequence[Path],
    overrides: Mapping[tuple[str | None, str], Any],
    directories: Sequence[Path] = (),
) -> Settings:
    """Settings by this precedence: ``overrides`` (group, name), environment variables, the
    directories' files, the files, the defaults.

    Without files and directories, those are taken that oslo.config finds (in ``~/.zaqar``, ``~``,
    ``/etc/zaqar``, ``/etc``).

    Raises:
        WrongConfiguration: a file can't be read, or a value breaks a rule.
    """
    files = files_of(files, directories)
    given = read(files)
    found = origins({Name(*name): v for name, v in overrides.items()}, given, old_names())
    with _oslo_says_nothing():
        conf = _parsed(files)
        _settle(conf, options_by_name(), found)
        brought = register_plugins(conf, found)
        _settle(conf, brought, found)
    told = findings(given, {**options_by_name(), **brought}.keys(), old_names())
    return checked(settings_of(conf, found, [*told, *needless(conf, found)]))


@contextlib.contextmanager
def _oslo_says_nothing() -> Iterator[None]:
    """oslo.config logs old names by itself, before there is a log, and without the file."""
    logger = logging.getLogger("oslo_config.cfg")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _parsed(files: Sequence[Path]) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    for group, options in options_by_group().items():
        conf.register_opts(options, group=group)
    try:
        conf(
            [],
            project=PROJECT,
            prog=PROGRAM,
            default_config_files=[str(file) for file in files],
            default_config_dirs=[],
        )
    except cfg.Error as error:  # a file that changed since it was read, a source that fails
        raise WrongConfiguration(" ".join(str(error).split())) from error
    return conf


def _settle(conf: cfg.ConfigOpts, options: Mapping[Name, cfg.Opt], found: Origins) -> None:
    """Let flags win, and look at all values, which oslo.config leaves until somebody needs them."""
    for name, option in options.items():
        try:
            _settle_one(conf, name, option, found)
        except ValueError as error:
            raise _wrong(name, option, found) from error
        except cfg.Error as error:  # oslo.config has several for a reference that leads nowhere
            raise WrongConfiguration(
                f"{found.of(name)}: a $ that is no reference to another option is written $$."
            ) from error


def _settle_one(conf: cfg.ConfigOpts, name: Name, option: cfg.Opt, found: Origins) -> None:
    if name in found.overrides:
        conf.set_override(name.option, found.overrides[name], group=name.group)
    value = conf[name.option] if name.group is None else conf[name.group][name.option]
    if value is None and option.default is not None:
        raise ValueError("an empty number")
    if value is None and option.required:
        raise WrongConfiguration(f"{name}: has to be given.")


def _wrong(name: Name, option: cfg.Opt, found: Origins) -> WrongConfiguration:
    text = found.text(name)
    why = unsupported.VALUES.get(name, {}).get(text or "")
    return WrongConfiguration(
        f"{found.of(name)}{'' if option.secret else f' = {text}'}: "
        f"has to be {rule(option)}{f'; {why}' if why else ''}."
    )
