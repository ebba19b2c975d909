# SPDX-License-Identifier: Apache-2.0
"""Servers that encrypt, and do not decrypt where they have to."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from ..miniature.state import Message, Queue
from . import lie

_FLAG = "_enable_encrypt_messages"


def _ciphertext(body: Any) -> str:
    return base64.b64encode(json.dumps(body).encode()[::-1]).decode()


def _encrypts_now(self: Miniature, call: Call) -> bool:
    queue = self.find(call)
    return queue is not None and queue.metadata.get(_FLAG) is True


def _to_readers(self: Miniature, call: Call, message: Message) -> Any:
    is_reader = call.request.method == "GET" and "/claims" not in call.path
    return _ciphertext(message.body) if message.sealed and is_reader else message.body


def _to_claims(self: Miniature, call: Call, message: Message) -> Any:
    return _ciphertext(message.body) if message.sealed and "/claims" in call.path else message.body


def _to_shown_claims(self: Miniature, call: Call, message: Message) -> Any:
    return _to_claims(self, call, message) if call.request.method == "GET" else message.body


def _to_pops(self: Miniature, call: Call, message: Message) -> Any:
    is_pop = call.request.method == "DELETE"
    return _ciphertext(message.body) if message.sealed and is_pop else message.body


def _by_the_flag_now(self: Miniature, call: Call, message: Message) -> Any:
    return message.body if _encrypts_now(self, call) else _to_readers(self, call, message)


def _whatever_is_there(self: Miniature, call: Call, message: Message) -> Any:
    if _encrypts_now(self, call) and not message.sealed:
        raise Refusal(503, "a body can't be decrypted")
    return message.body


def _to_dead_letters(self: Miniature, call: Call, message: Message) -> Any:
    moved = message.sealed and message.claims == 0 and not self.is_claimed(message)
    return _ciphertext(message.body) if moved and _is_dead(self, call) else message.body


def _is_dead(self: Miniature, call: Call) -> bool:
    named = [queue.metadata.get("_dead_letter_queue") for queue in self.queues.values()]
    return call.queue in named


def _nothing_from_nothing(self: Miniature, call: Call, message: Message) -> Any:
    if message.sealed and message.body == "":
        raise Refusal(503, "a body can't be decrypted")
    return message.body


def _as_text(self: Miniature, call: Call, message: Message) -> Any:
    is_number = isinstance(message.body, int | float)
    return str(message.body) if message.sealed and is_number else message.body


def _size_of_ciphertext(self: Miniature, call: Call, queue: Queue) -> None:
    Miniature.check_post_size(self, call, queue)
    if queue.metadata.get(_FLAG) and len(call.request.body) * 4 // 3 > self.most_posted:
        raise Refusal(400, "the ciphertext is too large")


def _sum_of_ciphertext(self: Miniature, call: Call, message: Message) -> dict[str, Any]:
    text = json.dumps(_ciphertext(message.body) if message.sealed else message.body)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return {**Miniature.shown(self, call, message), "checksum": f"MD5:{digest}"}


def _never_shown(self: Miniature, metadata: dict[str, Any]) -> dict[str, Any]:
    return {**Miniature.shown_metadata(self, metadata), _FLAG: False}


def _only_new_queues(self: Miniature, call: Call) -> Answer:
    if json.loads(call.request.body or b"{}").get(_FLAG) is True:
        raise Refusal(400, f"{_FLAG} needs a key")
    return Miniature.queue_create(self, call)


def _anything_false(self: Miniature, flag: object) -> None:
    if flag and not isinstance(flag, bool):
        raise Refusal(400, f"{_FLAG} is not a boolean")


lie("takes the flag and forgets it", "encryption.flag-shown", shown_metadata=_never_shown)
lie("lets a patch ask without a key", "encryption.flag-shown", queue_create=_only_new_queues)
lie("takes anything false for a flag", "encryption.flag-boolean", check_encryption=_anything_false)
lie("gives ciphertext to readers", "encryption.read", body_of=_to_readers)
lie("can't decrypt an empty string", "encryption.any-body", body_of=_nothing_from_nothing)
lie("gives encrypted numbers back as text", "encryption.any-body", body_of=_as_text)
lie("bounds the size of ciphertext", "encryption.size", check_post_size=_size_of_ciphertext)
lie("gives ciphertext to claims", "encryption.claimed", body_of=_to_claims)
lie("gives ciphertext to who shows a claim", "encryption.claimed", body_of=_to_shown_claims)
lie("gives ciphertext to pops", "encryption.popped", body_of=_to_pops)
lie("gives dead letters as ciphertext", "encryption.dead-letter", body_of=_to_dead_letters)
lie(
    "decrypts by what the flag is now",
    "encryption.flag-changes/off",
    "encryption.dead-letter",
    body_of=_by_the_flag_now,
)
lie(
    "takes whatever is in an encrypting queue for ciphertext",
    "encryption.flag-changes/on",
    body_of=_whatever_is_there,
)
lie("sums ciphertext", "encryption.checksum", shown=_sum_of_ciphertext)
