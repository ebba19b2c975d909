# SPDX-License-Identifier: Apache-2.0
"""A connection as the process's event loop sees it: requests are answered one after the other, and
notifications are sent in between."""

import logging
import secrets
import time
from typing import Any

from zaqar_impl.domain.values import QueueRef, Subscription
from zaqar_impl.push import Follower, Following, Notice
from zaqar_impl.websocket.binding import Bound
from zaqar_impl.websocket.codecs import JSON, Codec, codec_of
from zaqar_impl.websocket.errors import Refusal, refused
from zaqar_impl.websocket.frames import OUTGOING, End
from zaqar_impl.websocket.limits import LONGEST_FAREWELL
from zaqar_impl.websocket.notifications import frames_of
from zaqar_impl.websocket.outbox import Outbox, SlowReader
from zaqar_impl.websocket.request import UNREADABLE, WebSocketRequest
from zaqar_impl.wire import request_ids

LOG = logging.getLogger(__name__)

ID_HEADER = "X-OpenStack-Request-ID"


class Session:
    """One connection. All of it happens on the event loop, one thing at a time."""

    def __init__(self, bound: Bound, follower: Follower, outbox: Outbox) -> None:
        self._bound = bound
        self._follower = follower
        self._outbox = outbox
        self._id = secrets.token_hex(16)
        self._followings: set[Following] = set()
        #: The encoding of notifications.
        self._told_in: Codec = JSON
        #: Whether notifications came faster than the client reads.
        self.overrun = False
        #: What the request at hand asks for, for the log.
        self._doing = ""

    async def answer(self, data: str | bytes) -> None:
        """Do what a message asks for and send the reply; back when the client has taken it.

        Raises:
            SlowReader: the client takes nothing.
        """
        began, request_id = time.monotonic(), request_ids.new_id()
        request_ids.begin(request_id)
        reply, status = await self._reply(codec_of(data), data, request_id)
        self._outbox.put(OUTGOING.message(reply))
        if LOG.isEnabledFor(logging.DEBUG):
            taken = (time.monotonic() - began) * 1000
            LOG.debug("%s %d %.1fms", self._doing, status, taken)
        await self._outbox.drained()

    async def _reply(
        self, codec: Codec, data: str | bytes, request_id: str
    ) -> tuple[str | bytes, int]:
        """The reply to a message, and its status."""
        echo, self._doing = UNREADABLE, "no action"

        def told(status: int, body: Any) -> tuple[str | bytes, int]:
            headers = {"status": status, ID_HEADER: request_id}
            return codec.write({"request": echo, "headers": headers, "body": body}), status

        try:
            read = codec.read(data)
            echo = self._bound.repeated(read)
            self._doing = self._bound.name_of(read)
            return told(*await self._bound.answer(read, self))
        except Exception as error:
            return told(*refused(error))

    async def send(self, frame: bytes) -> None:
        """Send a frame that belongs to no request; back when the client has taken it.

        Raises:
            SlowReader: the client takes nothing.
        """
        self._outbox.put(frame)
        await self._outbox.drained()

    async def subscribe(
        self, ref: QueueRef, request: WebSocketRequest
    ) -> tuple[Subscription, bool]:
        """As :class:`Connection` says."""
        if not self._followings:
            self._told_in = request.read.codec  # there may be something to tell before this is done
        following = await self._follower.subscribe(
            ref,
            self._id,
            deliver=self._deliver,
            ended=self._followings.discard,
            ttl=request.body.get("ttl"),
            options=request.body.get("options"),
        )
        if following is None:
            raise Refusal(409, f"This connection is subscribed to {request.holder!r} already.")
        self._followings.add(following)
        self._told_in = request.read.codec
        return following.subscription, True

    def _deliver(self, notice: Notice) -> None:
        """Tell the client what was posted to a queue that it follows."""
        try:
            for frame in frames_of(notice, self._told_in):
                self._outbox.put(frame)
        except SlowReader:
            self.overrun = True
            self._outbox.hang_up()

    async def end(self, end: End | None) -> None:
        """Let go of everything; say why it ends, if there is somebody to tell."""
        for following in self._followings:
            self._follower.stop(following)
        self._followings.clear()
        try:
            if end is not None:
                await self._farewell(end)
        finally:
            self._outbox.close()

    async def _farewell(self, end: End) -> None:
        self._outbox.put_last(OUTGOING.close(end.code, end.reason))
        self._outbox.patience = LONGEST_FAREWELL
        try:
            await self._outbox.drained()
        except SlowReader:
            LOG.debug("a client did not take its close frame")
