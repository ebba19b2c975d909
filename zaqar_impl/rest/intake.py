# SPDX-License-Identifier: Apache-2.0
"""Takes in a request's body: never more of it than its bound, and not for ever."""

import asyncio

from starlette.types import Receive

from zaqar_impl.rest.errors import Refusal
from zaqar_impl.rest.fields import HeaderFields
from zaqar_impl.specdoc import Body

#: Seconds that a client may take to send a body.
SLOWEST_BODY = 60.0

#: Bytes of a refused body that are read and thrown away, so that a client which sends before it
#: listens can read its answer. Every bound that can be configured is below it.
LARGEST_DISCARD = 16 * 1024 * 1024

_CLOSE = {"Connection": "close"}

#: A request without these headers has no body.
_ANNOUNCING = (b"content-length", b"transfer-encoding")


async def read_body(
    fields: HeaderFields, receive: Receive, rule: Body | None, seconds: float
) -> bytes:
    """The body, read to its end; empty where the operation takes none.

    Raises:
        Refusal: it is larger than ``rule`` allows, or does not arrive within ``seconds``.
        ConnectionResetError: the client has gone away.
    """
    if rule is None and not any(name in fields for name in _ANNOUNCING):
        return b""
    largest = rule.max_bytes if rule else LARGEST_DISCARD
    _refuse_declared(fields, largest)
    try:
        async with asyncio.timeout(seconds):
            body, size = await _taken(receive, largest)
    except TimeoutError:
        raise Refusal(408, "The body did not arrive in time.", _CLOSE) from None
    if size > largest:
        raise _too_large(largest, close=size > LARGEST_DISCARD)
    return body if rule else b""


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


async def _taken(receive: Receive, largest: int) -> tuple[bytes, int]:
    """The body and its size; of one that is larger than ``largest`` the rest is thrown away, up to
    :data:`LARGEST_DISCARD`."""
    taken: list[bytes] = []
    size, more = 0, True
    while more and size <= LARGEST_DISCARD:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= largest:
            taken.append(chunk)
        else:
            taken.clear()
    return b"".join(taken), size
