# SPDX-License-Identifier: Apache-2.0
"""Many clients at once: nothing is missed, doubled, reordered, or held by two.

``ZAQAR_LOAD_SECONDS`` sets the length of the run; the test line takes a short one.
"""

import os
import time

from zaqar_impl.tests.acceptance.history import claim_violations, reading_violations
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.acceptance.traffic import Load

SECONDS = float(os.environ.get("ZAQAR_LOAD_SECONDS", "4"))


def test_readers_see_every_acknowledged_message_once_and_in_order(server: RunningServer) -> None:
    """16 producers and 4 readers that page by marker, on 2 workers."""
    load = Load(server.port)
    load.consume(*(load.reader("read", number) for number in range(4)))
    load.produce(*(load.producer("read", number, batch=1 + number % 3) for number in range(16)))
    time.sleep(SECONDS)
    load.finish()

    assert set(load.statuses) == {200, 201}
    assert len(load.posts) > 16
    assert reading_violations(load.posts, load.seen) == []


def test_no_message_is_under_two_live_claims(server: RunningServer) -> None:
    """16 claimers and 4 producers on 2 workers; every message is consumed, and never held by
    two."""
    load = Load(server.port)
    load.produce(*(load.producer("claim", number, batch=5) for number in range(4)))
    load.consume(*(load.claimer("claim", release_every=7) for _ in range(16)))
    time.sleep(SECONDS)
    load.finish()

    posted = {label for post in load.posts for label in post.labels}
    assert set(load.statuses) == {201, 204}
    assert load.consumed == posted
    assert claim_violations(load.holds) == []
