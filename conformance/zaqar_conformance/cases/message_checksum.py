# SPDX-License-Identifier: Apache-2.0
"""Checksums of messages, for deployments that give them: of what text, and where."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from zaqar_conformance import arrange, match, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_BODIES: Final[tuple[Any, ...]] = (
    "two",
    {"b": 1, "a": [True, None, {}]},
    [1, 2.5, ""],
    "\u00e9 \u2603",
    0,
    {},
    None,
)


def checksum_of(body: Any) -> str | None:
    """What a message with that body has."""
    text = json.dumps(body).encode("ascii")
    digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
    return None if body is None else f"MD5:{digest}"


@case("message-checksum.value", needs=("message-get.found", "message-list.order"))
def value(api: Api) -> None:
    """What a reader is given beside the body, if anything, is the sum of its text."""
    name, ids = arrange.stocked(api, *_BODIES)
    path = paths.messages(name)

    listed = match.messages(api.get(path, params={"echo": "true", "limit": len(_BODIES)}))
    by_ids = match.messages(api.get(path, params={"ids": ids}))
    one = match.object_of(api.get(paths.message(name, ids[0])))

    given = any("checksum" in message for message in listed)
    for message in (*listed, *by_ids, one):
        expected = checksum_of(message.get("body")) if given else None
        what = f"checksum of {json.dumps(message.get('body'))}"
        match.equal(what, message.get("checksum"), expected)


@case("message-checksum.in-claims", needs=("message-checksum.value", "claim-get.found"))
def in_claims(api: Api) -> None:
    """Who claims a message is told of it what a reader is told."""
    name, _ = arrange.stocked(api, "two")
    listed = match.only_message(api.get(paths.messages(name), params={"echo": "true"}))

    answer = api.post(paths.claims(name))

    held = match.only_message(answer, 201)
    path = match.header_like(answer, "Location", r"/v2/\S+", "the path of the claim")
    shown = match.only_message(api.get(path))
    found = [message.get("checksum") for message in (held, shown)]
    match.equal("checksums of the claim", found, [listed.get("checksum")] * 2)
