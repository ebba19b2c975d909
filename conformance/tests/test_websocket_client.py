# SPDX-License-Identifier: Apache-2.0
"""The kit's client of the WebSocket: what it sends, what it records, what it can't let pass."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from zaqar_conformance.case import Mismatch, Unsupported
from zaqar_conformance.client import Api
from zaqar_conformance.errors import TargetUnreachable
from zaqar_conformance.target import Target
from zaqar_conformance.websocket import BINARY, TEXT, forms
from zaqar_conformance.websocket.connection import reach
from zaqar_conformance.websocket.record import told

from .miniature import Miniature
from .trying import deployed


class Silent(Miniature):
    """Replies to nothing."""

    def replied(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    """A caller of a miniature."""
    with deployed(Miniature(), timeout=5.0, silence=0.05) as target:
        caller = Api(target)
        yield caller
        caller.cleanup()


@pytest.mark.parametrize("form", forms.FORMS)
def test_requests_carry_the_caller_and_come_back(api: Api, form: forms.Form) -> None:
    """Client and project are filled in; the reply has the form of the request."""
    reply = api.connect().ask("queue_list", {"limit": 1}, form=form)

    assert (reply.status, reply.form) == (200, form)
    assert reply.request["headers"]["Client-ID"] == api.target.client_id
    assert reply.body == {"queues": []}


def test_frames_are_recorded_as_lines_without_secrets(api: Api) -> None:
    """A person can read what went which way, and repeat it."""
    api.connect().ask("queue_list", {}, {"X-Auth-Token": "opensesame", "url-signature": "s3cret"})

    opened, sent, came = (one.curl() for one in api.exchanges)
    assert opened.startswith(f"python3 -m websockets {api.target.websocket_url}/")
    assert sent.startswith('1 > text {"action": "queue_list"')
    assert came.startswith('1 < text {"request"')
    assert "opensesame" not in opened + sent + came
    assert "s3cret" not in opened + sent + came


def test_binary_is_recorded_as_what_it_means() -> None:
    """MessagePack is told as JSON; what is none as its bytes; long texts are cut."""
    assert told("binary", forms.written({"a": [1, None]}, BINARY)) == 'binary {"a": [1, null]}'
    assert told("binary", b"\xc1\xff") == "binary c1ff (2 bytes)"
    assert len(told("text", b"a" * 100_000)) < 1000
    assert told("binary", forms.written({"signature": "s3cret"}, BINARY)).count("s3cret") == 0


@pytest.mark.parametrize(
    ("payload", "form"),
    [
        (b"NaN", TEXT),
        (b"{", TEXT),
        (b"\xc1", BINARY),
        (b"\xc0\xc0", BINARY),
        (b"\xc4\x01a", BINARY),
        (b"\xd4\x01\x00", BINARY),
        (b"\xd6\xff\x00\x00\x00\x00", BINARY),
        (b"\x81\x01\x01", BINARY),
        (b"\x81\xc4\x01a\x01", BINARY),
    ],
)
def test_what_json_can_not_say_is_no_reply(payload: bytes, form: forms.Form) -> None:
    """A server that replies so is wrong, and is not read with indulgence."""
    with pytest.raises(ValueError):
        forms.read(payload, form)


def test_no_reply_is_a_mismatch() -> None:
    """A server that keeps silent has not kept the API."""
    with deployed(Silent(), timeout=0.2) as target:
        api = Api(target)
        with pytest.raises(Mismatch, match="a reply to queue_list, observed nothing within"):
            api.connect().ask("queue_list")
        api.cleanup()


def test_an_end_in_place_of_a_reply_is_told_with_its_code(api: Api) -> None:
    """The close code says why."""
    line = api.connect()
    line.wire.send("text", b"\xff")

    with pytest.raises(Mismatch, match="a reply to nothing, observed a close frame of 1007"):
        line.reply()
    assert line.wire.ended_with == 1007


def test_notifications_are_kept_while_a_reply_is_waited_for(api: Api) -> None:
    """They are told from replies by the member request, and none is lost."""
    line = api.connect()
    line.ask("subscription_create", {"queue_name": "kit"})
    for number in range(3):
        line.ask("message_post", {"queue_name": "kit", "messages": [{"body": number}]})

    assert [one["body"] for one in line.notifications(3)] == [0, 1, 2]
    line.silence()


def test_a_message_that_is_not_to_come_breaks_the_silence(api: Api) -> None:
    """Silence is looked at, not taken for granted."""
    line = api.connect()
    line.send("queue_list")

    with pytest.raises(Mismatch, match="nothing more"):
        line.silence()


def test_without_a_url_there_is_no_connection() -> None:
    """The case ends as not supported, with a word of advice."""
    with pytest.raises(Unsupported, match="give --websocket-url"):
        Api(Target("http://kit.invalid")).connect()


def test_a_url_where_nothing_answers_ends_the_run() -> None:
    """It is no finding: no case has to fail for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"ws://127.0.0.1:{probe.getsockname()[1]}/"

    with pytest.raises(TargetUnreachable, match="no WebSocket answers at"):
        reach(Target("http://kit.invalid", websocket_url=nowhere))


def test_http_is_no_websocket() -> None:
    """A server that speaks HTTP only is told apart from one that is not there."""
    with (
        Miniature().serving() as url,
        pytest.raises(TargetUnreachable, match="no WebSocket answers at"),
    ):
        reach(Target(url, websocket_url=url.replace("http", "ws"), timeout=1))
