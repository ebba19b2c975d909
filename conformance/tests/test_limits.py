# SPDX-License-Identifier: Apache-2.0
"""The limits a deployment states, and the document made to say them."""

from __future__ import annotations

import copy
import socket
from typing import Any

import pytest

from tests.small_target import Answer, Call, Honest, serving
from zaqar_conformance import limits
from zaqar_conformance.errors import TargetUnreachable, UsageError
from zaqar_conformance.target import Limits, Target

SPEC: dict[str, Any] = {
    "paths": {
        "/v2/queues": {
            "get": {
                "parameters": [
                    {"schema": {"maximum": 20, "x-limit": {"maximum": "max_queues_per_page"}}}
                ],
                "requestBody": {
                    "x-max-bytes": {"default": 65536, "option": "max_queue_metadata"},
                },
            }
        }
    },
    "components": {
        "parameters": {"ClientId": {"schema": {"$ref": "#/components/schemas/ClientIdStrict"}}}
    },
}


def deployed(**options: Any) -> dict[str, Any]:
    """The document of a deployment with these options."""
    return limits.applied(SPEC, Limits(**options))


class Stating(Honest):
    """A server that answers GET /openapi.json with a document."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.stated = answer
        self.calls: list[Call] = []

    def answer(self, call: Call) -> Answer:
        """The document, whatever is asked."""
        self.calls.append(call)
        return self.stated


def test_limits_of_the_deployment_win() -> None:
    """A target that serves its document is judged by its own figures."""
    server = Stating(Answer(200, deployed(max_queues_per_page=7, max_queue_metadata=999)))

    with serving(server) as url:
        found = limits.find(Target(url), SPEC)

    assert (found.limits.max_queues_per_page, found.limits.max_queue_metadata) == (7, 999)
    assert found.origin == "the target's /openapi.json"
    assert [call.path for call in server.calls] == ["/openapi.json"]
    assert "client-id" not in server.calls[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {"title": "no such path"}),
        Answer(200),
        Answer(200, ["no document"]),
        Answer(200, {"openapi": "3.0.3", "paths": {}}),
        Answer(401, deployed(max_queues_per_page=7)),
    ],
)
def test_a_target_that_states_nothing_has_the_specification_s_limits(answer: Answer) -> None:
    """Any other answer than a document with limits means the literals of the specification."""
    with serving(Stating(answer)) as url:
        found = limits.find(Target(url), SPEC)

    assert Limits() == found.limits
    assert found.origin.startswith("the specification")


def test_values_of_another_type_are_left_out() -> None:
    """A document cannot make a limit of a text or of a boolean."""
    broken = copy.deepcopy(SPEC)
    get = broken["paths"]["/v2/queues"]["get"]
    get["parameters"][0]["schema"]["maximum"] = "20"
    get["requestBody"]["x-max-bytes"]["default"] = True

    assert limits.stated(broken) == {}


def test_a_free_client_id_is_seen_and_applied() -> None:
    """Which shape Client-ID has tells whether the deployment wants UUIDs."""
    document = deployed(client_id_uuid_safe="off")

    assert limits.stated(document)["client_id_uuid_safe"] == "off"
    assert "client_id_uuid_safe" not in limits.stated(SPEC)


def test_applying_limits_leaves_the_given_document_alone() -> None:
    """The specification itself is never changed."""
    before = copy.deepcopy(SPEC)

    changed = deployed(max_queues_per_page=7)

    assert before == SPEC
    assert limits.stated(changed)["max_queues_per_page"] == 7


def test_nobody_at_the_url_is_unreachable() -> None:
    """A closed port is told with the URL."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        with pytest.raises(TargetUnreachable, match=url):
            limits.find(Target(url), SPEC)


def test_a_server_that_says_nothing_is_unreachable() -> None:
    """A connection that ends without an answer is no target either."""
    with (
        serving(Stating(Answer(0))) as url,
        pytest.raises(TargetUnreachable, match="nothing answers"),
    ):
        limits.find(Target(url), SPEC)


@pytest.mark.parametrize("url", ["127.0.0.1:8888", "ftp://127.0.0.1", "http://", "nonsense"])
def test_what_is_no_http_url_is_a_usage_error(url: str) -> None:
    """A mistyped URL is the user's matter, not an unreachable target."""
    with pytest.raises(UsageError, match="http"):
        limits.find(Target(url), SPEC)
