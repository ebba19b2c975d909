# SPDX-License-Identifier: Apache-2.0
"""A run of faults under load, and what is kept of it.

The service is two hosts of two workers each on one replica set. One host has the driver's default
limits: its calls outlast an election. The other gives up early, so that clients are refused in the
middle of things and do not know what has become of their posts.
"""

import contextlib
import dataclasses
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zaqar_impl.tests.acceptance.faults import ELECTING, FAULTS, Service
from zaqar_impl.tests.acceptance.figures import Figures, Spell, figures
from zaqar_impl.tests.acceptance.history import (
    Kill,
    Label,
    Post,
    answer_violations,
    claim_violations,
    consuming_violations,
    marker_violations,
    reading_violations,
)
from zaqar_impl.tests.acceptance.replicas import ReplicaSet
from zaqar_impl.tests.acceptance.running import RunningServer
from zaqar_impl.tests.acceptance.traffic import Load

#: What the host that gives up early gives to a call.
HASTY = "&timeoutMS=3000&serverSelectionTimeoutMS=1500"
#: Seconds of quiet traffic after each fault.
SETTLE_SECONDS = 2.0
#: Seconds after which no more faults begin, so that all ends within 10 minutes on a busy machine.
LONGEST_RUN = 400
#: Seconds of the shortest claim that the API knows.
CLAIM_TTL = 60
#: Seconds that a producer pauses: the run is about faults, not about load.
PAUSE = 0.03
#: Seconds after which a reader or claimer that found nothing looks again.
IDLE = 0.1
#: The reader that comes when all is over.
AUDITOR = 99


@dataclass
class Storm:
    """What clients saw of a run; ``reading`` is a queue from which nothing is deleted, ``working``
    one with consumers."""

    seed: int
    reading: Load
    working: Load
    kills: Sequence[Kill] = ()
    spells: list[Spell] = field(default_factory=list)
    remaining: list[Label] = field(default_factory=list)
    logs: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @property
    def loads(self) -> Sequence[Load]:
        return (self.reading, self.working)

    @property
    def posts(self) -> Sequence[Post]:
        return [post for load in self.loads for post in load.posts]

    def figures(self) -> Sequence[Figures]:
        """Those of each fault, in the order in which they happened."""
        posts = self.posts
        return [figures(spell, posts) for spell in self.spells]

    def violations(self) -> list[str]:
        """Every promise that was broken."""
        deleted = {deletion.label for deletion in self.working.deletions}
        holds, deletions = self.working.holds, self.working.deletions
        return [
            *reading_violations(self.reading.posts, self.reading.seen),
            *reading_violations(self.working.posts, self.working.seen, deleted),
            *consuming_violations(self.working.posts, holds, deletions, self.remaining),
            *claim_violations(holds),
            *(wrong for load in self.loads for wrong in marker_violations(load.markers)),
            *(wrong for load in self.loads for wrong in answer_violations(load.failed, self.kills)),
        ]

    def keep(self) -> Path:
        """Write the history to a file that stays."""
        plain = {
            "seed": self.seed,
            "spells": [dataclasses.asdict(spell) for spell in self.spells],
            "kills": [dataclasses.asdict(kill) for kill in self.kills],
            "remaining": self.remaining,
            "logs": self.logs,
            "reading": _plain(self.reading),
            "working": _plain(self.working),
        }
        with tempfile.NamedTemporaryFile(
            "w", prefix="zaqar-faults-", suffix=".json", delete=False
        ) as file:
            json.dump(plain, file, indent=1)
        return Path(file.name)


@contextlib.contextmanager
def service(
    directory: Path, chance: random.Random, tell: Callable[[str], None], *flags: str, also: str = ""
) -> Iterator[Service]:
    """The two hosts on their replica set; with more flags, and more in their URIs, if given."""
    with ReplicaSet(directory / "replicas") as replicas, contextlib.ExitStack() as stack:
        tell("the replica set is up")
        hosts = []
        for limits in ("", HASTY):
            uri = replicas.uri + limits + also
            hosts.append(RunningServer(None, "--workers", "2", "--mongodb-uri", uri, *flags))
            stack.callback(hosts[-1].stop)
            # One by one: each has the time of a start on a busy machine to itself.
            hosts[-1].wait_ready()
        tell("the service is up")
        yield Service(replicas, hosts, chance)


def storm(service: Service, seed: int, faults: Sequence[str], tell: Callable[[str], None]) -> Storm:
    """Let the faults happen one after the other under load, as many as there is time for; what
    was seen of it."""
    began = time.monotonic()
    ports = [host.port for host in service.hosts]
    reading, working = (Load(ports[0], ports[1:], idle=IDLE) for _ in range(2))
    run = Storm(seed, reading, working, service.kills)
    try:
        _begin(run)
        time.sleep(SETTLE_SECONDS)
        for number, fault in enumerate(faults):
            if time.monotonic() - began > LONGEST_RUN:
                tell(f"no time for more than {number} of {len(faults)} faults")
                break
            run.spells.append(_spell(service, fault, tell))
            tell(str(figures(run.spells[-1], run.posts)))
    finally:
        for load in run.loads:
            load.finish()
    run.remaining = _audit(run)
    run.logs = {host.port: host.output for host in service.hosts}
    return run


def _begin(run: Storm) -> None:
    reading, working = run.loads
    reading.consume(*(reading.reader("reading", number) for number in range(2)))
    reading.produce(
        *(reading.producer("reading", number, 1 + 3 * (number // 2), PAUSE) for number in range(4))
    )
    working.consume(
        *(working.claimer("working", 7, 11, CLAIM_TTL) for _ in range(4)),
        working.reader("working", 0),
    )
    working.produce(*(working.producer("working", 10 + n, 1 + 2 * n, 4 * PAUSE) for n in range(2)))


def _spell(service: Service, fault: str, tell: Callable[[str], None]) -> Spell:
    replicas, known = service.replicas, len(service.replicas.elections)
    begin = time.monotonic()
    FAULTS[fault](service)
    for member in replicas.wait_whole():
        tell(f"{member} did not follow again, and was started anew")
    time.sleep(SETTLE_SECONDS)
    assert fault not in ELECTING or len(replicas.elections) > known, f"no election: {fault}"
    elected = replicas.elections[-1] if fault in ELECTING else None
    return Spell(fault, begin, time.monotonic(), elected)


def _audit(run: Storm) -> list[Label]:
    """Read what is there now, once more from the beginning: the reading queue as one more of its
    readers, and what is left in the other."""
    after = Load(run.reading.port)
    after.consume(after.reader("reading", AUDITOR), after.reader("working", AUDITOR + 1))
    after.finish()
    run.reading.seen[AUDITOR] = after.seen[AUDITOR]
    return after.seen[AUDITOR + 1]


def _plain(load: Load) -> dict[str, Any]:
    return {
        "posts": [dataclasses.asdict(post) for post in load.posts],
        "seen": load.seen,
        "markers": load.markers,
        "holds": [dataclasses.asdict(hold) for hold in load.holds],
        "deletions": [dataclasses.asdict(deletion) for deletion in load.deletions],
        "failed": [dataclasses.asdict(answer) for answer in load.failed],
    }
