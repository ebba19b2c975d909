# SPDX-License-Identifier: Apache-2.0
"""What a service of messages is held against: a bare loop of single inserts with pymongo, on as
many connections, acknowledged by a majority as posts are."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from zaqar_impl.bench import api, load
from zaqar_impl.bench.client import Target
from zaqar_impl.bench.load import Crew, Team
from zaqar_impl.bench.measuring import Latencies, Result
from zaqar_impl.bench.preparing import NotPrepared
from zaqar_impl.bench.runs import Shape, Show

#: The database of the loop, dropped before and after.
DATABASE = "zaqar_bench_baseline"

_OPERATION = "insert"


@dataclass(frozen=True)
class Inserts:
    """Single inserts of a message's size, on a thread for each connection."""

    uri: str

    async def run(self, crew: Crew) -> None:
        lock = threading.Lock()
        with (
            _client(self.uri, crew.connections) as client,
            ThreadPoolExecutor(crew.connections) as threads,
        ):
            asked = asyncio.get_running_loop().run_in_executor
            await asyncio.gather(
                *(asked(threads, _insert, client, crew, lock) for _ in range(crew.connections))
            )


@dataclass(frozen=True)
class BaselineRun:
    """The loop as something to compare with."""

    uri: str
    shape: Shape
    label: str = "bare pymongo inserts"

    def prepare(self, first: bool) -> None:
        """Drop what an earlier run left."""
        if first:
            self.clear()

    def measure(self, show: Show | None) -> Result:
        shares = load.shared_out(self.shape.connections, self.shape.processes)
        team = Team(Inserts(self.uri), Target("", {}), shares)
        return load.run({_OPERATION: team}, self.shape.seconds, self.shape.warm_up, show)[
            _OPERATION
        ]

    def clear(self) -> None:
        try:
            with _client(self.uri, 1) as client:
                client.drop_database(DATABASE)
        except PyMongoError as error:
            # pymongo goes on about its timeouts and topology
            reason = str(error).split(" (configured", 1)[0].split(", Timeout:", 1)[0]
            raise NotPrepared(f"MongoDB of the baseline: {reason}") from error

    def rate(self, result: Result) -> float:
        return result.requests_per_second

    def latencies(self, result: Result) -> Latencies:
        return result.tally.latencies()


def _client(uri: str, connections: int) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, w="majority", maxPoolSize=connections, serverSelectionTimeoutMS=10_000)


def _insert(client: MongoClient[dict[str, Any]], crew: Crew, lock: threading.Lock) -> None:
    messages = client[DATABASE]["messages"]
    content = api.body().encode()
    while crew.window.is_open():
        began = time.monotonic()
        wrong = ""
        try:
            messages.insert_one({"queue": "baseline", "ttl": api.TTL, "body": content})
        except PyMongoError as error:
            wrong = type(error).__name__
        seconds = time.monotonic() - began
        with lock:
            if crew.window.counts(began):
                if wrong:
                    crew.tally.failed(_OPERATION, wrong)
                else:
                    crew.tally.succeeded(_OPERATION, seconds, 1)
