# SPDX-License-Identifier: Apache-2.0
"""Takes in a request's body: never more of it than its bound, and not for ever."""

import asyncio

from starlette.types import Receive

from zaqar_impl.rest.errors import Refusal
from zaqar_impl.rest.fields import HeaderFields
from zaqar_impl.rest.workload import Bodies, KeptBody, overloaded
from zaqar_impl.specdoc import Body

#: Seconds that a client may take to send a body.
SLOWEST_BODY = 60.0

#: Bytes of a refused body that are read and thrown away, so that a client which sends before it
#: listens can read its answer. Every bound that can be configured is below it.
LARGEST_DISCARD = 16 * 1024 * 1024

_CLOSE = {"Connection": "close"}

#: A request without these headers has no body.
_ANNOUNCING = (b"content-length", b"transfer-encoding")


class Intake:
    """Takes in the body of one request, and keeps it until it is closed."""

    def __init__(self, bodies: Bodies, seconds: float) -> None:
        self._bodies = bodies
        self._seconds = seconds
        self._kept: KeptBody | None = None

    async def read(self, fields: HeaderFields, receive: Receive, rule: Body | None) -> bytes:
        """The body, read to its end; empty where the operation takes none.

        Raises:
            Refusal: it is larger than ``rule`` allows, does not arrive in time, or there is no room
                for it.
            ConnectionResetError: the client has gone away.
        """
        if rule is None and not any(name in fields for name in _ANNOUNCING):
            return b""
        largest = rule.max_bytes if rule else LARGEST_DISCARD
        _refuse_declared(fields, largest)
        body, size = await self._in_time(receive, largest if rule else 0)
        if size > largest:
            raise _too_large(largest, close=size > LARGEST_DISCARD)
        return body if rule else b""

    def close(self) -> None:
        """The body is not needed any more."""
        if self._kept is not None:
            self._bodies.close(self._kept)

    async def _in_time(self, receive: Receive, largest: int) -> tuple[bytes, int]:
        loop = asyncio.get_running_loop()
        deadline = asyncio.timeout(self._seconds)
        kept = self._kept = self._bodies.open(lambda: deadline.reschedule(loop.time()))
        try:
            async with deadline:
                body = await self._taken(receive, largest, kept)
        except TimeoutError:
            if kept.is_refused:
                raise overloaded() from None
            raise Refusal(408, "The body did not arrive in time.", _CLOSE) from None
        self._bodies.complete(kept)
        return body

    async def _taken(self, receive: Receive, largest: int, kept: KeptBody) -> tuple[bytes, int]:
        """The body and its size; of one that is larger than ``largest`` the rest is thrown away, up
        to :data:`LARGEST_DISCARD`."""
        taken: list[bytes] = []
        size, more = 0, True
        while more and size <= LARGEST_DISCARD and not kept.is_refused:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size <= largest:
                taken.append(chunk)
                self._bodies.add(kept, len(chunk))
            else:
                taken.clear()
                self._bodies.add(kept, -kept.size)
        if kept.is_refused:
            raise overloaded()
        return b"".join(taken), size


def _refuse_declared(fields: HeaderFields, largest: int) -> None:
    """Refuse at once what would be a waste to send: a huge body, or one that waits to be asked
    for."""
    declared = int(fields.get(b"content-length") or 0)
    asks = (fields.get(b"expect") or "").lower() == "100-continue"
    if declared > LARGEST_DISCARD or (declared > largest and asks):
        raise _too_large(largest, close=True)


def _too_large(largest: int, *, close: bool) -> Refusal:
    return Refusal(
        400,
        f"The body is too large: this operation takes at most {largest} bytes.",
        _CLOSE if close else None,
    )
