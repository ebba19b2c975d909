# SPDX-License-Identifier: Apache-2.0
"""What the official tools say of the document of the WebSocket: the JSON schema of AsyncAPI 3.0,
the parser, and Spectral's ruleset."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from zaqar_impl.specdoc import deploy_actions

#: Findings that are no faults, and why.
NO_FAULTS = {
    "asyncapi-latest-version": "3.0 is what tools read today; 3.1 has nothing that is needed here",
    "asyncapi-info-contact-properties": "the project has no address for mail",
    "asyncapi-unused-components-schema": "deployments put ClientIdFree in place, or take pools out",
}

Judge = Callable[[Mapping[str, Any]], dict[str, Any]]


def faults(verdict: dict[str, Any]) -> list[str]:
    """The findings that are faults."""
    return [
        f"{one['by']} {one['code']} {one['path']}: {one['message']}"
        for one in verdict["findings"]
        if one["code"] not in NO_FAULTS
    ]


def test_official_schema_takes_the_document(tools: Path, document: dict[str, Any]) -> None:
    """The document is valid by the JSON schema of AsyncAPI 3.0."""
    schemas = tools / "node_modules" / "@asyncapi" / "specs" / "schemas"
    schema = json.loads((schemas / "3.0.0-without-$id.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema)
    broken = copy.deepcopy(document)
    broken["operations"]["queue_get"].pop("action")

    assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors(broken)) != []


def test_parser_and_spectral_find_no_fault(judged: Judge, document: dict[str, Any]) -> None:
    """Neither finds a fault in the document, and the parser sees every operation of it."""
    verdict = judged(document)

    assert faults(verdict) == []
    assert verdict["operations"] == len(document["operations"])


def test_served_document_has_no_fault(judged: Judge, document: dict[str, Any]) -> None:
    """The document of a deployment without administration, and with Client-IDs of any form, is as
    good."""
    assert faults(judged(deploy_actions(document, {"client_id_uuid_safe": "off"}))) == []


def test_planted_faults_are_found(judged: Judge, document: dict[str, Any]) -> None:
    """An operation that says nothing, and one whose message is not the channel's."""
    broken = copy.deepcopy(document)
    broken["operations"]["queue_get"]["description"] = ""
    broken["operations"]["queue_list"]["messages"] = [{"$ref": "#/components/schemas/Error"}]

    told = "\n".join(faults(judged(broken)))

    assert "operations.queue_get" in told
    assert "operations.queue_list" in told
