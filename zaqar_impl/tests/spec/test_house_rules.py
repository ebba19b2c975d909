# SPDX-License-Identifier: Apache-2.0
"""The spec keeps every house rule, and every house rule finds the fault that it is there for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from zaqar_impl.tests.spec import action_rules, operation_rules, register_rules, shape_rules
from zaqar_impl.tests.spec.action_faults import OF_ACTIONS, Fault, Rule
from zaqar_impl.tests.spec.reading import Node, Spec

RULES: tuple[Rule, ...] = (
    *operation_rules.RULES,
    *action_rules.RULES,
    *register_rules.RULES,
    *shape_rules.RULES,
)


@pytest.mark.parametrize(
    "rule", RULES, ids=lambda rule: f"{rule.__module__.rpartition('.')[2]}-{rule.__name__}"
)
def test_spec_keeps_the_rule(rule: Rule, spec: Spec) -> None:
    """The rule finds nothing in the spec."""
    assert list(rule(spec)) == []


def _operation(spec: Spec, name: str) -> Node:
    """The operation itself, to be broken."""
    for item in spec.document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and operation.get("operationId") == name:
                return operation
    raise KeyError(name)


def _part(kind: str, name: str) -> Callable[[Spec], Node]:
    def found(spec: Spec) -> Node:
        node: Node = spec.document["components"][kind][name]
        return node

    return found


def _requirement(spec: Spec) -> Node:
    entry: Node = spec.register["requirements"][0]
    return entry


def _named(name: str) -> Callable[[Spec], Node]:
    return lambda spec: _operation(spec, name)


def _limit(spec: Spec) -> Node:
    (schema,) = (
        spec.resolved(p["schema"])
        for p in _operation(spec, "queue_list")["parameters"]
        if p["name"] == "limit"
    )
    found: Node = schema
    return found


def _without(found: Callable[[Spec], Node], key: str) -> Callable[[Spec], Any]:
    return lambda spec: found(spec).pop(key)


def _with(found: Callable[[Spec], Node], **changes: Any) -> Callable[[Spec], None]:
    changes = {key.replace("__", "-"): value for key, value in changes.items()}
    return lambda spec: found(spec).update(changes)


def _within(found: Callable[[Spec], Node], *path: str) -> Callable[[Spec], Node]:
    def inner(spec: Spec) -> Node:
        node = found(spec)
        for key in path:
            node = node[key]
        return node

    return inner


def _delisted(found: Callable[[Spec], Node], requirement: str) -> Callable[[Spec], None]:
    return lambda spec: found(spec)["x-requirements"].remove(requirement)


def _relisted(found: Callable[[Spec], Node], requirement: str) -> Callable[[Spec], None]:
    return lambda spec: found(spec)["x-requirements"].append(requirement)


def _root(spec: Spec) -> Node:
    return spec.document


JSON = "application/json"
MESSAGES = "/v2/queues/{queue_name}/messages"

HOME = _within(lambda spec: spec.home, "rel/messages")
LIST, CREATE, POST = map(_named, ("queue_list", "queue_create", "message_post"))
LINK = _within(POST, "responses", "201", "links", "fetch")
REFUSAL = _part("responses", "BadRequest")
PATCH_BODY = _within(_named("queue_update"), "requestBody")
OF_OPERATIONS: dict[Rule, dict[str, Fault]] = {
    operation_rules.names: {
        "used twice": (_with(CREATE, operationId="queue_get"), "2 times"),
        "camel case": (_with(CREATE, operationId="queueCreate"), "not snake_case"),
    },
    operation_rules.policies: {
        "none": (_without(CREATE, "x-policy"), "queue_create"),
        "of a document": (_with(_named("get_home_doc"), x__policy="a:b"), "a:b"),
    },
    operation_rules.refusals: {
        "none": (_with(LIST, responses={"200": {}}), "has no refusal"),
        "no example": (_without(_within(REFUSAL, "content", JSON), "examples"), "no example"),
        "text": (_with(REFUSAL, content={"text/plain": {}}), "application/json"),
    },
    operation_rules.answers: {
        "no request id": (_with(REFUSAL, headers={}), "X-OpenStack-Request-ID"),
        "request without example": (
            _without(_within(CREATE, "requestBody", "content", JSON), "examples"),
            "has no example",
        ),
    },
    operation_rules.parameters: {
        "no description": (_without(_part("parameters", "QueueName"), "description"), "no desc"),
        "no example": (_without(_part("parameters", "QueueName"), "example"), "neither"),
    },
    operation_rules.limits: {
        "unknown option": (_with(_limit, x__limit={"maximum": "max_pages"}), "max_pages"),
        "unlike the default": (_with(_limit, maximum=21), "the spec says 21"),
        "unknown option of a body": (
            _with(PATCH_BODY, x__max__bytes={"default": 1, "option": "max_x"}),
            "max_x",
        ),
    },
    operation_rules.bodies: {
        "unbounded": (_without(PATCH_BODY, "x-max-bytes"), "no x-max-bytes"),
        "two types": (_with(PATCH_BODY, content={"a/b": {}, "c/d": {}}), "2 media types"),
    },
    operation_rules.links: {
        "to nowhere": (_with(LINK, operationId="message_show"), "does not exist"),
        "fills too much": (
            _with(LINK, parameters={"queue_name": "", "message_id": "", "page": ""}),
            "fills page",
        ),
        "fills too little": (_with(LINK, parameters={}), "does not fill queue_name"),
    },
    operation_rules.variants: {
        "no parameter": (_with(LIST, x__variants={"id": "a"}), "id chooses"),
    },
    operation_rules.home: {
        "method": (_with(HOME, allow=["PUT"]), "does not exist"),
        "parameter": (_with(HOME, template=f"{MESSAGES}{{?page}}"), "page is no parameter"),
        "variable": (_with(HOME, vars={}), "other variables"),
    },
    operation_rules.switches: {
        "unknown": (
            lambda s: s.document["paths"]["/v2/health"].update({"x-enabled-by": ["admin"]}),
            "admin is no switch",
        ),
        "of an operation": (_with(LIST, x__enabled__by=["admin_mode"]), "only a path"),
    },
    operation_rules.extensions: {
        "denied": (_with(LIST, x__extension=False), "queue_list: x-extension"),
        "needed by a common claim": (_with(POST, x__extension=True), "core is of an extension"),
    },
    operation_rules.unused: {
        "shape": (lambda s: s.schemas["queue"].update(Spare={}), "Spare is not used"),
        "example": (lambda s: s.examples["error"].update(spare={}), "spare is not used"),
        "header": (lambda s: s.common["headers"].update(Spare={}), "headers/Spare"),
    },
    operation_rules.wording: {
        "no full stop": (_with(REFUSAL, description="Wrong"), "no full stop"),
        "wish for fact": (_with(REFUSAL, description="It should be."), "should"),
    },
}

OF_THE_REGISTER: dict[Rule, dict[str, Fault]] = {
    register_rules.fields: {
        "missing": (_without(_requirement, "source"), "http.unknown-path"),
        "unknown": (_with(_requirement, where="here"), "where"),
        "defect without number": (_with(_requirement, defect="known"), "'known'"),
    },
    register_rules.ids: {
        "used twice": (_with(_requirement, id="message-post.size"), "2 times"),
        "number": (_with(_requirement, id="message-post.size-2"), "not in words"),
        "no rule": (_with(_requirement, id="message-post"), "not in words"),
    },
    register_rules.levels: {
        "level": (_with(_requirement, level="must"), "no level"),
        "profile": (_with(_requirement, profile="extra"), "no profile"),
    },
    register_rules.sentences: {
        "no full stop": (_with(_requirement, sentence="It is 404"), "no full stop"),
        "modal verb": (_with(_requirement, sentence="It must be."), "says must"),
        "two sentences": (_with(_requirement, sentence="It is. It was."), "more than one"),
    },
    register_rules.operations: {
        "unknown": (_with(_requirement, operations=["message_put"]), "message_put"),
        "none": (_with(_requirement, operations=[]), "names no operation"),
    },
    register_rules.listed: {
        "not by its operation": (
            _delisted(POST, "message-post.size"),
            "message_post does not list",
        ),
        "not by the root": (_delisted(_root, "json.malformed"), "the root does not list"),
        "by another operation": (_relisted(POST, "claim-get.age"), "does not name it"),
        "twice": (_relisted(POST, "message-post.size"), "twice"),
    },
    register_rules.beyond_schema: {
        "unknown": (_with(POST, x__rules__beyond__schema=["a.b"]), "there is no a.b"),
        "no refusal": (_without(_within(POST, "responses"), "400"), "but no 400"),
    },
}

OF_SHAPES: dict[Rule, dict[str, Fault]] = {
    shape_rules.vocabulary: {
        "unknown keyword": (lambda s: s.schemas["common"]["Age"].update(least=1), "'least'"),
    },
    shape_rules.cycles: {
        "of one": (
            _with(_part("schemas", "Error"), items={"$ref": "#/components/schemas/Error"}),
            "Error -> Error",
        ),
        "of two": (
            _with(_part("schemas", "Age"), items={"$ref": "#/components/schemas/Message"}),
            "Age -> Message -> Age",
        ),
    },
    shape_rules.examples: {
        "of a request": (_with(_part("schemas", "MessagePost"), required=["a"]), "two_messages"),
        "of a refusal": (_with(_part("schemas", "Error"), required=["code"]), "'code' is a req"),
        "of a parameter": (_with(_part("schemas", "QueueName"), maxLength=2), "queue_name"),
        "of a header": (
            _with(_within(_part("headers", "RequestId"), "schema"), pattern="^id-"),
            "X-OpenStack-Request-ID",
        ),
        "default of a limit": (_with(_limit, default=0), "default 0"),
        "default of a member": (
            _with(_within(_part("schemas", "ClaimTerms"), "properties", "ttl"), default=1),
            "default 1",
        ),
    },
}

PLANTED = {**OF_OPERATIONS, **OF_ACTIONS, **OF_THE_REGISTER, **OF_SHAPES}


@pytest.mark.parametrize(
    ("rule", "fault"), [(rule, fault) for rule, faults in PLANTED.items() for fault in faults]
)
def test_rule_finds_the_planted_fault(rule: Rule, fault: str, spec: Spec) -> None:
    """A spec with this fault, and no other, gives a finding that tells it."""
    broken = copy.deepcopy(spec)
    plant, text = PLANTED[rule][fault]

    plant(broken)

    assert text in "\n".join(rule(broken))


def test_every_rule_has_a_planted_fault() -> None:
    """No rule is without a fault that it was seen to find."""
    assert set(PLANTED) == set(RULES)


#: Shapes that some reader of the spec would take otherwise than another, or not at all.
STRANGE: dict[str, Any] = {
    "nullable": {"type": "string", "nullable": True},
    "const": {"const": 1},
    "exclusive bound as a number": {"type": "integer", "exclusiveMinimum": 0},
    "exclusive bound as a flag": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
    "list of types": {"type": ["string", "integer"]},
    "type null": {"type": "null"},
    "condition": {"if": {"type": "string"}, "then": {"type": "string"}},
    "negation": {"not": {"type": "string"}},
    "any of": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    "example in a shape": {"type": "string", "example": "a"},
    "misspelt keyword": {"type": "string", "maxlength": 4},
    "reference to a component": {
        "allOf": [{"$ref": "#/components/schemas/Error"}, {"$ref": "#/Age"}]
    },
    "reference with neighbours": {"type": "array", "items": {"$ref": "#/Age", "minimum": 1}},
    "length of a number": {"type": "integer", "maxLength": 4},
    "bound of a text": {"type": "string", "minimum": 4},
    "members of an array": {"type": "array", "items": {}, "required": ["a"]},
    "array of anything": {"type": "array"},
    "members without type": {"properties": {"a": {"type": "string", "description": "A."}}},
    "member without description": {"type": "object", "properties": {"a": {"type": "string"}}},
    "open by flag": {"type": "object", "additionalProperties": True},
    "pattern without beginning": {"type": "string", "pattern": "a$"},
    "malformed pattern": {"type": "string", "pattern": "^(a"},
    "limit of no keyword": {"type": "integer", "x-limit": {"most": "max_claim_ttl"}},
    "unknown extension": {"type": "integer", "x-unit": "s"},
}


@pytest.mark.parametrize("case", STRANGE)
def test_vocabulary_refuses_strange_shapes(case: str, spec: Spec) -> None:
    """A shape of this kind is no part of the vocabulary."""
    broken = copy.deepcopy(spec)

    broken.schemas["queue"]["Strange"] = {"title": "T", "description": "D.", **STRANGE[case]}

    assert list(shape_rules.vocabulary(broken)) != []


@pytest.mark.parametrize("name", ["strange", "Strange2", "x-strange"])
def test_vocabulary_refuses_strange_names(name: str, spec: Spec) -> None:
    """A shape has a name in CamelCase without digits."""
    broken = copy.deepcopy(spec)

    broken.schemas["queue"][name] = {"title": "T", "description": "D."}

    assert list(shape_rules.vocabulary(broken)) != []


@pytest.mark.parametrize("missing", ["title", "description"])
def test_vocabulary_asks_for_title_and_description(missing: str, spec: Spec) -> None:
    """A shape says what it is called and what it means."""
    broken = copy.deepcopy(spec)

    broken.schemas["queue"]["QueuePage"].pop(missing)

    assert list(shape_rules.vocabulary(broken)) != []
