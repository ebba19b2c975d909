# SPDX-License-Identifier: Apache-2.0
"""Keeps generated requests from doing harm to a deployment: no pool of its operator is touched.

Pools and flavors are the deployment's own, not a project's, and a pool that a generated request
made would get queues of others. So names of pools and flavors are made such that no operator has
them, and stores such that nobody opens them: what is valid stays valid, and is answered at once.
What becomes of pools that exist is the business of written cases.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

_MARK: Final = "kit-generated-"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20\x7f]+")
_LONGEST_NAME, _LONGEST_URI = 64, 255
_PARAMETERS: Final = ("pool_name", "flavor_name")


def tame(path_parameters: MutableMapping[str, Any], body: Any) -> None:
    """Changes names and addresses in a request about pools or flavors; in others there are none."""
    about = [name for name in _PARAMETERS if name in path_parameters]
    for name in about:
        path_parameters[name] = _tame_name(path_parameters[name])
    if not about or not isinstance(body, dict):
        return
    if isinstance(body.get("uri"), str) and _URI.fullmatch(body["uri"]):
        body["uri"] = _marked(body["uri"], _LONGEST_URI)
    if isinstance(body.get("pool_list"), list):
        body["pool_list"] = [_tame_name(pool) for pool in body["pool_list"]]


def _tame_name(name: Any) -> Any:
    valid = isinstance(name, str) and _NAME.fullmatch(name)
    return _marked(name, _LONGEST_NAME) if valid else name


def _marked(text: str, longest: int) -> str:
    """The text with the mark; one that is too long to be valid stays too long."""
    return f"{_MARK}{text}"[: max(longest, len(text))]
