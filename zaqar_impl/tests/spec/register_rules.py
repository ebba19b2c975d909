# SPDX-License-Identifier: Apache-2.0
"""House rules of the registers of requirements.

Each rule gives its findings as texts, none if the spec keeps it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from zaqar_impl.tests.spec.reading import Spec

LEVELS = ("MUST", "SHOULD", "MAY")

#: First words of ids that hold for the whole protocol: they stand once, at the root.
EVERYWHERE = ("http", "headers", "json", "query", "project", "signed-access")

#: The same of the WebSocket.
EVERY_ACTION = ("websocket-frames", "websocket-reply", "websocket-request")

FIELDS = {"id", "level", "profile", "operations", "sentence", "source"}


def fields(spec: Spec) -> Iterator[str]:
    """Every requirement has all fields, and no other but a defect."""
    for entry in spec.requirements():
        if set(entry) - {"defect"} != FIELDS:
            yield f"{entry.get('id')}: the fields are {sorted(entry)}"
        if "defect" in entry and not re.fullmatch(r"D-[0-9]+", entry["defect"]):
            yield f"{entry.get('id')}: {entry['defect']!r} is no number of a defect"


def ids(spec: Spec) -> Iterator[str]:
    """Ids are words, used once over both registers."""
    used = Counter(entry["id"] for entry in spec.requirements())
    yield from (f"{name} is used {times} times" for name, times in used.items() if times > 1)
    word = r"[a-z]+(-[a-z]+)*"
    yield from (
        f"{name} is not in words" for name in used if not re.fullmatch(rf"{word}\.{word}", name)
    )


def levels(spec: Spec) -> Iterator[str]:
    """Levels and profiles are known ones."""
    for register in (spec.register, spec.websocket_register):
        for entry in register["requirements"]:
            if entry["level"] not in LEVELS:
                yield f"{entry['id']}: {entry['level']} is no level"
            if entry["profile"] not in register["profiles"]:
                yield f"{entry['id']}: {entry['profile']} is no profile"


def sentences(spec: Spec) -> Iterator[str]:
    """A sentence states a fact: it ends in a full stop and holds no modal verb."""
    for entry in spec.requirements():
        sentence = entry["sentence"]
        if not sentence.endswith("."):
            yield f"{entry['id']}: no full stop"
        for verb in re.findall(r"(?i)\b(should|must|shall|may)\b", sentence):
            yield f"{entry['id']}: says {verb}"
        if ". " in sentence:
            yield f"{entry['id']}: more than one sentence"


def operations(spec: Spec) -> Iterator[str]:
    """A requirement names operations that exist, at least one; of the WebSocket, actions."""
    actions = {name for name, _ in spec.actions()}
    for register, known in (
        (spec.register, spec.operation_names()),
        (spec.websocket_register, actions),
    ):
        for entry in register["requirements"]:
            if not entry["operations"]:
                yield f"{entry['id']} names no operation"
            yield from (
                f"{entry['id']}: there is no {name}"
                for name in entry["operations"]
                if name not in known
            )


def listed(spec: Spec) -> Iterator[str]:
    """Requirements and operations name each other; what holds everywhere is named by the root."""
    wanted: dict[str, set[str]] = {"the root": set()}
    home_of: dict[str, str] = {}
    for _, _, operation in spec.operations():
        for name in (operation["operationId"], *operation.get("x-variants", {}).values()):
            home_of[name] = operation["operationId"]
        wanted[operation["operationId"]] = set()
    for entry in spec.register["requirements"]:
        everywhere = entry["id"].split(".")[0] in EVERYWHERE
        for name in ["the root"] if everywhere else entry["operations"]:
            wanted.setdefault(home_of.get(name, name), set()).add(entry["id"])
    found = {o["operationId"]: o.get("x-requirements", []) for _, _, o in spec.operations()}
    found["the root"] = spec.document.get("x-requirements", [])
    for place, given in found.items():
        yield from (
            f"{place} lists {name} twice" for name, times in Counter(given).items() if times > 1
        )
        yield from (f"{place} does not list {name}" for name in sorted(wanted[place] - set(given)))
        yield from (
            f"{place} lists {name}, which does not name it"
            for name in sorted(set(given) - wanted[place])
        )


def listed_by_actions(spec: Spec) -> Iterator[str]:
    """Requirements of the WebSocket and actions name each other; what holds for every action is
    named by the root. An action names those of REST, too, that hold for it."""
    found = {name: action.get("x-requirements", []) for name, action in spec.actions()}
    found["the root"] = spec.websocket.get("x-requirements", [])
    wanted: dict[str, set[str]] = {place: set() for place in found}
    for entry in spec.websocket_register["requirements"]:
        everywhere = entry["id"].split(".")[0] in EVERY_ACTION
        for name in ["the root"] if everywhere else entry["operations"]:
            wanted.setdefault(name, set()).add(entry["id"])
    of_rest = {entry["id"]: entry["operations"] for entry in spec.register["requirements"]}
    for place, given in found.items():
        lent = {name for name in given if place in of_rest.get(name, ())}
        yield from (
            f"{place} lists {name} twice" for name, times in Counter(given).items() if times > 1
        )
        yield from (f"{place} does not list {name}" for name in sorted(wanted[place] - set(given)))
        yield from (
            f"{place} lists {name}, which does not name it"
            for name in sorted(set(given) - wanted[place] - lent)
        )


def beyond_schema(spec: Spec) -> Iterator[str]:
    """Rules beyond the schema are requirements, and their operations can answer with 400."""
    known = {entry["id"] for entry in spec.register["requirements"]}
    for _, _, operation in spec.operations():
        rules = operation.get("x-rules-beyond-schema", [])
        yield from (
            f"{operation['operationId']}: there is no {name}" for name in rules if name not in known
        )
        if rules and "400" not in operation["responses"]:
            yield f"{operation['operationId']} has rules beyond its schema, but no 400"


RULES = (fields, ids, levels, sentences, operations, listed, listed_by_actions, beyond_schema)
