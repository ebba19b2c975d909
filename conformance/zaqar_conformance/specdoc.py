# SPDX-License-Identifier: Apache-2.0
"""Finds the specification and reads it: requirements, profiles, one self-contained document.

This is the only module of the kit that opens files under `spec/`. It is a deliberate second
reader: sharing the server's would let one mistake in it pass on both sides. It knows how the files
refer to each other and nothing of what they say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # built without libyaml: ten times as slow, and otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

from zaqar_conformance.errors import SpecError
from zaqar_conformance.verdict import Level

_HERE = Path(__file__).resolve().parent
#: Where the rules stand; a specification without a WebSocket has the first register only.
_REGISTERS = ("requirements.yaml", "websocket-requirements.yaml")
_ADVICE = "give --spec the folder that holds openapi.yaml and requirements.yaml"


@dataclass(frozen=True)
class Requirement:
    """One rule of the API, as written in one of the registers."""

    id: str
    level: Level
    profile: str
    operations: tuple[str, ...]
    sentence: str
    source: str
    #: The number of upstream's defect, if upstream Zaqar is known to break the rule.
    defect: str = ""


@dataclass(frozen=True)
class SpecDoc:
    """A specification that was read, and what tells it from another one."""

    folder: Path
    digest: str
    profiles: Mapping[str, str] = field(repr=False)
    requirements: Mapping[str, Requirement] = field(repr=False)

    @property
    def version(self) -> str:
        """The version that the OpenAPI document claims."""
        return str(self.document.get("info", {}).get("version", "unknown"))

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document with every relative reference brought in."""
        return _Bundler(self.folder, "openapi.yaml").document()

    @cached_property
    def websocket(self) -> dict[str, Any]:
        """The AsyncAPI document, likewise; empty if the specification has no WebSocket."""
        root = "asyncapi.yaml"
        return _Bundler(self.folder, root).document() if (self.folder / root).is_file() else {}


def find(given: Path | None = None) -> Path:
    """The folder of the specification: the given one, the packaged copy, or the checkout's."""
    if given is not None:
        if not (given / "openapi.yaml").is_file():
            raise SpecError(f"no specification in {given}", _ADVICE)
        return given.resolve()
    for candidate in (_HERE / "spec", _HERE.parents[1] / "spec"):
        if (candidate / "openapi.yaml").is_file():
            return candidate
    raise SpecError("this installation of the kit carries no specification", _ADVICE)


def load(given: Path | None = None) -> SpecDoc:
    """The specification in the folder that `find` chooses."""
    folder = find(given)
    profiles: dict[str, str] = {}
    requirements: dict[str, Requirement] = {}
    for name in _REGISTERS if (folder / "asyncapi.yaml").is_file() else _REGISTERS[:1]:
        its_profiles, entries = _register(folder / name)
        profiles |= its_profiles
        for entry in entries:
            if entry.id in requirements:
                raise SpecError(f"{folder / name} uses an id twice", "rename one of them")
            requirements[entry.id] = entry
    return SpecDoc(folder, _digest(folder), profiles, requirements)


def _register(file: Path) -> tuple[dict[str, str], list[Requirement]]:
    """The profiles and requirements of one register."""
    raw = _read_yaml(file)
    try:
        profiles = {str(name): str(text) for name, text in raw["profiles"].items()}
        return profiles, [_requirement(entry) for entry in raw["requirements"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecError(f"{file} is malformed: {error!r}", _ADVICE) from error


def _requirement(entry: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=str(entry["id"]),
        level=Level(entry["level"]),
        profile=str(entry["profile"]),
        operations=tuple(entry.get("operations", ())),
        sentence=str(entry["sentence"]).strip(),
        source=str(entry.get("source", "")),
        defect=str(entry.get("defect", "")),
    )


def _digest(folder: Path) -> str:
    """Changes with any file that says what the API is; prose and change log leave it alone."""
    sha = hashlib.sha256()
    for file in sorted(folder.rglob("*.yaml")):
        sha.update(file.relative_to(folder).as_posix().encode() + b"\0")
        sha.update(file.read_bytes() + b"\0")
    return f"sha256:{sha.hexdigest()}"


class _JsonLoader(_Loader):
    """YAML with JSON's values only: a date in an example stays the text that it is."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in _Loader.yaml_implicit_resolvers.items()
}


def _read_yaml(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_JsonLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise SpecError(f"cannot read {file}: {cause}", _ADVICE) from error


@cache
def _beside(file: Path, place: str) -> Path:
    """The file that another one refers to. There are few, referred to thousands of times."""
    return (file.parent / place).resolve()


class _Bundler:
    """Brings in what other files hold.

    Whatever can be shared (schemas, examples, and the kinds of common.yaml) becomes a component
    under a name that is unique over all files; anything else, such as a path item, is put in place.
    """

    def __init__(self, folder: Path, root: str) -> None:
        self._folder = folder.resolve()
        self._root = self._folder / root
        self._files: dict[Path, Any] = {}
        self._sources: dict[tuple[str, str], tuple[Path, str]] = {}
        self._components: dict[str, dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = self._resolved(self._content(self._root), self._root)
        for kind, named in sorted(self._components.items()):
            document.setdefault("components", {}).setdefault(kind, {}).update(sorted(named.items()))
        return document

    def _content(self, file: Path) -> Any:
        if file not in self._files:
            self._files[file] = _read_yaml(file)
        return self._files[file]

    def _resolved(self, node: Any, file: Path) -> Any:
        if isinstance(node, list):
            return [self._resolved(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(ref := node.get("$ref"), str):
            return self._target_of(ref, file)
        return {key: self._resolved(value, file) for key, value in node.items()}

    def _target_of(self, ref: str, file: Path) -> Any:
        place, _, pointer = ref.partition("#")
        target = _beside(file, place) if place else file
        if target == self._root:
            return {"$ref": f"#{pointer}"}
        named = self._name_of(target, pointer)
        if named is None:
            return self._resolved(self._at(target, pointer, ref), target)
        kind, name = named
        if self._sources.setdefault(named, (target, pointer)) != (target, pointer):
            other = self._sources[named][0].name
            raise SpecError(
                f"{kind} {name} is in {other} and in {target.name}", "rename one of them"
            )
        if name not in self._components.setdefault(kind, {}):
            self._components[kind][name] = {}  # reserved first: a shape may lead back to itself
            self._components[kind][name] = self._resolved(self._at(target, pointer, ref), target)
        return {"$ref": f"#/components/{kind}/{name}"}

    def _name_of(self, target: Path, pointer: str) -> tuple[str, str] | None:
        segments = pointer.strip("/").split("/")
        if target.parent == self._folder / "schemas":
            return "schemas", segments[-1]
        if target.parent == self._folder / "examples":
            return "examples", f"{target.stem}_{segments[-1]}"
        if target == self._folder / "common.yaml":
            return segments[0], segments[-1]
        return None

    def _at(self, target: Path, pointer: str, ref: str) -> Any:
        node = self._content(target)
        for segment in pointer.strip("/").split("/"):
            key = segment.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or key not in node:
                raise SpecError(f"$ref {ref} leads nowhere in {target.name}", "mend the reference")
            node = node[key]
        return node
