# SPDX-License-Identifier: Apache-2.0
"""Packages of others, for tests of what the service makes of them."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

#: Takes the kind of plug-in, its name, the text of a module, what in it the plug-in is, and the
#: name of the package.
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package with one plug-in, as pip leaves it behind, for this test."""
    home = tmp_path / "site-packages"
    home.mkdir()
    monkeypatch.syspath_prepend(str(home))

    def make(kind: str, name: str, text: str, value: str, package: str = "brittle") -> None:
        module = f"plugin_{uuid.uuid4().hex}"
        (home / f"{module}.py").write_text(text)
        info = home / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[zaqar_impl.{kind}]\n{name} = {module}:{value}\n")

    return make
