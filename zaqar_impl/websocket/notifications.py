# SPDX-License-Identifier: Apache-2.0
"""What connections are told of messages: bare, without an envelope, by which clients know it."""

from collections.abc import Sequence
from typing import Any

from zaqar_impl.domain.values import Message
from zaqar_impl.push import Notice
from zaqar_impl.websocket.codecs import Codec, JsonText
from zaqar_impl.websocket.frames import OUTGOING


def frames_of(notice: Notice, codec: Codec) -> Sequence[bytes]:
    """The frames of a notice in this encoding; made once for all who are told."""

    def made(notice: Notice) -> Sequence[bytes]:
        return [
            OUTGOING.message(codec.write(_notification(message, notice.ref.name)))
            for message in notice.messages
        ]

    return notice.once(type(codec).__name__, made)


def _notification(message: Message, name: str) -> dict[str, Any]:
    return {
        "body": JsonText(message.body),
        "ttl": message.ttl,
        "Message_Type": "Notification",
        "queue_name": name,
    }
