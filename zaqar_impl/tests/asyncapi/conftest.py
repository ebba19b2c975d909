# SPDX-License-Identifier: Apache-2.0
"""The official tools of AsyncAPI, installed once for a run; without node nothing runs."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from zaqar_impl.specdoc import ASYNCAPI, bundle, spec_root

HERE = Path(__file__).resolve().parent

#: What is said of a document: how many operations there are, and findings.
Verdict = dict[str, Any]


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the tools of package-lock.json are; tox keeps it from run to run."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not here, which the official tools of AsyncAPI need")
    kept = os.environ.get("ASYNCAPI_TOOLS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("tools")
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    done = folder / "installed"
    if not (done.is_file() and done.read_bytes() == lock):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        subprocess.run(["npm", "ci", *quiet], cwd=folder, check=True, timeout=600)
        done.write_bytes(lock)
    shutil.copy(HERE / "judge.mjs", folder)
    return folder


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The document as it is written."""
    return bundle(spec_root(), ASYNCAPI)


@pytest.fixture
def judged(tools: Path, tmp_path: Path) -> Callable[[Mapping[str, Any]], Verdict]:
    """What the parser and Spectral say of a document."""

    def judge(document: Mapping[str, Any]) -> Verdict:
        file = tmp_path / "asyncapi.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        ran = subprocess.run(
            ["node", "judge.mjs", str(file)],
            cwd=tools,
            check=True,
            timeout=300,
            capture_output=True,
            text=True,
        )
        verdict: Verdict = json.loads(ran.stdout)
        return verdict

    return judge
