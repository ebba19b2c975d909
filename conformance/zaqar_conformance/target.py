# SPDX-License-Identifier: Apache-2.0
"""What the kit has to know of a deployment before it speaks to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """The limits and defaults of a deployment, under their names in its configuration."""

    max_queues_per_page: int = 20
    max_messages_per_page: int = 20
    max_messages_per_claim_or_pop: int = 20
    max_queue_metadata: int = 65536
    max_messages_post_size: int = 262144
    max_message_ttl: int = 1209600
    max_message_delay: int = 900
    max_claim_ttl: int = 43200
    max_claim_grace: int = 43200
    default_message_ttl: int = 3600
    default_message_delay: int = 0
    default_claim_ttl: int = 300
    default_claim_grace: int = 60
    max_subscriptions_per_page: int = 20
    max_pools_per_page: int = 20
    max_flavors_per_page: int = 20
    default_subscription_ttl: int = 3600
    client_id_uuid_safe: str = "strict"
    min_length_client_id: int = 10
    max_length_client_id: int = 36

    def page(self, most: int) -> int:
        """How many a page or a claim has that asks for no number: 10, if it may have 10."""
        return min(10, most)


@dataclass(frozen=True)
class Target:
    """A deployment, and as whom it is spoken to."""

    url: str
    project: str = "kit-project"
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0
    #: Seconds in which a server that judges a request by its head alone has surely answered.
    head_start: float = 0.3
    #: Seconds in which a notification that is not to come has surely come.
    silence: float = 1.0
    #: Where its WebSocket is, if it is known.
    websocket_url: str = ""
    verify: bool | str = True
    #: Stores that the deployment can reach and that are no pools of it, for the cases of pools.
    pool_uris: tuple[str, ...] = field(default=(), repr=False)

    @property
    def has_token(self) -> bool:
        """Whether a token decides what the project is, and not the project header."""
        return any(name.lower() == "x-auth-token" for name in self.headers)
