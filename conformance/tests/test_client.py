# SPDX-License-Identifier: Apache-2.0
"""The client sends what it is told to, records it, and cleans up after a case."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from zaqar_conformance import arrange, observe
from zaqar_conformance.case import Mismatch, SetupFailed, Unsupported, setup
from zaqar_conformance.client import Api, Limits, Target
from zaqar_conformance.exchange import REDACTED, Exchange

from .miniature import Answer, Miniature, Request


class Recording(Miniature):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []

    def respond(self, request: Request) -> Answer:
        """The answer of the miniature."""
        self.asked.append(request)
        return super().respond(request)


@pytest.fixture
def server() -> Recording:
    """A server that remembers."""
    return Recording()


@pytest.fixture
def target(server: Recording) -> Iterator[Target]:
    """Where it answers."""
    with server.serving() as url:
        yield Target(url)


@pytest.fixture
def api(server: Recording, target: Target) -> Iterator[Api]:
    """A client of it."""
    api = Api(target, Limits(), wait=server.advance)
    yield api
    api.cleanup()


def test_every_request_says_who_sends_it(api: Api, server: Recording) -> None:
    """Client, project and Accept are in each request unless the case says otherwise."""
    api.get("/v2/queues")
    api.get("/v2/queues", headers={"Client-ID": None, "Accept": None, "X-Project-ID": "p"})

    first, second = (dict(request.headers.items()) for request in server.asked)
    assert first["Client-ID"] == api.target.client_id
    assert (first["X-Project-ID"], first["Accept"]) == (api.target.project, "application/json")
    assert {"Client-ID", "Accept"} & set(second) == set()
    assert second["X-Project-ID"] == "p"


def test_pieces_go_in_chunks(api: Api, server: Recording) -> None:
    """A body in several pieces has no Content-Length."""
    answer = api.put(f"/v2/queues/{api.queue_name()}", data=[b'{"a"', b": 1}"])

    assert answer.status == 201
    assert server.asked[0].body == b'{"a": 1}'
    assert not server.asked[0].has_length
    assert answer.request_body == b'{"a": 1}'


def test_token_is_sent_and_not_kept(server: Recording, target: Target) -> None:
    """A token reaches the server and never an exchange."""
    api = Api(replace(target, headers={"X-Auth-Token": "secret"}))

    exchange = api.get("/v2/queues")
    raw = api.raw(api.head_bytes("GET", "/v2/queues"))
    api.cleanup()

    assert [request.headers["X-Auth-Token"] for request in server.asked] == ["secret"] * 2
    assert exchange.request_headers["X-Auth-Token"] == REDACTED
    assert b"secret" not in raw.wire


def test_project_cannot_be_chosen_with_a_token(target: Target) -> None:
    """Where a token decides the project, a case of two projects is not supported."""
    api = Api(replace(target, headers={"x-auth-token": "t"}))

    with pytest.raises(Unsupported):
        api.other_project()


def test_proxies_of_the_environment_are_left_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment says of proxies changes nothing."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")

    assert api.get("/v2/queues").status == 200


def test_redirects_are_not_followed(server: Recording, target: Target) -> None:
    """A redirect is an answer like any other."""

    class Moved(Miniature):
        def respond(self, request: Request) -> Answer:
            return Answer(301, headers={"Location": "/v2/elsewhere"})

    with Moved().serving() as url:
        api = Api(replace(target, url=url))
        assert api.get("/v2/queues").status == 301
        api.cleanup()


def test_no_answer_is_a_mismatch() -> None:
    """A server that hangs up has not kept the API; the attempt is recorded with status 0."""
    with _one_that_hangs_up() as url:
        api = Api(Target(url))
        with pytest.raises(Mismatch, match="expected an answer"):
            api.get("/v2/queues")
        api.cleanup()

    assert [one.status for one in api.exchanges if isinstance(one, Exchange)] == [0]


def test_raw_bytes_may_remain_without_an_answer() -> None:
    """Bytes that are no request may be answered by hanging up."""
    with _one_that_hangs_up() as url:
        api = Api(Target(url))
        exchange = api.raw(b"nonsense\r\n\r\n")
        api.cleanup()

    assert exchange.status == 0


def test_nothing_listening_is_a_mismatch_for_raw_bytes() -> None:
    """A target that cannot be connected to does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    api = Api(Target(f"http://127.0.0.1:{port}"))

    with pytest.raises(Mismatch, match="an answer or the end of the connection"):
        api.raw(b"GET / HTTP/1.1\r\n\r\n")


def test_raw_head_repeats_headers(api: Api, server: Recording) -> None:
    """A request written by hand may carry one header twice and leave another out."""
    data = api.head_bytes("GET", "/v2/queues", ("Client-ID", "second"), without=["X-Project-ID"])

    api.raw(data)

    (request,) = server.asked
    assert request.headers.get_all("Client-ID") == [api.target.client_id, "second"]
    assert "X-Project-ID" not in request.headers


def test_cut_off_body_is_answered_or_dropped(api: Api, server: Recording) -> None:
    """After the last byte nothing more is sent, so the server knows that the body is short."""
    name = api.queue_name()
    head = api.head_bytes("PUT", f"/v2/queues/{name}", ("Content-Length", "100"))

    exchange = api.raw(head + b'{"a":', cut=True)

    assert exchange.status == 400
    assert server.asked[0].body == b'{"a":'


def test_offered_body_is_sent_where_it_is_waited_for(api: Api, server: Recording) -> None:
    """A server that answers nothing to the head gets the body too."""
    answer = api.offer("PUT", f"/v2/queues/{api.queue_name()}", b'{"a": 1}')

    assert answer.status == 201
    assert server.asked[0].body == b'{"a": 1}'


def test_offered_body_is_kept_where_the_head_is_refused() -> None:
    """The refusal of a server that hangs up after the head is not lost."""
    refusal = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with _one_that_hangs_up(refusal) as url:
        api = Api(Target(url))
        answer = api.offer("PUT", "/v2/queues/q", b"x" * 10_000_000)
        api.cleanup()

    assert answer.status == 400


def test_other_client_shares_the_record(api: Api) -> None:
    """All callers of a case write into one record and have one list of queues to remove."""
    other = api.other_client()

    other.get("/v2/queues")
    elsewhere = api.other_project()
    arrange.queue(elsewhere)

    assert other.target.client_id != api.target.client_id
    assert len(api.exchanges) == 2


def test_cleanup_removes_the_queues_of_all_projects(api: Api, server: Recording) -> None:
    """Whatever queues a case made, in whatever project, are gone afterwards."""
    arrange.queue(api)
    arrange.queue(api.other_project())
    assert len(server.queues) == 2

    api.cleanup()

    assert server.queues == {}


def test_wait_is_the_runner_s(api: Api, server: Recording) -> None:
    """Waiting is what the runner says it is."""
    before = server.time

    api.wait(61)

    assert server.time - before == 61


@pytest.mark.parametrize("act", [arrange.queue, arrange.stocked])
def test_arranging_is_set_up(act: Callable[[Api], object]) -> None:
    """What cannot be arranged is a failed set-up, not a finding."""
    with _one_that_hangs_up() as url:
        api = Api(Target(url))
        with pytest.raises(SetupFailed):
            act(api)
        api.cleanup()


def test_set_up_lets_other_outcomes_through() -> None:
    """What a target does not offer stays unsupported inside a set-up."""
    with pytest.raises(Unsupported), setup():
        raise Unsupported("no second project")


def test_pages_have_an_end(api: Api) -> None:
    """A list that goes round in circles is a mismatch and not an endless run."""

    class Circle(Miniature):
        def respond(self, request: Request) -> Answer:
            links = [{"rel": "next", "href": "/v2/queues?marker=a"}]
            return Answer(200, {"queues": [], "links": links})

    with Circle().serving() as url:
        lost = Api(Target(url))
        with pytest.raises(Mismatch, match="an end of the pages"):
            list(observe.pages(lost, "/v2/queues"))
        lost.cleanup()


class _one_that_hangs_up:
    """A server that ends each connection after the first bytes, with that answer or none."""

    def __init__(self, answer: bytes = b"") -> None:
        self._answer = answer

    def __enter__(self) -> str:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._hang_up)
        self._thread.start()
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _hang_up(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(self._answer)
