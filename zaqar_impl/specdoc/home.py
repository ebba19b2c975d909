# SPDX-License-Identifier: Apache-2.0
"""The home document (json-home), made from ``spec/home.yaml``."""

from pathlib import Path
from typing import Any

import yaml


def home_document(root: Path) -> dict[str, Any]:
    """The body of the home document: each relation with its address, its variables, and what may be
    done there."""
    relations = yaml.safe_load((root / "home.yaml").read_text(encoding="utf-8"))
    return {"resources": {name: _resource(entry) for name, entry in relations.items()}}


def _resource(entry: dict[str, Any]) -> dict[str, Any]:
    hints: dict[str, Any] = {"allow": entry["allow"], "formats": {"application/json": {}}}
    if entry["allow"] in (["POST"], ["PATCH"]):
        hints["accept-post"] = ["application/json"]
    return {
        "href-template": entry["template"],
        "href-vars": {variable: f"param/{name}" for variable, name in entry["vars"].items()},
        "hints": hints,
    }
