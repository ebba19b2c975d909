# SPDX-License-Identifier: Apache-2.0
"""What an operator should know of a file that can be used nonetheless: options without an effect,
options that nobody knows, old names."""

import difflib
from collections.abc import Collection, Iterable, Mapping

from zaqar_impl.config import unsupported
from zaqar_impl.config.files import Given
from zaqar_impl.config.group import Name


def findings(
    given: Iterable[Given], known: Collection[Name], old: Mapping[Name, Name]
) -> list[str]:
    """One line for each option that needs one, with its file and never with its value."""
    lines = []
    for item in given:
        text = _finding(item.name, known, old)
        if text:
            lines.append(f"{item.file}: {item.name}: {text}")
    return lines


def _finding(name: Name, known: Collection[Name], old: Mapping[Name, Name]) -> str | None:
    if name in known:
        return None
    if name in old:
        return f"this is an old name; it is taken as {old[name]}."
    if why := unsupported.reason(name):
        return f"not supported, and ignored: {why}."
    meant = _meant(name, known)
    return "unknown option, ignored" + (f"; did you mean {meant}?" if meant else ".")


def _meant(name: Name, known: Collection[Name]) -> Name | None:
    """The option that was perhaps meant: of this name in another group, or of a similar name in
    this one, or in a group of a similar name."""
    for candidate in sorted(known, key=str):
        if candidate.option == name.option:
            return candidate
    near = {str(candidate): candidate for candidate in known if candidate.group == name.group}
    near = near or {str(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(str(name), near, n=1, cutoff=0.8)
    return near[close[0]] if close else None
