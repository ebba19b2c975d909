# SPDX-License-Identifier: Apache-2.0
"""Encryption at rest, as far as a client sees it: bodies come back on every way, whatever the
queue's flag is meanwhile.

That nothing readable is stored can't be seen from here. A target that refuses the flag has no key,
and then there is nothing to ask.
"""

from __future__ import annotations

from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import Unsupported, case, setup
from zaqar_conformance.cases.message_checksum import checksum_of
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_FLAG: Final = "_enable_encrypt_messages"
_PATCH: Final = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}
_BODIES: Final[tuple[Any, ...]] = ({"secret": [1, "two"]}, "plain", ["größer \u2603"])
#: A page at a time.
_ODD_BODIES: Final[tuple[tuple[Any, ...], ...]] = (
    ("", None, 0, 2**63 - 1, 0.5, False),
    ([], {}, "\x00", "QUVT" * 16, "gASVAAAA", "x" * 33),
)
_CREATED: Final = ("queue-create.created",)
_READ: Final = ("encryption.read",)


def _switched(api: Api, name: str, value: object) -> Exchange:
    operation = {"op": "add", "path": f"/metadata/{_FLAG}", "value": value}
    return api.patch(paths.queue(name), json=[operation], headers=_PATCH)


def _encrypting(api: Api, **more: Any) -> str:
    """The name of a new queue that encrypts, where the target can do that."""
    name = api.queue_name()
    answer = api.put(paths.queue(name), json={_FLAG: True, **more})
    if answer.status == 400:
        raise Unsupported(f"the target refuses {_FLAG} true, as a server without a key does")
    with setup():
        match.status(answer, 201)
    return name


def _read_back(api: Api, name: str, ids: list[str], *bodies: Any) -> None:
    """The bodies are what lists and fetches give."""
    fetched = match.bodies(api.get(paths.messages(name), params={"ids": ids}))
    match.same_items("the fetched bodies", fetched, bodies)
    for message_id, body in zip(ids, bodies, strict=True):
        match.equal("body", observe.message(api, name, message_id).get("body"), body)
    match.equal("the listed bodies", observe.bodies(api, name), list(bodies))


@case("encryption.flag-shown", needs=_CREATED)
def flag_shown(api: Api) -> None:
    """A flag of true is shown in the answer to a patch and by the queue, or refused each time."""
    asking, patched = api.queue_name(), arrange.queue(api)

    answer = api.put(paths.queue(asking), json={_FLAG: True})
    match.status(answer, 201, 400)
    change = _switched(api, patched, True)

    if answer.status == 400:
        match.status(change, 400)
        match.equal(_FLAG, observe.metadata(api, patched).get(_FLAG), False)
        return
    match.status(change, 200)
    match.equal(_FLAG, match.object_of(change).get(_FLAG), True)
    for name in (asking, patched):
        match.equal(_FLAG, observe.metadata(api, name).get(_FLAG), True)


@case("encryption.flag-boolean", needs=_CREATED)
def flag_boolean(api: Api) -> None:
    """What is as good as false elsewhere is no flag."""
    name = arrange.queue(api)
    values: tuple[object, ...] = (0, "", [], {})
    for value in values:
        match.status(api.put(paths.queue(api.queue_name()), json={_FLAG: value}), 400)
        match.status(_switched(api, name, value), 400)


@case("encryption.read", needs=("message-get.found", "message-list.order"))
def read(api: Api) -> None:
    """Readers of an encrypting queue get the bodies that were posted."""
    name = _encrypting(api)

    ids = arrange.posted(api, name, *_BODIES)

    _read_back(api, name, ids, *_BODIES)


@case("encryption.any-body", needs=_READ)
def any_body(api: Api) -> None:
    """The empty string, null, numbers and what looks like ciphertext are bodies like others."""
    for bodies in _ODD_BODIES:
        name = _encrypting(api)
        ids = arrange.posted(api, name, *bodies)

        _read_back(api, name, ids, *bodies)


@case("encryption.size", needs=_READ)
def size(api: Api) -> None:
    """A post of the largest size is taken, and its body comes back."""
    name = _encrypting(api)
    frame = len('{"messages":[{"body":""}]}')
    body = "x" * (api.limits.max_messages_post_size - frame)

    answer = api.post(
        paths.messages(name),
        data=f'{{"messages":[{{"body":"{body}"}}]}}'.encode(),
        headers={"Content-Type": "application/json"},
    )

    [message_id] = arrange.ids_of(answer, 1)
    match.equal("body", observe.message(api, name, message_id).get("body"), body)


@case("encryption.claimed", needs=(*_READ, "claim-get.found"))
def claimed(api: Api) -> None:
    """Who claims gets the bodies that were posted, and so does who shows the claim."""
    name = _encrypting(api)
    arrange.posted(api, name, *_BODIES)

    answer = api.post(paths.claims(name), json={"ttl": 60, "grace": 60})

    match.equal("the claimed bodies", match.bodies(answer, 201), list(_BODIES))
    path = match.header_like(answer, "Location", r"/v2/\S+", "the path of the claim")
    match.equal("the bodies of the claim", match.bodies(api.get(path)), list(_BODIES))


@case("encryption.popped", needs=(*_READ, "message-pop.oldest-first"))
def popped(api: Api) -> None:
    """Who pops gets the bodies that were posted."""
    name = _encrypting(api)
    arrange.posted(api, name, *_BODIES)

    answer = api.delete(paths.messages(name), params={"pop": len(_BODIES)})

    match.same_items("the popped bodies", match.bodies(answer), _BODIES)


@case("encryption.dead-letter", needs=(*_READ, "dead-letter.at-once"))
def dead_letter(api: Api) -> None:
    """A dead letter comes back whole from a queue that does not encrypt."""
    dead = arrange.queue(api)
    name = _encrypting(api, _max_claim_count=0, _dead_letter_queue=dead)
    [message_id] = arrange.posted(api, name, _BODIES[0])

    match.status(api.post(paths.claims(name), json={"ttl": 60, "grace": 60}), 204)

    _read_back(api, dead, [message_id], _BODIES[0])
    answer = api.post(paths.claims(dead), json={"ttl": 60, "grace": 60})
    match.equal("the claimed bodies", match.bodies(answer, 201), [_BODIES[0]])


@case("encryption.flag-changes/on", needs=_READ)
def switched_on(api: Api) -> None:
    """What was posted before a queue encrypts comes back beside what was posted afterwards."""
    _encrypting(api)
    name, ids = arrange.stocked(api, *_BODIES)
    with setup():
        match.status(_switched(api, name, True), 200)

    ids += arrange.posted(api, name, "after")

    _read_back(api, name, ids, *_BODIES, "after")


@case("encryption.flag-changes/off", needs=_READ)
def switched_off(api: Api) -> None:
    """What was posted while a queue encrypted comes back when it does no more."""
    name = _encrypting(api)
    ids = arrange.posted(api, name, *_BODIES)
    with setup():
        match.status(_switched(api, name, False), 200)

    ids += arrange.posted(api, name, "after")

    _read_back(api, name, ids, *_BODIES, "after")


@case("encryption.checksum", needs=("encryption.read", "message-checksum.value"))
def checksum(api: Api) -> None:
    """The sum beside an encrypted body, if there is one, is that of the body that was posted."""
    name = _encrypting(api)
    ids = arrange.posted(api, name, *_BODIES)

    found = match.messages(api.get(paths.messages(name), params={"echo": "true"}))

    for message in (*found, *(observe.message(api, name, message_id) for message_id in ids)):
        if "checksum" in message:
            match.equal("checksum", message["checksum"], checksum_of(message.get("body")))
