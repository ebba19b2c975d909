# SPDX-License-Identifier: Apache-2.0
"""Popping: taking the oldest messages out of a queue for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_REMOVES: Final = ("message-pop.removes",)
_CLAIMED: Final = ("claim-create.created",)
_PAST_END: Final = 63
_POPPERS: Final = 4


def _pop(api: Api, name: str, count: int = 1) -> Exchange:
    return api.delete(paths.messages(name), params={"pop": count})


@case("message-pop.removes", needs=("message-list.order",))
def removes(api: Api) -> None:
    """What is popped is gone, also if its reader posted it."""
    name, _ = arrange.stocked(api, "a", "b", "c")

    popped = match.bodies(_pop(api, name, 2))

    match.equal("the number popped", len(popped), 2)
    left = observe.bodies(api, name)
    match.same_items("the bodies popped and left", popped + left, ["a", "b", "c"])
    match.equal("the rest", match.bodies(_pop(api, name, 5)), left)
    match.equal("bodies of an empty queue", match.bodies(_pop(api, name)), [])
    match.equal("bodies of no queue", match.bodies(_pop(api, api.queue_name())), [])


@case("message-pop.message-keys", needs=_REMOVES)
def message_keys(api: Api) -> None:
    """A popped message has a shape of its own."""
    name, ids = arrange.stocked(api, {"a": 1}, ttl=300)

    answer = _pop(api, name)

    message = match.only_message(answer)
    match.keys("the body", match.object_of(answer), {"messages"})
    expected = {"id", "ttl", "age", "body", "claim_id", "claim_count"}
    match.keys("a popped message", message, expected)
    match.between("age", message["age"], 0, 10)
    told = {key: message[key] for key in ("id", "ttl", "body", "claim_id", "claim_count")}
    known = {"id": ids[0], "ttl": 300, "body": {"a": 1}, "claim_id": None, "claim_count": 0}
    match.equal("the popped message", told, known)


@case("message-pop.range", needs=_REMOVES)
def pop_range(api: Api) -> None:
    """One to as many messages are popped as this deployment gives."""
    most = api.limits.max_messages_per_claim_or_pop
    name, _ = arrange.stocked(api, *range(most + 1))

    for count in (0, -1, most + 1):
        match.status(_pop(api, name, count), 400)
    match.equal("the number of one pop", len(match.bodies(_pop(api, name))), 1)
    match.equal("the number of the largest pop", len(match.bodies(_pop(api, name, most))), most)


@case("message-pop.oldest-first", needs=_REMOVES)
def oldest_first(api: Api) -> None:
    """Pops drain a queue from its old end, in order."""
    name, _ = arrange.stocked(api, *range(12))

    popped = [match.bodies(_pop(api, name, 5)) for _ in range(3)]

    expected = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
    match.equal("the bodies of three pops", popped, expected)


@case("message-pop.exclusive", needs=_REMOVES)
def exclusive(api: Api) -> None:
    """Readers that pop at the same time share the messages out among them."""
    name, ids = arrange.stocked(api, *range(60))

    def drain(client: Api) -> list[str]:
        taken: list[str] = []
        for _ in ids:
            taken += [str(message.get("id")) for message in match.messages(_pop(client, name, 2))]
        return taken

    clients = [api.other_client() for _ in range(_POPPERS)]
    with ThreadPoolExecutor(_POPPERS) as threads:
        taken = [message_id for one in threads.map(drain, clients) for message_id in one]

    match.distinct("popped ids", taken)
    match.same_items("the popped ids", taken, ids)


@case("message-pop.expired", needs=_REMOVES, wait=_PAST_END)
def expired(api: Api) -> None:
    """A message whose time is over is not popped."""
    name, _ = arrange.stocked(api, "a", ttl=60)
    arrange.posted(api, name, "b", ttl=300)

    api.wait(_PAST_END)

    match.equal("the popped bodies", match.bodies(_pop(api, name, 5)), ["b"])


@case("message-pop.claimed-skipped", needs=(*_REMOVES, *_CLAIMED))
def claimed_skipped(api: Api) -> None:
    """What somebody works on is not popped."""
    name, _ = arrange.stocked(api, "a", "b", "c")
    arrange.claimed(api, name, limit=2)

    match.equal("the popped bodies", match.bodies(_pop(api, name, 5)), ["c"])
    match.equal("the bodies left", observe.bodies(api, name), ["a", "b"])


@case("message-pop.stale-claim", needs=("message-pop.claimed-skipped",), wait=_PAST_END)
def stale_claim(api: Api) -> None:
    """A claim that is over does not show in what is popped."""
    name, _ = arrange.stocked(api, "a")
    arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    popped: list[dict[str, Any]] = match.messages(_pop(api, name))
    match.equal("claim ids", [message.get("claim_id", "none") for message in popped], [None])
