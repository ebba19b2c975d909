# SPDX-License-Identifier: Apache-2.0
"""Says in words what values an option takes: for the reference page and for what is wrong."""

from typing import Any

from oslo_config import cfg, types

#: What is said of values that may be any text.
_ANY = "text"


def rule(option: cfg.Opt) -> str:
    """What a value of the option has to be, as the end of a sentence."""
    return _rule(option.type)


def default(option: cfg.Opt) -> str:
    """The default as a file would spell it; empty if there is none."""
    if option.default is None:
        return ""
    if isinstance(option.default, bool):
        return str(option.default).lower()
    if isinstance(option.default, list):
        return ",".join(str(item) for item in option.default)
    text = str(option.default)
    return text if text == text.strip() else f'"{text}"'


def _rule(kind: Any) -> str:
    if isinstance(kind, types.Boolean):
        return "true or false"
    if isinstance(kind, types.Integer):
        return "a whole number" + _range(kind)
    if isinstance(kind, types.List):
        each = _rule(kind.item_type)
        return "a list with commas between" + ("" if each == _ANY else f", each {each}")
    if isinstance(kind, types.HostAddress):
        return "an IP address or the name of a host"
    if choices := getattr(kind, "choices", None):
        names = [str(choice) or "empty" for choice in choices]
        return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
    return _ANY if kind.type_name == "string value" else str(kind.type_name)


def _range(kind: types.Integer) -> str:
    if kind.min is not None and kind.max is not None:
        return f" from {kind.min} to {kind.max}"
    if kind.min is not None:
        return f", {kind.min} or more"
    return "" if kind.max is None else f", {kind.max} or less"
