# SPDX-License-Identifier: Apache-2.0
"""The home document (json-home), made from ``spec/home.yaml``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def home_document(root: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the home document: each relation with its address, its variables, and what may be
    done there; only those whose path is in ``document``, the deployment's own."""
    relations = yaml.safe_load((root / "home.yaml").read_text(encoding="utf-8"))
    there = {_shape(path) for path in document["paths"]}
    return {
        "resources": {
            name: _resource(entry)
            for name, entry in relations.items()
            if _shape(_address(entry)) in there
        }
    }


def _address(entry: Mapping[str, Any]) -> str:
    """The path of a relation, without the variables of its query."""
    path: str = entry.get("href") or entry["template"]
    return path.partition("{?")[0]


def _shape(path: str) -> str:
    """The path whatever its variables are called: the home document has names of its own."""
    return re.sub(r"\{\w+\}", "{}", path)


def _resource(entry: Mapping[str, Any]) -> dict[str, Any]:
    hints: dict[str, Any] = {"allow": entry["allow"], "formats": {"application/json": {}}}
    if entry["allow"] in (["POST"], ["PATCH"]):
        hints["accept-post"] = ["application/json"]
    if "href" in entry:
        return {"href": entry["href"], "hints": hints}
    return {
        "href-template": entry["template"],
        "href-vars": {variable: f"param/{name}" for variable, name in entry["vars"].items()},
        "hints": hints,
    }
