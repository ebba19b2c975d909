# SPDX-License-Identifier: Apache-2.0
"""Takes in a request's body: never more of it than its bound, and not for ever."""

import asyncio
from collections.abc import AsyncIterator

from starlette.datastructures import Headers
from starlette.types import Receive

from zaqar_impl.rest.errors import Refusal
from zaqar_impl.specdoc import Body

#: Seconds that a client may take to send a body.
SLOWEST_BODY = 60.0

#: Bytes of a refused body that are read and thrown away, so that a client which sends before it
#: listens can read its answer. Every bound that can be configured is below it.
LARGEST_DISCARD = 16 * 1024 * 1024

_CLOSE = {"Connection": "close"}


async def read_body(headers: Headers, receive: Receive, rule: Body | None, seconds: float) -> bytes:
    """The body, read to its end; empty where the operation takes none.

    Raises:
        Refusal: it is larger than ``rule`` allows, or does not arrive within ``seconds``.
        ConnectionResetError: the client has gone away.
    """
    largest = rule.max_bytes if rule else LARGEST_DISCARD
    _refuse_declared(headers, largest)
    taken: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in _chunks(receive):
                size += len(chunk)
                if size > LARGEST_DISCARD:
                    break
                if size <= largest:
                    taken.append(chunk)
                else:
                    taken.clear()
    except TimeoutError:
        raise Refusal(408, "The body did not arrive in time.", _CLOSE) from None
    if size > largest:
        raise _too_large(largest, close=size > LARGEST_DISCARD)
    return b"".join(taken) if rule else b""


def _refuse_declared(headers: Headers, largest: int) -> None:
    """Refuse at once what would be a waste to send: a huge body, or one that waits to be asked
    for."""
    declared = int(headers.get("content-length", 0))
    asks = headers.get("expect", "").lower() == "100-continue"
    if declared > LARGEST_DISCARD or (declared > largest and asks):
        raise _too_large(largest, close=True)


def _too_large(largest: int, *, close: bool) -> Refusal:
    return Refusal(
        400,
        f"The body is too large: this operation takes at most {largest} bytes.",
        _CLOSE if close else None,
    )


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        more = message.get("more_body", False)
        yield message.get("body", b"")
