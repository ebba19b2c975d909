# SPDX-License-Identifier: Apache-2.0
"""Sealed bodies: what is stored of a message in a queue that encrypts, and the keys for it.

A body is sealed with AES-256-GCM. What is stored is ``salt | nonce | ciphertext and tag``; beside
it stands the id of the secret, which also says that this is the form. Each message has a key of its
own, derived from the secret and the salt, so that no number of messages wears a secret out: random
nonces under one key would be good for some thousand million messages only.

The project is sealed along with the body, so that a body that somebody copies into another project
can't be opened there. The queue is not, for a message keeps its body when it moves to a dead letter
queue (decision 0050).
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from zaqar_impl.domain.errors import EncryptionUnavailable
from zaqar_impl.domain.values import Message, NewMessage

#: What a secret has at the least: 32 hexadecimal digits are the 128 bits that nobody guesses.
SHORTEST_SECRET = 32

_KEY_BYTES = 32
_SALT_BYTES = 12
_NONCE_BYTES = 12
_HEAD_BYTES = _SALT_BYTES + _NONCE_BYTES
_TAG_BYTES = 16

# Another form of sealed bodies would have other labels, and so other ids of the same secrets.
_ID_LABEL = b"zaqar message body 1: id of the secret"
_ROOT_LABEL = b"zaqar message body 1: root key"
_KEY_LABEL = b"zaqar message body 1: key of one message"


class _Secret:
    """One secret of the configuration, as what is derived from it. It never shows itself."""

    def __init__(self, text: str) -> None:
        self.id = _derived(text, _ID_LABEL, 8).hex()
        self._root = _derived(text, _ROOT_LABEL, _KEY_BYTES)

    def seal(self, body: bytes, project: str) -> bytes:
        head = os.urandom(_HEAD_BYTES)
        return head + self._cipher(head).encrypt(head[_SALT_BYTES:], body, self._bound(project))

    def open(self, sealed: bytes, project: str) -> bytes:
        """The body; raises InvalidTag if this is not what was sealed with it for the project."""
        head, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        if len(text) < _TAG_BYTES:
            raise InvalidTag
        return self._cipher(head).decrypt(head[_SALT_BYTES:], text, self._bound(project))

    def _cipher(self, head: bytes) -> AESGCM:
        label = _KEY_LABEL + head[:_SALT_BYTES]
        return AESGCM(HKDFExpand(SHA256(), _KEY_BYTES, label).derive(self._root))

    def _bound(self, project: str) -> bytes:
        """What is sealed along with the body: the id is always 16 digits, so nothing is
        ambiguous."""
        return f"{self.id} {project}".encode()


class KeyRing:
    """The secrets of a deployment: the first one seals, all of them open. It may be empty."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        made = [_Secret(text) for text in secrets]
        self._sealing = made[0] if made else None
        self._opening = {secret.id: secret for secret in made}

    def __bool__(self) -> bool:
        return self._sealing is not None

    def sealed(self, message: NewMessage, project: str) -> NewMessage:
        """The message as it is to be stored.

        Raises:
            EncryptionUnavailable: there is no secret.
        """
        if self._sealing is None:
            raise EncryptionUnavailable(
                "The queue asks for encryption, and this server has no key for it now; "
                "nothing is stored."
            )
        return replace(
            message, body=self._sealing.seal(message.body, project), key_id=self._sealing.id
        )

    def opened(self, message: Message, project: str) -> Message:
        """The message with the body that was posted; one that was stored clear is as it is.

        Raises:
            EncryptionUnavailable: its secret is not here, or it was changed since it was sealed.
        """
        if message.key_id is None:
            return message
        secret = self._opening.get(message.key_id)
        if secret is None:
            raise EncryptionUnavailable(f"there is no key {message.key_id}")
        try:
            body = secret.open(message.body, project)
        except InvalidTag:
            raise EncryptionUnavailable(
                f"it is not what was sealed with key {message.key_id} in this project"
            ) from None
        return replace(message, body=body, key_id=None)


def _derived(secret: str, label: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=label).derive(secret.encode())
