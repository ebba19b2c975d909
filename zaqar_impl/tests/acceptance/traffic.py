# SPDX-License-Identifier: Apache-2.0
"""Clients for load runs: producers, readers that page by marker, claimers; each writes down what it
saw."""

import http.client
import itertools
import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from zaqar_impl.tests.acceptance.history import Answer, Deletion, Hold, Label, Post

#: Seconds that a client waits for an answer.
TIMEOUT = 30
#: Seconds after which a client that got no answer, or 503, tries again.
AGAIN = 0.1


class Connection:
    """A kept-alive connection of one client; after a failure the next request opens a new one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "load"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None) -> tuple[Answer, Any, str]:
        """The answer, its parsed body, and its Location; status 0 when there was none."""
        sent = time.monotonic()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=TIMEOUT
                )
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(self.port, sent, time.monotonic(), 0), None, ""
        headers = answer.headers
        return (
            Answer(self.port, sent, time.monotonic(), answer.status, headers["Retry-After"]),
            json.loads(content) if content else None,
            headers.get("Location", ""),
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Load:
    """A run against one queue of a service; ``statuses`` counts every answer by its status, 0 for
    none, and ``failed`` has those that were no success.

    Clients are spread over the hosts, which are ports of this machine; one that found nothing looks
    again after ``idle`` seconds.
    """

    port: int
    others: Sequence[int] = ()
    idle: float = 0.02
    posts: list[Post] = field(default_factory=list)
    seen: dict[int, list[Label]] = field(default_factory=dict)
    markers: dict[int, list[int]] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failed: list[Answer] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    stop_producing: threading.Event = field(default_factory=threading.Event)
    produced: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _producers: list[threading.Thread] = field(default_factory=list)
    _consumers: list[threading.Thread] = field(default_factory=list)

    @property
    def consumed(self) -> set[Label]:
        """The messages whose deletion was acknowledged."""
        return {deletion.label for deletion in self.deletions if deletion.answered < math.inf}

    def produce(self, *producers: Callable[[Connection], None]) -> None:
        """Run each of the producers in a thread, with a connection of its own."""
        self._producers += self._started(producers)

    def consume(self, *consumers: Callable[[Connection], None]) -> None:
        """Run each of the readers or claimers likewise."""
        self._consumers += self._started(consumers)

    def _started(self, clients: Sequence[Callable[[Connection], None]]) -> list[threading.Thread]:
        ports = itertools.cycle((self.port, *self.others))
        threads = [
            threading.Thread(target=self._run, args=(work, port))
            for work, port in zip(clients, ports, strict=False)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _run(self, work: Callable[[Connection], None], port: int) -> None:
        connection = Connection(port)
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

    def _ask(self, connection: Connection, *request: Any) -> tuple[Answer, Any, str]:
        answered = connection.ask(*request)
        answer = answered[0]
        with self._lock:
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if not 200 <= answer.status < 300:
                self.failed.append(answer)
        if answer.status in (0, 503):
            time.sleep(AGAIN)
        return answered

    def producer(
        self, queue: str, number: int, batch: int, pause: float = 0.0
    ) -> Callable[[Connection], None]:
        """Posts ``batch`` messages at a time until producing ends."""

        def produce(connection: Connection) -> None:
            sent = 0
            while not self.stop_producing.wait(pause):
                labels = tuple((number, sent + offset) for offset in range(batch))
                sent += batch
                messages = [{"body": list(label), "ttl": 3600} for label in labels]
                answer, _, _ = self._ask(
                    connection, "POST", f"/v2/queues/{queue}/messages", {"messages": messages}
                )
                done = answer.status == 201
                with self._lock:
                    self.posts.append(
                        Post(labels, done, answer.sent, answer.answered if done else math.inf)
                    )

        return produce

    def reader(self, queue: str, number: int) -> Callable[[Connection], None]:
        """Pages by marker until producing has ended and a page after that is empty."""
        labels = self.seen.setdefault(number, [])
        markers = self.markers.setdefault(number, [])

        def read(connection: Connection) -> None:
            href = f"/v2/queues/{queue}/messages?limit=20&echo=true&include_claimed=true"
            while True:
                ended = self.produced.is_set()
                answer, page, _ = self._ask(connection, "GET", href)
                if answer.status != 200:
                    continue
                labels.extend(tuple(message["body"]) for message in page["messages"])
                if page["links"]:
                    href = page["links"][0]["href"]
                    markers.append(_marker(href))
                if not page["messages"]:
                    if ended:
                        return
                    time.sleep(self.idle)

        return read

    def claimer(
        self, queue: str, release_every: int, forget_every: int = 0, ttl: int = 300
    ) -> Callable[[Connection], None]:
        """Claims and deletes until nothing is left; every so many claims are released instead, or
        left to run out."""

        def claim(connection: Connection) -> None:
            taken = 0
            while True:
                ended = self.produced.is_set()
                answer, claimed, location = self._ask(
                    connection,
                    "POST",
                    f"/v2/queues/{queue}/claims?limit=5",
                    {"ttl": ttl, "grace": 60},
                )
                if answer.status == 204 and ended:
                    return
                if answer.status != 201:
                    time.sleep(self.idle)
                    continue
                taken += 1
                messages, runs_out = claimed["messages"], answer.sent + ttl
                if forget_every and taken % forget_every == 0:
                    self._held(messages, location, answer, runs_out)
                elif taken % release_every == 0:
                    self._held(messages, location, answer, min(time.monotonic(), runs_out))
                    self._until_done(connection, location)
                else:
                    for message in messages:
                        self._held([message], location, answer, min(time.monotonic(), runs_out))
                        self._delete(connection, message)

        return claim

    def _held(self, messages: Any, location: str, answer: Answer, ended: float) -> None:
        """Write down a hold, just before the request that ends it."""
        with self._lock:
            self.holds.extend(
                Hold(tuple(message["body"]), location, answer.answered, ended, answer.sent)
                for message in messages
            )

    def _delete(self, connection: Connection, message: Any) -> None:
        sent = time.monotonic()
        answered = self._until_done(connection, message["href"])
        with self._lock:
            self.deletions.append(Deletion(tuple(message["body"]), sent, answered))

    def _until_done(self, connection: Connection, href: str) -> float:
        """Delete what is there, again if need be; the time of the answer that told that it is
        done."""
        while True:
            answer = self._ask(connection, "DELETE", href)[0]
            if answer.status not in (0, 503):
                return answer.answered if answer.status == 204 else math.inf


def _marker(href: str) -> int:
    return int(parse_qs(urlsplit(href).query)["marker"][0])


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a client of the load run hangs"
