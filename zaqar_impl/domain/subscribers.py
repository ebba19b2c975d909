# SPDX-License-Identifier: Apache-2.0
"""Rules of subscribers: which URIs can be notified at all.

Nobody is asked here whether a host exists, or may be called: that is the business of delivery.
"""

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

from zaqar_impl.domain.errors import InvalidInput

#: What can be notified.
SCHEMES = ("http", "https", "mailto", "trust+http", "trust+https")

#: Longer subscribers lose their end where a refusal quotes them.
_LONGEST_QUOTED = 80

_HOST = re.compile(r"[A-Za-z0-9_.-]+")


def check_subscriber(subscriber: str, allowed: tuple[str, ...]) -> None:
    """Return if the text is a URI of one of the allowed schemes that can be notified.

    Raises:
        InvalidInput: it is not; the text says what is wrong with it.
    """
    if fault := _fault(subscriber, allowed):
        quoted = subscriber[:_LONGEST_QUOTED]
        raise InvalidInput(f"The subscriber is invalid: {quoted!r} {fault}.")


def _fault(subscriber: str, allowed: tuple[str, ...]) -> str | None:
    scheme = subscriber.partition(":")[0].lower()
    if ":" not in subscriber or scheme not in allowed:
        return f"has none of the schemes {', '.join(allowed)}"
    if not _is_plain(subscriber):
        return "has a blank or a control character"
    try:
        parts = urlsplit(subscriber)
    except ValueError:
        return "is no URI"
    return _fault_of_mail(parts) if scheme == "mailto" else _fault_of_webhook(parts)


def _fault_of_webhook(parts: SplitResult) -> str | None:
    if "@" in parts.netloc:
        return "has a user or password, which anybody who sees the subscription would see"
    if not parts.hostname:
        return "has no host"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "has a port that is not 1 to 65535"
    return None if _is_host(parts.hostname, "[" in parts.netloc) else "has a malformed host"


def _fault_of_mail(parts: SplitResult) -> str | None:
    addresses = [unquote(address) for address in parts.path.split(",")]
    if parts.netloc or not all(map(_is_address, addresses)):
        return "has no mail address"
    return None


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return bool(local) and "@" not in local and _is_plain(text) and _is_host(domain, False)


def _is_host(host: str, literal: bool) -> bool:
    """Whether it is a name, possibly an international one, or an address; IPv6 is in brackets."""
    if literal:
        return _is_ipv6(host)
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:  # an empty label, one of more than 63 characters, or a forbidden sign
        return False
    return bool(_HOST.fullmatch(name)) and len(name) <= 253


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_plain(text: str) -> bool:
    return text.isprintable() and not any(map(str.isspace, text))
