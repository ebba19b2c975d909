# SPDX-License-Identifier: Apache-2.0
"""What is sent over a connection, and what waits."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from zaqar_impl.websocket.outbox import Outbox, SlowReader

FRAME = b"x" * 1000


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection, which holds little by itself."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


async def taken(theirs: socket.socket, size: int) -> bytes:
    """So many bytes, read at the other end."""
    data = b""
    while len(data) < size:
        data += await asyncio.get_running_loop().sock_recv(theirs, size - len(data))
    return data


def fill(outbox: Outbox, count: int) -> bytes:
    """Put frames of different bytes; all of them."""
    frames = [bytes([number % 256]) * 1000 for number in range(count)]
    for frame in frames:
        outbox.put(frame)
    return b"".join(frames)


async def test_everything_comes_in_order(ends: tuple[socket.socket, socket.socket]) -> None:
    """What the other end does not take at once waits, and goes when it reads."""
    ours, theirs = ends
    outbox = Outbox(ours, 1_000_000, 10)
    sent = fill(outbox, 200)
    assert outbox.size > 0
    drained = asyncio.create_task(outbox.drained())
    assert await taken(theirs, len(sent)) == sent
    await drained
    assert outbox.size == 0
    outbox.put(FRAME)
    assert await taken(theirs, len(FRAME)) == FRAME
    outbox.close()


async def test_no_more_waits_than_the_bound(ends: tuple[socket.socket, socket.socket]) -> None:
    """And one frame; the last one takes the place of those that wait, behind what has begun."""
    ours, theirs = ends
    outbox = Outbox(ours, 5000, 10)
    with pytest.raises(SlowReader):
        fill(outbox, 200)
    assert outbox.size <= 5000 + len(FRAME)
    outbox.put_last(b"the end")
    assert outbox.size <= len(FRAME) + len(b"the end")
    rest = b""
    while not rest.endswith(b"the end"):
        rest += await taken(theirs, 1)
    assert (len(rest) - len(b"the end")) % len(FRAME) == 0
    await outbox.drained()
    outbox.close()


async def test_patience_ends(ends: tuple[socket.socket, socket.socket]) -> None:
    """When the other end takes nothing for too long, and not while it takes something."""
    ours, theirs = ends
    outbox = Outbox(ours, 1_000_000, 0.3)
    sent = fill(outbox, 60)
    drained = asyncio.create_task(outbox.drained())
    for _ in range(6):
        await asyncio.sleep(0.1)
        await taken(theirs, 4000)
    assert not drained.done()
    with pytest.raises(SlowReader):
        await drained
    assert 0 < outbox.size < len(sent)
    outbox.close()


async def test_nobody_is_there(ends: tuple[socket.socket, socket.socket]) -> None:
    """Then nothing waits, and nothing fails."""
    ours, theirs = ends
    outbox = Outbox(ours, 1_000_000, 10)
    fill(outbox, 60)
    theirs.close()
    await outbox.drained()
    outbox.put(FRAME)
    assert (outbox.closed, outbox.size) == (True, 0)
