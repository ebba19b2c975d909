# SPDX-License-Identifier: Apache-2.0
"""Contract: nobody reaches what belongs to another project or another queue."""

import pytest

from zaqar_impl.domain.values import ClaimTerms, Kind, Queue, QueueRef
from zaqar_impl.storage.contract.base import (
    ContractFixtures,
    bodies,
    claim,
    ids,
    post,
    read,
)
from zaqar_impl.storage.interface import Storage

TERMS = ClaimTerms(ttl=100, grace=60)


class IsolationContract(ContractFixtures):
    """What holds between projects, and between queues of a project."""

    @pytest.fixture(params=["project", "queue", "kind", "pattern", "prefix", "case"])
    def stranger(self, ref: QueueRef, request: pytest.FixtureRequest) -> QueueRef:
        """A queue that has nothing to do with ``ref``, however much the names are alike."""
        return {
            "project": QueueRef("other-" + ref.project, ref.name),
            "queue": QueueRef(ref.project, "other"),
            "kind": QueueRef(ref.project, ref.name, Kind.TOPIC),
            "pattern": QueueRef("^.*$", ".*"),
            "prefix": QueueRef(ref.project[:-1], ref.name[:-1]),
            "case": QueueRef(ref.project.upper(), ref.name.upper()),
        }[str(request.param)]

    async def test_messages_of_a_stranger_are_not_seen(
        self, storage: Storage, ref: QueueRef, stranger: QueueRef
    ) -> None:
        """Neither by listing, nor by id, nor by counting."""
        posted = await post(storage, ref, "1")

        assert await read(storage, stranger) == []
        assert await storage.messages.get_many(stranger, posted) == []
        assert (await storage.messages.stats(stranger)).total == 0

    async def test_messages_of_a_stranger_are_not_touched(
        self, storage: Storage, ref: QueueRef, stranger: QueueRef
    ) -> None:
        """Neither deleted, nor popped, nor claimed, nor purged, nor removed with the queue."""
        posted = await post(storage, ref, "1", "2")
        await storage.queues.create(stranger, {})

        await storage.messages.delete(stranger, posted[0], claim_id=None)
        await storage.messages.delete_many(stranger, posted, claim_ids=None)
        await storage.messages.delete_many(stranger, posted, claim_ids=["0" * 24])
        assert await storage.messages.pop(stranger, 5) == []
        assert await storage.claims.create(stranger, TERMS, 5) is None
        await storage.messages.purge(stranger)
        await storage.queues.delete(stranger)

        assert bodies(await read(storage, ref)) == ["1", "2"]

    async def test_claims_of_a_stranger_are_not_touched(
        self, storage: Storage, ref: QueueRef, stranger: QueueRef
    ) -> None:
        """Neither read, nor renewed, nor released, nor used to delete."""
        await post(storage, ref, "1")
        made = await claim(storage, ref)
        await post(storage, stranger, "2")

        assert await storage.claims.get(stranger, made.id) is None
        assert await storage.claims.renew(stranger, made.id, TERMS) is False
        await storage.claims.release(stranger, made.id)
        await storage.messages.delete(stranger, ids(made.messages)[0], claim_id=made.id)
        await storage.messages.delete_many(stranger, ids(made.messages), claim_ids=[made.id])

        assert await storage.claims.get(ref, made.id) == made
        await storage.queues.delete(stranger)

    async def test_queues_of_a_stranger_are_not_touched(
        self, storage: Storage, ref: QueueRef, stranger: QueueRef
    ) -> None:
        """Neither read, nor changed, nor deleted."""
        await storage.queues.create(ref, {"team": "blue"})

        assert await storage.queues.get(stranger) is None
        assert await storage.queues.update(stranger, lambda old: {}) is None
        await storage.queues.delete(stranger)

        found = await storage.queues.get(ref)
        assert found is not None
        assert found.metadata == {"team": "blue"}

    async def test_listing_shows_one_project(self, storage: Storage, ref: QueueRef) -> None:
        """The project is compared as it is, not as a pattern."""
        projects = [ref.project, ref.project + "x", ref.project[:-1] + ".", ref.project.upper()]
        for project in projects:
            await storage.queues.create(QueueRef(project, f"of-{project}"), {})

        for project in projects:
            page = await storage.queues.list(project, after=None, limit=9, accept=lambda _: True)
            assert [queue.ref for queue in page] == [QueueRef(project, f"of-{project}")]
            assert await storage.queues.count(project, lambda _: True) == 1

    async def test_listing_shows_one_kind(self, storage: Storage, ref: QueueRef) -> None:
        """Queues and topics are listed and counted apart, and have metadata of their own."""
        topic = QueueRef(ref.project, ref.name, Kind.TOPIC)
        for one in (ref, topic):
            assert await storage.queues.create(one, {"kind": one.kind}) is True

        for one in (ref, topic):
            page = await storage.queues.list(
                ref.project, after=None, limit=9, accept=lambda _: True, kind=one.kind
            )
            assert page == [Queue(one, {"kind": one.kind})]
            assert await storage.queues.count(ref.project, lambda _: True, kind=one.kind) == 1
        await storage.queues.delete(topic)
        assert await storage.queues.get(ref) == Queue(ref, {"kind": "queue"})

    async def test_messages_of_a_topic_can_be_held(self, storage: Storage, ref: QueueRef) -> None:
        """By a claim, as the service does to pop them; the queue of that name is not concerned."""
        topic = QueueRef(ref.project, ref.name, Kind.TOPIC)
        await post(storage, ref, "in the queue")
        posted = await post(storage, topic, "in the topic")

        held = await claim(storage, topic)
        await storage.messages.delete_many(topic, posted, claim_ids=[held.id])

        assert bodies(held.messages) == ["in the topic"]
        assert await read(storage, topic) == []
        assert bodies(await read(storage, ref, include_claimed=False)) == ["in the queue"]
