# SPDX-License-Identifier: Apache-2.0
"""The load generator's HTTP client, on servers that behave well and badly."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from zaqar_impl.bench import preparing
from zaqar_impl.bench.client import Connection, NoAnswer, Target
from zaqar_impl.bench.load import Crew
from zaqar_impl.bench.measuring import Window
from zaqar_impl.bench.roles import Observer
from zaqar_impl.bench.scenarios import SCENARIOS

Serve = Callable[[bytes], Awaitable[Target]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server that answers every request with these bytes; ``b""`` closes instead."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes) -> Target:
        async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await _request(reader) and answer:
                writer.write(answer)
                if b"close" in answer:
                    break
            writer.close()

        servers.append(await asyncio.start_server(answering, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return Target(f"http://127.0.0.1:{port}/messaging/", {"Client-ID": "c"})

    yield start
    for server in servers:
        server.close()
    await asyncio.sleep(0.01)  # those that answer see that their clients have gone


async def _request(reader: asyncio.StreamReader) -> bool:
    """Read one request, whole; False at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    _, found, length = head.lower().partition(b"content-length: ")
    await reader.readexactly(int(length.partition(b"\r\n")[0]) if found else 0)
    return True


def test_requests_are_written_whole() -> None:
    """Line, host, the target's headers, and the length of the body."""
    target = Target("http://host:8888/messaging", {"Client-ID": "c"})

    assert target.prefix == "/messaging"
    assert target.request("POST", "/p?q=1", {"a": 1}) == (
        b"POST /p?q=1 HTTP/1.1\r\nHost: host:8888\r\nClient-ID: c\r\n"
        b'Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'
    )


async def test_one_connection_serves_many_requests(serve: Serve) -> None:
    """It is kept, also when an answer has no body, and one in chunks is put together."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n"
    target = await serve(chunked)
    connection = Connection(target)
    request = target.request("GET", "/")

    answers = [await connection.ask(request) for _ in range(3)]

    assert [answer.json() for answer in answers] == [[1]] * 3
    connection.close()


async def test_a_connection_that_the_server_closes_is_opened_again(serve: Serve) -> None:
    """The answer with which it says so counts."""
    target = await serve(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    connection = Connection(target)

    answers = [await connection.ask(target.request("DELETE", "/")) for _ in range(3)]

    assert [answer.status for answer in answers] == [204] * 3
    connection.close()


@pytest.mark.parametrize("answer", [b"", b"not HTTP at all\r\n\r\n"])
async def test_what_is_no_answer_is_told(serve: Serve, answer: bytes) -> None:
    """A broken connection, and bytes that make no sense."""
    target = await serve(answer)

    with pytest.raises(NoAnswer, match="no answer"):
        await Connection(target).ask(target.request("GET", "/"))


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    """A server that never answers holds nobody up for ever."""

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(read, "127.0.0.1", 0)
    target = Target(f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}", {})
    connection = Connection(target, slowest_answer=0.1)

    with pytest.raises(NoAnswer, match="timed out"):
        await connection.ask(target.request("GET", "/"))
    silent.close()
    await asyncio.sleep(0.01)


async def test_nobody_listening_is_told() -> None:
    """Preparing names the URL."""
    with pytest.raises(preparing.NotPrepared, match=r"http://127\.0\.0\.1:1:"):
        await preparing.reset(Target("http://127.0.0.1:1", {}), ["q"])


async def test_a_refusal_is_told_with_its_reason(serve: Serve) -> None:
    """So that a wrong project or token is seen at once."""
    target = await serve(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 8\r\n\r\nno token")

    with pytest.raises(preparing.NotPrepared, match="401: no token"):
        await preparing.fill(target, ["q"], 0)


@pytest.mark.parametrize(
    ("scenario", "answer", "wrong"),
    [
        pytest.param(
            "post-20", b'HTTP/1.1 201 Created\r\nContent-Length: 19\r\n\r\n{"resources":["a"]}',
            "post: 1 messages for 20", id="too few posted",
        ),
        pytest.param(
            "list-10", b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"messages":[]}',
            "list: 0 messages for 10", id="too few listed",
        ),
        pytest.param(
            "claim-10", b'HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{"messages":[]}',
            "claim: 0 messages for 1 to 10", id="nothing claimed",
        ),
        pytest.param(
            "post-1", b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            "post: 201 without resources", id="no body",
        ),
        pytest.param(
            "show-queue", b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
            "show: 503", id="wrong status",
        ),
        pytest.param("show-queue", b"", "show: no answer", id="none"),
    ],
)  # fmt: skip
async def test_wrong_answers_are_counted(
    serve: Serve, scenario: str, answer: bytes, wrong: str
) -> None:
    """By their status, or by what is wrong with them."""
    now = time.monotonic()
    crew = Crew(await serve(answer), 0, 1, Window(now, now + 0.05))

    await SCENARIOS[scenario].work(["q"]).run(crew)

    assert set(crew.tally.errors) == {wrong}
    assert crew.tally.requests == sum(crew.tally.errors.values())


async def test_observers_begin_anew_without_a_link(serve: Serve) -> None:
    """Upstream gives no link with an empty page."""
    target = await serve(b'HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"messages":[],"links":[]}')
    now = time.monotonic()
    crew = Crew(target, 0, 2, Window(now, now + 0.05))

    await Observer(["q"], 5).run(crew)

    assert crew.tally.operation("list").successful > 0
    assert not crew.tally.errors
