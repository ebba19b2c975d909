# SPDX-License-Identifier: Apache-2.0
"""What the topics of the contract share: the fixtures, and short spellings of frequent calls."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from zaqar_impl.domain.errors import NotFound
from zaqar_impl.domain.values import Claim, ClaimTerms, Message, NewMessage, QueueRef
from zaqar_impl.storage.contract.clock import FakeClock
from zaqar_impl.storage.interface import Storage

_T = TypeVar("_T")

#: More than any test here posts.
ALL = 1000
#: An id of a likely form that is never given out, and texts that are no ids of any driver.
NOBODYS_ID = "0" * 24
NO_IDS = ("", "x", "z" * 24, "0" * 25, NOBODYS_ID, "\N{SNOWMAN}", "a\0b", "{}")


class ContractFixtures:
    """A driver overrides ``storage``, and ``peers`` if several processes can share its data."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        """The clock that the driver is opened with."""
        return FakeClock()

    @pytest.fixture
    def storage(self, clock: FakeClock) -> Storage:
        """The opened driver; data of earlier tests does not matter."""
        raise NotImplementedError("the test class of a driver has a fixture `storage`")

    @pytest.fixture
    def peers(self, storage: Storage) -> Sequence[Storage]:
        """Three drivers on the same data and clock, as three processes would have them."""
        return [storage] * 3

    @pytest.fixture
    def ref(self) -> QueueRef:
        """A queue that does not exist, in a project of its own."""
        return QueueRef(f"project-{secrets.token_hex(8)}", "jobs")


async def post(
    storage: Storage,
    ref: QueueRef,
    *bodies: str,
    ttl: int = 300,
    delay: int = 0,
    producer: str = "producer",
) -> Sequence[str]:
    """Post messages in one batch, to a queue that is made if there is none."""
    new = [NewMessage(body.encode(), ttl, delay) for body in bodies]
    return await on_demand(storage, ref, lambda: storage.messages.post(ref, new, producer=producer))


async def on_demand(storage: Storage, ref: QueueRef, work: Callable[[], Awaitable[_T]]) -> _T:
    """What ``work`` gives; the queue is made when it is missed there, as handlers do."""
    while True:
        try:
            return await work()
        except NotFound:
            await storage.queues.create(ref, {})


async def read(
    storage: Storage,
    ref: QueueRef,
    *,
    after: int = 0,
    limit: int = ALL,
    hide_producer: str | None = None,
    include_claimed: bool = True,
    include_delayed: bool = True,
) -> Sequence[Message]:
    """List messages; by default all of them."""
    return await storage.messages.list(
        ref,
        after=after,
        limit=limit,
        hide_producer=hide_producer,
        include_claimed=include_claimed,
        include_delayed=include_delayed,
    )


async def claim(
    storage: Storage, ref: QueueRef, limit: int = ALL, *, ttl: int = 100, grace: int = 60
) -> Claim:
    """Make a claim that must succeed."""
    made = await storage.claims.create(ref, ClaimTerms(ttl, grace), limit)
    assert made is not None
    return made


def bodies(messages: Sequence[Message]) -> Sequence[str]:
    """The bodies as text."""
    return [message.body.decode() for message in messages]


def positions(messages: Sequence[Message]) -> Sequence[int]:
    """The positions in the log."""
    return [message.position for message in messages]


def ids(messages: Sequence[Message]) -> Sequence[str]:
    """The public ids."""
    return [message.id for message in messages]
