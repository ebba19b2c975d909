# SPDX-License-Identifier: Apache-2.0
"""A replica set and its API hosts, of which one part after the other fails under load: nothing that
was acknowledged is lost, doubled, reordered, or in two hands.

``ZAQAR_FAULT_ROUNDS`` sets how often each fault happens, in an order that ``ZAQAR_FAULT_SEED``
gives, and ``ZAQAR_FAULT_ONLY`` a word that the names of the faults must have. Without rounds a
few of them happen, for the test line has little time.
``ZAQAR_FAULT_RESUME`` is how many seconds service may take to resume.
"""

import os
import random
import time
from pathlib import Path

import pytest

from zaqar_impl.tests.acceptance.faults import ALL_KILLED, FAULTS
from zaqar_impl.tests.acceptance.figures import summary
from zaqar_impl.tests.acceptance.storm import Storm, service, storm

ROUNDS = int(os.environ.get("ZAQAR_FAULT_ROUNDS", "0"))
SEED = int(os.environ.get("ZAQAR_FAULT_SEED") or random.randrange(1_000_000))
#: How many, where nobody asks for rounds.
A_FEW = 4
ONLY = os.environ.get("ZAQAR_FAULT_ONLY", "")

#: Seconds from a new primary to the next acknowledged post. The promise is 2, on a machine that
#: has time for it; beside other tests it is laxer.
RESUME_SECONDS = float(os.environ.get("ZAQAR_FAULT_RESUME", "10"))
#: The same for the producer that waits longest, which may have been told to come again.
EVERYBODY_SECONDS = 2.5 * RESUME_SECONDS

BEGAN = time.monotonic()


def tell(line: str) -> None:
    """Show how far it is."""
    print(f"[{time.monotonic() - BEGAN:5.1f} s] {line}", flush=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Storm:
    """The faults, once for all tests."""
    chance = random.Random(SEED)
    chosen = [fault for fault in FAULTS if ONLY in fault]
    each = len(chosen) if ROUNDS else min(len(chosen), A_FEW)
    faults = [fault for _ in range(ROUNDS or 1) for fault in chance.sample(chosen, each)]
    tell(f"seed {SEED}, {len(faults)} faults")
    with service(tmp_path_factory.mktemp("faults"), chance, tell) as running:
        seen = storm(running, SEED, faults, tell)
    for line in summary(seen.figures()):
        tell(line)
    tell(f"{len(seen.posts)} posts, {len(seen.working.holds)} messages handed out")
    return seen


def test_no_promise_is_broken(run: Storm) -> None:
    """Every acknowledged message is there once and in order, or was deleted by its consumer; posts
    are whole; none was in two hands; markers never go back; clients were told 503 and nothing
    worse."""
    wrong = run.violations()
    if wrong:
        pytest.fail(f"{len(wrong)} violations, history in {run.keep()}:\n" + "\n".join(wrong[:20]))


def test_service_resumes(run: Storm) -> None:
    """Somebody's post is acknowledged soon after there is a new primary, and not much later
    everybody's, on every host."""
    late = [
        each
        for each in run.figures()
        if (each.resumed or 0.0) > RESUME_SECONDS or (each.all_resumed or 0.0) > EVERYBODY_SECONDS
    ]
    assert late == []


def test_the_run_was_one(run: Storm) -> None:
    """There was traffic of each kind between the faults."""
    enough = 10 * len(run.spells)
    assert sum(post.acknowledged for post in run.posts) > enough
    assert len(run.working.consumed) > enough
    assert len(run.reading.seen[0]) > enough


@pytest.mark.skipif(not ROUNDS, reason="only in tox -e faults")
def test_weak_acknowledgement_is_caught(tmp_path: Path) -> None:
    """A deployment that acknowledges what a majority does not have loses it, and this suite tells:
    that it finds nothing elsewhere says something."""
    options = tmp_path / "zaqar.conf"
    options.write_text("[DEFAULT]\nunreliable = true\n")
    flags = ("--config-file", str(options))
    with service(tmp_path / "weak", random.Random(SEED), tell, *flags, also="&w=1") as weak:
        seen = storm(weak, SEED, [ALL_KILLED], tell)

    assert any("missed" in wrong for wrong in seen.violations())
