# SPDX-License-Identifier: Apache-2.0
"""Faults to plant in the document of the WebSocket: at least one for each rule of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from zaqar_impl.tests.spec import action_rules, register_rules
from zaqar_impl.tests.spec.reading import Node, Spec

Rule = Callable[[Spec], Iterator[str]]

#: Plants a fault, and the text of the finding that tells it.
Fault = tuple[Callable[[Spec], Any], str]

GET = "queue_get"
REPLY = "queue_get_200"


def _action(spec: Spec, name: str = GET) -> Node:
    found: Node = spec.websocket["operations"][name]
    return found


def _message(spec: Spec, name: str = GET) -> Node:
    found: Node = spec.websocket["channels"]["api"]["messages"][name]
    return found


def _members(spec: Spec, name: str = GET) -> Node:
    found: Node = _message(spec, name)["payload"]["properties"]
    return found


def _example(spec: Spec, name: str) -> Node:
    found: Node = _message(spec, name)["examples"][0]
    return found


def _codes(spec: Spec) -> list[Node]:
    found: list[Node] = spec.websocket["channels"]["api"]["x-close-codes"]
    return found


def _frame(spec: Spec) -> Node:
    found: Node = spec.websocket["channels"]["api"]["x-max-frame"]
    return found


def _requirement(spec: Spec) -> Node:
    found: Node = spec.websocket_register["requirements"][0]
    return found


def _second_shape(spec: Spec) -> None:
    shapes = spec.websocket["components"]["schemas"]
    shapes["ShownPool"] = {**shapes["Pool"], "title": "Pool once more"}


OF_ACTIONS: dict[Rule, dict[str, Fault]] = {
    action_rules.parity: {
        "operation without action": (
            lambda s: s.websocket["operations"].pop(GET),
            "queue_get has no action",
        ),
        "needless reason": (
            lambda s: s.websocket["x-without-action"].update({GET: "None."}),
            "a reason for none",
        ),
        "reason for nothing": (
            lambda s: s.websocket["x-without-action"].update(queue_rename="None."),
            "queue_rename, without action",
        ),
        "action without operation": (
            lambda s: s.websocket["operations"].update(queue_rename=_action(s)),
            "queue_rename is an action",
        ),
    },
    action_rules.same_terms: {
        "policy": (lambda s: _action(s).update({"x-policy": "queues:delete"}), "x-policy"),
        "method": (lambda s: _action(s)["x-rest"].update(method="PUT"), "x-rest"),
        "switch": (lambda s: _action(s, "pool_get").pop("x-enabled-by"), "x-enabled-by"),
        "bound": (lambda s: _action(s, "message_post").pop("x-max-bytes"), "x-max-bytes"),
    },
    action_rules.requests: {
        "other name": (
            lambda s: _action(s)["messages"][0].update({"$ref": "#/channels/api/messages/a"}),
            "called otherwise",
        ),
        "other action": (lambda s: _members(s)["action"].update(enum=["a"]), "does not say"),
        "no headers": (lambda s: _members(s).pop("headers"), "has no headers"),
        "optional headers": (
            lambda s: _message(s)["payload"].update(required=["action"]),
            "are required",
        ),
    },
    action_rules.replies: {
        "other name": (lambda s: _message(s, REPLY).update({"x-status": 202}), "is called"),
        "other headers": (
            lambda s: _members(s, REPLY)["headers"].update(
                {"$ref": "#/components/schemas/CreatedHeaders"}
            ),
            "are not those of 200",
        ),
        "twice": (
            lambda s: _action(s)["reply"]["messages"].append(_action(s)["reply"]["messages"][0]),
            "two replies",
        ),
        "no refusal": (
            lambda s: _action(s)["reply"].update(messages=_action(s)["reply"]["messages"][:1]),
            "can't be refused",
        ),
    },
    action_rules.references: {
        "inline": (lambda s: _members(s, REPLY).update(body={"type": "string"}), "has no name"),
    },
    action_rules.twins: {"second shape": (_second_shape, "ShownPool is Pool")},
    action_rules.used: {
        "message": (
            lambda s: s.websocket["channels"]["api"]["messages"].update(spare=_message(s)),
            "spare is nobody's",
        ),
        "example": (
            lambda s: s.action_examples["queues"].update(spare={"name": "spare"}),
            "spare is not used",
        ),
        "misnamed example": (
            lambda s: s.action_examples["queues"].update(spare={"name": "other"}),
            "calls itself other",
        ),
    },
    action_rules.examples: {
        "none": (lambda s: _message(s).pop("examples"), "queue_get has no example"),
        "unlike its shape": (
            lambda s: _example(s, GET)["payload"].update(headers={}),
            "'Client-ID' is a required",
        ),
    },
    action_rules.secrets: {
        "token": (
            lambda s: _example(s, REPLY)["payload"].update(
                request={"headers": {"X-Auth-Token": "a"}}
            ),
            "repeats X-Auth-Token",
        ),
    },
    action_rules.close_codes: {
        "twice": (lambda s: _codes(s).append(_codes(s)[0]), "2 times"),
        "of no frame": (lambda s: _codes(s)[0].update(code=1006), "1006 is not sent"),
        "nobody's": (lambda s: _codes(s)[0].pop("by"), "1000 says"),
    },
    action_rules.frame: {
        "unknown option": (lambda s: _frame(s).update(options=["max_x"]), "max_x is no option"),
        "unlike the default": (lambda s: _frame(s).update(default=1), "the spec says 1"),
    },
    action_rules.extensions: {
        "denied": (lambda s: _action(s).update({"x-extension": False}), "queue_get: x-ext"),
        "needed by v2": (
            lambda s: _requirement(s).update(operations=["queue_share"]),
            "queue_share is not",
        ),
    },
    action_rules.wording: {
        "no full stop": (lambda s: _action(s).update(description="Shows"), "no full stop"),
        "wish for fact": (lambda s: _codes(s)[0].update(when="It should."), "says should"),
    },
    register_rules.listed_by_actions: {
        "not by its action": (
            lambda s: _action(s)["x-requirements"].remove("websocket-queue.metadata-defaults"),
            "queue_get does not list",
        ),
        "not by the root": (
            lambda s: s.websocket["x-requirements"].remove("websocket-reply.order"),
            "the root does not list",
        ),
        "not of this operation": (
            lambda s: _action(s)["x-requirements"].append("claim-get.age"),
            "does not name it",
        ),
        "twice": (
            lambda s: _action(s)["x-requirements"].append("queue-get.defaults"),
            "queue-get.defaults twice",
        ),
    },
}
