# SPDX-License-Identifier: Apache-2.0
"""Makes a deployment's own document, so that what is served is what is enforced.

Three extension keys say what differs: ``x-limit`` maps a JSON Schema keyword beside it to an option
of the ``[transport]`` group, ``x-max-bytes`` names the option that bounds a request body, and
``x-enabled-by`` names the switches without which a path or an action does not exist. On a
connection ``x-max-frame`` names the options of which the largest, with room for the envelope,
bounds a message.
"""

import copy
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

#: What ``x-enabled-by`` may name: options of ``[DEFAULT]`` that are on or off.
SWITCHES = ("admin_mode", "pooling")


def deploy(
    document: dict[str, Any], options: Mapping[str, Any], switches: Collection[str] = ()
) -> dict[str, Any]:
    """A copy of ``document`` with the values of ``options`` (name -> value) where the spec asks for
    them, and without the paths that need another switch than ``switches``, those that are on.

    With ``client_id_uuid_safe = off`` the ``Client-ID`` header takes the free form instead of the
    strict one.
    """
    deployed = copy.deepcopy(document)
    deployed["paths"] = {
        path: item
        for path, item in deployed["paths"].items()
        if set(item.get("x-enabled-by", ())) <= set(switches)
    }
    _fill(deployed, options)
    if options.get("client_id_uuid_safe") == "off":
        parameters = deployed["components"]["parameters"]
        parameters["ClientId"]["schema"] = {"$ref": "#/components/schemas/ClientIdFree"}
        parameters["ClientId"].pop("example", None)
    return deployed


def deploy_actions(
    document: dict[str, Any], options: Mapping[str, Any], switches: Collection[str] = ()
) -> dict[str, Any]:
    """:func:`deploy` for an AsyncAPI document: without the actions that need another switch, and
    without the messages that are theirs alone."""
    deployed = copy.deepcopy(document)
    deployed["operations"] = {
        name: operation
        for name, operation in deployed["operations"].items()
        if set(operation.get("x-enabled-by", ())) <= set(switches)
    }
    named = {ref["$ref"].rpartition("/")[2] for ref in _messages(deployed["operations"])}
    for channel in deployed["channels"].values():
        channel["messages"] = {k: v for k, v in channel["messages"].items() if k in named}
        bound = channel["x-max-frame"]
        if sizes := [options[option] for option in bound["options"] if option in options]:
            bound["default"] = max(sizes) + bound["envelope"]
    _fill(deployed, options)
    if options.get("client_id_uuid_safe") == "off":
        for name in ("RequestHeaders", "AuthenticationHeaders"):
            headers = deployed["components"]["schemas"][name]["properties"]
            headers["Client-ID"] = {"$ref": "#/components/schemas/ClientIdFree"}
    return deployed


def _messages(operations: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """References to all messages of the operations."""
    for operation in operations.values():
        yield from operation["messages"]
        yield from operation.get("reply", {}).get("messages", ())


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
