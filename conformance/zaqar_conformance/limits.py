# SPDX-License-Identifier: Apache-2.0
"""Asks a deployment for the limits it really has, and puts them into a document.

Two extension keys of the specification say where a limit stands: `x-limit` maps a JSON Schema
keyword beside it to an option of the deployment's configuration, `x-max-bytes` names the option
that bounds a body. A deployment that serves /openapi.json with these keys is judged by its own
figures; any other one by the literals of the specification, which are upstream's defaults.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import requests

from zaqar_conformance.errors import TargetUnreachable, UsageError
from zaqar_conformance.target import Limits, Target

#: The name of the shape of Client-ID where `client_id_uuid_safe` is off.
_FREE_CLIENT_ID = "ClientIdFree"


@dataclass(frozen=True)
class Found:
    """The limits to judge by, and who stated them."""

    limits: Limits
    origin: str


def find(target: Target, document: Mapping[str, Any]) -> Found:
    """The limits the target states, else those of the specification.

    Raises `TargetUnreachable` when nothing answers at all: this is a run's first request.
    """
    literals = replace(Limits(), **stated(document))
    served = _served_document(target)
    if not served or not stated(served):
        return Found(literals, "the specification (the target states none)")
    return Found(replace(literals, **stated(served)), "the target's /openapi.json")


def stated(document: Mapping[str, Any]) -> dict[str, Any]:
    """The limits in a document by the name of their option; values of another type are left out."""
    kinds = {field.name: type(getattr(Limits(), field.name)) for field in fields(Limits)}
    found = {
        option: holder[keyword]
        for holder, keyword, option in _places(document)
        if type(holder.get(keyword)) is kinds.get(option)
    }
    if _client_id_reference(document).endswith(f"/{_FREE_CLIENT_ID}"):
        found["client_id_uuid_safe"] = "off"
    return found


def applied(document: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """A copy of the document that says these limits wherever it says a limit."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for holder, keyword, option in list(_places(changed)):
        if hasattr(limits, option):
            holder[keyword] = getattr(limits, option)
    if limits.client_id_uuid_safe == "off" and _client_id_reference(changed):
        schema = changed["components"]["parameters"]["ClientId"]["schema"]
        schema["$ref"] = f"#/components/schemas/{_FREE_CLIENT_ID}"
    return changed


def _places(node: Any) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Where limits stand: the object, the key of the value in it, the option that sets it."""
    if isinstance(node, list):
        for item in node:
            yield from _places(item)
    if not isinstance(node, dict):
        return
    for keyword, option in _mapping(node.get("x-limit")).items():
        yield node, keyword, option
    if "option" in (bound := _mapping(node.get("x-max-bytes"))):
        yield bound, "default", bound["option"]
    for value in node.values():
        yield from _places(value)


def _client_id_reference(document: Mapping[str, Any]) -> str:
    node: Any = document
    for key in ("components", "parameters", "ClientId", "schema"):
        node = _mapping(node).get(key)
    return str(_mapping(node).get("$ref", ""))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _served_document(target: Target) -> dict[str, Any]:
    """The target's own document, or an empty one if it serves none."""
    url = f"{target.url.rstrip('/')}/openapi.json"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                url, timeout=target.timeout, verify=target.verify, allow_redirects=False
            )
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
        raise UsageError(f"{target.url} is no URL", "write http://HOST:PORT") from error
    except requests.exceptions.InvalidSchema as error:
        raise UsageError(f"{target.url} is not HTTP", "write http:// or https://") from error
    except requests.exceptions.SSLError as error:
        raise TargetUnreachable(
            f"{target.url} shows a certificate that is not trusted",
            "give --insecure, or set REQUESTS_CA_BUNDLE",
        ) from error
    except requests.RequestException as error:
        raise TargetUnreachable(
            f"nothing answers at {target.url} ({type(error).__name__})",
            "start the service, or mend --url",
        ) from error
    try:
        return _mapping(answer.json()) if answer.ok else {}
    except ValueError:
        return {}
