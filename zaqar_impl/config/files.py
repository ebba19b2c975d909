# SPDX-License-Identifier: Apache-2.0
"""What the files of a configuration say, line by line: oslo.config keeps no record of which file an
option came from, and says nothing of those that it does not know."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oslo_config import cfg, iniparser

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Name

PROJECT = "zaqar"
PROGRAM = "zaqar-server"


@dataclass(frozen=True)
class Given:
    """An option that a file sets, with the text of its value."""

    file: Path
    name: Name
    value: str = field(repr=False)  # perhaps a secret


def files_of(files: Sequence[Path], directories: Sequence[Path]) -> list[Path]:
    """The files to read, in order: later ones win.

    Where neither files nor directories are named, those are taken that oslo.config finds:
    ``zaqar.conf``, ``zaqar.conf.d`` and the like in ``~/.zaqar``, ``~``, ``/etc/zaqar``, ``/etc``.

    Raises:
        WrongConfiguration: a directory can't be listed.
    """
    if not files and not directories:
        files = [Path(file) for file in cfg.find_config_files(PROJECT, PROGRAM)]
        directories = [Path(folder) for folder in cfg.find_config_dirs(PROJECT, PROGRAM)]
    return [*files, *(file for folder in directories for file in _inside(folder))]


def read(files: Iterable[Path]) -> list[Given]:
    """Everything that the files set, in their order.

    Raises:
        WrongConfiguration: a file can't be read, is not in the INI format, or asks for options from
            elsewhere.
    """
    found = [given for file in files for given in _read(file)]
    for given in found:
        # oslo.config would go on without the source if it failed, and say so to nobody.
        if given.name == Name(None, "config_source"):
            raise WrongConfiguration(
                f"{given.file}: {given.name}: options come from files, the environment and flags; "
                "other sources are not supported."
            )
    return found


def _inside(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise WrongConfiguration(f"{folder}: can't be listed: {error.strerror}.") from error
    # as oslo.config's own glob: hidden files stay out
    return [folder / name for name in names if name.endswith(".conf") and name[0] != "."]


def _read(file: Path) -> Iterator[Given]:
    sections: dict[str, dict[str, list[str]]] = {}
    try:
        cfg.ConfigParser(str(file), sections).parse()
    except OSError as error:
        raise WrongConfiguration(f"{file}: can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise WrongConfiguration(f"{file}: is not text in UTF-8.") from error
    except iniparser.ParseError as error:
        # The line itself is not repeated: it may be a secret.
        raise WrongConfiguration(f"{file}: line {error.lineno}: {error.msg}.") from error
    for section, options in sections.items():
        for option, values in options.items():
            yield Given(file, Name.spelled(section, option), values[-1])
