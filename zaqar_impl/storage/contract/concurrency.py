# SPDX-License-Identifier: Apache-2.0
"""Contract: many callers at once, in one process and in several."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence

from zaqar_impl.domain.errors import Forbidden
from zaqar_impl.domain.values import ClaimTerms, Message, QueueRef
from zaqar_impl.storage.contract.base import (
    ContractFixtures,
    bodies,
    ids,
    positions,
    post,
    read,
)
from zaqar_impl.storage.interface import Storage

TERMS = ClaimTerms(ttl=1000, grace=60)


async def _produce(storage: Storage, ref: QueueRef, producer: str, batches: int) -> None:
    """Post batches of one to three messages, each when the one before was acknowledged."""
    for batch in range(batches):
        names = [f"{producer}/{batch}/{part}" for part in range(batch % 3 + 1)]
        await post(storage, ref, *names, producer=producer)


async def _follow(storage: Storage, ref: QueueRef, count: int) -> Sequence[Message]:
    """Page by position until so many messages were seen."""
    seen: list[Message] = []
    while len(seen) < count:
        after = seen[-1].position if seen else 0
        seen += await read(storage, ref, after=after, limit=7)
        await asyncio.sleep(0)
    return seen


class ConcurrencyContract(ContractFixtures):
    """What holds when calls overlap; ``peers`` stand for several processes."""

    async def test_one_of_many_creates_makes_the_queue(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Exactly one gives True, and its metadata are the ones kept."""
        made = await asyncio.gather(
            *(peers[n % len(peers)].queues.create(ref, {"n": n}) for n in range(12))
        )

        assert made.count(True) == 1
        found = await peers[0].queues.get(ref)
        assert found is not None
        assert found.metadata == {"n": made.index(True)}

    async def test_no_update_is_lost(self, peers: Sequence[Storage], ref: QueueRef) -> None:
        """Each change sees what the ones before it have stored."""
        await peers[0].queues.create(ref, {"n": 0})

        await asyncio.gather(
            *(
                peers[n % len(peers)].queues.update(ref, lambda old: {"n": old["n"] + 1})
                for n in range(12)
            )
        )

        found = await peers[0].queues.get(ref)
        assert found is not None
        assert found.metadata == {"n": 12}

    async def test_each_reader_leaves_out_whom_it_names(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """However many read at once: the pages are those of readers that are alone."""
        for number in range(9):
            await post(storage, ref, str(number), producer=f"client-{number % 3}")
        hidden = [None, *(f"client-{number}" for number in range(4))]

        def listed(producer: str | None, limit: int) -> Awaitable[Sequence[Message]]:
            return read(storage, ref, hide_producer=producer, limit=limit)

        for limit in (4, 20):
            alone = [bodies(await listed(producer, limit)) for producer in hidden]
            together = await asyncio.gather(*(listed(producer, limit) for producer in hidden * 2))
            assert [bodies(page) for page in together] == alone * 2

    async def test_first_posts_share_the_queue_they_make(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Posts to a queue that does not exist are all in the one queue that comes to be."""
        await asyncio.gather(*(post(peers[n % len(peers)], ref, str(n)) for n in range(12)))

        shown = await read(peers[0], ref)
        assert positions(shown) == list(range(1, 13))
        assert sorted(bodies(shown), key=int) == [str(n) for n in range(12)]

    async def test_readers_see_everything_once_and_in_order(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Readers that page by position while producers post pass over nothing.

        Positions have no gap, batches stay together, and each producer's messages are in the order
        in which it posted them.
        """
        producers, batches = 6, 9
        total = producers * sum(batch % 3 + 1 for batch in range(batches))

        async with asyncio.TaskGroup() as running:
            readers = [running.create_task(_follow(peer, ref, total)) for peer in peers[:2]]
            for n in range(producers):
                running.create_task(_produce(peers[n % len(peers)], ref, str(n), batches))

        first, second = (reader.result() for reader in readers)

        assert first == second
        assert positions(first) == list(range(1, total + 1))
        for producer in range(producers):
            own = [body for body in bodies(first) if body.startswith(f"{producer}/")]
            wanted = [f"{producer}/{b}/{p}" for b in range(batches) for p in range(b % 3 + 1)]
            assert own == wanted
        batch_of = [body.rpartition("/")[0] for body in bodies(first)]
        runs = [a for a, b in zip(batch_of, [*batch_of[1:], ""], strict=True) if a != b]
        assert len(runs) == len(set(runs))

    async def test_claims_never_share_a_message(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Claimants that go on until there is nothing left get every message exactly once."""
        await post(peers[0], ref, *(str(n) for n in range(90)))

        async def work(storage: Storage) -> list[str]:
            got: list[str] = []
            while made := await storage.claims.create(ref, TERMS, 4):
                assert {message.claim_id for message in made.messages} == {made.id}
                got += bodies(made.messages)
            return got

        shares = await asyncio.gather(*(work(peers[n % len(peers)]) for n in range(9)))

        assert Counter(body for share in shares for body in share) == Counter(map(str, range(90)))

    async def test_pops_and_claims_never_share_a_message(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """Those who pop and those who claim get every message exactly once between them."""
        await post(peers[0], ref, *(str(n) for n in range(90)))

        async def pop(storage: Storage) -> list[str]:
            got: list[str] = []
            while popped := await storage.messages.pop(ref, 4):
                got += bodies(popped)
            return got

        async def work(storage: Storage) -> list[str]:
            got: list[str] = []
            while made := await storage.claims.create(ref, TERMS, 4):
                got += bodies(made.messages)
            return got

        shares = await asyncio.gather(
            *(kind(peers[n % len(peers)]) for n in range(4) for kind in (pop, work))
        )

        assert Counter(body for share in shares for body in share) == Counter(map(str, range(90)))

    async def test_message_is_claimed_or_deleted_but_not_both(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """When a delete without a claim meets a claim, one of the two comes too late."""
        posted = await post(peers[0], ref, *(str(n) for n in range(30)))

        async def delete(message: str) -> str | None:
            try:
                await peers[1].messages.delete(ref, message, claim_id=None)
            except Forbidden:
                return None
            return message

        claiming = asyncio.create_task(peers[0].claims.create(ref, TERMS, 30))
        gone = set(await asyncio.gather(*map(delete, reversed(posted)))) - {None}

        made = await claiming
        claimed = set(ids(made.messages)) if made else set()
        assert claimed | gone == set(posted)
        assert not claimed & gone

    async def test_posts_survive_the_deletion_of_the_queue(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """A post that meets a deletion is in the old queue or in a new one, never in between."""

        async def delete() -> None:
            for _ in range(4):
                await asyncio.sleep(0.01)
                await peers[2].queues.delete(ref)

        await asyncio.gather(
            *(_produce(peers[n % len(peers)], ref, str(n), 12) for n in range(4)), delete()
        )
        await post(peers[0], ref, "last")

        shown = await read(peers[0], ref)
        assert positions(shown) == list(range(1, len(shown) + 1))
        assert bodies(shown)[-1] == "last"

    async def test_cancelled_post_harms_nobody(
        self, peers: Sequence[Storage], ref: QueueRef
    ) -> None:
        """It is there wholly or not at all, and the posts beside it are there."""
        await peers[0].queues.create(ref, {})
        posts = [
            asyncio.create_task(post(peers[0], ref, f"{n}/0", f"{n}/1", f"{n}/2"))
            for n in range(10)
        ]
        for n in (0, 1, 5, 9):
            await asyncio.sleep(0)
            posts[n].cancel()

        answers = await asyncio.gather(*posts, return_exceptions=True)
        await post(peers[0], ref, "last")

        shown = await read(peers[0], ref)
        assert positions(shown) == list(range(1, len(shown) + 1))
        for n, answer in enumerate(answers):
            own = [body for body in bodies(shown) if body.startswith(f"{n}/")]
            assert own in ([], [f"{n}/0", f"{n}/1", f"{n}/2"])
            assert isinstance(answer, asyncio.CancelledError) or len(own) == 3
