# SPDX-License-Identifier: Apache-2.0
"""Topics and what is below them: the operations of queues, on queues of the other kind.

Each name here is an operation of the spec; what it does is said, and done, where the operation of
queues is. The differences of a topic are there too, by its kind: which metadata keys are always
shown, and that nothing is claimed.
"""

from typing import Any

from zaqar_impl.domain.values import Caller, Kind
from zaqar_impl.handlers import messages, queues, subscriptions
from zaqar_impl.handlers.service import Handler, Service

__all__ = [
    "topic_create",
    "topic_delete",
    "topic_get",
    "topic_get_head",
    "topic_get_stats",
    "topic_list",
    "topic_message_delete",
    "topic_message_delete_many",
    "topic_message_get",
    "topic_message_get_many",
    "topic_message_list",
    "topic_message_post",
    "topic_purge",
    "topic_subscription_confirm",
    "topic_subscription_create",
    "topic_subscription_delete",
    "topic_subscription_get",
    "topic_subscription_list",
    "topic_subscription_update",
    "topic_update",
]


def _on_topics(operation: Handler) -> Handler:
    """The operation of queues on topics: it takes ``topic_name`` where that takes
    ``queue_name``."""

    async def on_topics(service: Service, caller: Caller, **arguments: Any) -> Any:
        if "topic_name" in arguments:
            arguments["queue_name"] = arguments.pop("topic_name")
        return await operation(service, caller, kind=Kind.TOPIC, **arguments)

    return on_topics


topic_list = _on_topics(queues.queue_list)
topic_create = _on_topics(queues.queue_create)
topic_get = _on_topics(queues.queue_get)
topic_get_head = _on_topics(queues.queue_get_head)
topic_update = _on_topics(queues.queue_update)
topic_delete = _on_topics(queues.queue_delete)
topic_get_stats = _on_topics(queues.queue_get_stats)
topic_purge = _on_topics(queues.queue_purge)

topic_message_post = _on_topics(messages.message_post)
topic_message_list = _on_topics(messages.message_list)
topic_message_get_many = _on_topics(messages.message_get_many)
topic_message_get = _on_topics(messages.message_get)
topic_message_delete = _on_topics(messages.message_delete)
topic_message_delete_many = _on_topics(messages.message_delete_many)

topic_subscription_list = _on_topics(subscriptions.subscription_list)
topic_subscription_create = _on_topics(subscriptions.subscription_create)
topic_subscription_get = _on_topics(subscriptions.subscription_get)
topic_subscription_update = _on_topics(subscriptions.subscription_update)
topic_subscription_delete = _on_topics(subscriptions.subscription_delete)
topic_subscription_confirm = _on_topics(subscriptions.subscription_confirm)
