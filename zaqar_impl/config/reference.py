# SPDX-License-Identifier: Apache-2.0
"""The pages of the docs that are made from the options: a reference, and a sample of the file."""

import re
from collections.abc import Iterator
from pathlib import Path

from oslo_config import cfg, generator

from zaqar_impl.config import unsupported
from zaqar_impl.config.describing import default, rule
from zaqar_impl.config.flags import FLAGS
from zaqar_impl.config.group import Name
from zaqar_impl.config.registry import list_options, old_names

REFERENCE = "options.rst"
SAMPLE = "zaqar.conf.sample"

#: How the pages are made anew.
COMMAND = "tox -e options"

_HEAD = f"""\
.. Made from the code by "{COMMAND}"; what is written here by hand is lost.

=======
Options
=======

Options stand in ``zaqar.conf`` under their group; see :doc:`configuration`.
A value that breaks its rule stops the start.
"""

_IGNORED = """\
Options without an effect
=========================

Upstream and its libraries know these; here they are ignored, and a warning at start names them.
"""


def write(folder: Path) -> None:
    """Make both pages in the folder anew."""
    (folder / REFERENCE).write_text(reference(), encoding="utf-8")
    generator.main(
        ["--namespace", "zaqar_impl", "--output-file", str(folder / SAMPLE), "--wrap-width", "99"]
    )


def reference() -> str:
    """The reference page."""
    parts = [_HEAD]
    for group, options in list_options():
        title = f"``[{group.name}]``"
        parts += [title, "=" * len(title), "", _escaped(group.help), ""]
        for option in options:
            parts += _entry(
                Name(None if group.name == "DEFAULT" else group.name, option.dest), option
            )
    return "\n".join([*parts, _IGNORED, *_ignored()])


def _entry(name: Name, option: cfg.Opt) -> Iterator[str]:
    yield f"``{option.dest}``"
    yield f"    {_escaped(option.help)}"
    yield ""
    yield f"    Default: {_default(option)}. Value: {_escaped(rule(option))}."
    if name in FLAGS:
        yield f"    Flag: ``{FLAGS[name]}``."
    if old := [str(spelled) for spelled, meant in old_names().items() if meant == name]:
        yield f"    Old names: ``{'``, ``'.join(old)}``."
    if option.secret:
        yield "    It is a secret, and is never logged."
    yield ""


def _default(option: cfg.Opt) -> str:
    if option.default is None and not option.sample_default:
        return "none"
    text = option.sample_default or default(option)
    return f"``{text}``" if text else "empty"


def _ignored() -> Iterator[str]:
    for group, why in sorted(unsupported.GROUPS.items()):
        yield f"``[{group}]``, all options\n    {_sentence(why)}\n"
    for section, options in unsupported.OPTIONS.items():
        for option, why in options.items():
            yield f"``[{section or 'DEFAULT'}] {option}``\n    {_sentence(why)}\n"


def _sentence(text: str) -> str:
    return f"{_escaped(text[0].upper() + text[1:])}."


def _escaped(text: str | None) -> str:
    """Text in which reStructuredText finds no marks of its own."""
    return re.sub(r"([*`|\\]|_\b)", r"\\\1", text or "")
