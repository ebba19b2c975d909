# SPDX-License-Identifier: Apache-2.0
"""What goes wrong: each fault happens, lasts as long as it does, and is mended."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from zaqar_impl.tests.acceptance.history import Kill
from zaqar_impl.tests.acceptance.replicas import Member, ReplicaSet
from zaqar_impl.tests.acceptance.running import RunningServer, serves

#: Seconds that a killed member stays away.
AWAY_SECONDS = 3.0
#: Seconds that a primary stands still; longer than the others wait for it.
FROZEN_SECONDS = 5.0
#: Seconds that a primary is alone before it is killed too; soon after that it would step down.
LONELY_SECONDS = 1.5
#: Seconds that a killed worker's replacement may take on a busy machine.
SLOWEST_REPLACEMENT = 120.0


@dataclass
class Service:
    """Hosts on one replica set, and what has been done to them."""

    replicas: ReplicaSet
    hosts: Sequence[RunningServer]
    chance: random.Random
    kills: list[Kill] = field(default_factory=list)


def kill_primary(service: Service) -> None:
    """kill -9 and restart."""
    _restart(service.replicas.primary())


def kill_secondary(service: Service) -> None:
    """kill -9 and restart."""
    _restart(service.chance.choice(service.replicas.secondaries()))


def kill_worker(service: Service) -> None:
    """kill -9 of an API worker; its supervisor puts another in its place.

    That is waited for: a host whose workers are all killed is simply not there.
    """
    host = service.chance.choice(service.hosts)
    before = host.workers()
    victim = service.chance.choice(before)
    service.kills.append(Kill(host.port, time.monotonic()))
    victim.kill()
    deadline = time.monotonic() + SLOWEST_REPLACEMENT
    while victim in (now := host.workers()) or sum(map(serves, now)) < len(before):
        assert time.monotonic() < deadline, "the worker is not replaced"
        time.sleep(0.2)


def step_down(service: Service) -> None:
    """The primary is asked to hand over."""
    service.replicas.step_down()


def freeze_primary(service: Service) -> None:
    """SIGSTOP: it still has its connections and its belief to be primary when it goes on."""
    primary = service.replicas.primary()
    primary.freeze()
    time.sleep(FROZEN_SECONDS)
    primary.thaw()


def fill_disk_of_primary(service: Service) -> None:
    """Its writes fail for want of room: it ends itself, and is started when there is room again."""
    primary = service.replicas.primary()
    primary.fill_disk()
    primary.wait_ended()
    primary.start_anew()


def fill_all_disks(service: Service) -> None:
    """No member can write: the service is down until there is room again."""
    members = service.replicas.members
    for member in members:
        member.fill_disk()
    service.replicas.wait_majority_ended()
    time.sleep(AWAY_SECONDS)
    for member in members:
        member.start_anew()


def kill_all(service: Service) -> None:
    """kill -9 of the secondaries and then of the primary, which is back after a new one was
    elected: what it took in the meantime is rolled back."""
    primary, secondaries = service.replicas.primary(), service.replicas.secondaries()
    for member in secondaries:
        member.kill()
    time.sleep(LONELY_SECONDS)
    primary.kill()
    for member in secondaries:
        member.start()
    service.replicas.primary()
    primary.start()


def _restart(member: Member) -> None:
    member.kill()
    time.sleep(AWAY_SECONDS)
    member.start()


#: The fault that takes back what has not been committed by a majority.
ALL_KILLED = "kill -9 of all members, the primary last"

#: Those after which there is a new primary.
ELECTING: Mapping[str, Callable[[Service], None]] = {
    "kill -9 of the primary": kill_primary,
    "stepdown": step_down,
    "SIGSTOP of the primary for 5 s": freeze_primary,
    ALL_KILLED: kill_all,
    "full disk of the primary": fill_disk_of_primary,
    "full disks of all members": fill_all_disks,
}
FAULTS: Mapping[str, Callable[[Service], None]] = {
    **ELECTING,
    "kill -9 of a secondary": kill_secondary,
    "kill -9 of an API worker": kill_worker,
}
