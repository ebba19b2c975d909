# SPDX-License-Identifier: Apache-2.0
"""House rules of operations: each gives its findings as texts, none if the spec keeps it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from zaqar_impl.specdoc import SWITCHES
from zaqar_impl.tests.spec.reading import Node, Spec, nodes

#: Those that anybody may ask for: no policy decides about them.
OPEN_TO_ALL = {"get_version_doc", "get_home_doc"}


def names(spec: Spec) -> Iterator[str]:
    """Operation names are snake_case and used once."""
    used = Counter(operation["operationId"] for _, _, operation in spec.operations())
    for name, times in used.items():
        if times > 1:
            yield f"{name} is used {times} times"
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
            yield f"{name} is not snake_case"


def policies(spec: Spec) -> Iterator[str]:
    """Every operation has a policy rule, but for the two documents."""
    for _, _, operation in spec.operations():
        name = operation["operationId"]
        if ("x-policy" in operation) == (name in OPEN_TO_ALL):
            yield f"{name}: x-policy is {operation.get('x-policy')!r}"


def refusals(spec: Spec) -> Iterator[str]:
    """Every operation can be refused, and each refusal that has a body shows one."""
    for method, _, operation in spec.operations():
        name = operation["operationId"]
        found = [(s, r) for s, r in spec.responses(operation) if s >= "400"]
        if not found:
            yield f"{name} has no refusal"
        for status, response in found:
            content = response.get("content", {})
            if method == "HEAD":
                continue
            if list(content) != ["application/json"]:
                yield f"{name} {status}: a refusal has one body, of application/json"
            elif not content["application/json"].get("examples"):
                yield f"{name} {status} has no example"


def answers(spec: Spec) -> Iterator[str]:
    """Every answer has the request id, and every body in it and in requests an example."""
    for _, _, operation in spec.operations():
        name = operation["operationId"]
        for status, response in spec.responses(operation):
            if "X-OpenStack-Request-ID" not in response.get("headers", {}):
                yield f"{name} {status} has no X-OpenStack-Request-ID"
        bodies = [response.get("content", {}) for _, response in spec.responses(operation)]
        bodies.append(operation.get("requestBody", {}).get("content", {}))
        for content in bodies:
            yield from (
                f"{name}: a body of {t} has no example"
                for t, b in content.items()
                if not b.get("examples")
            )


def parameters(spec: Spec) -> Iterator[str]:
    """Every parameter has a description, and an example or a default."""
    for _, _, operation in spec.operations():
        for parameter in map(spec.resolved, operation["parameters"]):
            place = f"{operation['operationId']}: {parameter['name']}"
            if not parameter.get("description"):
                yield f"{place} has no description"
            if "example" not in parameter and "default" not in spec.resolved(parameter["schema"]):
                yield f"{place} has neither example nor default"


def limits(spec: Spec) -> Iterator[str]:
    """Limits name an option that exists, and stand in the file with its default."""
    for node in nodes(spec.document):
        for keyword, option in node.get("x-limit", {}).items():
            yield from _limit(spec, option, node.get(keyword))
        if "option" in (bound := node.get("x-max-bytes", {})):
            yield from _limit(spec, bound["option"], bound["default"])


def _limit(spec: Spec, option: str, literal: object) -> Iterator[str]:
    if option not in spec.options:
        yield f"{option} is no option of the [transport] group"
    elif spec.options[option] != literal:
        yield f"{option} is {spec.options[option]} by default, the spec says {literal}"


def bodies(spec: Spec) -> Iterator[str]:
    """Every request body is bounded and has one media type."""
    for _, _, operation in spec.operations():
        body = operation.get("requestBody")
        if body is None:
            continue
        if "default" not in body.get("x-max-bytes", {}):
            yield f"{operation['operationId']}: the body has no x-max-bytes"
        if len(body["content"]) != 1:
            yield f"{operation['operationId']}: the body has {len(body['content'])} media types"


def links(spec: Spec) -> Iterator[str]:
    """Links lead to operations that exist, and fill parameters that those have."""
    known = {o["operationId"]: o for _, _, o in spec.operations()}
    for _, _, operation in spec.operations():
        for status, response in spec.responses(operation):
            for link, target in response.get("links", {}).items():
                place = f"{operation['operationId']} {status} {link}"
                yield from _link(spec, place, target, known.get(target["operationId"]))


def _link(spec: Spec, place: str, link: Node, target: Node | None) -> Iterator[str]:
    if target is None:
        yield f"{place} leads to {link['operationId']}, which does not exist"
        return
    found = list(map(spec.resolved, target["parameters"]))
    names_there = {p["name"] for p in found}
    needed = {p["name"] for p in found if p["in"] == "path"}
    given = set(link.get("parameters", {}))
    yield from (
        f"{place} fills {name}, which {link['operationId']} does not have"
        for name in given - names_there
    )
    yield from (f"{place} does not fill {name}" for name in needed - given)


def variants(spec: Spec) -> Iterator[str]:
    """A variant is chosen by a query parameter of its operation."""
    for _, _, operation in spec.operations():
        query = {
            p["name"] for p in map(spec.resolved, operation["parameters"]) if p["in"] == "query"
        }
        for parameter in operation.get("x-variants", {}):
            if parameter not in query:
                yield f"{operation['operationId']}: {parameter} chooses, but is no parameter"


def home(spec: Spec) -> Iterator[str]:
    """The home document names paths, methods and variables that exist."""
    known = {(_shape(path), method): o for method, path, o in spec.operations()}
    for relation, entry in spec.home.items():
        address = entry.get("href") or entry["template"]
        path, _, query = address.partition("{?")
        for method in entry["allow"]:
            if (_shape(path), method) not in known:
                yield f"{relation}: {method} {path} does not exist"
                continue
            there = {
                p["name"] for p in map(spec.resolved, known[_shape(path), method]["parameters"])
            }
            wanted = set(filter(None, query.rstrip("}").split(",")))
            yield from (
                f"{relation}: {name} is no parameter of {method} {path}" for name in wanted - there
            )
        variables = set(re.findall(r"\w+", "".join(re.findall(r"\{[^}]*\}", address))))
        if variables != set(entry.get("vars", ())):
            yield f"{relation}: the template has other variables than vars"


def _shape(path: str) -> str:
    """The path whatever its variables are called: the home document has names of its own."""
    return re.sub(r"\{\w+\}", "{}", path)


def switches(spec: Spec) -> Iterator[str]:
    """What is switched is a whole path, by switches that exist."""
    for path, item in spec.document["paths"].items():
        for name in item.get("x-enabled-by", ()):
            if name not in SWITCHES:
                yield f"{path}: {name} is no switch"
    for _, _, operation in spec.operations():
        if "x-enabled-by" in operation:
            yield f"{operation['operationId']}: only a path can be switched"


def extensions(spec: Spec) -> Iterator[str]:
    """What is an extension has profiles of its own: no other claim depends on it."""
    extra = set()
    for _, _, operation in spec.operations():
        if operation.get("x-extension"):
            extra.add(operation["operationId"])
        if operation.get("x-extension", True) is not True:
            yield f"{operation['operationId']}: x-extension is true, or absent"
    concerned: dict[str, list[tuple[str, bool]]] = {}
    for entry in spec.register["requirements"]:
        concerns = bool(extra & set(entry["operations"]))
        concerned.setdefault(entry["profile"], []).append((entry["id"], concerns))
    for profile, entries in concerned.items():
        if any(concerns for _, concerns in entries):
            yield from (
                f"{profile} is of an extension, which {name} does not name"
                for name, concerns in entries
                if not concerns
            )


def unused(spec: Spec) -> Iterator[str]:
    """What the files define is used by a document."""
    components = spec.document["components"]
    for file, content in spec.schemas.items():
        yield from (
            f"schemas/{file}.yaml: {n} is not used" for n in content if n not in spec.shapes()
        )
    for file, content in spec.examples.items():
        for name in content:
            if f"{file}_{name}" not in components["examples"]:
                yield f"examples/{file}.yaml: {name} is not used"
    for kind, content in spec.common.items():
        yield from (
            f"common.yaml: {kind}/{n} is not used" for n in content if n not in components[kind]
        )


def wording(spec: Spec) -> Iterator[str]:
    """Descriptions are sentences and state facts."""
    return wording_of(spec.document, "description")


def wording_of(document: Node, *keys: str) -> Iterator[str]:
    """What is wrong with the texts that stand under these keys anywhere in a document."""
    for node in nodes(document):
        for text in (node.get(key) for key in keys):
            if isinstance(text, str) and not text.rstrip().endswith("."):
                yield f"no full stop: {text!r}"
            if isinstance(text, str) and re.search(r"\bshould\b", text):
                yield f"says should: {text!r}"


RULES = (
    names,
    policies,
    refusals,
    answers,
    parameters,
    limits,
    bodies,
    links,
    variants,
    home,
    switches,
    extensions,
    unused,
    wording,
)
