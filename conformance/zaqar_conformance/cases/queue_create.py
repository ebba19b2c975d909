# SPDX-License-Identifier: Apache-2.0
"""Creating a queue: its name, its metadata, and what is shown of it."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any, Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_CREATED: Final = ("queue-create.created",)
_LONGEST_NAME: Final = 64


@case("queue-create.created")
def created(api: Api) -> None:
    """A new queue is answered with its path and then listed."""
    name = api.queue_name()

    answer = api.put(paths.queue(name), json={"colour": "red"})

    match.status(answer, 201)
    match.no_body(answer)
    match.header(answer, "Location", paths.queue(name))
    observe.a_queue(api, name)


@case("queue-create.existing", needs=(*_CREATED, "queue-create.metadata-kept"))
def existing(api: Api) -> None:
    """Creating a queue again leaves its metadata as it is."""
    name = arrange.queue(api, {"colour": "red"})
    before = observe.metadata(api, name)

    answer = api.put(paths.queue(name), json={"colour": "blue", "size": 1})

    match.status(answer, 204)
    match.header(answer, "Location", paths.queue(name))
    match.equal("the metadata", observe.metadata(api, name), before)


@case("queue-create.body-optional", needs=_CREATED)
def body_optional(api: Api) -> None:
    """A queue needs no metadata."""
    match.status(api.put(paths.queue(api.queue_name())), 201)
    match.status(api.put(paths.queue(api.queue_name()), data=b""), 201)
    match.status(api.put(paths.queue(api.queue_name()), data=b"{}"), 201)


@case("queue-create.metadata-kept", needs=_CREATED)
def metadata_kept(api: Api) -> None:
    """Whatever is no reserved key comes back as it was sent."""
    metadata: dict[str, Any] = {
        "text": "größer \u2603 \U0001f600 \n",
        "nested": {"list": [1, -2.5, None, True, {"deep": []}], "$in": {"a.b": 1}},
        "$set": "dollar",
        "a.b": "dot",
        "_mine": "underscore",
        "none": None,
        "limits": [2**63 - 1, -(2**63)],
    }

    name = arrange.queue(api, metadata)

    shown = observe.metadata(api, name)
    match.equal("the metadata", {key: shown[key] for key in metadata if key in shown}, metadata)


@case("queue-create.name-rules/accepted", needs=_CREATED)
def name_accepted(api: Api) -> None:
    """Letters, digits and three signs make a name, up to 64 of them."""
    start = secrets.token_hex(8)
    for name in (
        f"{start}{string.ascii_letters[:26]}_-.",
        f"{start}{string.ascii_letters[26:]}{string.digits}",
        secrets.token_hex(_LONGEST_NAME // 2),
    ):
        answer = api.put(paths.queue(api.remember(name)))
        match.status(answer, 201)
        match.header(answer, "Location", paths.queue(name))


@case("queue-create.name-rules/short", needs=("queue-get.unknown-queue",))
def name_short(api: Api) -> None:
    """One letter or sign is a name."""
    # Such a queue may be somebody's, so it is only looked at.
    for name in ("q", "Q", "7", "_", "-", "..."):
        match.status(api.get(paths.queue(name)), 200)


@case("queue-create.name-rules/refused", needs=_CREATED)
def name_refused(api: Api) -> None:
    """A longer name, or one with another sign, is refused."""
    start = api.queue_name()
    for ending in ("%20", "*", "%C3%A9", "%00", "~", ":", "@", "$", "%22", "%25", "+", ","):
        match.status(api.put(paths.queue(api.remember(start + ending))), 400)
    too_long = start.ljust(_LONGEST_NAME + 1, "n")
    match.status(api.put(paths.queue(api.remember(too_long))), 400)


@case("queue-create.name-rules/everywhere", needs=_CREATED)
def name_refused_everywhere(api: Api) -> None:
    """No operation takes a name that no queue can have."""
    name = "no*name"
    for method, path in (
        ("GET", paths.queue(name)),
        ("DELETE", paths.queue(name)),
        ("GET", paths.stats(name)),
        ("POST", paths.purge(name)),
        ("GET", paths.messages(name)),
        ("GET", paths.message(name, "0")),
        ("DELETE", paths.message(name, "0")),
        ("POST", paths.claims(name)),
        ("GET", paths.claim(name, "0")),
    ):
        match.status(api.request(method, path), 400)


@case("queue-create.name-line-feed", needs=_CREATED)
def name_line_feed(api: Api) -> None:
    """A line feed at the end belongs to the name and is refused."""
    name = api.remember(f"{api.queue_name()}%0A")

    match.status(api.put(paths.queue(name)), 400)


@case("queue-create.metadata-size", needs=_CREATED)
def metadata_size(api: Api) -> None:
    """Metadata is accepted up to the largest size and refused beyond it."""
    most = api.limits.max_queue_metadata
    match.status(api.put(paths.queue(api.queue_name()), data=_metadata_of(most)), 201)
    match.status(api.offer("PUT", paths.queue(api.queue_name()), _metadata_of(most + 1)), 400)


@case("queue-create.rejected-creates-nothing", needs=_CREATED)
def rejected_creates_nothing(api: Api) -> None:
    """Refused metadata leaves no queue behind."""
    for data in (b"[]", b'{"_default_message_ttl": 1}'):
        name = api.queue_name()
        match.status(api.put(paths.queue(name), data=data), 400)
        observe.no_queue(api, name)


@case("queue-get.defaults", needs=_CREATED)
def defaults(api: Api) -> None:
    """A queue without metadata shows the seven defaults and nothing else."""
    match.equal("the metadata", observe.metadata(api, arrange.queue(api)), _defaults(api))


@case("queue-get.unknown-queue")
def unknown_queue(api: Api) -> None:
    """A queue that does not exist looks like one without metadata, and stays unknown."""
    name = api.queue_name()

    match.equal("the metadata", observe.metadata(api, name), _defaults(api))
    observe.no_queue(api, name)


def _defaults(api: Api) -> dict[str, object]:
    return {
        "_default_message_ttl": api.limits.default_message_ttl,
        "_max_messages_post_size": api.limits.max_messages_post_size,
        "_default_message_delay": api.limits.default_message_delay,
        "_dead_letter_queue": None,
        "_dead_letter_queue_messages_ttl": None,
        "_max_claim_count": None,
        "_enable_encrypt_messages": False,
    }


def _metadata_of(size: int) -> bytes:
    """Metadata of so many bytes."""
    frame = len(json.dumps({"filling": ""}))
    return json.dumps({"filling": "x" * (size - frame)}).encode()
