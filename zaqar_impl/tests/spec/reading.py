# SPDX-License-Identifier: Apache-2.0
"""The files of the spec as the house rules look at them.

Everything is plain data here: the rules may not lean on how the server understands the spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zaqar_impl import config
from zaqar_impl.specdoc import ASYNCAPI, bundle, spec_root

METHODS = ("get", "put", "post", "patch", "delete", "head")

Node = dict[str, Any]


@dataclass(frozen=True)
class Spec:
    """The two bundled documents, of REST and of the WebSocket, their registers, the source files by
    name, and the options' defaults."""

    document: Node
    websocket: Node
    register: Node
    websocket_register: Node
    schemas: Mapping[str, Node]
    examples: Mapping[str, Node]
    action_examples: Mapping[str, Node]
    common: Node
    home: Node
    options: Mapping[str, Any]

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        """Method, path and operation, with the parameters of the path among its own."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                    yield method.upper(), path, {**operation, "parameters": parameters}

    def resolved(self, node: Node) -> Node:
        """What a node refers to, or the node itself."""
        while "$ref" in node:
            kind, name = node["$ref"].removeprefix("#/components/").split("/")
            node = self.document["components"][kind][name]
        return node

    def responses(self, operation: Node) -> Iterator[tuple[str, Node]]:
        """Status and answer."""
        for status, response in operation["responses"].items():
            yield status, self.resolved(response)

    def shapes(self) -> dict[str, Node]:
        """All shapes by name, whichever document they are in."""
        return {
            **self.websocket["components"]["schemas"],
            **self.document["components"]["schemas"],
        }

    def actions(self) -> Iterator[tuple[str, Node]]:
        """The actions by name; what is sent unasked is none."""
        for name, operation in self.websocket["operations"].items():
            if operation["action"] == "receive":
                yield name, operation

    def message(self, reference: Node) -> Node:
        """The message that an action refers to."""
        found: Node = self.websocket["channels"]["api"]["messages"][
            reference["$ref"].rpartition("/")[2]
        ]
        return found

    def requirements(self) -> list[Node]:
        """The requirements of both registers."""
        return [*self.register["requirements"], *self.websocket_register["requirements"]]

    def operation_names(self) -> set[str]:
        """The names of all operations and of their variants."""
        found = [operation for _, _, operation in self.operations()]
        variants = {name for o in found for name in o.get("x-variants", {}).values()}
        return {o["operationId"] for o in found} | variants


def read() -> Spec:
    """The spec of this checkout."""
    root = spec_root()
    return Spec(
        document=bundle(root),
        websocket=bundle(root, ASYNCAPI),
        register=_yaml(root / "requirements.yaml"),
        websocket_register=_yaml(root / "websocket-requirements.yaml"),
        schemas=_folder(root / "schemas"),
        examples=_folder(root / "examples"),
        action_examples=_folder(root / "examples" / "actions"),
        common=_yaml(root / "common.yaml"),
        home=_yaml(root / "home.yaml"),
        options=dict(config.load([], {}).transport),
    )


def nodes(node: Any) -> Iterator[Node]:
    """Every object inside a document, itself included; examples are data, not part of it."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key not in ("example", "examples", "default"):
                yield from nodes(value)


def _yaml(file: Path) -> Node:
    content: Node = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def _folder(folder: Path) -> dict[str, Node]:
    return {file.stem: _yaml(file) for file in sorted(folder.glob("*.yaml"))}
