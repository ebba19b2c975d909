# SPDX-License-Identifier: Apache-2.0
"""Answers leave in one piece, and nothing waits for long or is lost."""

import asyncio

import pytest

from zaqar_impl.rest.protocol import OneWrite


class Recorded(asyncio.Transport):
    """Keeps what is written, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
async def transport(recorded: Recorded) -> OneWrite:
    return OneWrite(recorded, asyncio.get_running_loop())


async def test_head_and_body_are_one_write(transport: OneWrite, recorded: Recorded) -> None:
    """So are those of the next answer."""
    for _ in range(2):
        transport.write(b"head ")
        transport.write(b"body")

    assert recorded.writes == [b"head body"] * 2


async def test_a_head_without_a_body(transport: OneWrite, recorded: Recorded) -> None:
    """The server writes an empty body, or the event loop goes on."""
    transport.write(b"head")
    transport.write(b"")
    assert recorded.writes == [b"head"]

    transport.write(b"100 Continue")
    await asyncio.sleep(0)
    assert recorded.writes == [b"head", b"100 Continue"]


async def test_a_long_body_is_not_copied(transport: OneWrite, recorded: Recorded) -> None:
    """It follows its head."""
    body = b"x" * (OneWrite.MOST_JOINED + 1)
    transport.write(b"head")
    transport.write(body)

    assert recorded.writes == [b"head", body]


async def test_closing_loses_nothing(transport: OneWrite, recorded: Recorded) -> None:
    """What waits is written first, and nothing is written afterwards."""
    transport.write(b"head")
    transport.close()
    await asyncio.sleep(0)

    assert recorded.writes == [b"head"]
    assert transport.is_closing()


async def test_a_connection_that_is_gone(transport: OneWrite, recorded: Recorded) -> None:
    """What waits for it is dropped."""
    transport.write(b"head")
    recorded.close()
    await asyncio.sleep(0)
    transport.close()

    assert recorded.writes == []
