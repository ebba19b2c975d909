# SPDX-License-Identifier: Apache-2.0
"""Calls that are served in groups."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from zaqar_impl.storage.grouping import Grouping

OUTSIDE: ContextVar[str] = ContextVar("OUTSIDE", default="nothing")


class Server:
    """Serves words by shouting them, one group after another, each when it is let go."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[str]]] = []
        self.gate = asyncio.Event()
        self.seen: set[str] = set()

    async def serve(self, key: str, items: Sequence[str]) -> Sequence[str | BaseException]:
        self.groups.append((key, list(items)))
        self.seen.add(OUTSIDE.get())
        await self.gate.wait()
        if "poison" in items:
            raise ValueError("poison")
        if "outage" in items:
            raise ConnectionError("outage")
        return [KeyError(item) if item == "odd" else item.upper() for item in items]

    def of(self, key: str) -> list[list[str]]:
        return [items for served, items in self.groups if served == key]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def grouping(server: Server) -> Grouping[str, str, str]:
    """Groups of up to 20 letters; connection errors concern everybody."""
    return Grouping(
        server.serve,
        weigh=len,
        capacity=20,
        is_common=lambda error: isinstance(error, ConnectionError),
    )


async def submitted(
    grouping: Grouping[str, str, str], *items: str, key: str = "k"
) -> list[asyncio.Task[str]]:
    """Calls that all wait: the first is being served, the others will be the next group."""
    calls = [asyncio.create_task(grouping.submit(key, item)) for item in items]
    for _ in range(3):
        await asyncio.sleep(0)
    return calls


async def test_lone_call_is_served_at_once(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """It waits for nobody."""
    server.gate.set()

    assert await grouping.submit("k", "one") == "ONE"
    assert await grouping.submit("k", "two") == "TWO"
    assert server.of("k") == [["one"], ["two"]]


async def test_calls_that_wait_are_served_together(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """While the first is served the others gather, and each gets its own answer."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b", "c", "d")
    server.gate.set()

    assert await asyncio.gather(*first, *others) == ["A", "B", "C", "D"]
    assert server.of("k") == [["a"], ["b", "c", "d"]]


async def test_keys_do_not_wait_for_each_other(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Groups of different keys are served at the same time."""
    calls = [*await submitted(grouping, "a", key="k"), *await submitted(grouping, "b", key="l")]

    assert server.groups == [("k", ["a"]), ("l", ["b"])]
    server.gate.set()
    assert await asyncio.gather(*calls) == ["A", "B"]


async def test_group_ends_where_the_next_call_would_be_too_much(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """What alone is too much is served alone."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b" * 12, "c" * 8, "d" * 9, "e" * 30, "f")
    server.gate.set()
    await asyncio.gather(*first, *others)

    assert [[len(item) for item in items] for items in server.of("k")] == [
        [1],
        [12, 8],
        [9],
        [30],
        [1],
    ]


async def test_failing_call_fails_alone(server: Server, grouping: Grouping[str, str, str]) -> None:
    """Its neighbours are served again without it."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b", "poison", "c")
    server.gate.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert [str(answer) for answer in answers] == ["A", "B", "poison", "C"]
    assert isinstance(answers[2], ValueError)
    assert server.of("k")[1:] == [["b", "poison", "c"], ["b"], ["poison"], ["c"]]


async def test_exception_among_the_answers_is_for_its_call_only(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Nothing is served twice for it."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b", "odd")
    server.gate.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert answers[:2] == ["A", "B"]
    assert isinstance(answers[2], KeyError)
    assert len(server.groups) == 2


async def test_common_failure_fails_the_group(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Nobody is served again, and the next calls are served as ever."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b", "outage")
    server.gate.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, ConnectionError, ConnectionError]
    assert len(server.groups) == 2
    assert await grouping.submit("k", "c") == "C"


async def test_call_cancelled_while_it_waits_is_not_served(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Its neighbours are."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b", "c", "d")
    others[1].cancel()
    await asyncio.sleep(0)
    server.gate.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert answers[:2] == ["A", "B"]
    assert isinstance(answers[2], asyncio.CancelledError)
    assert server.of("k") == [["a"], ["b", "d"]]


async def test_call_cancelled_while_it_is_served_disturbs_nobody(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Serving goes on to its end, and draining waits for that."""
    first = await submitted(grouping, "a")
    others = await submitted(grouping, "b")
    first[0].cancel()
    draining = asyncio.create_task(grouping.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    server.gate.set()
    await draining

    assert server.of("k") == [["a"], ["b"]]
    assert await others[0] == "B"


async def test_group_does_not_inherit_the_context_of_a_call(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """Deadlines that callers have set for themselves are not those of the group."""
    OUTSIDE.set("a deadline")
    server.gate.set()
    await grouping.submit("k", "a")

    assert server.seen == {"nothing"}


async def test_nobody_is_left_waiting_when_serving_is_cancelled(
    server: Server, grouping: Grouping[str, str, str]
) -> None:
    """When the event loop goes down, those in the group and those behind it are cancelled too."""
    calls = [*await submitted(grouping, "a"), *await submitted(grouping, "b")]
    [serving] = asyncio.all_tasks() - {asyncio.current_task(), *calls}

    serving.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(answer) for answer in answers} == {asyncio.CancelledError}


async def test_patient_group_waits_for_callers_that_come_back() -> None:
    """Who was just answered joins the next group, with those that waited; so all are in it."""
    server, rounds = Server(), 5
    server.gate.set()
    grouping = Grouping(
        server.serve, weigh=len, capacity=20, is_common=lambda _: True, patience=0.2
    )

    async def caller(pause: float) -> None:
        for _ in range(rounds):
            await grouping.submit("k", "a")
            await asyncio.sleep(pause)

    await asyncio.gather(*(caller(pause / 1000) for pause in range(1, 9)))

    assert [len(items) for items in server.of("k")] == [8] * rounds


async def test_patience_ends() -> None:
    """Callers that do not come again hold nobody up for longer than that."""
    server = Server()
    server.gate.set()
    grouping = Grouping(
        server.serve, weigh=len, capacity=20, is_common=lambda _: True, patience=0.02
    )

    await asyncio.gather(*(grouping.submit("k", "a") for _ in range(8)))
    async with asyncio.timeout(10):
        await grouping.submit("k", "b")
        await grouping.drain()

    assert server.of("k") == [["a"] * 8, ["b"]]


async def test_lone_caller_never_waits() -> None:
    """However patient the grouping is."""
    server = Server()
    server.gate.set()
    grouping = Grouping(server.serve, weigh=len, capacity=20, is_common=lambda _: True, patience=60)

    async with asyncio.timeout(5):
        for _ in range(3):
            await grouping.submit("k", "a")

    assert server.of("k") == [["a"]] * 3
