# SPDX-License-Identifier: Apache-2.0
"""All clients of one worker: so many connections, and so many bytes of answers that they have yet
to take.

When there are too many, the client that has kept the worker waiting the longest gives way: its
connection is dropped. So nobody is kept out by those who send nothing or read nothing.
"""

import asyncio
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from zaqar_impl.rest.protocol import GuardedProtocol

#: Where the clients of a worker stand in the state that its requests share.
_KEY = "zaqar.crowd"


@dataclass(slots=True)
class _Taking:
    """How far a client is with taking an answer: what is left, and when that last got less."""

    left: int
    moved: float


class Crowd:
    """The clients."""

    #: Connections at the most; beyond, the one that has said nothing for the longest is closed.
    MOST_CONNECTIONS = 4096

    #: Bytes of answers that wait for their clients, at the most.
    MOST_UNSENT = 64 * 1024 * 1024

    #: Seconds without a byte after which a client is taken to be slower than it needs to be.
    STALLED = 1.0

    #: Seconds that a large answer waits for others to be taken, before it is made in any case.
    PATIENCE = 1.0

    def __init__(self) -> None:
        #: How many there are.
        self.count = 0
        self._silent: dict[BoundedProtocol, None] = {}
        self._taking: dict[BoundedProtocol, _Taking] = {}

    def arrived(self, client: "BoundedProtocol") -> None:
        """A client has connected."""
        self.count += 1
        if self.count > self.MOST_CONNECTIONS and self._silent:
            next(iter(self._silent)).drop()
        self.awaits(client)

    def left(self, client: "BoundedProtocol") -> None:
        """Its connection is closed."""
        self.count -= 1
        self.heard(client)
        self.took(client)

    def awaits(self, client: "BoundedProtocol") -> None:
        """From now on it is waited for this client's next request."""
        self._silent[client] = None

    def heard(self, client: "BoundedProtocol") -> None:
        """Its request is here."""
        self._silent.pop(client, None)

    def takes(self, client: "BoundedProtocol") -> None:
        """The client has yet to take what is left of an answer."""
        self._taking[client] = _Taking(client.unsent, time.monotonic())
        if self.unsent > self.MOST_UNSENT and self._look() > self.MOST_UNSENT:
            self._drop_slowest(self.MOST_UNSENT, 0.0)

    def took(self, client: "BoundedProtocol") -> None:
        """The client has taken all of it."""
        self._taking.pop(client, None)

    async def room(self) -> None:
        """Return when there is room for another large answer: clients that read slowly lose theirs,
        those that read well get a moment."""
        enough, until = self.MOST_UNSENT // 2, time.monotonic() + self.PATIENCE
        while self.unsent > enough and self._look() > enough:
            self._drop_slowest(enough, self.STALLED)
            if self.unsent <= enough or time.monotonic() > until:
                return
            await asyncio.sleep(0.02)

    @property
    def unsent(self) -> int:
        """Bytes that were left when it was last looked."""
        return sum(taking.left for taking in self._taking.values())

    def _look(self) -> int:
        """Bytes that are left now."""
        now = time.monotonic()
        for client, taking in self._taking.items():
            if client.unsent < taking.left:
                taking.left, taking.moved = client.unsent, now
        return self.unsent

    def _drop_slowest(self, enough: int, stalled: float) -> None:
        """Drop those that have taken nothing for so long, the longest first, until what is left is
        little enough. The last one is left alone: its answer is larger than the room."""
        before, total = time.monotonic() - stalled, self.unsent
        for client, taking in sorted(self._taking.items(), key=lambda item: item[1].moved):
            if total <= enough or taking.moved > before or len(self._taking) == 1:
                return
            total -= taking.left
            self.took(client)
            client.drop()


def crowd_of(state: MutableMapping[str, Any]) -> Crowd:
    """The clients of the worker that has this state."""
    crowd: Crowd = state.setdefault(_KEY, Crowd())
    return crowd


async def room_for_answer(scope: Any) -> None:
    """Return when there is room for a large answer to this request."""
    if crowd := scope.get("state", {}).get(_KEY):
        await crowd.room()


class BoundedProtocol(GuardedProtocol):
    """One connection, in a crowd. It makes no answer while its client has not taken the one
    before."""

    #: Seconds that a client may take to take an answer.
    SLOWEST_ANSWER = 60.0

    _wire: asyncio.Transport
    _answer_timer: asyncio.TimerHandle | None = None
    _is_answered = False

    @property
    def unsent(self) -> int:
        """Bytes that the client has yet to take."""
        return self._wire.get_write_buffer_size()

    def drop(self) -> None:
        """End the connection at once."""
        self._wire.abort()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wire = transport
        transport.set_write_buffer_limits(high=0)  # every byte that is not taken at once is told
        self._crowd = crowd_of(self.app_state)
        self._crowd.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.left(self)
        self._is_answered = False
        self._answer_taken()
        super().connection_lost(exc)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if not self.cycle.response_complete:
            self._crowd.heard(self)

    def on_response_complete(self) -> None:
        if self.flow.write_paused and not self.transport.is_closing():
            self._is_answered = True
            self.flow.pause_reading()
            return
        super().on_response_complete()
        if self.cycle.response_complete:
            self._crowd.awaits(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._crowd.takes(self)
        self._answer_timer = self.loop.call_later(self.SLOWEST_ANSWER, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._crowd.took(self)
        self._answer_taken()
        if self._is_answered:
            self._is_answered = False
            self.on_response_complete()

    def _answer_taken(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
