# SPDX-License-Identifier: Apache-2.0
"""The project's own kit, as anybody would run it, against the running service.

``ZAQAR_GENERATED`` sets how many requests it invents for each operation; the test line takes few.
"""

import os
import subprocess
import sys

from zaqar_conformance.specdoc import load
from zaqar_impl.tests.acceptance.running import RunningServer

GENERATED = os.environ.get("ZAQAR_GENERATED", "20")


def test_the_service_conforms(server: RunningServer) -> None:
    """Every MUST case passes, nothing is blocked, and generated requests find nothing."""
    done = subprocess.run(
        [sys.executable, "-c", "from zaqar_conformance.cli import main; main()",
         "run", "--url", server.url, "--generated", GENERATED],
        stdout=subprocess.PIPE, text=True, timeout=6 * 3600,
    )  # fmt: skip

    # for the log of a long run
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" conforms") == len(load().profiles)
    assert "as far as" not in done.stdout, "a profile was not asked about as a whole"
    assert "fail" not in done.stdout.splitlines()[-1]
