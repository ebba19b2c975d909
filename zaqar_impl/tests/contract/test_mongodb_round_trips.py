# SPDX-License-Identifier: Apache-2.0
"""How often the driver asks MongoDB, as pymongo tells it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from pymongo import monitoring
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from zaqar_impl.domain.values import ClaimTerms, Message, NewMessage, QueueRef
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.mongodb import MongoStorage
from zaqar_impl.storage.mongodb.directory import REMEMBERED_SECONDS

NEW = [NewMessage(b"{}", 3600)]
TERMS = ClaimTerms(ttl=100, grace=60)


class Commands(CommandListener):
    """The commands that clients send while ``noted`` is a list."""

    noted: list[str] | None = None

    def started(self, event: CommandStartedEvent) -> None:
        if self.noted is not None:
            self.noted.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


COMMANDS = Commands()
monitoring.register(COMMANDS)


@pytest.fixture
def commands() -> Iterator[list[str]]:
    """What has been sent since the test began, or cleared it."""
    COMMANDS.noted = []
    yield COMMANDS.noted
    COMMANDS.noted = None


@pytest.fixture
async def storage(mongod: EmbeddedMongod) -> AsyncIterator[MongoStorage]:
    storage = MongoStorage(mongod.uri, f"trips-{secrets.token_hex(4)}", FakeClock())
    await storage.open()
    yield storage
    await storage.connection.client.drop_database(storage.connection.database.name)
    await storage.close()


@pytest.fixture
async def refs(storage: MongoStorage) -> list[QueueRef]:
    """Queues with messages, known to the driver."""
    refs = [QueueRef("project", f"queue-{n}") for n in range(8)]
    for ref in refs:
        await storage.queues.create(ref, {})
        await storage.messages.post(ref, NEW * 30, producer="me")
    return refs


async def page(
    storage: MongoStorage, ref: QueueRef, after: int = 0, hide: str | None = None
) -> list[Message]:
    found = await storage.messages.list(
        ref, after=after, limit=10, hide_producer=hide, include_claimed=True, include_delayed=True
    )
    return list(found)


async def post(storage: MongoStorage, ref: QueueRef, times: int = 1) -> None:
    """Post as handlers do, several times at once."""
    seen = await storage.queues.recall(ref)
    posts = (storage.messages.post(ref, NEW, producer="me", seen=seen) for _ in range(times))
    await asyncio.gather(*posts)


async def test_post_is_one_transaction_of_three_commands(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """The queue itself is not asked for."""
    await post(storage, refs[0])

    assert commands == ["findAndModify", "insert", "commitTransaction"]


async def test_posts_that_wait_share_a_transaction(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """However many they are."""
    await post(storage, refs[0], times=50)

    assert commands == ["findAndModify", "insert", "commitTransaction"]
    assert len(await page(storage, refs[0], after=70)) == 10


async def test_posts_to_many_queues_share_a_transaction(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """One command moves all the heads, and one reads them."""
    await asyncio.gather(*(post(storage, ref, times=3) for ref in refs))

    assert commands == ["update", "find", "insert", "commitTransaction"]
    assert [len(await page(storage, ref, after=30)) for ref in refs] == [3] * len(refs)


async def test_listing_is_one_command(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """The queue is remembered."""
    await page(storage, refs[0])
    commands.clear()

    assert len(await page(storage, refs[0], after=10)) == 10

    assert commands == ["find"]


async def test_readers_of_the_same_page_share_a_look(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """It begins after all of them came; who wants another page looks for himself."""
    await page(storage, refs[0])
    commands.clear()

    pages = await asyncio.gather(*(page(storage, refs[0], n // 10) for n in range(20)))

    assert commands == ["find"] * 2
    assert [found[0].position for found in pages] == [1] * 10 + [2] * 10


async def test_readers_who_leave_out_their_own_messages_share_a_look(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """But for those whose messages are on a full page: they look for more."""
    await page(storage, refs[0])
    commands.clear()

    readers = ["a", "b", "me", "c"]
    pages = await asyncio.gather(*(page(storage, refs[0], hide=reader) for reader in readers))

    assert commands == ["find"] * 2
    assert [len(found) for found in pages] == [10, 10, 0, 10]

    commands.clear()
    far = await asyncio.gather(*(page(storage, refs[0], 25, hide=reader) for reader in readers))

    assert commands == ["find"]
    assert [len(found) for found in far] == [5, 5, 0, 5]


async def test_claim_takes_two_round_trips(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """What may be claimed and what was held is asked at the same time; then the messages are
    marked."""
    await page(storage, refs[0])
    commands.clear()

    assert await storage.claims.create(refs[0], TERMS, 10) is not None

    assert commands == ["find", "find", "update"]


async def test_claim_of_what_was_claimed_before_is_read_again(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """Some of the messages were claimed before, so who claims them now looks at all once more."""
    before = await storage.claims.create(refs[0], TERMS, 5)
    assert before is not None
    await storage.claims.release(refs[0], before.id)
    commands.clear()

    assert await storage.claims.create(refs[0], TERMS, 10) is not None

    assert commands == ["find", "find", "update", "find"]


async def test_claims_that_wait_are_made_together(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """However many they are; each gets its own, the first one the oldest."""
    await page(storage, refs[0])
    commands.clear()

    made = await asyncio.gather(*(storage.claims.create(refs[0], TERMS, 3) for _ in range(9)))

    assert commands == ["find", "find", "update"]
    messages = [message.position for claim in made if claim for message in claim.messages]
    assert messages == list(range(1, 28))


async def test_deletions_that_wait_share_a_command(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """However many they are."""
    ids = [message.id for message in await page(storage, refs[0])]
    commands.clear()

    await asyncio.gather(
        *(storage.messages.delete_many(refs[0], [each], claim_ids=None) for each in ids)
    )

    assert commands == ["delete"]
    assert (await page(storage, refs[0]))[0].position == 11


async def test_many_ask_for_a_queue_at_once(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """One look is for all of them, for it begins after they came."""
    await asyncio.gather(*(storage.queues.get(refs[0]) for _ in range(20)))

    assert commands == ["find"]


async def test_nothing_goes_by_an_old_memory(
    storage: MongoStorage, refs: list[QueueRef], commands: list[str]
) -> None:
    """After a second the queue is looked at anew, but not for a post, which checks it anyway."""
    await page(storage, refs[0])
    await asyncio.sleep(REMEMBERED_SECONDS * 1.1)
    commands.clear()

    await post(storage, refs[0])
    assert commands == ["findAndModify", "insert", "commitTransaction"]
    commands.clear()
    await page(storage, refs[0])
    assert commands == ["find", "find"]
