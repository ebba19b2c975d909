# SPDX-License-Identifier: Apache-2.0
"""The reader of the specification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.small_target import write_spec
from zaqar_conformance import specdoc
from zaqar_conformance.errors import SpecError
from zaqar_conformance.generate.operations import operations
from zaqar_conformance.verdict import Level


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the specification of the small API."""
    return write_spec(tmp_path / "spec")


def change(file: Path, edit: Callable[[Any], None]) -> None:
    """Edit a YAML file in place."""
    content = yaml.safe_load(file.read_text("utf-8"))
    edit(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def references(node: Any) -> set[str]:
    """Every `$ref` in the node."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if "$ref" in node else set()
    return own.union(*map(references, node.values()))


def test_requirements_are_read_with_all_their_fields(folder: Path) -> None:
    """A requirement keeps what the file says of it."""
    spec = specdoc.load(folder)

    order = spec.requirements["queue-list.order"]
    assert order.level == Level.MUST
    assert (order.profile, order.operations) == ("core", ("queue_list",))
    assert order.sentence == "Queues are listed by name."
    assert (order.source, order.defect) == ("contract 3.2", "D-1")
    assert spec.profiles == {"core": "Queues.", "claims": "Claims."}


def test_document_refers_to_itself_only(folder: Path) -> None:
    """After bundling each reference leads to a component that is there."""
    document = specdoc.load(folder).document

    refs = references(document)
    assert refs
    for ref in refs:
        _, kind, name = ref.removeprefix("#/").split("/")
        assert name in document["components"][kind]


def test_path_items_are_put_in_place(folder: Path) -> None:
    """Operations stand under their paths, their shared parts under the names of the files."""
    document = specdoc.load(folder).document

    assert specdoc.load(folder).version == "1.2.3"
    assert {"queue_list", "queue_create", "queue_get"} == set(operations(document))
    assert {"Limit", "Metadata", "Ttl", "Page", "Refusal"} == set(document["components"]["schemas"])
    assert {"ClientId", "Project", "QueueName"} == set(document["components"]["parameters"])


def test_a_reference_inside_a_schema_file_stays_with_its_file(folder: Path) -> None:
    """`#/Ttl` in schemas/queue.yaml means that file's Ttl."""
    document = specdoc.load(folder).document

    ttl = document["components"]["schemas"]["Metadata"]["properties"]["ttl"]
    assert ttl == {"$ref": "#/components/schemas/Ttl"}


def test_a_shape_may_lead_back_to_itself(folder: Path) -> None:
    """A circle of references ends in references, not in a recursion."""
    loop = {"Tree": {"type": "object", "properties": {"branch": {"$ref": "#/Tree"}}}}
    change(folder / "schemas/queue.yaml", lambda shapes: shapes.update(loop))
    change(
        folder / "schemas/queue.yaml",
        lambda shapes: shapes["Page"]["properties"].update(tree={"$ref": "#/Tree"}),
    )

    document = specdoc.load(folder).document

    branch = document["components"]["schemas"]["Tree"]["properties"]["branch"]
    assert branch == {"$ref": "#/components/schemas/Tree"}


def test_examples_are_named_by_file_and_key(folder: Path) -> None:
    """An example file of an operation gives components called operation_key."""
    (folder / "examples").mkdir()
    (folder / "examples/queue_list.yaml").write_text("two:\n  value: {queues: [a, b]}\n")

    def refer(paths: Any) -> None:
        media = paths["queues"]["get"]["responses"]["200"]["content"]["application/json"]
        media["examples"] = {"two": {"$ref": "examples/queue_list.yaml#/two"}}

    change(folder / "paths.yaml", refer)

    document = specdoc.load(folder).document

    expected = {"queue_list_two": {"value": {"queues": ["a", "b"]}}}
    assert expected == document["components"]["examples"]


def test_dates_stay_text(folder: Path) -> None:
    """YAML's dates are not JSON, so an unquoted one is read as it is written."""
    change(folder / "openapi.yaml", lambda root: root["info"].update({"x-day": "@"}))
    file = folder / "openapi.yaml"
    file.write_text(file.read_text("utf-8").replace("'@'", "2026-03-01T10:20:30Z"), "utf-8")

    assert specdoc.load(folder).document["info"]["x-day"] == "2026-03-01T10:20:30Z"


def test_digest_follows_the_rules_and_not_the_prose(folder: Path) -> None:
    """Another README is the same specification, another limit is not."""
    before = specdoc.load(folder).digest
    (folder / "README.rst").write_text("prose")
    with_prose = specdoc.load(folder).digest
    change(folder / "schemas/queue.yaml", lambda shapes: shapes["Limit"].update(maximum=21))

    assert before == with_prose
    assert before != specdoc.load(folder).digest


def break_reference(folder: Path) -> None:
    """Have a reference lead nowhere."""
    change(folder / "paths.yaml", lambda p: p.update(queue={"$ref": "common.yaml#/parameters/No"}))


def repeat_name(folder: Path) -> None:
    """Have one component name in two files."""
    (folder / "schemas/other.yaml").write_text("Page: {type: string}\nTop: {type: string}\n")

    def refer(shapes: Any) -> None:
        shapes["Metadata"]["properties"]["page"] = {"$ref": "other.yaml#/Page"}

    change(folder / "schemas/queue.yaml", refer)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (break_reference, "leads nowhere in common.yaml"),
        (repeat_name, "Page is in queue.yaml and in other.yaml"),
        (lambda folder: (folder / "paths.yaml").unlink(), "paths.yaml"),
        (lambda folder: (folder / "paths.yaml").write_text("a: [b"), "paths.yaml"),
        (lambda folder: (folder / "requirements.yaml").unlink(), "requirements.yaml"),
        (lambda folder: (folder / "requirements.yaml").write_text("[]"), "malformed"),
        (
            lambda folder: change(
                folder / "requirements.yaml", lambda r: r["requirements"][0].update(level="OUGHT")
            ),
            "OUGHT",
        ),
        (
            lambda folder: change(
                folder / "requirements.yaml",
                lambda r: r["requirements"].append(r["requirements"][0]),
            ),
            "uses an id twice",
        ),
    ],
)
def test_a_damaged_specification_is_named(
    folder: Path, damage: Callable[[Path], object], told: str
) -> None:
    """The error tells the file and what is wrong with it, in one line."""
    damage(folder)

    with pytest.raises(SpecError) as caught:
        _ = specdoc.load(folder).document

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_specification_is_refused(tmp_path: Path) -> None:
    """`--spec` has to name a folder with openapi.yaml in it."""
    with pytest.raises(SpecError, match="no specification in"):
        specdoc.find(tmp_path)


def test_the_kit_finds_its_own_specification() -> None:
    """Without `--spec` the packaged copy or the checkout's is used."""
    assert (specdoc.find() / "openapi.yaml").is_file()
