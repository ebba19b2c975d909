# SPDX-License-Identifier: Apache-2.0
"""A connection as the process's event loop sees it: requests are answered one after the other, and
notifications are sent in between."""

import logging
import time
from typing import Any

from zaqar_impl.domain.values import QueueRef, Subscription
from zaqar_impl.websocket.binding import Bound
from zaqar_impl.websocket.codecs import Codec, codec_of
from zaqar_impl.websocket.errors import Refusal, refused
from zaqar_impl.websocket.frames import OUTGOING, End
from zaqar_impl.websocket.limits import LONGEST_FAREWELL
from zaqar_impl.websocket.outbox import Outbox, SlowReader
from zaqar_impl.websocket.request import UNREADABLE, WebSocketRequest
from zaqar_impl.wire import request_ids

LOG = logging.getLogger(__name__)

ID_HEADER = "X-OpenStack-Request-ID"


class Session:
    """One connection. All of it happens on the event loop, one thing at a time."""

    def __init__(self, bound: Bound, outbox: Outbox) -> None:
        self._bound = bound
        self._outbox = outbox
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
        raise Refusal(503, {"error": "Connections are not notified yet."})

    async def end(self, end: End | None) -> None:
        """Let go of everything; say why it ends, if there is somebody to tell."""
        try:
            if end is not None:
                await self._farewell(end)
        finally:
            self._outbox.close()

    async def _farewell(self, end: End) -> None:
        self._outbox.cut_short()
        self._outbox.put(OUTGOING.close(end.code, end.reason))
        self._outbox.patience = LONGEST_FAREWELL
        try:
            await self._outbox.drained()
        except SlowReader:
            LOG.debug("a client did not take its close frame")
