# SPDX-License-Identifier: Apache-2.0
"""The kit judges the server and shares no code with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import zaqar_conformance

PACKAGE = Path(zaqar_conformance.__file__).parent
FORBIDDEN = {"zaqar_impl", "pymongo", "bson", "connexion", "flask"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The top-level packages that the file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_module_imports_nothing_of_the_server(file: Path) -> None:
    """Neither the server nor what it is built on."""
    assert not imported(file) & FORBIDDEN


def test_nothing_of_the_server_is_loaded_by_the_way() -> None:
    """Also the libraries of the kit bring none of it in."""
    program = (
        "import sys, zaqar_conformance.cli\n"
        f"print(sorted({FORBIDDEN} & {{name.partition('.')[0] for name in sys.modules}}))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )

    assert loaded.stdout == "[]\n"


def test_only_specdoc_opens_the_specification() -> None:
    """One reader of YAML means one reading of it."""
    readers = {file.name for file in MODULES if "yaml" in imported(file)}

    assert readers == {"specdoc.py"}
