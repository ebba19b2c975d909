# SPDX-License-Identifier: Apache-2.0
"""A message filter that keeps members of bodies from where they do not belong."""

from collections.abc import Iterator, Mapping
from typing import Any

from oslo_config import cfg

from zaqar_impl.filters import IncomingMessage, MessageFilter, OutgoingMessage, Refused

MASK = "***"


class Guard(MessageFilter):
    """Refuses some members, stores the message without the values of others, hides yet others from
    whoever reads it. Members are found at any depth."""

    OPTIONS = (
        cfg.ListOpt("refuse", default=[], help="Members that no body may have."),
        cfg.ListOpt("redact", default=[], help="Members whose values are not stored."),
        cfg.ListOpt("hide", default=[], help="Members whose values are stored, and not shown."),
    )

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if both := set(options["refuse"]) & set(options["redact"]):
            raise ValueError(f"refuse and redact both have {sorted(both)[0]!r}: choose one.")

    async def on_post(self, message: IncomingMessage) -> None:
        unwanted = {*self.options["refuse"], *names_in(message.metadata.get("refuse"))}
        for found in objects(message.body):
            if names := sorted(unwanted & found.keys()):
                raise Refused(f"the body may have no member {names[0]!r}.")
            mask(found, self.options["redact"])

    async def on_delivery(self, message: OutgoingMessage) -> None:
        for found in objects(message.body):
            mask(found, self.options["hide"])


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, the outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


def names_in(value: Any) -> list[str]:
    """The names in a list of the metadata, where clients may have put anything."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def mask(found: dict[str, Any], names: list[str]) -> None:
    """Hide the values of these members."""
    for name in names:
        if name in found:
            found[name] = MASK
