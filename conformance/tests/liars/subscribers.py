# SPDX-License-Identifier: Apache-2.0
"""Servers that subscribe whom they should not, or not whom they should."""

from __future__ import annotations

from ..miniature import Miniature, Refusal
from . import lie, nothing


def _small_letters_only(self: Miniature, subscriber: str) -> str:
    return subscriber.partition(":")[0]


def _any_scheme(self: Miniature, subscriber: str) -> str:
    scheme = Miniature.scheme(self, subscriber)
    return scheme if scheme == "mailto" else "http"


def _text_of_anything(self: Miniature, subscriber: object) -> str:
    if isinstance(subscriber, str) and subscriber:
        return Miniature.check_subscriber(self, subscriber)
    return str(subscriber)


def _hosts_of_letters(self: Miniature, subscriber: str) -> None:
    Miniature.check_webhook(self, subscriber)
    if not subscriber.isascii() or "[" in subscriber:
        raise Refusal(400, "subscriber has a strange host")


lie(
    "knows schemes in small letters",
    "subscription-create.subscriber-scheme/accepted",
    scheme=_small_letters_only,
)
lie(
    "subscribes to any scheme",
    "subscription-create.subscriber-scheme/refused",
    "subscription-update.refused",
    scheme=_any_scheme,
    check_webhook=nothing,
)
lie(
    "takes anything for a subscriber",
    "subscription-create.subscriber-text",
    "subscription-update.subscriber-empty",
    check_subscriber=_text_of_anything,
)
lie(
    "takes webhooks that lead nowhere", "subscription-create.subscriber-host", check_webhook=nothing
)
lie("takes passwords in webhooks", "subscription-create.subscriber-user", check_user=nothing)
lie(
    "knows hosts of ASCII only",
    "subscription-create.subscriber-international",
    check_webhook=_hosts_of_letters,
)
lie("mails to nobody", "subscription-create.subscriber-mail", check_mail=nothing)
