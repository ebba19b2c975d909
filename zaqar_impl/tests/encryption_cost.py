# SPDX-License-Identifier: Apache-2.0
"""What encryption costs: posting and listing bodies of 1 KB, by the handlers, over a real mongod.

``python -m zaqar_impl.tests.encryption_cost`` prints it. Rounds with and without encryption take
turns, so that what else the machine does falls on both.
"""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from zaqar_impl.domain.clock import system_clock
from zaqar_impl.domain.limits import Limits
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.messages import PostedMessage, message_list, message_post
from zaqar_impl.handlers.queues import queue_create
from zaqar_impl.handlers.service import Service
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.specdoc import bundle, shape, spec_root
from zaqar_impl.storage.interface import Storage
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.storage.mongodb import MongoStorage

BODY = b'"' + b"x" * 1022 + b'"'
ROUNDS, TIMES, PAGE = 30, 40, 20
CALLER = Caller("cost", "producer")


async def main() -> None:
    """Measure over MongoDB, and over memory, where nothing else takes time."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedMongod(Path(directory)) as mongod:
        mongodb = MongoStorage(mongod.uri, "cost", system_clock)
        await mongodb.open()
        for name, storage in (("mongodb", mongodb), ("memory", MemoryStorage(system_clock))):
            await measure(name, storage)
        await mongodb.close()


async def measure(name: str, storage: Storage) -> None:
    """Print the median time of a call of each kind."""
    service = Service(
        storage=storage,
        limits=Limits(),
        clock=system_clock,
        metadata_shape=shape(bundle(spec_root()), "QueueMetadata"),
        home_document={},
        keys=KeyRing([secrets.token_urlsafe(32)]),
    )
    flag = {"clear": False, "encrypted": True}
    for queue, value in flag.items():
        await queue_create(
            service, CALLER, queue_name=queue, metadata={"_enable_encrypt_messages": value}
        )
    new = [PostedMessage(BODY, None, None)]

    async def post(queue: str) -> None:
        await message_post(service, CALLER, queue_name=queue, messages=new, size=len(BODY))

    async def read(queue: str) -> None:
        page = await message_list(service, CALLER, queue_name=queue, limit=PAGE, echo=True)
        assert {message.body for message in page.messages} == {BODY}

    for what, call in ((f"post 1 of {len(BODY)} bytes", post), (f"list {PAGE} of them", read)):
        took = await turns(call, list(flag))
        clear, encrypted = took.values()
        print(
            f"{name:8} {what:24} clear {clear:8.1f} us  encrypted {encrypted:8.1f} us"
            f"  difference {encrypted - clear:+7.1f} us"
        )


async def turns(call: Callable[[str], Awaitable[None]], queues: list[str]) -> dict[str, float]:
    """The median time in microseconds of a call on each of the queues."""
    took: dict[str, list[float]] = {queue: [] for queue in queues}
    for _ in range(ROUNDS):
        for queue in queues:
            began = time.perf_counter()
            for _ in range(TIMES):
                await call(queue)
            took[queue].append((time.perf_counter() - began) / TIMES * 1e6)
    return {queue: statistics.median(times) for queue, times in took.items()}


if __name__ == "__main__":
    asyncio.run(main())
