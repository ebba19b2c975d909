# SPDX-License-Identifier: Apache-2.0
"""The checksum of a message: that of the text which upstream would have made of its body."""

import hashlib
import json
from dataclasses import replace

from zaqar_impl.domain.values import Message


def with_checksum(message: Message) -> Message:
    """The message with its checksum.

    The text is the body with one blank behind each comma and colon, keys in the order they came,
    and everything beyond ASCII escaped. There is none for ``null``.
    """
    value = json.loads(message.body)
    if value is None:
        return message
    digest = hashlib.md5(json.dumps(value).encode("ascii"), usedforsecurity=False)
    return replace(message, checksum=f"MD5:{digest.hexdigest()}")
