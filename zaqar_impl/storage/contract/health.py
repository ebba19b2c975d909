# SPDX-License-Identifier: Apache-2.0
"""Contract: what a storage tells of itself."""

from zaqar_impl.domain.values import QueueRef
from zaqar_impl.storage.contract.base import ContractFixtures, claim, post
from zaqar_impl.storage.interface import Storage


class HealthContract(ContractFixtures):
    """Cheap questions that change nothing."""

    async def test_opened_storage_answers_and_takes_writes(self, storage: Storage) -> None:
        """Whoever can post is told so."""
        await storage.ping()
        await storage.writable()

    async def test_questions_store_nothing(self, storage: Storage, ref: QueueRef) -> None:
        """The queue is as it was, and no project gets another one."""
        await post(storage, ref, "1")
        before = await storage.messages.stats(ref)

        await storage.writable()
        await storage.volume()

        assert await storage.messages.stats(ref) == before
        assert await storage.queues.count(ref.project, lambda _: True) == 1

    async def test_volume_counts_the_messages_of_all_queues(
        self, storage: Storage, ref: QueueRef
    ) -> None:
        """About, and if the storage tells it: those of one queue are among them, also claimed
        ones."""
        await post(storage, ref, *"12345678")
        await claim(storage, ref, 5)

        volume = await storage.volume()

        assert volume is None or volume.total >= 8
        assert volume is None or volume.free + volume.claimed >= volume.total
