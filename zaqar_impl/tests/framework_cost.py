# SPDX-License-Identifier: Apache-2.0
"""What a request costs outside of the database: the processor's time of each operation, with HTTP,
checks and answers, over the memory driver.

``python -m zaqar_impl.tests.framework_cost`` prints it, in microseconds of this process for a
request. Bytes go through uvicorn's protocol as they come from a socket, but there is no socket and
no client, so that nothing else is in the figures. Beside each operation stand what the handler and
the driver take of it, and what is left for the framework; below, what uvicorn and Starlette take
with nothing behind them. ``--profile OPERATION`` tells where the time goes.
"""

import argparse
import asyncio
import cProfile
import functools
import json
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from zaqar_impl.config import load
from zaqar_impl.domain.clock import system_clock
from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers import HANDLERS
from zaqar_impl.handlers.messages import PostedMessage
from zaqar_impl.handlers.service import Service
from zaqar_impl.rest.app import application
from zaqar_impl.rest.crowd import BoundedProtocol
from zaqar_impl.specdoc import home_document, shape, spec_root
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.wiring import rest_document

ROUNDS, BATCHES, BATCH, PAGE = 15, 10, 20, 10
CALLER = Caller("cost", "3381af922b9e11e3b19171861300734c")
BODY = b'"' + b"x" * 1022 + b'"'
MESSAGES = "/v2/queues/cost/messages"
POSTS = "/v2/queues/cost-posts/messages"

#: Sends one request of an operation, by whichever way is measured; gives what came of it.
Ask = Callable[..., Awaitable[Any]]


class Wire(asyncio.Transport):
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """There is nothing to close."""

    def resume_reading(self) -> None:
        """Nothing was paused."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""


class Served:
    """An application behind uvicorn's protocol, with one connection."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, ws="none", log_config=None, access_log=False, proxy_headers=False
        )
        self._state = ServerState()
        self._wire = Wire()
        self._protocol = BoundedProtocol(config, self._state, {})
        self._protocol.connection_made(self._wire)

    async def ask(self, request: bytes) -> bytes:
        """The answer to a request, bytes for bytes."""
        answered = self._state.total_requests + 1
        self._protocol.data_received(request)
        while self._state.total_requests < answered:
            await asyncio.sleep(0)
        answer = b"".join(self._wire.written)
        self._wire.written.clear()
        return answer


class ByHttp:
    """Asks for operations as clients do."""

    def __init__(self, app: ASGIApp) -> None:
        self._ask = Served(app).ask

    def step(self, operation: str, ids: list[str] | None = None) -> Callable[[], Awaitable[Any]]:
        """A call of one operation, all made ready."""
        message = {"ttl": 3600, "body": json.loads(BODY)}
        requests: dict[str, tuple[str, str, Any]] = {
            "queue_get": ("GET", "/v2/queues/cost", None),
            "message_list": ("GET", f"{MESSAGES}?limit={PAGE}&echo=true", None),
            "message_post": ("POST", POSTS, {"messages": [message]}),
            "claim_create": ("POST", f"/v2/queues/cost/claims?limit={PAGE}", {"ttl": 60}),
            "message_delete_many": ("DELETE", f"{MESSAGES}?ids={','.join(ids or [])}", None),
        }
        raw = request(*requests[operation])
        return lambda: self._ask(raw)

    async def fill(self) -> None:
        """Post a page of messages."""
        message = {"ttl": 3600, "body": json.loads(BODY)}
        await self._ask(request("POST", MESSAGES, {"messages": [message] * PAGE}))

    @staticmethod
    def ids(answer: bytes) -> list[str]:
        """The ids of the messages in an answer."""
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b" 201 " in head, head
        return [message["id"] for message in json.loads(body)["messages"]]


class ByHand:
    """Calls the handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def step(self, operation: str, ids: list[str] | None = None) -> Callable[[], Awaitable[Any]]:
        """A call of one operation, all made ready."""
        new = [PostedMessage(BODY, 3600, None)]
        arguments: dict[str, dict[str, Any]] = {
            "queue_get": {},
            "message_list": {"limit": PAGE, "echo": True},
            "message_post": {"messages": new, "size": len(BODY)},
            "claim_create": {"limit": PAGE, "ttl": 60},
            "message_delete_many": {"message_ids": ids},
        }
        handler = HANDLERS[operation]
        queue = "cost-posts" if operation == "message_post" else "cost"
        return lambda: handler(self._service, CALLER, queue_name=queue, **arguments[operation])

    async def fill(self) -> None:
        """Post a page of messages."""
        new = [PostedMessage(BODY, 3600, None)] * PAGE
        post = HANDLERS["message_post"]
        await post(self._service, CALLER, queue_name="cost", messages=new, size=len(BODY))

    @staticmethod
    def ids(claim: Any) -> list[str]:
        """The ids of the messages in a claim."""
        return [message.id for message in claim.messages]


def request(method: str, target: str, body: Any = None) -> bytes:
    """The bytes of a request, with the headers that clients send."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nUser-Agent: cost/1.0\r\n"
        f"Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\n"
        f"Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: cost\r\n"
    )
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


def new_service() -> tuple[ASGIApp, Service]:
    """The application as it is deployed by default, over a memory of its own."""
    settings = load([], {})
    document = rest_document(settings)
    service = Service(
        storage=MemoryStorage(system_clock),
        limits=settings.limits,
        clock=system_clock,
        metadata_shape=shape(document, "QueueMetadata"),
        home_document=home_document(spec_root(), document),
    )
    return application(document, service), service


class Meter:
    """Measures calls, a batch at a time."""

    def __init__(self, profiled: str | None = None) -> None:
        self.profiler = cProfile.Profile()
        self._profiled = profiled
        self._took: dict[str, list[float]] = {}

    async def __call__(self, name: str, calls: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """What the calls give, one after the other."""
        if name == self._profiled:
            self.profiler.enable()
        began = time.process_time()
        results = [await call() for call in calls]
        self._took.setdefault(name, []).append((time.process_time() - began) / len(calls))
        self.profiler.disable()
        return results

    def medians(self) -> dict[str, float]:
        """Microseconds of a call, by name, since the last time; rare interruptions don't count."""
        result = {name: statistics.median(took) * 1e6 for name, took in self._took.items()}
        self._took.clear()
        return result


async def work(way: ByHttp | ByHand, meter: Meter) -> None:
    """Each operation in batches; the queue keeps its length but for single posts."""
    for _ in range(BATCHES):
        for operation in ("queue_get", "message_list", "message_post"):
            await meter(operation, [way.step(operation)] * BATCH)
        for _ in range(BATCH):
            await way.fill()
        claims = await meter("claim_create", [way.step("claim_create")] * BATCH)
        ids = [way.ids(claim) for claim in claims]
        assert {len(each) for each in ids} == {PAGE}
        removals = [way.step("message_delete_many", each) for each in ids]
        await meter("message_delete_many", removals)


async def floors(meter: Meter) -> None:
    """What there is without us: a fixed answer by uvicorn, and by Starlette."""
    show = request("GET", "/v2/queues/cost")
    post = request("POST", MESSAGES, {"messages": [{"body": json.loads(BODY)}]})
    for name, app in (("uvicorn", _fixed), ("uvicorn and Starlette", _STARLETTE)):
        served = Served(app)
        for _ in range(BATCHES):
            for what, raw in (("show", show), ("post", post)):
                await meter(f"{name}, {what}", [functools.partial(served.ask, raw)] * BATCH)


async def _fixed(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] == "POST":
        await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


async def _show(_request: Request) -> Response:
    return Response(b"{}", media_type="application/json")


async def _post(incoming: Request) -> Response:
    await incoming.body()
    return Response(b"{}", media_type="application/json")


_STARLETTE = Starlette(
    routes=[
        Route("/v2/queues/{queue_name}", _show),
        Route("/v2/queues/{queue_name}/messages", _post, methods=["POST"]),
    ]
)


async def main(profiled: str | None) -> None:
    """Measure in rounds, and print the smallest median of each: what else the machine does only
    adds."""
    meter = Meter(profiled)
    found: dict[str, list[dict[str, float]]] = {"http": [], "hand": [], "floor": []}
    for _ in range(ROUNDS):
        app, service = new_service()
        await HANDLERS["queue_create"](service, CALLER, queue_name="cost")
        by_http, by_hand = ByHttp(app), ByHand(service)
        await by_http.fill()
        await work(by_http, meter)
        found["http"].append(meter.medians())
        if profiled:
            continue
        await work(by_hand, meter)
        found["hand"].append(meter.medians())
        await floors(meter)
        found["floor"].append(meter.medians())
    if profiled:
        pstats.Stats(meter.profiler).sort_stats("tottime").print_stats(60)
        return
    best = {way: dict(_smallest(rounds)) for way, rounds in found.items()}
    print(f"{'microseconds for a request':28}{'whole':>8}{'handler':>9}{'framework':>11}")
    for name, whole in best["http"].items():
        handler = best["hand"][name]
        print(f"{name:28}{whole:8.0f}{handler:9.0f}{whole - handler:11.0f}")
    for name, floor in best["floor"].items():
        print(f"{name:28}{floor:8.0f}")


def _smallest(rounds: list[dict[str, float]]) -> Iterator[tuple[str, float]]:
    for name in rounds[0]:
        yield name, min(figures[name] for figures in rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", metavar="OPERATION")
    uvloop.run(main(parser.parse_args().profile))
