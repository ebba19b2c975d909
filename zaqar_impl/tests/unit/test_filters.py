# SPDX-License-Identifier: Apache-2.0
"""The message pipeline: what filters see, and what becomes of what they do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from zaqar_impl.domain.values import Kind, Message, NewMessage, QueueRef
from zaqar_impl.filters import IncomingMessage, MessageFilter, OutgoingMessage, Refused
from zaqar_impl.filters.pipeline import FilterFailed, Pipeline, Stage

REF = QueueRef("demo", "jobs", Kind.TOPIC)
NO_OPTIONS: Mapping[str, Any] = {}


def new(*bodies: bytes) -> list[NewMessage]:
    return [NewMessage(body, ttl=300, delay=7) for body in bodies]


def stored(*bodies: bytes) -> list[Message]:
    return [Message("id", 1, body, created=0, expires=60, claim_count=2) for body in bodies]


def pipeline(*filters: MessageFilter) -> Pipeline:
    return Pipeline([Stage(type(one).__name__.lower(), one) for one in filters])


class Append(MessageFilter):
    """Adds its mark to a list, in place."""

    def __init__(self, mark: str) -> None:
        super().__init__(NO_OPTIONS)
        self.mark = mark

    async def on_post(self, message: IncomingMessage) -> None:
        message.body.append(self.mark)

    async def on_delivery(self, message: OutgoingMessage) -> None:
        message.body.append(self.mark)


class Read(MessageFilter):
    """Reads the body, and leaves it alone."""

    async def on_post(self, message: IncomingMessage) -> None:
        assert message.body is message.body


class Assign(MessageFilter):
    """Puts a value into the place of the body."""

    def __init__(self, value: Any) -> None:
        super().__init__(NO_OPTIONS)
        self.value = value

    async def on_post(self, message: IncomingMessage) -> None:
        message.body = self.value

    async def on_delivery(self, message: OutgoingMessage) -> None:
        message.body = self.value


class Raise(MessageFilter):
    """Raises the error that it is given."""

    def __init__(self, error: Exception) -> None:
        super().__init__(NO_OPTIONS)
        self.error = error

    async def on_post(self, message: IncomingMessage) -> None:
        if message.body != "good":
            raise self.error

    async def on_delivery(self, message: OutgoingMessage) -> None:
        raise self.error


class Keep(MessageFilter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(NO_OPTIONS)
        self.told: list[Any] = []

    async def on_post(self, message: IncomingMessage) -> None:
        self.told.append(message)

    async def on_delivery(self, message: OutgoingMessage) -> None:
        self.told.append(message)


async def test_stages_are_passed_in_order_and_back_in_reverse() -> None:
    """The first filter is the one next to the clients."""
    both = pipeline(Append("outer"), Append("inner"))

    [posted] = await both.incoming(REF, new(b"[]"), {})
    [told] = await both.outgoing(REF, stored(b"[]"))

    assert posted.body == b'["outer","inner"]'
    assert told.body == b'["inner","outer"]'


async def test_without_filters_messages_are_not_touched() -> None:
    """They come back as the very same objects, also from filters that see only the other way."""
    posted, told = new(b"1"), stored(b"1")

    assert await Pipeline().incoming(REF, posted, {}) is posted
    assert await Pipeline().outgoing(REF, told) is told
    assert await pipeline(Read(NO_OPTIONS)).outgoing(REF, told) is told


@pytest.mark.parametrize(
    "body",
    [
        b"1234567890123456789012345678901234567890",
        b'{ "a" : [ 1.10, 1E2, "\\u00e9\\/" ] ,"b":null}',
        b"null",
        b"9" * 4300,
    ],
    ids=["big", "spelt", "null", "huge"],
)
@pytest.mark.parametrize("stage", [Read(NO_OPTIONS), Keep()], ids=["read", "unread"])
async def test_a_body_that_stays_the_same_keeps_its_bytes(
    body: bytes, stage: MessageFilter
) -> None:
    """Its numbers and its spelling, whether or not a filter reads it."""
    assert await pipeline(stage).incoming(REF, new(body), {}) == new(body)


async def test_a_value_that_is_put_back_is_the_same() -> None:
    """What counts is the value, not how it came there; and true is not 1."""
    body = b'{"a": [1.10, true]}'

    [same] = await pipeline(Assign({"a": [1.1, True]})).incoming(REF, new(body), {})
    [other] = await pipeline(Assign({"a": [1.1, 1]})).incoming(REF, new(body), {})

    assert same.body == body
    assert other.body == b'{"a":[1.1,1]}'


async def test_what_is_not_changed_of_a_changed_body_is_exact() -> None:
    """Integers of any size are."""
    [posted] = await pipeline(Append("x")).incoming(REF, new(b"[12345678901234567890123]"), {})

    assert posted.body == b'[12345678901234567890123,"x"]'


async def test_filters_are_told_what_there_is_to_know() -> None:
    """And no body shows when a message is written to a log."""
    keep = Keep()

    await pipeline(keep).incoming(REF, new(b'"secret"'), {"team": "blue"})
    await pipeline(keep).outgoing(REF, stored(b'"secret"'))

    posted, told = keep.told
    assert (posted.project, posted.kind, posted.name) == ("demo", "topic", "jobs")
    assert (posted.ttl, posted.delay, posted.metadata["team"]) == (300, 7, "blue")
    assert (told.id, told.ttl, told.claim_count) == ("id", 60, 2)
    assert posted.body == told.body == "secret"
    assert "secret" not in f"{posted} {told}"


async def test_metadata_cannot_be_changed() -> None:
    """They are the queue's."""

    class Meddle(MessageFilter):
        async def on_post(self, message: IncomingMessage) -> None:
            message.metadata["team"] = "red"  # type: ignore[index]

    metadata = {"team": "blue"}

    with pytest.raises(FilterFailed):
        await pipeline(Meddle(NO_OPTIONS)).incoming(REF, new(b"1"), metadata)

    assert metadata == {"team": "blue"}


async def test_a_refusal_names_the_message() -> None:
    """It has the filter's words, for the client."""
    picky = pipeline(Raise(Refused("it has to be good.")))

    with pytest.raises(Refused, match=r"^messages\[1\] is refused: it has to be good\.$"):
        await picky.incoming(REF, new(b'"good"', b'"bad"'), {})


@pytest.mark.parametrize("error", [KeyError("x"), Refused("not now")], ids=["error", "refusal"])
async def test_a_failure_on_delivery_names_the_filter(error: Exception) -> None:
    """A refusal is one, too: what is there is delivered."""
    with pytest.raises(
        FilterFailed, match=r"'raise' failed .* delivered from topic 'jobs'"
    ) as caught:
        await pipeline(Raise(error)).outgoing(REF, stored(b"1"))

    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(float("nan"), id="nan"),
        pytest.param({1, 2}, id="set"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param({1: "a", "1": "b"}, id="twice"),
        pytest.param(json.loads("[" * 300 + "]" * 300), id="deep"),
    ],
)
async def test_a_body_that_is_no_json_is_a_failure(value: Any) -> None:
    """It would be no JSON for clients either."""
    with pytest.raises(FilterFailed, match=r"'assign' failed on a message posted to topic 'jobs'"):
        await pipeline(Assign(value)).incoming(REF, new(b"1"), {})


async def test_giving_a_body_back_is_a_failure() -> None:
    """It would be lost otherwise, and nobody would know why."""

    class Giving(MessageFilter):
        async def on_post(self, message: IncomingMessage) -> Any:
            return "***"

    with pytest.raises(FilterFailed) as caught:
        await pipeline(Giving(NO_OPTIONS)).incoming(REF, new(b"1"), {})

    assert "message.body" in str(caught.value.__cause__)
