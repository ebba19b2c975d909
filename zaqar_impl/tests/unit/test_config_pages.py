# SPDX-License-Identifier: Apache-2.0
"""The pages about the options, made from the code; the tests that every option has."""

import ast
from collections.abc import Iterator
from pathlib import Path

from zaqar_impl.config import list_options
from zaqar_impl.config.reference import COMMAND, REFERENCE, SAMPLE, write

TESTS = Path(__file__).parents[1]
PAGES = TESTS.parents[1] / "docs" / "operate"


def test_the_pages_are_as_the_code(tmp_path: Path) -> None:
    """Whoever changes an option makes the pages anew."""
    write(tmp_path)

    for page in (REFERENCE, SAMPLE):
        new, kept = (folder / page for folder in (tmp_path, PAGES))
        assert new.read_text() == kept.read_text(), f"{kept} is stale: run {COMMAND}"


def test_the_sample_is_a_configuration_without_an_effect() -> None:
    """Every option is there, as a comment; an operator begins with a copy of it."""
    lines = (PAGES / SAMPLE).read_text().splitlines()

    assert all(line == "" or line[0] in "#[" for line in lines)
    for _, options in list_options():
        assert all(
            any(line.startswith(f"#{o.dest} = ") or line == f"#{o.dest} =" for line in lines)
            for o in options
        )


def test_every_option_has_a_test_that_shows_its_effect() -> None:
    """A test says with the marker ``option`` which options it is about, as ``group.option``."""
    options = {f"{group.name}.{o.dest}" for group, listed in list_options() for o in listed}
    shown = {name for file in TESTS.rglob("test_*.py") for name in _marked(file)}

    assert sorted(options - shown) == [], "options without a test of their effect"
    assert sorted(shown - options) == [], "tests of options that there are not"


def _marked(file: Path) -> Iterator[str]:
    """The options that the tests in a file are marked with, whether they are run or not."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.option":
            yield from (ast.literal_eval(argument) for argument in node.args)
