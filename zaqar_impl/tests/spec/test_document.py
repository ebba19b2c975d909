# SPDX-License-Identifier: Apache-2.0
"""The document as a whole: valid OpenAPI, with exactly the operations that were agreed on."""

import copy

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from zaqar_impl.specdoc import SWITCHES, deploy, deploy_actions, spec_root
from zaqar_impl.tests.spec.reading import Spec

QUEUE = "/v2/queues/{queue_name}"
MESSAGES = f"{QUEUE}/messages"
CLAIMS = f"{QUEUE}/claims"
SUBSCRIPTIONS = f"{QUEUE}/subscriptions"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/{{subscription_id}}"
POOL = "/v2/pools/{pool_name}"
FLAVOR = "/v2/flavors/{flavor_name}"

TOPIC = "/v2/topics/{topic_name}"
TOPIC_MESSAGES = f"{TOPIC}/messages"
TOPIC_SUBSCRIPTIONS = f"{TOPIC}/subscriptions"
TOPIC_SUBSCRIPTION = f"{TOPIC_SUBSCRIPTIONS}/{{subscription_id}}"

#: Names, addresses and policies are promises to clients, operators and other transports.
AGREED = {
    "get_version_doc": ("GET", "/", None),
    "get_home_doc": ("GET", "/v2/", None),
    "ping_node": ("GET", "/v2/ping", "ping:get"),
    "ping_node_head": ("HEAD", "/v2/ping", "ping:get"),
    "queue_list": ("GET", "/v2/queues", "queues:get_all"),
    "queue_create": ("PUT", QUEUE, "queues:create"),
    "queue_get": ("GET", QUEUE, "queues:get"),
    "queue_get_head": ("HEAD", QUEUE, "queues:get"),
    "queue_update": ("PATCH", QUEUE, "queues:update"),
    "queue_delete": ("DELETE", QUEUE, "queues:delete"),
    "queue_get_stats": ("GET", f"{QUEUE}/stats", "queues:stats"),
    "queue_purge": ("POST", f"{QUEUE}/purge", "queues:purge"),
    "queue_share": ("POST", f"{QUEUE}/share", "queues:share"),
    "message_post": ("POST", MESSAGES, "messages:create"),
    "message_list": ("GET", MESSAGES, "messages:get_all"),
    "message_delete_many": ("DELETE", MESSAGES, "messages:delete_all"),
    "message_get": ("GET", f"{MESSAGES}/{{message_id}}", "messages:get"),
    "message_delete": ("DELETE", f"{MESSAGES}/{{message_id}}", "messages:delete"),
    "claim_create": ("POST", CLAIMS, "claims:create"),
    "claim_get": ("GET", f"{CLAIMS}/{{claim_id}}", "claims:get"),
    "claim_update": ("PATCH", f"{CLAIMS}/{{claim_id}}", "claims:update"),
    "claim_delete": ("DELETE", f"{CLAIMS}/{{claim_id}}", "claims:delete"),
    "subscription_list": ("GET", SUBSCRIPTIONS, "subscription:get_all"),
    "subscription_create": ("POST", SUBSCRIPTIONS, "subscription:create"),
    "subscription_get": ("GET", SUBSCRIPTION, "subscription:get"),
    "subscription_update": ("PATCH", SUBSCRIPTION, "subscription:update"),
    "subscription_delete": ("DELETE", SUBSCRIPTION, "subscription:delete"),
    "subscription_confirm": ("PUT", f"{SUBSCRIPTION}/confirm", "subscription:confirm"),
    "topic_list": ("GET", "/v2/topics", "topics:get_all"),
    "topic_create": ("PUT", TOPIC, "topics:create"),
    "topic_get": ("GET", TOPIC, "topics:get"),
    "topic_get_head": ("HEAD", TOPIC, "topics:get"),
    "topic_update": ("PATCH", TOPIC, "topics:update"),
    "topic_delete": ("DELETE", TOPIC, "topics:delete"),
    "topic_get_stats": ("GET", f"{TOPIC}/stats", "topics:stats"),
    "topic_purge": ("POST", f"{TOPIC}/purge", "topics:purge"),
    "topic_message_post": ("POST", TOPIC_MESSAGES, "messages:create"),
    "topic_message_list": ("GET", TOPIC_MESSAGES, "messages:get_all"),
    "topic_message_delete_many": ("DELETE", TOPIC_MESSAGES, "messages:delete_all"),
    "topic_message_get": ("GET", f"{TOPIC_MESSAGES}/{{message_id}}", "messages:get"),
    "topic_message_delete": ("DELETE", f"{TOPIC_MESSAGES}/{{message_id}}", "messages:delete"),
    "topic_subscription_list": ("GET", TOPIC_SUBSCRIPTIONS, "subscription:get_all"),
    "topic_subscription_create": ("POST", TOPIC_SUBSCRIPTIONS, "subscription:create"),
    "topic_subscription_get": ("GET", TOPIC_SUBSCRIPTION, "subscription:get"),
    "topic_subscription_update": ("PATCH", TOPIC_SUBSCRIPTION, "subscription:update"),
    "topic_subscription_delete": ("DELETE", TOPIC_SUBSCRIPTION, "subscription:delete"),
    "topic_subscription_confirm": ("PUT", f"{TOPIC_SUBSCRIPTION}/confirm", "subscription:confirm"),
    "check_node_health": ("GET", "/v2/health", "health:get"),
    "pool_list": ("GET", "/v2/pools", "pools:get_all"),
    "pool_create": ("PUT", POOL, "pools:create"),
    "pool_get": ("GET", POOL, "pools:get"),
    "pool_update": ("PATCH", POOL, "pools:update"),
    "pool_delete": ("DELETE", POOL, "pools:delete"),
    "pool_queue_list": ("GET", f"{POOL}/queues", "pools:get_queues"),
    "pool_queue_move": ("POST", f"{POOL}/queues", "pools:move_queue"),
    "flavor_list": ("GET", "/v2/flavors", "flavors:get_all"),
    "flavor_create": ("PUT", FLAVOR, "flavors:create"),
    "flavor_get": ("GET", FLAVOR, "flavors:get"),
    "flavor_update": ("PATCH", FLAVOR, "flavors:update"),
    "flavor_delete": ("DELETE", FLAVOR, "flavors:delete"),
}


def test_document_is_valid_openapi(spec: Spec) -> None:
    """The bundled document is valid OpenAPI 3.0."""
    validate(copy.deepcopy(spec.document), cls=OpenAPIV30SpecValidator)


def test_invalid_document_is_found(spec: Spec) -> None:
    """A document with an answer that lacks its description is not valid."""
    broken = copy.deepcopy(spec.document)
    broken["components"]["responses"]["Done"].pop("description")

    with pytest.raises(OpenAPIValidationError):
        validate(broken, cls=OpenAPIV30SpecValidator)


def test_operations_are_the_agreed_ones(spec: Spec) -> None:
    """Each operation has the name, method, path and policy that was agreed on."""
    found = {o["operationId"]: (m, p, o.get("x-policy")) for m, p, o in spec.operations()}

    assert found == AGREED


@pytest.mark.parametrize("prefix", ["", "topic_"])
def test_list_of_messages_has_the_variant_by_ids(prefix: str, spec: Spec) -> None:
    """The list of messages with ids is an operation of its own."""
    (found,) = (o for _, _, o in spec.operations() if o["operationId"] == f"{prefix}message_list")

    assert found["x-variants"] == {"ids": f"{prefix}message_get_many"}


@pytest.mark.parametrize("mark", ["{{", "{%", "{#"])
def test_root_holds_no_template_marks(mark: str) -> None:
    """The root file, which Connexion would render as a template, has nothing to render."""
    assert mark not in (spec_root() / "openapi.yaml").read_text(encoding="utf-8")


def test_deployment_of_the_defaults_changes_nothing(spec: Spec) -> None:
    """With every limit at its default, and every switch on, a deployment serves the document as it
    is written."""
    assert deploy(spec.document, spec.options, SWITCHES) == spec.document


@pytest.mark.parametrize(
    ("switches", "there"),
    [
        ((), set()),
        (("pooling",), set()),
        (("admin_mode",), {"health"}),
        (SWITCHES, {"health", "pools", "flavors"}),
    ],
)
def test_deployment_has_the_paths_that_it_switches_on(
    switches: tuple[str, ...], there: set[str], spec: Spec
) -> None:
    """A path that needs a switch is served only where it is on, and the document is valid."""
    served = deploy(spec.document, spec.options, switches)

    validate(copy.deepcopy(served), cls=OpenAPIV30SpecValidator)
    resources = {path.split("/")[2] for path in served["paths"] if path != "/"}
    assert resources & {"health", "pools", "flavors"} == there


def test_deployment_with_free_client_ids_is_valid(spec: Spec) -> None:
    """With client_id_uuid_safe off the served document takes a Client-ID of any form."""
    served = deploy(spec.document, {**spec.options, "client_id_uuid_safe": "off"})

    validate(copy.deepcopy(served), cls=OpenAPIV30SpecValidator)
    schema = served["components"]["parameters"]["ClientId"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ClientIdFree"}


def test_deployment_of_the_defaults_changes_no_action(spec: Spec) -> None:
    """The document of the WebSocket is that of a deployment with the defaults and every switch
    on."""
    assert deploy_actions(spec.websocket, spec.options, SWITCHES) == spec.websocket


def test_deployment_has_the_actions_that_it_switches_on(spec: Spec) -> None:
    """An action that needs a switch is served, with its messages, only where it is on."""
    served = deploy_actions(spec.websocket, spec.options, ["admin_mode"])

    gone = set(spec.websocket["operations"]) - set(served["operations"])
    assert {name.split("_")[0] for name in gone} == {"pool", "flavor"}
    left = served["channels"]["api"]["messages"]
    assert not [name for name in left if name.startswith(("pool_", "flavor_"))]
    assert "check_node_health_200" in left


def test_version_is_the_same_over_both_transports(spec: Spec) -> None:
    """The API has one version, whatever it is spoken over."""
    assert spec.websocket["info"]["version"] == spec.document["info"]["version"]


def test_nothing_asks_for_security(spec: Spec) -> None:
    """Connexion's checks of it are not in the pipeline (decision 0080): put them back first."""
    asking = [path for _, path, operation in spec.operations() if "security" in operation]

    assert "security" not in spec.document
    assert asking == []
