# SPDX-License-Identifier: Apache-2.0
"""A claimed message outlives its claim: who claims late has time to finish."""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CLAIMED: Final = ("claim-create.created",)
_EXTENDED: Final = ("claim-create.extends-messages",)
_PAST_END: Final = 63

#: So long may a request take before a lifetime counts as too short.
_SLACK: Final = 10
_WORKED: Final = 15


def _lifetime(message: Any) -> int:
    """The seconds that a message still has, as it tells."""
    match.message_shape(message)
    return int(message["ttl"]) - int(message["age"])


@case("claim-create.extends-messages", needs=_CLAIMED)
def extends(api: Api) -> None:
    """A message that would end during its claim gets the time of claim and grace."""
    name, ids = arrange.stocked(api, "a", ttl=60)

    claim = arrange.claimed(api, name, ttl=300, grace=100)

    match.between("ttl in the claim", claim.messages[0].get("ttl"), 400, 400 + _SLACK)
    match.between("ttl by id", observe.message(api, name, ids[0]).get("ttl"), 400, 400 + _SLACK)


@case("claim-create.extension-outlives-grace", needs=_EXTENDED, wait=_WORKED)
def outlives_grace(api: Api) -> None:
    """What is left of an extended message is claim and grace, however old it is."""
    name, _ = arrange.stocked(api, "a", ttl=60)

    api.wait(_WORKED)
    claim = arrange.claimed(api, name, ttl=300, grace=100)

    match.between("ttl less age", _lifetime(claim.messages[0]), 400, 400 + _SLACK)


@case("claim-create.extends-through-grace", needs=_EXTENDED)
def extends_through_grace(api: Api) -> None:
    """A message that would end during the grace gets the rest of it."""
    name, _ = arrange.stocked(api, "a", ttl=350)

    claim = arrange.claimed(api, name, ttl=300, grace=100)

    match.between("ttl less age", _lifetime(claim.messages[0]), 400 - 1, 400 + _SLACK)


@case("claim-create.keeps-longer-ttl", needs=_EXTENDED)
def keeps_longer(api: Api) -> None:
    """A message that has time enough keeps its own."""
    name, ids = arrange.stocked(api, "a", ttl=600)

    claim = arrange.claimed(api, name, ttl=300, grace=100)

    match.equal("ttl in the claim", claim.messages[0].get("ttl"), 600)
    match.equal("ttl by id", observe.message(api, name, ids[0]).get("ttl"), 600)


@case("claim-create.extension-holds", needs=_EXTENDED, wait=_PAST_END)
def extension_holds(api: Api) -> None:
    """An extended message is there when its first lifetime is over."""
    name, ids = arrange.stocked(api, "a", ttl=60)
    arrange.claimed(api, name, ttl=120, grace=60)

    api.wait(_PAST_END)

    match.equal("body by id", observe.message(api, name, ids[0]).get("body"), "a")
    match.equal("the listed bodies", observe.bodies(api, name), ["a"])


@case("claim-update.extends-messages", needs=(*_EXTENDED, "claim-update.renewed"))
def renewal_extends(api: Api) -> None:
    """A longer claim gives its messages more time."""
    name, ids = arrange.stocked(api, "a", ttl=300)
    claim = arrange.claimed(api, name, ttl=60, grace=60)

    match.status(api.patch(claim.path, json={"ttl": 600, "grace": 100}), 204)

    match.between("ttl by id", observe.message(api, name, ids[0]).get("ttl"), 700, 700 + _SLACK)


@case("claim-delete.released", needs=(*_EXTENDED, "claim-get.found"))
def released(api: Api) -> None:
    """A released claim is gone; its messages are free at once and keep their new lifetime."""
    name, ids = arrange.stocked(api, "a", ttl=60)
    claim = arrange.claimed(api, name, ttl=300, grace=100)

    match.status(api.delete(claim.path), 204)

    match.status(api.get(claim.path), 404)
    match.between("ttl by id", observe.message(api, name, ids[0]).get("ttl"), 400, 400 + _SLACK)
    again = match.bodies(api.post(paths.claims(name)), 201)
    match.equal("the bodies of the next claim", again, ["a"])
