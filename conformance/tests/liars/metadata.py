# SPDX-License-Identifier: Apache-2.0
"""Servers that take wrong metadata, refuse right metadata, or patch it wrongly."""

from __future__ import annotations

import re
from typing import Any

from ..miniature import Answer, Call, Miniature, Refusal, Request
from . import coerced, lie, nothing

# -- reserved keys


def _falsy_ignored(self: Miniature, metadata: dict[str, Any]) -> None:
    Miniature.check_metadata(self, {key: value for key, value in metadata.items() if value})


def _null_is_none(self: Miniature, policy: object) -> None:
    given = policy.items() if isinstance(policy, dict) else ()
    Miniature.check_retry_policy(self, {key: value for key, value in given if value is not None})


def _any_retry_policy(self: Miniature, policy: object) -> None:
    if not isinstance(policy, dict):
        raise Refusal(400, "_retry_policy is not an object")


def _negatives_too(self: Miniature, policy: object) -> None:
    given = policy.items() if isinstance(policy, dict) else ()
    Miniature.check_retry_policy(self, {k: abs(v) if type(v) is int else v for k, v in given})


def _null_refused(self: Miniature, metadata: dict[str, Any]) -> None:
    if any(metadata.get(key, 0) is None for key in self.ranges):
        raise Refusal(400, "null is not an integer")
    Miniature.check_metadata(self, metadata)


def _true_is_a_count(self: Miniature, count: object) -> None:
    if not isinstance(count, int | None):
        raise Refusal(400, "_max_claim_count is not an integer")


lie(
    "lets a message live at least 61 seconds in metadata",
    "queue-metadata.ranges/inside",
    ranges={**Miniature.ranges, "_default_message_ttl": (61, 1209600)},
)
lie(
    "lets a message be delayed by any time in metadata",
    "queue-metadata.ranges/outside",
    ranges={**Miniature.ranges, "_default_message_delay": (0, 2**31)},
)
lie(
    "has no smallest size of a post in metadata",
    "queue-metadata.ranges/outside",
    ranges={**Miniature.ranges, "_max_messages_post_size": (-(2**31), 262144)},
)
lie("reads numbers out of text in metadata", "queue-metadata.types", ranged=coerced)
lie("takes anything for a flag", "queue-metadata.types", check_encryption=nothing)
lie(
    "takes true for a claim count",
    "queue-metadata.claim-count-boolean",
    check_claim_count=_true_is_a_count,
)
lie(
    "does not look at what is empty",
    "queue-metadata.falsy-wrong-type",
    check_metadata=_falsy_ignored,
)
lie(
    "takes null for a delay",
    "queue-metadata.falsy-wrong-type/retry-policy",
    check_retry_policy=_null_is_none,
)
lie("refuses null", "queue-metadata.null-is-unset", check_metadata=_null_refused)
lie(
    "shows null as it is stored",
    "queue-metadata.null-is-unset",
    is_set=lambda self, key, value: True,
)
lie(
    "takes anything for the name of a dead letter queue",
    "queue-metadata.dead-letter-queue-name",
    check_dead_letter_queue=nothing,
)
lie(
    "takes any retry policy",
    "queue-metadata.retry-policy",
    "queue-metadata.retry-policy-negative",
    check_retry_policy=_any_retry_policy,
)
lie(
    "takes less than nothing in a retry policy",
    "queue-metadata.retry-policy-negative",
    check_retry_policy=_negatives_too,
)
lie(
    "lets waits grow from 0 by a factor",
    "queue-metadata.retry-policy-growth",
    check_growth=nothing,
)
lie(
    "keeps fields of a retry policy that it does not know",
    "queue-metadata.retry-policy-unknown",
    check_fields=nothing,
)
lie(
    "shows the default instead of 0",
    "queue-metadata.stored-falsy-shown",
    is_set=lambda self, key, value: bool(value) or key not in self.defaults(),
)

# -- patches


def _never_overwritten(
    self: Miniature, metadata: dict[str, Any], verb: str, key: str, value: Any
) -> None:
    if verb != "add" or key not in metadata:
        Miniature.apply(self, metadata, verb, key, value)


def _null_removes(
    self: Miniature, metadata: dict[str, Any], verb: str, key: str, value: Any
) -> None:
    Miniature.apply(self, metadata, verb, key, value)
    if metadata.get(key, 0) is None:
        del metadata[key]


def _made_by_a_patch(self: Miniature, call: Call) -> Answer:
    self.made(call)
    return Miniature.queue_update(self, call)


def _found_before_read(self: Miniature, call: Call) -> Answer:
    if self.find(call) is None:
        raise Refusal(404, "there is no such queue")
    return Miniature.queue_update(self, call)


def _emptied_by_nothing(self: Miniature, call: Call) -> Answer:
    if call.request.body == b"[]" and (queue := self.find(call)):
        queue.metadata = {}
    return Miniature.queue_update(self, call)


def _loose_media_type(self: Miniature, call: Call) -> None:
    given = call.request.headers.get("Content-Type", "").partition(";")[0].lower()
    if given != "application/openstack-messaging-v2.0-json-patch":
        raise Refusal(415, "that is no patch")


def _any_media_type(self: Miniature, call: Call) -> None:
    if "json" not in call.request.headers.get("Content-Type", ""):
        raise Refusal(415, "that is not JSON")


def _one_operation(self: Miniature, request: Request) -> Any:
    read = Miniature.json_of(self, request)
    return [read] if request.method == "PATCH" and isinstance(read, dict) else read


def _path_like(pattern: str, *verbs: str, flags: int = 0) -> Any:
    """An override of `match_path` that takes paths of another form for those verbs."""

    def match_path(self: Miniature, path: str, verb: str) -> re.Match[str] | None:
        if verb in (verbs or self.verbs):
            return re.fullmatch(pattern, path, flags)
        return Miniature.match_path(self, path, verb)

    return match_path


def _escaped_in_the_wrong_order(self: Miniature, segment: str) -> str:
    return segment.replace("~0", "~").replace("~1", "/")


def _patches_of_any_size(self: Miniature, call: Call, most: int) -> None:
    if call.request.method != "PATCH":
        Miniature.check_size(self, call, most)


lie("does not overwrite by add", "queue-update.operations", apply=_never_overwritten)
lie("removes what is set to null", "queue-update.operations", apply=_null_removes)
lie(
    "empties the metadata by an empty patch",
    "queue-update.operations/none",
    queue_update=_emptied_by_nothing,
)
lie(
    "answers a patch without the defaults",
    "queue-update.result",
    patched=lambda self, metadata: metadata,
)
lie(
    "removes before it adds",
    "queue-update.in-order",
    in_order=lambda self, steps: sorted(steps, key=lambda step: step[0] != "remove"),
)
lie(
    "stops a patch in the middle",
    "queue-update.all-or-nothing",
    working_copy=lambda self, metadata: metadata,
)
lie("makes a queue by a patch", "queue-update.unknown-queue", queue_update=_made_by_a_patch)
lie(
    "finds no queue before it reads a patch",
    "queue-update.unknown-queue",
    queue_update=_found_before_read,
)
lie(
    "replaces what is not there",
    "queue-update.missing-key",
    is_missing=lambda self, key: False,
)
lie(
    "misses what is only shown",
    "queue-update.always-shown-keys",
    is_missing=lambda self, key: True,
)
lie("takes any JSON type for a patch", "queue-update.media-type", check_media_type=_any_media_type)
lie(
    "takes parameters and letter case of the type as they come",
    "queue-update.media-type",
    check_media_type=_loose_media_type,
)
lie(
    "takes a test for an operation",
    "queue-update.malformed-operation",
    verbs=("add", "replace", "remove", "test"),
)
lie(
    "takes deep paths for keys",
    "queue-update.path-form",
    match_path=_path_like(r"/metadata/((?:[^~]|~[01])+)"),
)
lie(
    "takes a tilde for itself",
    "queue-update.path-escapes",
    match_path=_path_like(r"/metadata/([^/]+)"),
)
lie(
    "replaces escapes in the wrong order",
    "queue-update.path-escapes",
    unescaped=_escaped_in_the_wrong_order,
)
lie(
    "takes a path in any letter case",
    "queue-update.path-root-exact",
    match_path=_path_like(r"/metadata/((?:[^/~]|~[01])+)", flags=re.IGNORECASE),
)
lie(
    "removes wherever a path leads",
    "queue-update.path-root-exact",
    match_path=_path_like(r"/[^/]+/((?:[^/~]|~[01])+)", "remove"),
)
lie("takes one operation for a patch", "queue-update.body-types", json_of=_one_operation)
lie("does not look at the result", "queue-update.result-valid", check_metadata=nothing)
lie("takes patches of any size", "queue-update.size", check_size=_patches_of_any_size)
lie("lets metadata grow", "queue-update.stored-size", check_stored_size=nothing)
