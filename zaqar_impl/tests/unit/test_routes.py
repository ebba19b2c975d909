# SPDX-License-Identifier: Apache-2.0
"""Paths lead to the operations behind them, and nowhere else."""

import pytest

from zaqar_impl.rest.routes import Routes
from zaqar_impl.specdoc import operations

PATHS = (
    "/",
    "/v2/",
    "/v2/queues",
    "/v2/queues/{queue_name}",
    "/v2/queues/{queue_name}/messages",
    "/v2/queues/{queue_name}/messages/{message_id}",
    "/v2/queues/{queue_name}/messages/latest",
)


@pytest.fixture(scope="module")
def routes() -> Routes:
    name = {"name": "queue_name", "in": "path", "schema": {"type": "string", "pattern": "^a+$"}}
    an_id = {"name": "message_id", "in": "path", "schema": {"type": "string"}}

    def item(path: str) -> dict[str, object]:
        parameters = [p for p in (name, an_id) if f"{{{p['name']}}}" in path]
        return {"parameters": parameters, "get": {"operationId": path}}

    return Routes(operations({"paths": {path: item(path) for path in PATHS}}))


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "/", {}),
        ("/v2/", "/v2/", {}),
        ("/v2/queues", "/v2/queues", {}),
        ("/v2/queues/a", "/v2/queues/{queue_name}", {"queue_name": "a"}),
        ("/v2/queues/", "/v2/queues/{queue_name}", {"queue_name": ""}),
        ("/v2/queues//messages", "/v2/queues/{queue_name}/messages", {"queue_name": ""}),
        (
            "/v2/queues/messages/messages/\n",
            "/v2/queues/{queue_name}/messages/{message_id}",
            {"queue_name": "messages", "message_id": "\n"},
        ),
        (
            "/v2/queues/a/messages/latest",
            "/v2/queues/{queue_name}/messages/latest",
            {"queue_name": "a"},
        ),
    ],
)
def test_paths_that_lead_somewhere(
    routes: Routes, path: str, template: str, parameters: dict[str, str]
) -> None:
    """A literal comes before a variable; a name may be empty, so that it can be refused."""
    found = routes.find(path)

    assert found is not None
    route, values = found
    assert route.operations["GET"].id == template
    assert values == parameters


@pytest.mark.parametrize(
    "path", ["", "v2", "/v2", "//", "/v2/queues/a/", "/v2/queues/a/messages/", "/v2/queues/a/b/c/d"]
)
def test_paths_that_lead_nowhere(routes: Routes, path: str) -> None:
    """An id may not be empty, and nothing is added or left out."""
    assert routes.find(path) is None
