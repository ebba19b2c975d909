# SPDX-License-Identifier: Apache-2.0
"""House rules of actions: each gives its findings as texts, none if the spec keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker

from zaqar_impl.tests.spec.operation_rules import wording_of
from zaqar_impl.tests.spec.reading import Node, Spec

#: What there is on a connection alone.
OF_THE_CONNECTION = {"authenticate"}


def _operations(spec: Spec) -> dict[str, Node]:
    """What REST says of each operation, its variants included, by name."""
    found: dict[str, Node] = {}
    for method, path, operation in spec.operations():
        known = {
            "x-rest": {"method": method, "path": path},
            "x-policy": operation.get("x-policy"),
            "x-enabled-by": spec.document["paths"][path].get("x-enabled-by"),
            "x-max-bytes": operation.get("requestBody", {}).get("x-max-bytes"),
        }
        for name in (operation["operationId"], *operation.get("x-variants", {}).values()):
            found[name] = known
    return found


def parity(spec: Spec) -> Iterator[str]:
    """Every operation has an action, or a reason why not, and every action an operation."""
    actions = {name for name, _ in spec.actions()}
    without = spec.websocket["x-without-action"]
    operations = set(_operations(spec))
    yield from (f"{name} has no action" for name in operations - actions - set(without))
    yield from (f"{name} has an action, and a reason for none" for name in actions & set(without))
    yield from (f"{name}, without action, is no operation" for name in set(without) - operations)
    yield from (
        f"{name} is an action without operation"
        for name in actions - operations - OF_THE_CONNECTION
    )


def same_terms(spec: Spec) -> Iterator[str]:
    """Policy, switches, bound of the body, method and path are those of the operation."""
    operations = _operations(spec)
    for name, action in spec.actions():
        for key, value in operations.get(name, {}).items():
            if action.get(key) != value:
                yield f"{name}: {key} is {action.get(key)!r}, over REST it is {value!r}"


def requests(spec: Spec) -> Iterator[str]:
    """An action has one request, called like it, that says so and has headers and a body."""
    for name, action in spec.actions():
        if [ref["$ref"].rpartition("/")[2] for ref in action["messages"]] != [name]:
            yield f"{name}: the request is called otherwise"
            continue
        payload = spec.message(action["messages"][0])["payload"]
        if payload["properties"].get("action", {}).get("enum") != [name]:
            yield f"{name}: the request does not say its action"
        for member in ("headers", "body"):
            if member not in payload["properties"]:
                yield f"{name}: the request has no {member}"
        if not {"action", "headers"} <= set(payload["required"]):
            yield f"{name}: action and headers are required"


def replies(spec: Spec) -> Iterator[str]:
    """A reply has a status, which its name and its headers say; every action can fail."""
    for name, action in spec.actions():
        statuses = []
        for ref in action["reply"]["messages"]:
            called = ref["$ref"].rpartition("/")[2]
            status = spec.message(ref)["x-status"]
            statuses.append(status)
            if called not in (f"{name}_{status}", f"refused_{status}"):
                yield f"{name}: a reply with {status} is called {called}"
            if status not in _statuses(spec, spec.message(ref)["payload"]["properties"]["headers"]):
                yield f"{name}: the headers of {called} are not those of {status}"
        if len(set(statuses)) < len(statuses):
            yield f"{name} has two replies of one status"
        if not {400, 500} <= set(statuses):
            yield f"{name} can't be refused, or can't fail"


def _statuses(spec: Spec, node: Node) -> list[int]:
    node = spec.shapes()[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    own: list[int] = node.get("properties", {}).get("status", {}).get("enum", [])
    return own + [status for part in node.get("allOf", ()) for status in _statuses(spec, part)]


def references(spec: Spec) -> Iterator[str]:
    """What a message is made of are shapes with names, so that nothing is written twice."""
    for name, message in spec.websocket["channels"]["api"]["messages"].items():
        for member, node in message["payload"].get("properties", {}).items():
            parts = node.get("allOf", [node])
            if member != "action" and node != {"type": "object"}:
                yield from (
                    f"{name}: {member} has no name" for part in parts if set(part) != {"$ref"}
                )


def twins(spec: Spec) -> Iterator[str]:
    """No two shapes of the WebSocket and of REST are alike but for their names and texts."""
    rest = spec.document["components"]["schemas"]
    plain = {repr(_untold(shape)): name for name, shape in rest.items()}
    for name, shape in spec.websocket["components"]["schemas"].items():
        if name not in rest and len(repr(_untold(shape))) > 100:
            twin = plain.get(repr(_untold(shape)))
            if twin:
                yield f"{name} is {twin} over again"


def _untold(node: Any) -> Any:
    """A shape without what is told to people."""
    if isinstance(node, list):
        return [_untold(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _untold(value) for key, value in node.items() if key not in ("title", "description")
    }


def used(spec: Spec) -> Iterator[str]:
    """Every message is one of an operation, and every example one of a message."""
    operations = spec.websocket["operations"].values()
    refs = [
        ref for o in operations for ref in (*o["messages"], *o.get("reply", {}).get("messages", ()))
    ]
    named = {ref["$ref"].rpartition("/")[2] for ref in refs}
    messages = spec.websocket["channels"]["api"]["messages"]
    yield from (f"{name} is nobody's message" for name in set(messages) - named)
    shown = {example["name"] for message in messages.values() for example in message["examples"]}
    for file, content in spec.action_examples.items():
        for name, example in content.items():
            if example["name"] != name:
                yield f"examples/actions/{file}.yaml: {name} calls itself {example['name']}"
            elif name not in shown:
                yield f"examples/actions/{file}.yaml: {name} is not used"


def examples(spec: Spec) -> Iterator[str]:
    """Every message has an example, and each fits its shape."""
    for name, message in spec.websocket["channels"]["api"]["messages"].items():
        if not message.get("examples"):
            yield f"{name} has no example"
        validator = OAS30Validator(
            {**message["payload"], "components": {"schemas": spec.shapes()}},
            format_checker=oas30_format_checker,
        )
        for example in message.get("examples", ()):
            for error in validator.iter_errors(example["payload"]):
                yield f"{name} {example['name']} {error.json_path}: {error.message}"


def secrets(spec: Spec) -> Iterator[str]:
    """What is secret is in no repeated request of an example."""
    for name, message in spec.websocket["channels"]["api"]["messages"].items():
        for example in message.get("examples", ()):
            repeated = example["payload"].get("request", {})
            told = {*repeated.get("headers", ()), *(repeated.get("body") or ())}
            for secret in sorted(told & {"X-Auth-Token", "URL-Signature", "uri"}):
                yield f"{name} repeats {secret}"


def close_codes(spec: Spec) -> Iterator[str]:
    """A close code stands once, says who uses it and when, and is one that may be sent."""
    codes = spec.websocket["channels"]["api"]["x-close-codes"]
    for code, times in Counter(entry["code"] for entry in codes).items():
        if times > 1:
            yield f"{code} stands {times} times"
        if code in (1004, 1005, 1006, 1015) or not (1000 <= code < 1016 or 4000 <= code < 5000):
            yield f"{code} is not sent"
    for entry in codes:
        if set(entry) != {"code", "by", "when"} or entry["by"] not in ("client", "server"):
            yield f"{entry['code']} says {sorted(entry)}"


def frame(spec: Spec) -> Iterator[str]:
    """The largest message is the largest of options that exist, and the envelope."""
    bound = spec.websocket["channels"]["api"]["x-max-frame"]
    unknown = [option for option in bound["options"] if option not in spec.options]
    yield from (f"{option} is no option of the [transport] group" for option in unknown)
    if not unknown:
        largest = max(spec.options[option] for option in bound["options"]) + bound["envelope"]
        if bound["default"] != largest:
            yield f"x-max-frame is {largest} by default, the spec says {bound['default']}"


def extensions(spec: Spec) -> Iterator[str]:
    """What is an extension says so, and no profile of v2 depends on it."""
    extra = {name for name, action in spec.actions() if action.get("x-extension")}
    for name, action in spec.actions():
        if action.get("x-extension", True) is not True:
            yield f"{name}: x-extension is true, or absent"
    for entry in spec.websocket_register["requirements"]:
        if entry["profile"] != "websocket-extensions":
            yield from (
                f"{entry['id']} is of v2, and {name} is not"
                for name in sorted(extra & set(entry["operations"]))
            )


def wording(spec: Spec) -> Iterator[str]:
    """Descriptions are sentences and state facts."""
    return wording_of(spec.websocket, "description", "when")


RULES = (
    parity,
    same_terms,
    requests,
    replies,
    references,
    twins,
    used,
    examples,
    secrets,
    close_codes,
    frame,
    extensions,
    wording,
)
