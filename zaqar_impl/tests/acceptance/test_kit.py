# SPDX-License-Identifier: Apache-2.0
"""The project's own kit, as anybody would run it, against the running service.

``ZAQAR_GENERATED`` sets how many requests it invents for each operation; the test line takes few.
"""

import os
import subprocess
import sys
from pathlib import Path

from zaqar_conformance.render import Judgement
from zaqar_conformance.report import read
from zaqar_conformance.verdict import Verdict
from zaqar_impl.tests.acceptance.running import RunningServer

GENERATED = os.environ.get("ZAQAR_GENERATED", "3")

#: What a server has only where its operator switches it on; ``test_pools`` does.
SWITCHED_OFF = {"admin", "queue-moves"}
SWITCHED_OFF_CASES = {"websocket-links.link/administration"}


def test_the_service_conforms(server: RunningServer, tmp_path: Path) -> None:
    """Every case passes, but those of what is switched off: written and generated ones."""
    file = tmp_path / "report.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", "from zaqar_conformance.cli import main; main()",
         "run", "--url", server.url, "--websocket-url", server.websocket_url,
         "--generated", GENERATED, "--report", str(file)],
        stdout=subprocess.PIPE, text=True, timeout=6 * 3600,
    )  # fmt: skip

    # for the log of a long run
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    with file.open(encoding="utf-8") as lines:
        judged = Judgement.of(read(lines))
    short = [
        case.id
        for case in judged.report.cases
        if judged.verdicts[case.id] is not Verdict.PASS
        and case.profile not in SWITCHED_OFF
        and case.id not in SWITCHED_OFF_CASES
    ]
    # a walk may happen to find no link to follow
    assert [id for id in short if not id.startswith("generated.lost-resource/")] == []
