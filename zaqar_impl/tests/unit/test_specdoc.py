# SPDX-License-Identifier: Apache-2.0
"""Bundling, limits of a deployment, and violations told in words."""

from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.specdoc import SWITCHES, bundle, deploy, operations, shape, spec_root


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return bundle(spec_root())


def write(root: Path, **files: str) -> Path:
    """A spec of these files; two underscores stand for a folder."""
    for name, text in files.items():
        file = root / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return root


def test_shared_things_become_components(tmp_path: Path) -> None:
    """A path item is put in place; a shape it refers to, and what that refers to, are components,
    recursion included."""
    root = write(
        tmp_path,
        openapi='paths: {/a: {$ref: "paths/p.yaml#/a"}}',
        paths__p='a: {get: {schema: {$ref: "../schemas/s.yaml#/Tree"}}}',
        schemas__s='Tree: {items: {$ref: "#/Tree"}, leaf: {$ref: "#/Leaf"}}\nLeaf: {type: string}',
    )

    assert bundle(root) == {
        "paths": {"/a": {"get": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
        "components": {
            "schemas": {
                "Tree": {
                    "items": {"$ref": "#/components/schemas/Tree"},
                    "leaf": {"$ref": "#/components/schemas/Leaf"},
                },
                "Leaf": {"type": "string"},
            }
        },
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"openapi": 'a: {$ref: "schemas/s.yaml#/None"}', "schemas__s": "A: {}"}, "leads nowhere"),
        (
            {
                "openapi": 'a: [{$ref: "schemas/s.yaml#/A"}, {$ref: "schemas/t.yaml#/A"}]',
                "schemas__s": "A: {}",
                "schemas__t": "A: {}",
            },
            "defined twice",
        ),
    ],
)
def test_broken_references_are_told(tmp_path: Path, files: dict[str, str], words: str) -> None:
    """A reference to nothing and a name for two things stop the bundling."""
    with pytest.raises(ValueError, match=words):
        bundle(write(tmp_path, **files))


def test_a_deployments_limits_are_in_its_document(document: dict[str, Any]) -> None:
    """What is configured is what the document says and what is enforced; the original stays as it
    was."""
    deployed = deploy(document, {"max_messages_per_page": 7, "max_messages_post_size": 1000})

    (listing,) = [o for o in operations(deployed) if o.id == "message_list"]
    (limit,) = [p for p in listing.parameters if p.name == "limit"]
    (post,) = [o for o in operations(deployed) if o.id == "message_post"]
    assert limit.shape.violation(8) == "8 is greater than the maximum of 7"
    assert limit.shape.schema["default"] == 7
    assert post.body is not None
    assert post.body.max_bytes == 1000
    assert deploy(document, {}, SWITCHES) == document


def test_violations_name_member_and_bound(document: dict[str, Any]) -> None:
    """Also where null is an alternative."""
    metadata = shape(document, "QueueMetadata")

    assert metadata.violation({"_default_message_ttl": None}) is None
    assert metadata.violation({"_default_message_ttl": 5}) == (
        "_default_message_ttl: 5 is less than the minimum of 60"
    )


@pytest.mark.option("transport.max_pools_per_page")
@pytest.mark.option("transport.max_flavors_per_page")
@pytest.mark.parametrize("resource", ["pool", "flavor"])
def test_pages_of_administrators_are_bounded(document: dict[str, Any], resource: str) -> None:
    """Each listing by its own option."""
    deployed = deploy(document, {f"max_{resource}s_per_page": 7}, SWITCHES)

    (listing,) = [o for o in operations(deployed) if o.id == f"{resource}_list"]
    (limit,) = [p for p in listing.parameters if p.name == "limit"]
    assert limit.shape.violation(8) == "8 is greater than the maximum of 7"
    assert limit.shape.violation(7) is None
