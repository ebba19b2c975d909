# SPDX-License-Identifier: Apache-2.0
"""Pools, flavors, and where queues live: the values, and the rules that need no storage."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.metadata import integers_fit

#: What stands in place of a secret in a URI that is shown.
MASK = "***"

#: What every driver promises, so every flavor has it; a store may lack durability alone.
CAPABILITIES = ("FIFO", "CLAIMS", "DURABILITY", "AOD", "HIGH_THROUGHPUT")
_FORGETFUL = "memory:"

_AUTHORITY = re.compile(r"(?P<scheme>[^:/?#]*://)(?P<secret>[^?]*)@")
_SECRET_PARAMETER = re.compile(
    r"(?P<name>[?&;][^=&;]*(?:password|secret|token|authmechanismproperties)[^=&;]*=)(?P<secret>[^&;#]*)",
    re.IGNORECASE,
)
_ONE_SERVER = re.compile(r"[?&;]w=1(?=[&;#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pool:
    """A store of queues: where it is, and which part of the new queues it gets.

    ``options`` hold for this pool alone. The URI may have credentials in it, so it never shows up
    in a text of this object.
    """

    name: str
    uri: str = field(repr=False)
    weight: int
    flavor: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, change: "PoolChange") -> "Pool":
        """The pool after the change."""
        return Pool(
            self.name,
            self.uri if change.uri is None else change.uri,
            self.weight if change.weight is None else change.weight,
            self.flavor if change.flavor is None else change.flavor or None,
            self.options if change.options is None else change.options,
        )


@dataclass(frozen=True, slots=True)
class PoolChange:
    """What is to be different of a pool; None leaves a thing as it is, and the empty text is no
    flavor."""

    uri: str | None = field(default=None, repr=False)
    weight: int | None = None
    flavor: str | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Flavor:
    """A group of pools that queues choose by ``_flavor``; the pools' names in byte order."""

    name: str
    pools: Sequence[str]


@dataclass(frozen=True, slots=True)
class Moving:
    """A move that has begun: its token, and the moment until which nobody may take it for dead."""

    token: str
    until: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a queue lives, by the catalogue.

    ``pool`` is None for the default store. ``revision`` is another one whenever the queue is given
    another pool, or its deletion begins or is taken back. ``deleting`` is whether somebody has
    begun to delete the queue. ``apart`` names pools that may hold remains of it, and the pool that
    it is on its way to; the empty name is that of the default store. ``moving`` is the move that
    has the queue now, and ``arrived`` the token of the last one that came to its end.
    """

    pool: Pool | None
    revision: str
    deleting: bool = False
    apart: Sequence[str] = ()
    moving: Moving | None = None
    arrived: str | None = None

    @property
    def name(self) -> str:
        """The name of the pool, empty for the default store."""
        return self.pool.name if self.pool else ""


@dataclass(frozen=True, slots=True)
class Move:
    """A queue was moved: the names of the pools, and how many live messages went along."""

    source: str
    target: str
    messages: int


def chosen(pools: Sequence[Pool]) -> Pool | None:
    """One of the pools, by chance, each as likely as its weight says; None if none has any."""
    usable = [pool for pool in pools if pool.weight > 0]
    if not usable:
        return None
    [pool] = random.choices(usable, [pool.weight for pool in usable])
    return pool


def capabilities_of(pools: Sequence[Pool]) -> Sequence[str]:
    """What all of these pools can do; nothing where there is none."""
    if not pools:
        return []
    forgets = any(pool.uri.startswith(_FORGETFUL) for pool in pools)
    return [word for word in CAPABILITIES if word != "DURABILITY" or not forgets]


def masked(uri: str) -> str:
    """The URI without its secrets."""
    hidden = _AUTHORITY.sub(rf"\g<scheme>{MASK}@", uri)
    return _SECRET_PARAMETER.sub(rf"\g<name>{MASK}", hidden)


def is_masked(uri: str) -> bool:
    """Whether the URI has been through :func:`masked`, and so has lost its secrets."""
    found = [_AUTHORITY.search(uri), *_SECRET_PARAMETER.finditer(uri)]
    return any(match["secret"] == MASK for match in found if match)


def without_secrets(text: str, uri: str) -> str:
    """The text, unless it might have something in it that is secret in the URI."""
    found = [_AUTHORITY.search(uri), *_SECRET_PARAMETER.finditer(uri)]
    whole = [match["secret"] for match in found if match]
    parts = [part for secret in whole for part in re.split(r"[:@,/]", secret)]
    secrets = {spelled for part in (*whole, *parts) if part for spelled in (part, unquote(part))}
    if any(secret in text for secret in secrets):
        return "the reason is not told, for it has a part of the credentials in it"
    return text


def check_uri(uri: str) -> None:
    """What the shape cannot say of a pool's URI.

    Raises:
        InvalidInput: it is one that was shown, without the credentials.
    """
    if is_masked(uri):
        raise InvalidInput(
            f"uri is invalid: {MASK} stands where its credentials were hidden. "
            "Send the credentials, or leave uri out to keep it as it is."
        )


def check_acknowledgement(uri: str) -> None:
    """Return if a write to the pool is acknowledged by more than one server, as far as its URI has
    a say in that.

    Raises:
        InvalidInput: one is enough for it.
    """
    if _ONE_SERVER.search(uri):
        raise InvalidInput(
            "uri is invalid: w has to be majority, or 2 or more; with 1, a failover loses messages "
            "that were acknowledged."
        )


def check_options(options: Mapping[str, Any]) -> None:
    """What the shape cannot say of a pool's options. Only ``database`` has a meaning here; the
    others are kept, for what they tune in upstream's drivers is not there, or stands in the URI.

    Raises:
        InvalidInput: an option can't be kept, or the database is no text.
    """
    if not isinstance(options.get("database", ""), str):
        raise InvalidInput("options are invalid: database must be a text.")
    if not integers_fit(options):
        raise InvalidInput("options are invalid: an integer does not fit into 64 bits.")
