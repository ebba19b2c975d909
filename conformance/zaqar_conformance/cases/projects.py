# SPDX-License-Identifier: Apache-2.0
"""What is done in one project has no effect on, and is not seen from, another."""

from __future__ import annotations

import secrets

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api


def _twin(api: Api, name: str) -> Api:
    """Another project with a queue of the same name."""
    twin = api.other_project()
    arrange.created(twin, twin.remember(name), {"colour": "blue"})
    return twin


@case("project.queues-isolated", needs=("queue-create.created", "queue-delete.no-content"))
def queues_isolated(api: Api) -> None:
    """Two queues of one name in two projects live and end apart."""
    name = arrange.queue(api, {"colour": "red"})
    only_here = arrange.queue(api)
    twin = _twin(api, name)

    match.equal("metadata here", observe.metadata(api, name).get("colour"), "red")
    match.equal("metadata there", observe.metadata(twin, name).get("colour"), "blue")
    observe.no_queue(twin, only_here)
    match.status(twin.delete(paths.queue(name)), 204)
    observe.a_queue(api, name)


@case("project.messages-isolated/read", needs=("message-list.order", "message-get.found"))
def messages_isolated_read(api: Api) -> None:
    """Messages are not read from another project, neither in lists nor by id."""
    name, (first, second) = arrange.stocked(api, "a", "b")
    twin = _twin(api, name)

    match.equal("bodies listed there", observe.bodies(twin, name), [])
    match.status(twin.get(paths.message(name, first)), 404)
    match.status(twin.get(f"{paths.messages(name)}?ids={first},{second}"), 404)


@case("project.messages-isolated/delete", needs=("message-list.order", "message-delete.unclaimed"))
def messages_isolated_delete(api: Api) -> None:
    """Messages are not deleted, popped or purged from another project."""
    name, (first, second) = arrange.stocked(api, "a", "b")
    twin = _twin(api, name)

    twin.delete(paths.message(name, first))
    twin.delete(f"{paths.messages(name)}?ids={first},{second}")
    popped = twin.delete(f"{paths.messages(name)}?pop=2")
    twin.post(paths.purge(name))

    match.equal("bodies popped there", match.bodies(popped), [])
    match.equal("bodies left here", observe.bodies(api, name), ["a", "b"])


@case(
    "project.topics-isolated", needs=("topic-message-list.paging", "topic-subscription-list.page")
)
def topics_isolated(api: Api) -> None:
    """Two topics of one name in two projects hold and lose what is theirs."""
    name, twin = arrange.topic(api), api.other_project()
    arrange.created(twin, twin.remember(name), {"colour": "blue"})
    only_here = arrange.topic(api)
    (first,), _ = arrange.posted(api, name, "a"), arrange.subscribed(api, name)

    match.equal("metadata there", observe.metadata(twin, name).get("colour"), "blue")
    observe.no_queue(twin, only_here)
    match.equal("bodies listed there", observe.bodies(twin, name), [])
    match.equal("subscribers there", observe.subscribers(twin, name), [])
    match.status(twin.get(paths.message(name, first)), 404)
    match.status(twin.delete(paths.queue(name)), 204)
    observe.a_queue(api, name)
    match.equal("bodies left here", observe.bodies(api, name), ["a"])


@case("project.claims-isolated", needs=("claim-get.found",))
def claims_isolated(api: Api) -> None:
    """A claim is not shown, renewed or released from another project."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=300)
    twin = _twin(api, name)

    match.status(twin.get(claim.path), 404)
    match.status(twin.patch(claim.path, json={"ttl": 600}), 404)
    match.status(twin.delete(claim.path), 204)
    match.equal("ttl of the claim", observe.claim(api, claim.path).get("ttl"), 300)


@case("project.matched-exactly/prefix", needs=("queue-create.created",))
def matched_exactly_prefix(api: Api) -> None:
    """A project whose id begins another one's sees none of its queues."""
    short = f"kit-{secrets.token_hex(6)}"
    longer = api.other_project(f"{short}/b")
    arrange.queue(longer)

    listed = api.other_project(short).get(paths.QUEUES)

    match.equal("the listed queues", match.queue_names(listed), [])


@case("project.matched-exactly/signs", needs=("queue-create.created",))
def matched_exactly_signs(api: Api) -> None:
    """Signs of regular expressions in a project id stand for themselves."""
    plain = f"kit-{secrets.token_hex(6)}"
    arrange.queue(api.other_project(plain))

    for project in (f"{plain[:-1]}.", f"{plain[:8]}.*", f"{plain}(", f"{plain}|x", "[", "\\"):
        listed = api.other_project(project).get(paths.QUEUES)
        match.equal(f"queues of project {project}", match.queue_names(listed), [])
