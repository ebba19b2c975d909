# SPDX-License-Identifier: Apache-2.0
"""Options of encryption at rest. They are secret: no log, repr or document ever has them."""

from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Groups, Name
from zaqar_impl.config.origins import Origins
from zaqar_impl.domain.sealing import SHORTEST_SECRET

#: The default that upstream publishes, so everybody knows it.
_PUBLIC = "AES256"

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
        default="AES256",
        choices=["AES256"],
        help="How message bodies are encrypted: AES256, which is AES-256-GCM here.",
    ),
]

OPTIONS: Groups = {"transport": _ENCRYPTION}

#: The options that only the functions here look at.
ENCRYPTION_NAMES = frozenset(option.name for option in _ENCRYPTION)

_SINGLE = Name("transport", "message_encryption_key")
_SEVERAL = Name("transport", "message_encryption_keys")
_HOW_TO = "make one with: openssl rand -base64 32"


def encryption_secrets(transport: Mapping[str, Any], origins: Origins) -> tuple[str, ...]:
    """The keys that these values mean, in order; none if bodies can't be encrypted.

    Raises:
        WrongConfiguration: a key is short enough to be guessed.
    """
    single = transport[_SINGLE.option]
    secrets = {
        _SEVERAL: transport[_SEVERAL.option],
        _SINGLE: [single] if single and single != _PUBLIC else [],
    }
    for name, keys in secrets.items():
        if any(len(key) < SHORTEST_SECRET for key in keys):
            raise WrongConfiguration(
                f"{origins.of(name)}: a key has to have {SHORTEST_SECRET} characters or more; "
                f"{_HOW_TO}"
            )
    return tuple(key for keys in secrets.values() for key in keys)


def encryption_findings(transport: Mapping[str, Any], origins: Origins) -> list[str]:
    """What an operator should know of the keys."""
    if transport[_SINGLE.option] != _PUBLIC:
        return []
    return [
        f"{origins.of(_SINGLE)}: upstream's default, which is public, counts as no key, and queues "
        f"can't ask for encryption; {_HOW_TO}"
    ]
