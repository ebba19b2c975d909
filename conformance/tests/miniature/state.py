# SPDX-License-Identifier: Apache-2.0
"""What the miniature remembers, and its clock, which moves only when it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .reading import Query
from .wire import Request


@dataclass
class Message:
    """A message; `position` is its place in the queue, which its marker tells."""

    id: str
    position: int
    body: Any
    ttl: int
    created: float
    expires: float
    author: str
    claim: str | None = None
    claim_ends: float = 0
    begins: float = 0
    claims: int = 0
    sealed: bool = False


@dataclass
class Claim:
    """A claim; its messages are those that bear its id."""

    id: str
    ttl: int
    since: float
    ends: float


@dataclass
class Subscription:
    """A subscription of a queue."""

    id: str
    subscriber: str
    ttl: int
    options: dict[str, Any]
    created: float
    expires: float
    confirmed: bool = False


@dataclass
class Queue:
    """A queue and what is in it."""

    metadata: dict[str, Any]
    messages: list[Message] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that got through the checks all requests go through."""

    request: Request
    path: str
    query: Query
    client: str = ""
    project: str = ""
    queue: str = ""
    id: str = ""
    #: What the path is below: queues or topics.
    collection: str = "queues"


class State:
    """The queues by project and name, the topics likewise, and the time."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.queues: dict[tuple[str, str], Queue] = {}
        self.topics: dict[tuple[str, str], Queue] = {}
        self.numbers: Iterator[int] = itertools.count(1)
        #: For wrong servers, whose fault needs a memory; a right one writes nothing here.
        self.notes: dict[object, Any] = {}

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.time += seconds

    def new_id(self) -> str:
        """An id that was not given out before, in the form of 24 hexadecimal digits."""
        return f"{next(self.numbers):024x}"

    def holders(self, call: Call) -> dict[tuple[str, str], Queue]:
        """All queues, or all topics, whichever the call is about."""
        return self.topics if call.collection == "topics" else self.queues

    def find(self, call: Call) -> Queue | None:
        """The queue or topic of that call, if it exists."""
        return self.holders(call).get(self.key(call))

    def key(self, call: Call) -> tuple[str, str]:
        """What tells a queue from all others."""
        return call.project, call.queue

    def made(self, call: Call, metadata: dict[str, Any] | None = None) -> Queue:
        """The queue or topic of that call, which is made if it does not exist."""
        return self.holders(call).setdefault(self.key(call), Queue(dict(metadata or {})))

    # -- what is true of a message now

    def is_live(self, message: Message) -> bool:
        """Whether its time is not over."""
        return self.time < message.expires

    def is_claimed(self, message: Message) -> bool:
        """Whether a claim holds it that is not over."""
        return message.claim is not None and self.time < message.claim_ends

    def is_delayed(self, message: Message) -> bool:
        """Whether it is withheld for now."""
        return self.time < message.begins

    def live(self, call: Call) -> list[Message]:
        """The messages of the queue whose time is not over, oldest first."""
        queue = self.find(call)
        return [message for message in queue.messages if self.is_live(message)] if queue else []

    def remove(self, call: Call, gone: list[Message]) -> None:
        """Takes messages out of the queue."""
        if queue := self.find(call):
            queue.messages = [message for message in queue.messages if message not in gone]

    def href(self, call: Call, message: Message) -> str:
        """Where a message is, with its claim at the end."""
        return f"{self.path_of(call)}/messages/{message.id}{self.claim_query(message)}"

    def path_of(self, call: Call) -> str:
        """Where the queue or topic of a call is."""
        return f"/v2/{call.collection}/{quote(call.queue)}"

    def claim_query(self, message: Message) -> str:
        """The claim of a message as a query, if it has one."""
        return f"?claim_id={message.claim}" if self.is_claimed(message) else ""

    def age(self, since: float) -> int:
        """Whole seconds since then."""
        return int(self.time - since)

    def shown(self, call: Call, message: Message) -> dict[str, Any]:
        """A message as lists, fetches and claims give it."""
        return {
            "id": message.id,
            "href": self.href(call, message),
            "ttl": message.ttl,
            "age": self.age(message.created),
            "body": self.body_of(call, message),
        }

    def body_of(self, call: Call, message: Message) -> Any:
        """The body as it was posted. A server with a disk would have to open it here."""
        return message.body
