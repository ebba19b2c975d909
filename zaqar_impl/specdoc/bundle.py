# SPDX-License-Identifier: Apache-2.0
"""Finds ``spec/`` and makes one self-contained document of its files: OpenAPI, or AsyncAPI.

The files refer to each other by relative ``$ref``. Path items, actions and messages are put in
place; everything that can be shared (schemas, parameters, headers, responses, examples) becomes a
component under a name that is unique over all files. AsyncAPI has no components for examples: there
they stand with their messages.
"""

import functools
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).resolve()

#: libyaml's loader takes a tenth of the time, which every worker spends at its start.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


#: The two documents: what is promised over REST, and over the WebSocket.
OPENAPI = "openapi.yaml"
ASYNCAPI = "asyncapi.yaml"


def spec_root() -> Path:
    """The folder of the spec: the copy inside the installed package, or the checkout's own.

    Raises:
        FileNotFoundError: neither is there, so the installation is broken.
    """
    for candidate in (_HERE.parents[1] / "_spec", _HERE.parents[2] / "spec"):
        if (candidate / "openapi.yaml").is_file():
            return candidate
    raise FileNotFoundError("spec/openapi.yaml is missing from this installation of zaqar_impl")


def bundle(root: Path, name: str = OPENAPI) -> dict[str, Any]:
    """The document of the file ``name`` in ``root`` with every relative ``$ref`` brought in.

    Raises:
        ValueError: a reference leads nowhere, or two files give one component name to different
            things.
    """
    return _Bundler(root, name).document()


@functools.cache
def _beside(file: Path, place: str) -> Path:
    """The file that another one refers to. There are few, referred to thousands of times."""
    return (file.parent / place).resolve()


class _Bundler:
    def __init__(self, root: Path, name: str) -> None:
        self._root = root.resolve()
        self._start = self._root / name
        self._files: dict[Path, Any] = {}
        self._sources: dict[tuple[str, str], tuple[Path, str]] = {}
        self._components: dict[str, dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = self._inlined(self._load(self._start), self._start)
        for kind, named in self._components.items():
            document.setdefault("components", {}).setdefault(kind, {}).update(named)
        return document

    def _load(self, file: Path) -> Any:
        if file not in self._files:
            self._files[file] = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)
        return self._files[file]

    def _inlined(self, node: Any, file: Path) -> Any:
        if isinstance(node, list):
            return [self._inlined(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._referred(node["$ref"], file)
        return {key: self._inlined(value, file) for key, value in node.items()}

    def _referred(self, ref: str, file: Path) -> Any:
        place, _, pointer = ref.partition("#")
        target = _beside(file, place) if place else file
        if target == self._start:
            return {"$ref": f"#{pointer}"}
        kind, name = self._component(target, pointer)
        if kind is None:
            return self._inlined(self._find(target, pointer, ref), target)
        known = self._sources.setdefault((kind, name), (target, pointer))
        if known != (target, pointer):
            raise ValueError(
                f"{kind} {name!r} is defined twice: in {known[0].name} and in {target.name}"
            )
        named = self._components.setdefault(kind, {})
        if name not in named:
            named[name] = {}  # reserved first, so that shapes may refer to each other
            named[name] = self._inlined(self._find(target, pointer, ref), target)
        return {"$ref": f"#/components/{kind}/{name}"}

    def _component(self, target: Path, pointer: str) -> tuple[str | None, str]:
        """Which kind of component a place in the files is, and its name; no kind means: put it in
        place."""
        folder = target.relative_to(self._root).parts[0]
        segments = pointer.strip("/").split("/")
        if folder == "schemas":
            return "schemas", segments[-1]
        if folder == "examples" and self._start.name == OPENAPI:
            return "examples", f"{target.stem}_{segments[-1]}"
        if folder == "common.yaml":
            return segments[0], segments[-1]
        return None, ""

    def _find(self, target: Path, pointer: str, ref: str) -> Any:
        node = self._load(target)
        for segment in pointer.strip("/").split("/"):
            key = segment.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                raise ValueError(f"$ref {ref!r} leads nowhere: {target.name} has no {pointer!r}")
            node = node[key]
        return node
