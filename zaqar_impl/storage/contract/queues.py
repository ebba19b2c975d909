# SPDX-License-Identifier: Apache-2.0
"""Contract: queues and their metadata."""

import pytest

from zaqar_impl.domain.errors import Conflict
from zaqar_impl.domain.values import Metadata, Queue, QueueRef
from zaqar_impl.storage.contract.base import ContractFixtures, claim, positions, post, read
from zaqar_impl.storage.interface import Storage


def _any(queue: Queue) -> bool:
    return True


async def _names(
    storage: Storage, project: str, after: str | None = None, limit: int = 100
) -> list[str]:
    page = await storage.queues.list(project, after=after, limit=limit, accept=_any)
    return [queue.ref.name for queue in page]


class QueueContract(ContractFixtures):
    """What holds for every driver's queues."""

    async def test_create_makes_a_queue_once(self, storage: Storage, ref: QueueRef) -> None:
        """The first create gives True, the second False."""
        assert await storage.queues.create(ref, {"team": "blue"}) is True
        assert await storage.queues.create(ref, {"team": "red"}) is False

    async def test_create_leaves_an_existing_queue_alone(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Metadata of a create that gave False is ignored."""
        await storage.queues.create(ref, {"team": "blue"})
        await storage.queues.create(ref, {"team": "red"})

        assert await storage.queues.get(ref) == Queue(ref, {"team": "blue"})

    async def test_unknown_queue_is_none(self, storage: Storage, ref: QueueRef) -> None:
        """Getting a queue that was never made gives None, and does not make it."""
        assert await storage.queues.get(ref) is None
        assert await _names(storage, ref.project) == []

    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"_default_message_ttl": 60, "flag": False, "nothing": None, "text": ""},
            {"a.b": 1, "$set": {"$where": "x"}, "": "empty key", "nul\0key": "nul\0value"},
            {"deep": {"list": [1, [2, {"three": 3.5}], -(2**63), 2**64 - 1]}},
            {"größe": "\N{SNOWMAN}\N{PILE OF POO}"},
        ],
        ids=["empty", "falsy", "marks", "nested", "unicode"],
    )
    async def test_metadata_comes_back_as_given(
        self, storage: Storage, ref: QueueRef, metadata: Metadata
    ) -> None:
        """Metadata is any JSON object; the driver changes nothing in it."""
        await storage.queues.create(ref, metadata)

        assert await storage.queues.get(ref) == Queue(ref, metadata)

    async def test_metadata_are_stored_not_shared(self, storage: Storage, ref: QueueRef) -> None:
        """Changing what was given, or what was got, changes nothing in the storage."""
        given = {"nested": [1]}
        await storage.queues.create(ref, given)
        given["nested"].append(2)

        for _ in range(2):
            found = await storage.queues.get(ref)
            assert found is not None
            assert found.metadata == {"nested": [1]}
            found.metadata["nested"].append(3)

    async def test_list_is_by_name_in_byte_order(self, storage: Storage, ref: QueueRef) -> None:
        """Capitals come before small letters, marks and digits where ASCII has them."""
        names = ["b", "a", "B", "_x", "-y", ".z", "0", "a1", "a-1"]
        for name in names:
            await storage.queues.create(QueueRef(ref.project, name), {})

        assert await _names(storage, ref.project) == sorted(names)

    async def test_list_goes_on_after_a_name(self, storage: Storage, ref: QueueRef) -> None:
        """``after`` is exclusive, and need not be the name of a queue."""
        for name in ("a", "b", "d"):
            await storage.queues.create(QueueRef(ref.project, name), {})

        assert await _names(storage, ref.project, after="b") == ["d"]
        assert await _names(storage, ref.project, after="c") == ["d"]
        assert await _names(storage, ref.project, after="d") == []

    async def test_list_fills_a_page_with_accepted_queues(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """Queues that are not accepted do not count against the limit, however many there are."""
        for number in range(120):
            await storage.queues.create(
                QueueRef(ref.project, f"q{number:03}"), {"wanted": number >= 110}
            )

        page = await storage.queues.list(
            ref.project, after=None, limit=3, accept=lambda queue: bool(queue.metadata["wanted"])
        )

        assert [queue.ref.name for queue in page] == ["q110", "q111", "q112"]

    async def test_count_counts_accepted_queues(self, storage: Storage, ref: QueueRef) -> None:
        """The filter sees name and metadata; a project without queues counts 0."""
        for name in ("a", "b", "c"):
            await storage.queues.create(QueueRef(ref.project, name), {"n": name})

        assert await storage.queues.count(ref.project, _any) == 3
        assert await storage.queues.count(ref.project, lambda q: q.metadata["n"] != "b") == 2
        assert await storage.queues.count(ref.project + "-none", _any) == 0

    async def test_update_stores_and_gives_the_change(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """What ``change`` returns replaces the metadata."""
        await storage.queues.create(ref, {"a": 1, "b": 2})

        stored = await storage.queues.update(ref, lambda old: {"a": old["a"] + 1})

        assert stored == {"a": 2}
        assert await storage.queues.get(ref) == Queue(ref, {"a": 2})

    async def test_update_of_an_unknown_queue_is_none(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It neither makes the queue nor asks for the change."""

        def change(old: Metadata) -> Metadata:
            raise AssertionError("asked to change nothing")

        assert await storage.queues.update(ref, change) is None
        assert await storage.queues.get(ref) is None

    async def test_update_that_raises_stores_nothing(self, storage: Storage, ref: QueueRef) -> None:
        """What ``change`` raises reaches the caller, and the metadata stays."""
        await storage.queues.create(ref, {"a": 1})

        def change(old: Metadata) -> Metadata:
            raise Conflict("no such key")

        with pytest.raises(Conflict, match="no such key"):
            await storage.queues.update(ref, change)
        assert await storage.queues.get(ref) == Queue(ref, {"a": 1})

    async def test_update_leaves_messages_alone(self, storage: Storage, ref: QueueRef) -> None:
        """Messages and positions do not depend on the metadata."""
        await post(storage, ref, "1")
        await storage.queues.update(ref, lambda old: {"a": 1})
        await post(storage, ref, "2")

        assert positions(await read(storage, ref)) == [1, 2]

    async def test_delete_removes_queue_and_messages(self, storage: Storage, ref: QueueRef) -> None:
        """Claimed messages go, too, and the claim with them."""
        posted = await post(storage, ref, "1", "2")
        made = await claim(storage, ref, 1)

        await storage.queues.delete(ref)

        assert await storage.queues.get(ref) is None
        assert await read(storage, ref) == []
        assert await storage.messages.get_many(ref, posted) == []
        assert await storage.claims.get(ref, made.id) is None

    async def test_delete_of_an_unknown_queue_does_nothing(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """It is no error, also when it is done twice."""
        await storage.queues.delete(ref)
        await storage.queues.create(ref, {})
        await storage.queues.delete(ref)
        await storage.queues.delete(ref)

        assert await storage.queues.get(ref) is None

    async def test_queue_created_again_starts_afresh(self, storage: Storage, ref: QueueRef) -> None:
        """It has neither the metadata, nor the messages, nor the positions of the one before."""
        await storage.queues.create(ref, {"team": "blue"})
        old = await post(storage, ref, "1", "2")
        await storage.queues.delete(ref)

        new = await post(storage, ref, "3")

        assert await storage.queues.get(ref) == Queue(ref, {})
        assert positions(await read(storage, ref)) == [1]
        assert not set(old) & set(new)
        assert await storage.messages.get_many(ref, old) == []
