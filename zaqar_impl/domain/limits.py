# SPDX-License-Identifier: Apache-2.0
"""The limits and defaults that handlers need beyond what the spec's schemas already enforce."""

from dataclasses import dataclass

from zaqar_impl.domain.subscribers import SCHEMES


@dataclass(frozen=True, slots=True)
class Limits:
    """Values of the ``[transport]`` options of the same names; seconds and bytes."""

    default_message_ttl: int = 3600
    default_message_delay: int = 0
    default_claim_ttl: int = 300
    default_claim_grace: int = 60
    max_queue_metadata: int = 65536
    max_messages_post_size: int = 262144
    message_delete_with_claim_id: bool = False
    default_subscription_ttl: int = 3600
    subscriber_types: tuple[str, ...] = SCHEMES
