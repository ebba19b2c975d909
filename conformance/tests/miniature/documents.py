# SPDX-License-Identifier: Apache-2.0
"""The version document, the home document and ping."""

from __future__ import annotations

from typing import Any

from .state import Call, State
from .wire import Answer

_QUEUE = "/v2/queues/{queue_name}"
_MESSAGES = f"{_QUEUE}/messages"
_TOPIC = "/v2/topics/{topic_name}"

#: Relation, template, methods.
_RELATIONS = (
    ("queues", "/v2/queues{?marker,limit,detailed,name,with_count}", "GET"),
    ("queue", _QUEUE, "GET PUT PATCH DELETE"),
    ("queue_stats", f"{_QUEUE}/stats", "GET"),
    ("queue_share", f"{_QUEUE}/share", "POST"),
    ("queue_purge", f"{_QUEUE}/purge", "POST"),
    ("messages", f"{_MESSAGES}{{?marker,limit,echo,include_claimed,include_delayed}}", "GET"),
    ("post_messages", _MESSAGES, "POST"),
    ("messages_delete", f"{_MESSAGES}{{?ids,pop}}", "DELETE"),
    ("message_delete", f"{_MESSAGES}/{{message_id}}{{?claim_id}}", "DELETE"),
    ("message_get", f"{_MESSAGES}/{{message_id}}", "GET"),
    ("claim", f"{_QUEUE}/claims/{{claim_id}}", "GET"),
    ("post_claim", f"{_QUEUE}/claims{{?limit}}", "POST"),
    ("patch_claim", f"{_QUEUE}/claims/{{claim_id}}", "PATCH"),
    ("subscriptions_get", f"{_QUEUE}/subscriptions{{?marker,limit}}", "GET"),
    ("subscriptions_post", f"{_QUEUE}/subscriptions", "POST"),
    ("subscription", f"{_QUEUE}/subscriptions/{{subscriptions_id}}", "GET DELETE"),
    ("subscription_patch", f"{_QUEUE}/subscriptions/{{subscriptions_id}}", "PATCH"),
    ("delete_claim", f"{_QUEUE}/claims/{{claim_id}}", "DELETE"),
    ("topics", "/v2/topics{?marker,limit,detailed,name,with_count}", "GET"),
    ("topic", _TOPIC, "GET PUT PATCH DELETE"),
    ("topic_stats", f"{_TOPIC}/stats", "GET"),
    ("topic_purge", f"{_TOPIC}/purge", "POST"),
    ("topic_messages", f"{_TOPIC}/messages{{?marker,limit,echo,include_delayed}}", "GET"),
    ("topic_post_messages", f"{_TOPIC}/messages", "POST"),
    ("topic_messages_delete", f"{_TOPIC}/messages{{?ids,pop}}", "DELETE"),
    ("topic_message", f"{_TOPIC}/messages/{{message_id}}", "GET DELETE"),
    ("topic_subscriptions_get", f"{_TOPIC}/subscriptions{{?marker,limit}}", "GET"),
    ("topic_subscriptions_post", f"{_TOPIC}/subscriptions", "POST"),
    ("topic_subscription", f"{_TOPIC}/subscriptions/{{subscription_id}}", "GET DELETE"),
)


class Documents(State):
    """The operations that know no queue."""

    version_status = 300

    def version_document(self, call: Call) -> Answer:
        """What versions there are."""
        version = {
            "id": "2",
            "status": "CURRENT",
            "updated": "2014-9-24T04:06:47Z",
            "media-types": [],
            "links": [{"href": "/v2/", "rel": "self"}],
        }
        headers = {"Content-Type": "application/json"}
        return Answer(self.version_status, {"versions": [version]}, headers)

    def home_document(self, call: Call) -> Answer:
        """What can be done, and where."""
        resources = {f"rel/{name}": self.relation(one, verbs) for name, one, verbs in _RELATIONS}
        headers = {"Content-Type": "application/json-home", "Cache-Control": "max-age=86400"}
        return Answer(200, {"resources": resources}, headers)

    def relation(self, template: str, methods: str) -> dict[str, Any]:
        """One entry of the home document."""
        groups = [group.partition("}")[0] for group in template.split("{")[1:]]
        names = [name for group in groups for name in group.lstrip("?").split(",")]
        return {
            "href-template": template,
            "href-vars": {name: f"param/{name}" for name in names},
            "hints": {"allow": methods.split(), "formats": {"application/json": {}}},
        }

    def ping(self, call: Call) -> Answer:
        """A sign of life."""
        return Answer(204)
