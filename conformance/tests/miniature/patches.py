# SPDX-License-Identifier: Apache-2.0
"""Patching the metadata of a queue."""

from __future__ import annotations

import copy
import re
from typing import Any

from .queues import Queues
from .reading import Refusal
from .state import Call
from .wire import Answer

_MEDIA_TYPE = "application/openstack-messaging-v2.0-json-patch"


class Patches(Queues):
    """The operations of a patch, applied to a copy that is kept only if all of them worked."""

    verbs: tuple[str, ...] = ("add", "replace", "remove")

    def queue_update(self, call: Call) -> Answer:
        """Applies a patch and shows the result."""
        self.check_size(call, self.most_metadata)
        self.check_media_type(call)
        operations = self.json_of(call.request)
        if not isinstance(operations, list):
            raise Refusal(400, "the body is not an array")
        steps = [self.step(operation) for operation in operations]
        queue = self.find(call)
        if queue is None:
            raise Refusal(404, "there is no such queue")
        result = self.working_copy(queue.metadata)
        for verb, key, value in self.in_order(steps):
            self.check_topic_has(call, result, verb, key)
            self.apply(result, verb, key, value)
        self.check_metadata(result)
        self.check_not_own(call, result)
        self.check_change(call, queue.metadata, result)
        queue.metadata = result
        return Answer(200, self.seen(call, queue.metadata, self.patched(queue.metadata)))

    def check_topic_has(self, call: Call, stored: dict[str, Any], verb: str, key: str) -> None:
        """A topic has fewer keys that are there while they are not stored."""
        missing = key not in stored and not self.is_of_topics(key)
        if call.collection == "topics" and verb != "add" and missing:
            raise Refusal(409, f"the topic has no {key}")

    def check_change(self, call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
        """What a patch may make of metadata, beyond what metadata may be."""

    def check_media_type(self, call: Call) -> None:
        """The one media type of patches, exactly."""
        if call.request.headers.get("Content-Type") != _MEDIA_TYPE:
            raise Refusal(415, f"a patch is {_MEDIA_TYPE}")

    def working_copy(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """What the operations are applied to."""
        return copy.deepcopy(metadata)

    def in_order(self, steps: list[tuple[str, str, Any]]) -> list[tuple[str, str, Any]]:
        """The steps as they are to be applied."""
        return steps

    def patched(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The answer to a patch."""
        return self.shown_metadata(metadata)

    def step(self, operation: Any) -> tuple[str, str, Any]:
        """One operation: verb, key and value."""
        if not isinstance(operation, dict):
            raise Refusal(400, "an operation is not an object")
        verb = operation.get("op")
        if verb not in self.verbs:
            raise Refusal(400, "op is not add, replace or remove")
        if verb != "remove" and "value" not in operation:
            raise Refusal(400, "value is missing")
        return verb, self.key_of(operation.get("path"), verb), operation.get("value")

    def key_of(self, path: Any, verb: str) -> str:
        """The metadata key that a path leads to."""
        if not isinstance(path, str):
            raise Refusal(400, "path is not a string")
        match = self.match_path(path, verb)
        if not match:
            raise Refusal(400, "path is not /metadata/ and a key")
        return self.unescaped(match.group(1))

    def match_path(self, path: str, verb: str) -> re.Match[str] | None:
        """The key in a path, still escaped."""
        return re.fullmatch(r"/metadata/((?:[^/~]|~[01])+)", path)

    def unescaped(self, segment: str) -> str:
        """What a segment stands for."""
        return segment.replace("~1", "/").replace("~0", "~")

    def apply(self, metadata: dict[str, Any], verb: str, key: str, value: Any) -> None:
        """One step."""
        if verb != "add" and key not in metadata and self.is_missing(key):
            raise Refusal(409, f"there is no {key}")
        if verb == "remove":
            metadata.pop(key, None)
        else:
            metadata[key] = value

    def is_missing(self, key: str) -> bool:
        """Whether a key that is not stored is not there at all."""
        return key not in self.defaults()
