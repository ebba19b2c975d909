# SPDX-License-Identifier: Apache-2.0
"""Options of ``[transport]``: limits and defaults of the API, shown in a deployment's document."""

from oslo_config import cfg, types

from zaqar_impl.config.group import Groups
from zaqar_impl.domain.subscribers import SCHEMES

#: Lower bounds that are part of the API, in seconds.
SHORTEST_MESSAGE_TTL = 60
SHORTEST_CLAIM_TTL = 60
SHORTEST_CLAIM_GRACE = 60
SHORTEST_SUBSCRIPTION_TTL = 60

#: A century: a subscription has to end before the year 10000.
LONGEST_DEFAULT_SUBSCRIPTION_TTL = 100 * 365 * 86400

#: Most bytes that MongoDB could store in one piece, with room for what goes along.
LARGEST_DOCUMENT = 15 * 1024 * 1024

_TRANSPORT = [
    cfg.IntOpt(
        "default_message_ttl",
        default=3600,
        min=SHORTEST_MESSAGE_TTL,
        help="Seconds a message lives when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_message_delay",
        default=0,
        min=0,
        help="Shown as the default delay of queues, in seconds; as upstream's, it delays nothing.",
    ),
    cfg.IntOpt(
        "default_claim_ttl",
        default=300,
        min=SHORTEST_CLAIM_TTL,
        help="Seconds a claim lives when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_claim_grace",
        default=60,
        min=SHORTEST_CLAIM_GRACE,
        help="Seconds that claimed messages outlive a claim when nothing else is said.",
    ),
    cfg.IntOpt(
        "default_subscription_ttl",
        default=3600,
        min=SHORTEST_SUBSCRIPTION_TTL,
        max=LONGEST_DEFAULT_SUBSCRIPTION_TTL,
        help="Seconds a subscription lives when nothing else is said.",
    ),
    cfg.ListOpt(
        "subscriber_types",
        item_type=types.String(choices=SCHEMES),
        default=list(SCHEMES),
        help="Schemes that the URI of a subscriber may have.",
    ),
    cfg.IntOpt(
        "max_subscriptions_per_page",
        default=20,
        min=1,
        help="Most subscriptions in one listing.",
    ),
    cfg.IntOpt("max_pools_per_page", default=20, min=1, help="Most pools in one listing."),
    cfg.IntOpt("max_flavors_per_page", default=20, min=1, help="Most flavors in one listing."),
    cfg.IntOpt("max_queues_per_page", default=20, min=1, help="Most queues in one listing."),
    cfg.IntOpt(
        "max_messages_per_page",
        default=20,
        min=1,
        help="Most messages in one listing, or asked for by id.",
    ),
    cfg.IntOpt(
        "max_messages_per_claim_or_pop",
        default=20,
        min=1,
        help="Most messages in one claim or pop.",
    ),
    cfg.IntOpt(
        "max_queue_metadata",
        default=64 * 1024,
        min=2,
        max=LARGEST_DOCUMENT,
        help="Most bytes of queue metadata.",
    ),
    cfg.IntOpt(
        "max_messages_post_size",
        default=256 * 1024,
        min=1,
        max=LARGEST_DOCUMENT,
        help="Most bytes of a request that posts messages.",
    ),
    cfg.IntOpt(
        "max_message_ttl",
        default=1209600,
        min=SHORTEST_MESSAGE_TTL,
        help="Most seconds a message may live.",
    ),
    cfg.IntOpt(
        "max_message_delay", default=900, min=0, help="Most seconds a message may be delayed."
    ),
    cfg.IntOpt(
        "max_claim_ttl",
        default=43200,
        min=SHORTEST_CLAIM_TTL,
        help="Most seconds a claim may live.",
    ),
    cfg.IntOpt(
        "max_claim_grace",
        default=43200,
        min=SHORTEST_CLAIM_GRACE,
        help="Most seconds that claimed messages may outlive a claim.",
    ),
    cfg.StrOpt(
        "client_id_uuid_safe",
        default="strict",
        choices=["strict", "off"],
        help="strict: Client-ID is a UUID. off: any text of the lengths below.",
    ),
    cfg.IntOpt(
        "min_length_client_id",
        default=10,
        min=1,
        help="Fewest characters of a Client-ID that need not be a UUID.",
    ),
    cfg.IntOpt(
        "max_length_client_id",
        default=36,
        min=1,
        help="Most characters of a Client-ID that need not be a UUID.",
    ),
    cfg.BoolOpt(
        "message_delete_with_claim_id",
        default=False,
        help="Whether deleting messages by ids needs the ids of their claims.",
    ),
]

OPTIONS: Groups = {"transport": _TRANSPORT}
