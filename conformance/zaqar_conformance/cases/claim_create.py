# SPDX-License-Identifier: Apache-2.0
"""Claiming messages: which ones, how many, and by whose leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_LISTED: Final = ("message-list.order",)
_CLAIMED: Final = ("claim-create.created",)
_PAST_END: Final = 63
_CLAIMERS: Final = 4


def _claim(api: Api, name: str, limit: int | None = None, **body: Any) -> Exchange:
    params = {} if limit is None else {"limit": limit}
    return api.post(paths.claims(name), json=body, params=params)


@case("claim-create.created", needs=_LISTED)
def created(api: Api) -> None:
    """A claim is answered with its path and the messages that it holds."""
    name, ids = arrange.stocked(api, "a", {"b": 1}, ttl=3600)

    answer = _claim(api, name, ttl=300, grace=60)

    messages = match.messages(answer, 201)
    pattern = rf"{paths.claims(name)}/[^/?#=]+"
    location = match.header_like(answer, "Location", pattern, "the path of the claim")
    claim_id = location.rpartition("/")[2]
    for message, message_id in zip(messages, ids, strict=False):
        match.message_shape(message)
        expected = f"{paths.message(name, message_id)}?claim_id={claim_id}"
        match.equal("href", message["href"], expected)
    match.equal("the claimed bodies", [message["body"] for message in messages], ["a", {"b": 1}])


@case("claim-create.nothing", needs=_CLAIMED)
def nothing(api: Api) -> None:
    """Where there is nothing to claim there is no claim, and no queue comes of it."""
    unknown = api.queue_name()

    for name in (unknown, arrange.queue(api)):
        answer = _claim(api, name)
        match.status(answer, 204)
        match.no_body(answer)
        match.no_header(answer, "Location")
    observe.no_queue(api, unknown)


@case("claim-create.body-optional", needs=_CLAIMED)
def body_optional(api: Api) -> None:
    """A claim needs no body, and foreign members in one do no harm."""
    name, _ = arrange.stocked(api, *"abcd")
    path = f"{paths.claims(name)}?limit=1"

    match.status(api.post(path), 201)
    match.status(api.post(path, data=b""), 201)
    match.status(api.post(path, json={}), 201)
    match.status(api.post(path, json={"ttl": 60, "limit": 9, "id": "mine"}), 201)


@case("claim-create.limit", needs=_CLAIMED)
def limit(api: Api) -> None:
    """A claim holds as many messages as it asks for, or 10."""
    name, _ = arrange.stocked(api, *range(16))
    usual = api.limits.page(api.limits.max_messages_per_claim_or_pop)

    match.equal("bodies of a claim of 3", match.bodies(_claim(api, name, 3), 201), [0, 1, 2])
    held = match.bodies(_claim(api, name), 201)
    match.equal("bodies of a claim", held, list(range(3, 3 + usual)))


@case("claim-create.limit-range", needs=_CLAIMED)
def limit_range(api: Api) -> None:
    """The limit of a claim is 1 to the most that this deployment gives."""
    name, most = arrange.queue(api), api.limits.max_messages_per_claim_or_pop
    arrange.posted(api, name, *range(most + 1))

    for value in (0, -1, most + 1):
        match.status(_claim(api, name, value), 400)
    for value in (1, most):
        held = match.messages(_claim(api, name, value), 201)
        match.equal(f"the number of messages of limit {value}", len(held), value)


@case("claim-create.ttl-and-grace-ranges", needs=_CLAIMED)
def ttl_and_grace_ranges(api: Api) -> None:
    """Lifetime and grace are 60 seconds to the most that this deployment lets them be."""
    name, _ = arrange.stocked(api, *"abcd")

    for key, most in (("ttl", api.limits.max_claim_ttl), ("grace", api.limits.max_claim_grace)):
        for value in (59, 0, -1, most + 1):
            match.status(_claim(api, name, **{key: value}), 400)
    match.equal("free messages", len(match.bodies(api.get(f"{paths.messages(name)}?echo=1"))), 4)
    for key, most in (("ttl", api.limits.max_claim_ttl), ("grace", api.limits.max_claim_grace)):
        for value in (60, most):
            match.status(_claim(api, name, 1, **{key: value}), 201)


@case("claim-create.ttl-and-grace-types", needs=_CLAIMED)
def ttl_and_grace_types(api: Api) -> None:
    """Lifetime and grace are integers."""
    name, _ = arrange.stocked(api, "a")
    for key in ("ttl", "grace"):
        for value in (None, "100", "", 100.5, [100]):
            match.status(api.post(paths.claims(name), json={key: value}), 400)


@case("claim-create.default-ttl", needs=("claim-get.found",))
def default_ttl(api: Api) -> None:
    """A claim that does not say how long it lives gets the deployment's lifetime."""
    name, _ = arrange.stocked(api, "a", "b")
    for body in ({}, {"grace": 100}):
        location = _claim(api, name, 1, **body).headers.get("Location", "")
        expected = api.limits.default_claim_ttl
        match.equal("ttl of the claim", observe.claim(api, location).get("ttl"), expected)


@case("claim-create.order", needs=_CLAIMED)
def order(api: Api) -> None:
    """Claims go through a queue from its old end, whoever posted what."""
    name, _ = arrange.stocked(api, "a", "b")
    arrange.posted(api.other_client(), name, "c")
    arrange.posted(api, name, "d", "e")

    held = [match.bodies(_claim(api, name, 2), 201) for _ in range(3)]

    match.equal("the bodies of three claims", held, [["a", "b"], ["c", "d"], ["e"]])


@case("claim-create.exclusive", needs=_CLAIMED)
def exclusive(api: Api) -> None:
    """What is claimed is not claimed again, by the same caller or another."""
    name, _ = arrange.stocked(api, "a", "b", "c")
    arrange.claimed(api, name, limit=2)

    held = match.bodies(_claim(api.other_client(), name), 201)

    match.equal("the bodies of the second claim", held, ["c"])
    match.status(_claim(api, name), 204)


@case("claim-create.concurrent", needs=("claim-create.exclusive",))
def concurrent(api: Api) -> None:
    """Consumers that claim at the same time never hold the same message."""
    name, ids = arrange.stocked(api, *range(60))

    def work(client: Api) -> list[str]:
        held: list[str] = []
        for _ in ids:
            if (answer := _claim(client, name, 2)).status == 204:
                break
            held += [str(message.get("id")) for message in match.messages(answer, 201)]
        return held

    clients = [api.other_client() for _ in range(_CLAIMERS)]
    with ThreadPoolExecutor(_CLAIMERS) as threads:
        held = [message_id for one in threads.map(work, clients) for message_id in one]

    match.distinct("claimed ids", held)
    for message_id in held:
        match.present("the posted ids", message_id, ids)


@case("claim-create.expired-messages", needs=_CLAIMED, wait=_PAST_END)
def expired_messages(api: Api) -> None:
    """A message whose time is over is not claimed."""
    name, _ = arrange.stocked(api, "a", ttl=60)
    arrange.posted(api, name, "b", ttl=300)

    api.wait(_PAST_END)

    match.equal("the claimed bodies", match.bodies(_claim(api, name), 201), ["b"])
