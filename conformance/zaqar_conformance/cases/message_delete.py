# SPDX-License-Identifier: Apache-2.0
"""Deleting messages by their ids, one or many, claimed or not."""

from __future__ import annotations

from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_LISTED: Final = ("message-list.order",)
_CLAIMED: Final = ("claim-create.created",)
_PAST_END: Final = 63
_FOREIGN_IDS: Final = ("0123456789abcdef01234567", "8f14e45f-ceea-467f-8b6e-000000000000", "no-id")


def _many(name: str, *ids: str) -> str:
    return f"{paths.messages(name)}?ids={','.join(ids)}"


@case("message-delete.unclaimed", needs=_LISTED)
def unclaimed(api: Api) -> None:
    """A deleted message is gone, and only it."""
    name, ids = arrange.stocked(api, "a", "b")

    answer = api.delete(paths.message(name, ids[0]))

    match.status(answer, 204)
    match.equal("the bodies left", observe.bodies(api, name), ["b"])
    observe.no_message(api, name, ids[0])


@case("message-delete.unknown", needs=("message-delete.unclaimed",))
def unknown(api: Api) -> None:
    """Deleting what is not in this queue is no fault and has no effect."""
    name, ids = arrange.stocked(api, "a")
    other = arrange.queue(api)

    for foreign in _FOREIGN_IDS:
        match.status(api.delete(paths.message(name, foreign)), 204)
    match.status(api.delete(paths.message(other, ids[0])), 204)
    match.status(api.delete(paths.message(api.queue_name(), ids[0])), 204)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])
    for _ in range(2):
        match.status(api.delete(paths.message(name, ids[0])), 204)


@case("message-delete.claimed-needs-claim", needs=_CLAIMED)
def claimed_needs_claim(api: Api) -> None:
    """A claimed message is deleted neither without a claim nor with another one."""
    name, ids = arrange.stocked(api, "a", "b")
    arrange.claimed(api, name, limit=1)
    other = arrange.claimed(api, name, limit=1)
    path = paths.message(name, ids[0])

    for query in ("", "?claim_id=", f"?claim_id={other.id}"):
        match.status(api.delete(path + query), 403)
    match.equal("the bodies left", observe.bodies(api, name), ["a", "b"])


@case("message-delete.malformed-claim", needs=_CLAIMED)
def malformed_claim(api: Api) -> None:
    """A claim id from nowhere deletes no claimed message."""
    name, ids = arrange.stocked(api, "a")
    arrange.claimed(api, name)

    for foreign in _FOREIGN_IDS:
        match.status(api.delete(f"{paths.message(name, ids[0])}?claim_id={foreign}"), 400, 403)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])


@case("message-delete.with-claim", needs=_CLAIMED)
def with_claim(api: Api) -> None:
    """Who claimed a message may delete it."""
    name, ids = arrange.stocked(api, "a", "b")
    claim = arrange.claimed(api, name)

    match.status(api.delete(f"{paths.message(name, ids[0])}?claim_id={claim.id}"), 204)
    match.equal("the bodies left", observe.bodies(api, name), ["b"])


@case("message-delete.unclaimed-with-claim", needs=_CLAIMED)
def unclaimed_with_claim(api: Api) -> None:
    """A claim is no key to a message that it does not hold."""
    name, ids = arrange.stocked(api, "a", "b")
    claim = arrange.claimed(api, name, limit=1)

    match.status(api.delete(f"{paths.message(name, ids[1])}?claim_id={claim.id}"), 400)
    match.equal("the bodies left", observe.bodies(api, name), ["a", "b"])


@case("message-delete.unknown-with-claim", needs=_CLAIMED)
def unknown_with_claim(api: Api) -> None:
    """A claim makes no difference to a message that is not there."""
    name, _ = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name)

    for foreign in _FOREIGN_IDS:
        match.status(api.delete(f"{paths.message(name, foreign)}?claim_id={claim.id}"), 204)


@case("message-delete.expired-claim", needs=("message-delete.with-claim",), wait=_PAST_END)
def expired_claim(api: Api) -> None:
    """A claim that is over is no key any more."""
    name, ids = arrange.stocked(api, "a")
    claim = arrange.claimed(api, name, ttl=60)

    api.wait(_PAST_END)

    match.status(api.delete(f"{paths.message(name, ids[0])}?claim_id={claim.id}"), 400, 403)
    match.equal("the bodies left", observe.bodies(api, name), ["a"])


@case("message-delete-many.by-ids", needs=_LISTED)
def by_ids(api: Api) -> None:
    """Many messages are deleted at once, and no others."""
    name, ids = arrange.stocked(api, "a", "b", "c", "d")

    match.status(api.delete(_many(name, ids[0], _FOREIGN_IDS[0], "no-id", ids[2])), 204)

    match.equal("the bodies left", observe.bodies(api, name), ["b", "d"])
    match.status(api.delete(_many(api.queue_name(), ids[1])), 204)
    match.equal("the bodies left", observe.bodies(api, name), ["b", "d"])


@case("message-delete-many.ids-maximum", needs=("message-delete-many.by-ids",))
def ids_maximum(api: Api) -> None:
    """As many messages can be deleted at once as a page holds."""
    most = api.limits.max_messages_per_page
    name, ids = arrange.stocked(api, *range(most + 1))

    match.status(api.delete(_many(name, *ids)), 400)
    match.equal("the number left", len(observe.bodies(api, name)), most)
    match.status(api.delete(_many(name, *ids[:most])), 204)
    match.equal("the bodies left", observe.bodies(api, name), [most])


@case("message-delete-many.one-selector", needs=_LISTED)
def one_selector(api: Api) -> None:
    """Messages are deleted by ids or popped, never both or neither."""
    name, ids = arrange.stocked(api, "a", "b")

    for query in ("", "?ids=", "?pop=", f"?ids={ids[0]}&pop=1"):
        match.status(api.delete(paths.messages(name) + query), 400)
    match.equal("the bodies left", observe.bodies(api, name), ["a", "b"])


@case("message-delete-many.claimed-by-ids", needs=_CLAIMED)
def claimed_by_ids(api: Api) -> None:
    """Deleting many messages does not ask for their claims."""
    name, ids = arrange.stocked(api, "a", "b")
    arrange.claimed(api, name, limit=1)

    match.status(api.delete(_many(name, ids[0])), 204)
    match.equal("the bodies left", observe.bodies(api, name), ["b"])


@case("message-delete-many.claim-ids-ignored", needs=("message-delete-many.by-ids",))
def claim_ids_ignored(api: Api) -> None:
    """Claim ids beside message ids change nothing."""
    name, ids = arrange.stocked(api, "a", "b")

    match.status(api.delete(f"{_many(name, ids[0])}&claim_ids=nonsense"), 204)
    match.equal("the bodies left", observe.bodies(api, name), ["b"])
