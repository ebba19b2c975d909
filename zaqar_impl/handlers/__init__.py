# SPDX-License-Identifier: Apache-2.0
"""One function for each operation of the spec, by the operation's name, for every transport.

A handler takes the service, the caller and the arguments of the operation; it gives domain values
and raises domain errors. It knows no status, header, JSON document or framework.
"""

from collections.abc import Mapping

from zaqar_impl.handlers import (
    claims,
    flavors,
    health,
    messages,
    pools,
    queues,
    sharing,
    subscriptions,
    system,
    topics,
)
from zaqar_impl.handlers.service import Handler

#: operationId -> handler
HANDLERS: Mapping[str, Handler] = {
    name: getattr(module, name)
    for module in (
        system,
        queues,
        messages,
        claims,
        subscriptions,
        sharing,
        topics,
        health,
        pools,
        flavors,
    )
    for name in module.__all__
}
