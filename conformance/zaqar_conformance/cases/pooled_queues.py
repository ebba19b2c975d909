# SPDX-License-Identifier: Apache-2.0
"""What becomes of queues where they are spread over pools."""

from __future__ import annotations

from typing import Final

from zaqar_conformance import administer, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_CHOSEN: Final = ("flavor.chosen-by-queues",)
_PATCH: Final = "application/openstack-messaging-v2.0-json-patch"
_BODIES: Final = ["a", "b", "c"]


def _reflavored(api: Api, name: str, flavor: str) -> Exchange:
    """The answer to a patch of a queue to that flavor."""
    change = [{"op": "add", "path": "/metadata/_flavor", "value": flavor}]
    return api.patch(paths.queue(name), json=change, headers={"Content-Type": _PATCH})


@case("flavor.chosen-by-queues", needs=("flavor-create.marks-pools",))
def chosen(api: Api) -> None:
    """A queue of a flavor is made, and takes messages."""
    [uri] = administer.uris(api, 1)
    _, flavor = administer.flavored(api, uri)
    name = api.queue_name()

    match.status(api.put(paths.queue(name), json={"_flavor": flavor}), 201)
    posted = api.post(paths.messages(name), json={"messages": [{"body": "a"}]})

    match.status(posted, 201)
    match.equal("_flavor", observe.metadata(api, name).get("_flavor"), flavor)
    match.equal("the bodies", observe.bodies(api, name), ["a"])


@case("queue-create.unknown-flavor", needs=_CHOSEN)
def unknown_flavor(api: Api) -> None:
    """A queue of a flavor that does not exist is not made."""
    administer.needs_pools(api)
    name = api.queue_name()

    match.status(api.put(paths.queue(name), json={"_flavor": administer.new_name(api)}), 400)

    observe.no_queue(api, name)


@case("queue-create.no-usable-pool", needs=_CHOSEN)
def no_usable_pool(api: Api) -> None:
    """A pool of weight 0 gets no queue, and without another one there is none to be had."""
    [uri] = administer.uris(api, 1)
    _, flavor = administer.flavored(api, uri, weight=0)
    name = api.queue_name()

    match.status(api.put(paths.queue(name), json={"_flavor": flavor}), 503)

    observe.no_queue(api, name)


@case("queue-create.stays-in-pool", needs=_CHOSEN)
def stays_in_pool(api: Api) -> None:
    """A queue that is made again stays where its messages are."""
    first, second = (administer.flavored(api, uri)[1] for uri in administer.uris(api, 2))
    name = administer.queue_of(api, first, *_BODIES)

    for told in (None, {}, {"_flavor": second}):
        body = {} if told is None else {"json": told}
        match.status(api.put(paths.queue(name), **body), 204)
        match.equal("the bodies", observe.bodies(api, name), _BODIES)


@case("queue-update.unknown-flavor", needs=_CHOSEN)
def patch_to_unknown(api: Api) -> None:
    """A patch of a queue to an unknown flavor changes nothing."""
    [uri] = administer.uris(api, 1)
    _, flavor = administer.flavored(api, uri)
    name = administer.queue_of(api, flavor, *_BODIES)

    match.status(_reflavored(api, name, administer.new_name(api)), 404)

    match.equal("_flavor", observe.metadata(api, name).get("_flavor"), flavor)
    match.equal("the bodies", observe.bodies(api, name), _BODIES)


@case("queue-update.flavor-keeps-messages", needs=_CHOSEN)
def patch_keeps_messages(api: Api) -> None:
    """A patch of a queue to another flavor leaves it where its messages are."""
    first, second = (administer.flavored(api, uri)[1] for uri in administer.uris(api, 2))
    name = administer.queue_of(api, first, *_BODIES)

    match.status(_reflavored(api, name, second), 200)

    match.equal("_flavor", observe.metadata(api, name).get("_flavor"), second)
    match.equal("the bodies", observe.bodies(api, name), _BODIES)
