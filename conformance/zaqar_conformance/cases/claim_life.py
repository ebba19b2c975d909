# SPDX-License-Identifier: Apache-2.0
"""Showing, renewing and releasing a claim, and what is left when it ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CLAIMED: Final = ("claim-create.created",)
_SHOWN: Final = ("claim-get.found",)
_RENEWED: Final = ("claim-update.renewed",)
_PAST_END: Final = 63
_FOREIGN_IDS: Final = ("0123456789abcdef01234567", "8f14e45f-ceea-467f-8b6e-000000000000", "no-id")


def _unknown_claims(api: Api) -> Iterator[str]:
    """Paths that name no claim: unknown and malformed ids, other queues."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    for foreign in _FOREIGN_IDS:
        yield paths.claim(name, foreign)
    yield paths.claim(arrange.queue(api), claim.id)
    yield paths.claim(api.queue_name(), claim.id)


@case("claim-get.found", needs=_CLAIMED)
def found(api: Api) -> None:
    """A claim shows its age, its lifetime and what is left of its messages."""
    name, ids = arrange.stocked(api, "a", "b", "c")
    claim = arrange.claimed(api, name, limit=2, ttl=300)
    arrange.deleted(api, f"{paths.message(name, ids[0])}?claim_id={claim.id}")

    answer = api.get(claim.path)

    message = match.only_message(answer)
    shown = match.object_of(answer)
    match.keys("a claim", shown, {"age", "ttl", "href", "messages"})
    match.between("age", shown["age"], 0, 10)
    match.equal("ttl and href", [shown["ttl"], shown["href"]], [300, claim.path])
    match.message_shape(message)
    expected = f"{paths.message(name, ids[1])}?claim_id={claim.id}"
    match.equal("href of the message", message["href"], expected)


@case("claim-get.age", needs=_RENEWED, wait=4)
def age(api: Api) -> None:
    """A claim grows older by the second and young again when it is renewed."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)

    api.wait(4)

    match.between("age", observe.claim(api, claim.path).get("age"), 3, 14)
    match.status(api.patch(claim.path, json={"ttl": 60}), 204)
    match.between("age after renewal", observe.claim(api, claim.path).get("age"), 0, 2)


@case("claim-get.unknown", needs=_SHOWN)
def unknown(api: Api) -> None:
    """What names no claim of the queue is not found."""
    for path in _unknown_claims(api):
        match.status(api.get(path), 404)


@case("claim-get.last-message-deleted", needs=_SHOWN)
def last_message_deleted(api: Api) -> None:
    """A claim ends with its last message."""
    name, ids = arrange.stocked(api, "a", "b")
    claim = arrange.claimed(api, name)
    for message_id in ids:
        arrange.deleted(api, f"{paths.message(name, message_id)}?claim_id={claim.id}")

    match.status(api.get(claim.path), 404)


@case("claim-get.expired", needs=_SHOWN, wait=_PAST_END)
def expired(api: Api) -> None:
    """A claim is not found when its time is over."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    match.status(api.get(claim.path), 404)


@case("claim-expiry.frees-messages", needs=("claim-create.exclusive",), wait=_PAST_END)
def expiry_frees(api: Api) -> None:
    """The messages of a claim that is over are listed and can be claimed."""
    name, _ = arrange.stocked(api, "a", "b")
    arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    listed = match.bodies(api.get(paths.messages(name), params={"echo": "true"}))
    match.equal("the listed bodies", listed, ["a", "b"])
    held = match.bodies(api.post(paths.claims(name)), 201)
    match.equal("the bodies of the next claim", held, ["a", "b"])


@case("claim-update.renewed", needs=_SHOWN, wait=4)
def renewed(api: Api) -> None:
    """A renewed claim has its new lifetime and starts again at age 0."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=60)
    api.wait(4)

    answer = api.patch(claim.path, json={"ttl": 600, "grace": 60})

    match.status(answer, 204)
    match.no_body(answer)
    shown = observe.claim(api, claim.path)
    match.equal("ttl", shown.get("ttl"), 600)
    match.between("age", shown.get("age"), 0, 2)


@case("claim-update.renewed/holds", needs=_RENEWED, wait=_PAST_END)
def renewal_holds(api: Api) -> None:
    """A renewed claim lives on when its first lifetime is over."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=60)
    match.status(api.patch(claim.path, json={"ttl": 300}), 204)

    api.wait(_PAST_END)

    match.equal("ttl", observe.claim(api, claim.path).get("ttl"), 300)
    match.status(api.post(paths.claims(name)), 204)


@case("claim-update.body-required", needs=_RENEWED)
def body_required(api: Api) -> None:
    """Renewing says something, if only an empty object."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)

    match.status(api.patch(claim.path), 400)
    match.status(api.patch(claim.path, data=b""), 400)
    match.status(api.patch(claim.path, json={}), 204)
    match.status(api.patch(claim.path, json={"ttl": 100, "id": claim.id, "limit": 0}), 204)


@case("claim-update.default-ttl", needs=_RENEWED)
def default_ttl(api: Api) -> None:
    """A renewal that does not say how long gives the deployment's lifetime."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=900)

    match.status(api.patch(claim.path, json={}), 204)

    shown = observe.claim(api, claim.path)
    match.equal("ttl", shown.get("ttl"), api.limits.default_claim_ttl)


@case("claim-update.ttl-range", needs=_RENEWED)
def ttl_range(api: Api) -> None:
    """A lifetime that no claim can have is refused and changes nothing."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=900)

    for ttl in (59, 0, -1, api.limits.max_claim_ttl + 1, None, "100", 100.5):
        match.status(api.patch(claim.path, json={"ttl": ttl}), 400)
    match.equal("ttl", observe.claim(api, claim.path).get("ttl"), 900)
    for ttl in (60, api.limits.max_claim_ttl):
        match.status(api.patch(claim.path, json={"ttl": ttl}), 204)


@case("claim-update.grace-range", needs=_RENEWED)
def grace_range(api: Api) -> None:
    """A grace that no claim can have is refused."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)

    for grace in (59, api.limits.max_claim_grace + 1):
        match.status(api.patch(claim.path, json={"ttl": 60, "grace": grace}), 400)


@case("claim-update.unknown", needs=_RENEWED)
def update_unknown(api: Api) -> None:
    """What names no claim of the queue, or one that was released, is not renewed."""
    for path in _unknown_claims(api):
        match.status(api.patch(path, json={"ttl": 100}), 404)

    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    arrange.deleted(api, claim.path)
    match.status(api.patch(claim.path, json={"ttl": 100}), 404)


@case("claim-update.expired", needs=_RENEWED, wait=_PAST_END)
def update_expired(api: Api) -> None:
    """A claim whose time is over cannot be brought back."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    match.status(api.patch(claim.path, json={"ttl": 300}), 404)
    listed = match.bodies(api.get(paths.messages(name), params={"echo": "true"}))
    match.equal("the free bodies", listed, ["a"])


@case("claim-delete.released-href", needs=("claim-delete.released",))
def released_href(api: Api) -> None:
    """A message that was released tells of no claim."""
    name, ids = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    arrange.deleted(api, claim.path)

    expected = paths.message(name, ids[0])
    match.equal("href by id", observe.message(api, name, ids[0]).get("href"), expected)


@case("claim-delete.unknown", needs=_SHOWN)
def delete_unknown(api: Api) -> None:
    """Releasing what is no claim is no fault."""
    for path in _unknown_claims(api):
        match.status(api.delete(path), 204)

    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)
    for _ in range(2):
        match.status(api.delete(claim.path), 204)
