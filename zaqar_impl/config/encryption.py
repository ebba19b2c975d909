# SPDX-License-Identifier: Apache-2.0
"""Options of encryption at rest. They are secret: no log, repr or document ever has them."""

import logging
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Groups
from zaqar_impl.domain.sealing import SHORTEST_SECRET

LOG = logging.getLogger(__name__)

#: The default that upstream publishes, so everybody knows it.
_PUBLIC = "AES256"

_ALGORITHM = "AES256"

_ENCRYPTION = [
    cfg.StrOpt(
        "message_encryption_key",
        secret=True,
        help="Key that message bodies are stored encrypted with, in queues that ask for it: at "
        f"least {SHORTEST_SECRET} random characters, as 'openssl rand -base64 32' gives. None: no "
        "queue can ask for it.",
    ),
    cfg.ListOpt(
        "message_encryption_keys",
        secret=True,
        default=[],
        help="Several such keys, to change them: the first one encrypts, all of them decrypt. "
        "message_encryption_key comes after them. No key has a comma in it.",
    ),
    cfg.StrOpt(
        "message_encryption_algorithms",
        default=_ALGORITHM,
        help="How message bodies are encrypted: AES256, which is AES-256-GCM here. Upstream's RSA "
        "never worked and is refused.",
    ),
]

OPTIONS: Groups = {"transport": _ENCRYPTION}

#: The options that only :func:`encryption_secrets` looks at.
NAMES = frozenset(option.name for option in _ENCRYPTION)


def encryption_secrets(transport: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that these values mean, in order; none if bodies can't be encrypted.

    Raises:
        WrongConfiguration: a key is short enough to be guessed, or the algorithm is not there.
    """
    if (algorithm := transport["message_encryption_algorithms"]) != _ALGORITHM:
        raise WrongConfiguration(
            f"[transport] message_encryption_algorithms = {algorithm}: there is {_ALGORITHM} only, "
            "which is also the default. Take the line out."
        )
    single = transport["message_encryption_key"]
    if single == _PUBLIC:
        LOG.warning(
            "[transport] message_encryption_key is upstream's default, which is public: it counts "
            "as no key, and queues can't ask for encryption. %s",
            _HOW_TO,
        )
        single = None
    for name, keys in (
        ("message_encryption_keys", transport["message_encryption_keys"]),
        ("message_encryption_key", [single] if single else []),
    ):
        if any(len(key) < SHORTEST_SECRET for key in keys):
            raise WrongConfiguration(
                f"[transport] {name}: a key is shorter than {SHORTEST_SECRET} characters. {_HOW_TO}"
            )
    return (*transport["message_encryption_keys"], *([single] if single else []))


_HOW_TO = "Make one with: openssl rand -base64 32"
