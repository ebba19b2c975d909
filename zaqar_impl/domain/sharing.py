# SPDX-License-Identifier: Apache-2.0
"""Pre-signed URLs: what is signed, how, and what a signature opens.

Whoever has the deployment's key can sign: a share of a queue, and later the link by which a
subscriber confirms. The key and the time come from outside. A path is a path of the REST API,
whatever transport it is used on.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: What stands between the parts of what is signed: a backslash and an n, not a line feed. So has it
#: always been, and every client and server that signs does the same.
_SEPARATOR = r"\n"

#: ISO 8601 as far as it is taken. The standard has forms of nothing but digits, which are refused:
#: seconds since the epoch would be read as a date.
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)


@dataclass(frozen=True, slots=True)
class Signing:
    """What a deployment signs with: its key, and how many seconds a share may last at the most."""

    key: str = field(repr=False)
    longest: int


@dataclass(frozen=True, slots=True)
class Share:
    """What is signed: these paths, and all below them, for these methods in this project, until
    ``expires`` (as :func:`written`)."""

    paths: tuple[str, ...]
    methods: tuple[str, ...]
    project: str
    expires: str


def signature(key: str, share: Share) -> str:
    """The signature of a share, whatever the order of its paths and methods."""
    signed = _SEPARATOR.join(
        (
            ",".join(sorted(share.paths)),
            ",".join(sorted(share.methods)),
            share.project,
            share.expires,
        )
    )
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()


def fault(key: str, share: Share, shown: str, *, method: str, path: str, now: float) -> str | None:
    """Why the signature that was ``shown`` with this share does not open a path for a method, or
    None if it does.

    The text is for the log: whoever asks learns nothing but that it does not.
    """
    end = time_of(share.expires)
    if end is None:
        return "URL-Expires is missing or no time"
    if end <= now:
        return "it has expired"
    if any(_SEPARATOR in text for text in (*share.paths, *share.methods)):
        # A project may hold it. What is signed could then be taken apart in another way.
        return "a path or method holds a separator"
    if method not in share.methods:
        return "it is for other methods"
    if not any(_covers(shared, path) for shared in share.paths):
        return "it is for other paths"
    signed = Share(share.paths, share.methods, share.project, written(end))
    if not hmac.compare_digest(signature(key, signed).encode(), shown.encode()):
        return "it is not what this key signs"
    return None


def time_of(text: str) -> int | None:
    """The second that a text of ISO 8601 means, in UTC unless it has a zone; None if it means
    none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        time = datetime.fromisoformat(text)
        # a zone may lead out of the calendar, where nothing can be written any more
        return int((time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def written(seconds: float) -> str:
    """A time as it is signed and told."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat()


def _covers(shared: str, path: str) -> bool:
    """Whether the path is the shared one or goes on below it, both taken literally (D-14)."""
    return path == shared or path.startswith(f"{shared}/")
