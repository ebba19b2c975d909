# SPDX-License-Identifier: Apache-2.0
"""Rules of the metadata of queues and topics: what is shown when nothing is stored, how it is
changed, how listings filter by it.

Shapes and ranges of the reserved keys are the spec's business (``QueueMetadata``); nothing is
checked twice here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zaqar_impl.domain.errors import Conflict, InvalidInput
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.values import DeadLetters, Kind, Metadata, Queue


def always_shown(limits: Limits, kind: Kind = Kind.QUEUE) -> dict[str, Any]:
    """The reserved keys that every answer has, with the values that hold when they are not stored.

    Of a topic they are those about messages: nothing is claimed there, so nothing dead-lettered.
    """
    about_messages = {
        "_max_messages_post_size": limits.max_messages_post_size,
        "_default_message_ttl": limits.default_message_ttl,
        "_default_message_delay": limits.default_message_delay,
    }
    if kind is Kind.TOPIC:
        return about_messages
    return about_messages | {
        "_dead_letter_queue": None,
        "_dead_letter_queue_messages_ttl": None,
        "_max_claim_count": None,
        "_enable_encrypt_messages": False,
    }


def shown(metadata: Metadata, limits: Limits, kind: Kind = Kind.QUEUE) -> dict[str, Any]:
    """The metadata as clients see it.

    ``null`` counts as unset; any other stored value is shown as it is stored, also 0 and false
    (D-47).
    """
    defaults = always_shown(limits, kind)
    return {**metadata, **{key: effective(metadata, key, value) for key, value in defaults.items()}}


def effective(metadata: Metadata, key: str, default: Any) -> Any:
    """The value of a reserved key that takes effect: the stored one unless it is absent or
    ``null``."""
    stored = metadata.get(key)
    return default if stored is None else stored


def dead_letters(queue: Queue) -> DeadLetters | None:
    """What the queue does with messages that were claimed too often; None unless it says both how
    often and where to, which is another queue (old metadata may name the queue itself)."""
    name = effective(queue.metadata, "_dead_letter_queue", None)
    count = effective(queue.metadata, "_max_claim_count", None)
    if name in (None, queue.ref.name) or count is None:
        return None
    ttl = effective(queue.metadata, "_dead_letter_queue_messages_ttl", None)
    return DeadLetters(queue=name, max_claim_count=count, ttl=ttl)


def changed(
    metadata: Metadata,
    changes: Sequence[Mapping[str, Any]],
    limits: Limits,
    kind: Kind = Kind.QUEUE,
) -> dict[str, Any]:
    """The metadata after the JSON-patch operations, applied strictly in order.

    An always-shown key may be replaced and removed also while it is not stored, since clients see
    it (A13).

    Raises:
        Conflict: ``replace`` or ``remove`` names a key that is neither stored nor always shown.
    """
    result = dict(metadata)
    visible = always_shown(limits, kind)
    for change in changes:
        key = change["path"].removeprefix("/metadata/").replace("~1", "/").replace("~0", "~")
        if change["op"] != "add" and key not in result and key not in visible:
            raise Conflict(
                f"Can't {change['op']} {change['path']!r}: the {kind} has no such metadata key."
            )
        if change["op"] == "remove":
            result.pop(key, None)
        else:
            result[key] = change["value"]
    return result


def accepts(queue: Queue, name_part: str | None, wanted: Mapping[str, str]) -> bool:
    """Whether a listing with these filters shows the queue: all of them must hold.

    ``name_part`` is a literal part of the name (D-22). Each entry of ``wanted`` is a metadata key
    (dots reach into nested objects) and the text of its value.
    """
    if name_part is not None and name_part not in queue.ref.name:
        return False
    return all(_matches(_reached(queue.metadata, key), text) for key, text in wanted.items())


_ABSENT = object()


def _reached(metadata: Any, dotted: str) -> Any:
    """The value under a key that may contain dots, or else under the path that the dots spell."""
    if not isinstance(metadata, Mapping):
        return _ABSENT
    if dotted in metadata:
        return metadata[dotted]
    first, dot, rest = dotted.partition(".")
    if not dot or first not in metadata:
        return _ABSENT
    return _reached(metadata[first], rest)


def _matches(value: Any, text: str) -> bool:
    """Whether a stored value is what the text says.

    A text that spells an integer means that integer, and only in that spelling (D-37: ``03`` is not
    3); ``true`` and ``false`` mean booleans and strings alike.
    """
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, str):
        return value == text and not _INTEGER.fullmatch(text)
    return isinstance(value, int | float) and str(value) == text


_INTEGER = re.compile(r"0|-?[1-9][0-9]*")

#: What a retry policy means by a delay that it does not give, in seconds; and how far apart the two
#: have to be.
_MINIMUM_DELAY, _MAXIMUM_DELAY, _LEAST_SPREAD = 5, 30, 10

#: The growths of waits that multiply the one before.
_BY_A_FACTOR = ("geometric", "exponential")


def check_retry_policy(metadata: Metadata) -> None:
    """Return if the delays of the ``_retry_policy``, if the queue's metadata or the subscription's
    options have one, leave room to grow between them, and the shortest can grow.

    Raises:
        InvalidInput: they are too close, or the wrong way round, or a factor makes no more of 0.
    """
    policy = metadata.get("_retry_policy") or {}
    shortest = policy.get("minimum_delay", _MINIMUM_DELAY)
    longest = policy.get("maximum_delay", _MAXIMUM_DELAY)
    if longest - shortest < _LEAST_SPREAD:
        raise InvalidInput(
            f"_retry_policy: maximum_delay ({longest}) must be at least {_LEAST_SPREAD} above "
            f"minimum_delay ({shortest})."
        )
    growth = policy.get("retry_backoff_function")
    if shortest == 0 and growth in _BY_A_FACTOR:
        raise InvalidInput(f"_retry_policy: minimum_delay must be above 0 with {growth} growth.")


def integers_fit(value: Any) -> bool:
    """Whether all integers in a JSON value are of 64 bits, with their sign, as what stores and
    shows it needs."""
    if isinstance(value, Mapping):
        return all(map(integers_fit, value.values()))
    if isinstance(value, list):
        return all(map(integers_fit, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63
