# SPDX-License-Identifier: Apache-2.0
"""Clients for load runs: producers, readers that page by marker, claimers; each writes down what it
saw."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from zaqar_impl.tests.acceptance.history import Hold, Label, Post

#: Seconds that a client waits for an answer.
TIMEOUT = 30


class Connection:
    """A kept-alive connection of one client; after a failure the next request opens a new one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "load"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any, str]:
        """Status, parsed body and Location of the answer; status 0 when there was none."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._port, timeout=TIMEOUT
                )
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, None, ""
        return (
            answer.status,
            json.loads(content) if content else None,
            answer.headers.get("Location", ""),
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Load:
    """A run against one server; ``statuses`` counts every answer by its status, 0 for none."""

    port: int
    posts: list[Post] = field(default_factory=list)
    seen: dict[int, list[Label]] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    stop_producing: threading.Event = field(default_factory=threading.Event)
    produced: threading.Event = field(default_factory=threading.Event)
    consumed: set[Label] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _producers: list[threading.Thread] = field(default_factory=list)
    _consumers: list[threading.Thread] = field(default_factory=list)

    def produce(self, *producers: Callable[[Connection], None]) -> None:
        """Run each of the producers in a thread, with a connection of its own."""
        self._producers += self._started(producers)

    def consume(self, *consumers: Callable[[Connection], None]) -> None:
        """Run each of the readers or claimers likewise."""
        self._consumers += self._started(consumers)

    def _started(self, clients: Sequence[Callable[[Connection], None]]) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._run, args=(work,)) for work in clients]
        for thread in threads:
            thread.start()
        return threads

    def _run(self, work: Callable[[Connection], None]) -> None:
        connection = Connection(self.port)
        try:
            work(connection)
        except Exception as error:  # told by finish(), in the test's own thread
            self.failures.append(error)
        finally:
            connection.close()

    def finish(self) -> None:
        """Stop producing, then let the consumers come to the end of what was produced."""
        self.stop_producing.set()
        _join(self._producers)
        self.produced.set()
        _join(self._consumers)
        assert self.failures == []

    def _ask(self, connection: Connection, *request: Any) -> tuple[int, Any, str]:
        answer = connection.ask(*request)
        with self._lock:
            self.statuses[answer[0]] = self.statuses.get(answer[0], 0) + 1
        if answer[0] in (0, 503):
            time.sleep(0.1)
        return answer

    def producer(self, queue: str, number: int, batch: int) -> Callable[[Connection], None]:
        """Posts ``batch`` messages at a time until producing ends."""

        def produce(connection: Connection) -> None:
            sent = 0
            while not self.stop_producing.is_set():
                labels = tuple((number, sent + offset) for offset in range(batch))
                sent += batch
                messages = [{"body": list(label), "ttl": 3600} for label in labels]
                status, _, _ = self._ask(
                    connection, "POST", f"/v2/queues/{queue}/messages", {"messages": messages}
                )
                with self._lock:
                    self.posts.append(Post(labels, acknowledged=status == 201))

        return produce

    def reader(self, queue: str, number: int) -> Callable[[Connection], None]:
        """Pages by marker until producing has ended and a page after that is empty."""
        labels = self.seen.setdefault(number, [])

        def read(connection: Connection) -> None:
            href = f"/v2/queues/{queue}/messages?limit=20&echo=true&include_claimed=true"
            while True:
                ended = self.produced.is_set()
                status, page, _ = self._ask(connection, "GET", href)
                if status != 200:
                    continue
                labels.extend(tuple(message["body"]) for message in page["messages"])
                if page["links"]:
                    href = page["links"][0]["href"]
                elif ended:
                    return
                else:
                    time.sleep(0.02)

        return read

    def claimer(self, queue: str, release_every: int) -> Callable[[Connection], None]:
        """Claims and deletes until nothing is left; every so many claims are released instead."""

        def claim(connection: Connection) -> None:
            taken = 0
            while True:
                ended = self.produced.is_set()
                status, claimed, location = self._ask(
                    connection,
                    "POST",
                    f"/v2/queues/{queue}/claims?limit=5",
                    {"ttl": 300, "grace": 60},
                )
                if status == 204 and ended:
                    return
                if status != 201:
                    time.sleep(0.02)
                    continue
                taken += 1
                granted = time.monotonic()
                if taken % release_every == 0:
                    self._held(claimed, location, granted)
                    self._until_done(connection, location)
                    continue
                for message in claimed["messages"]:
                    self._held({"messages": [message]}, location, granted)
                    self._until_done(connection, message["href"])
                    with self._lock:
                        self.consumed.add(tuple(message["body"]))

        return claim

    def _held(self, claimed: Any, location: str, granted: float) -> None:
        """Write down a hold as it ends: just before the request that ends it."""
        now = time.monotonic()
        with self._lock:
            self.holds.extend(
                Hold(tuple(message["body"]), location, granted, now)
                for message in claimed["messages"]
            )

    def _until_done(self, connection: Connection, href: str) -> None:
        while self._ask(connection, "DELETE", href)[0] in (0, 503):
            pass


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a client of the load run hangs"
