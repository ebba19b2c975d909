# SPDX-License-Identifier: Apache-2.0
"""Puts a deployment's own limits into the document, so that what is served is what is enforced.

Two extension keys say where: ``x-limit`` maps a JSON Schema keyword beside it to an option of the
``[transport]`` group, ``x-max-bytes`` names the option that bounds a request body.
"""

import copy
import math
from collections.abc import Mapping
from typing import Any


def deploy(document: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``document`` with the values of ``options`` (name -> value) where the spec asks for
    them.

    With ``client_id_uuid_safe = off`` the ``Client-ID`` header takes the free form instead of the
    strict one.
    """
    deployed = copy.deepcopy(document)
    _fill(deployed, options)
    if options.get("client_id_uuid_safe") == "off":
        parameters = deployed["components"]["parameters"]
        parameters["ClientId"]["schema"] = {"$ref": "#/components/schemas/ClientIdFree"}
        parameters["ClientId"].pop("example", None)
    return deployed


def _fill(node: Any, options: Mapping[str, Any]) -> None:
    if isinstance(node, list):
        for item in node:
            _fill(item, options)
    if not isinstance(node, dict):
        return
    for keyword, option in node.get("x-limit", {}).items():
        if option in options:
            node[keyword] = options[option]
    if node.get("x-limit") and node.get("default", 0) > node.get("maximum", math.inf):
        node["default"] = node["maximum"]  # a page is never larger than the largest
    bound = node.get("x-max-bytes")
    if bound and bound.get("option") in options:
        bound["default"] = options[bound["option"]]
    for value in node.values():
        _fill(value, options)
