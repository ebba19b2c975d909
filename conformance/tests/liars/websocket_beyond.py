# SPDX-License-Identifier: Apache-2.0
"""Servers whose WebSocket lacks what goes beyond v2, or does it in another way."""

from __future__ import annotations

from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal
from . import lie


def _lacking(*actions: str) -> Any:
    """An override of `known_action`: some are not known."""

    def known_action(self: Miniature, action: str) -> str:
        if action in actions:
            raise Refusal(400, "there is no such action")
        return Miniature.known_action(self, action)

    return known_action


def _links_as_paths(self: Miniature, body: dict[str, Any], content: Any) -> Any:
    told = Miniature.with_marker(self, body, content)
    if isinstance(told, dict) and "links" in told:
        told["links"] = [
            {"rel": "next", "href": f"/?marker={one['marker']}"} for one in told["links"]
        ]
    return told


def _no_links_of_pools(
    self: Miniature, action: str, body: dict[str, Any], call: Call, answer: Answer
) -> tuple[int, Any]:
    more = {"with_links": False} if action == "pool_list" else {}
    return Miniature.told(self, action, {**body, **more}, call, answer)


lie("has paths for links", "websocket-links.link", with_marker=_links_as_paths)
lie("has no links of pools", "websocket-links.link/administration", told=_no_links_of_pools)
lie(
    "begins a page with the end of the one before",
    "websocket-links.paging",
    is_after=lambda self, name, marker: name >= marker,
)
lie(
    "leads behind the end",
    "websocket-links.drained-cursor",
    marker_in=lambda self, href: "end",
)
lie(
    "filters nothing over the WebSocket",
    "websocket-filters.filters",
    passes=lambda self, query, metadata: True,
)
for _action, _case in (
    ("ping_node", "ping-node"),
    ("get_home_doc", "get-home-doc"),
    ("queue_update", "queue-update"),
    ("queue_share", "queue-share"),
    ("subscription_update", "subscription-update"),
    ("subscription_confirm", "subscription-confirm"),
    ("check_node_health", "health"),
    ("pool_update", "pools"),
    ("flavor_update", "flavors"),
    ("topic_update", "topics"),
    ("topic_message_get", "topic-messages"),
    ("topic_subscription_confirm", "topic-subscriptions"),
):
    lie(f"has no action {_action}", f"websocket-extension.{_case}", known_action=_lacking(_action))
lie(
    "repeats the addresses of pools",
    "websocket-extension.pool-secrets",
    repeated_body=lambda self, body: body,
)
