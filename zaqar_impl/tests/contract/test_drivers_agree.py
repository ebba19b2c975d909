# SPDX-License-Identifier: Apache-2.0
"""Memory and MongoDB, called alike at random, answer alike."""

import asyncio
import dataclasses
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from zaqar_impl.domain.errors import ZaqarError
from zaqar_impl.domain.values import (
    Claim,
    ClaimTerms,
    DeadLetters,
    Message,
    NewMessage,
    NewSubscription,
    QueueRef,
    QueueStats,
    Subscription,
    SubscriptionChange,
)
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.storage.contract import FakeClock
from zaqar_impl.storage.interface import MessageFilter, Storage
from zaqar_impl.storage.memory import MemoryStorage
from zaqar_impl.storage.mongodb import MongoStorage

NAMES = st.sampled_from(["a", "b", "dead"])
SUBSCRIBERS = st.sampled_from(["http://1", "http://2"])
PRODUCERS = st.sampled_from(["p", "q"])
#: Which of the things met so far is meant, counted from the newest; mostly there are few.
INDEX = st.integers(0, 7)
LIMITS = st.integers(1, 4)
TTLS = st.sampled_from([60, 61, 100, 200, 1000])
DELAYS = st.sampled_from([0, 0, 1, 60, 100])
TERMS = st.builds(ClaimTerms, ttl=TTLS, grace=TTLS)
DEAD_LETTERS = st.builds(
    DeadLetters,
    queue=NAMES,
    max_claim_count=st.integers(0, 2),
    ttl=st.none() | TTLS,
)
UNKNOWN = "0" * 24


def is_clear(message: Message) -> bool:
    """Accepts what is not sealed."""
    return message.key_id is None


ACCEPTS = st.sampled_from([None, is_clear])

Call = Callable[[Storage, int], Awaitable[Any]]


class Drivers(RuleBasedStateMachine):
    """Two drivers and one clock. Ids differ, so each is known by when it was first met."""

    uri: str

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.project = secrets.token_hex(8)
        self.drivers: Sequence[Storage] = (
            MemoryStorage(self.clock),
            MongoStorage(self.uri, "agree", self.clock),
        )
        self.runner = asyncio.Runner()
        self.messages: list[tuple[str, ...]] = [(UNKNOWN, UNKNOWN)]
        self.claims: list[tuple[str, ...]] = [(UNKNOWN, UNKNOWN)]
        self.subscriptions: list[tuple[str, ...]] = [(UNKNOWN, UNKNOWN)]
        for driver in self.drivers:
            self.runner.run(driver.open())

    def teardown(self) -> None:
        for driver in self.drivers:
            self.runner.run(driver.close())
        self.runner.close()

    def ref(self, name: str) -> QueueRef:
        return QueueRef(self.project, name)

    def message(self, index: int) -> tuple[str, ...]:
        return self.messages[-1 - index % len(self.messages)]

    def claim(self, index: int | None) -> tuple[str | None, ...]:
        return (None, None) if index is None else self.claims[-1 - index % len(self.claims)]

    def subscription(self, index: int) -> tuple[str, ...]:
        return self.subscriptions[-1 - index % len(self.subscriptions)]

    def both(self, call: Call) -> Sequence[Any]:
        """Call each driver with its number; the answers, which agree but for the ids."""
        answers = [self.runner.run(self._answer(call, number)) for number in (0, 1)]
        memory, mongodb = (self._without_ids(answer, n) for n, answer in enumerate(answers))
        assert memory == mongodb
        return answers

    def made(self, name: str) -> None:
        """Make the queue, unless it is there."""
        self.both(lambda driver, _: driver.queues.create(self.ref(name), {}))

    async def _answer(self, call: Call, number: int) -> Any:
        try:
            return await call(self.drivers[number], number)
        except ZaqarError as error:
            return type(error), str(error)

    def _without_ids(self, answer: Any, number: int) -> Any:
        """The answer with each id replaced by when it was met; a claim may be new just now."""

        def met(known: list[tuple[str, ...]], id_: str | None) -> int | None:
            return next((at for at, ids in enumerate(known) if ids[number] == id_), None)

        match answer:
            case Message():
                order = met(self.messages, answer.id), met(self.claims, answer.claim_id)
                is_claimed = answer.claim_id is not None
                return order, is_claimed, dataclasses.replace(answer, id="", claim_id=None)
            case Claim():
                return answer.ttl, answer.created, self._without_ids(answer.messages, number)
            case QueueStats():
                ends = self._without_ids([answer.oldest, answer.newest], number)
                return answer.claimed, answer.free, ends
            case Subscription():
                return met(self.subscriptions, answer.id), dataclasses.replace(answer, id="")
            case list():
                return [self._without_ids(item, number) for item in answer]
        return answer

    @rule(seconds=st.sampled_from([0.001, 1, 59.999, 60, 100, 600]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(
        name=NAMES,
        lives=st.lists(
            st.tuples(TTLS, DELAYS, st.sampled_from([None, "key"])), min_size=1, max_size=4
        ),
        producer=PRODUCERS,
    )
    def post(self, name: str, lives: list[tuple[int, int, str | None]], producer: str) -> None:
        new = [
            NewMessage(str(len(self.messages) + n).encode(), ttl, delay, key)
            for n, (ttl, delay, key) in enumerate(lives)
        ]
        self.made(name)
        answers = [
            self.runner.run(driver.messages.post(self.ref(name), new, producer=producer))
            for driver in self.drivers
        ]
        self.messages += zip(*answers, strict=True)

    @rule(
        name=NAMES,
        after=st.integers(-1, 20),
        limit=LIMITS,
        hide=st.none() | PRODUCERS,
        include=st.tuples(st.booleans(), st.booleans()),
    )
    def list_messages(
        self, name: str, after: int, limit: int, hide: str | None, include: tuple[bool, bool]
    ) -> None:
        self.both(
            lambda driver, _: driver.messages.list(
                self.ref(name),
                after=after,
                limit=limit,
                hide_producer=hide,
                include_claimed=include[0],
                include_delayed=include[1],
            )
        )

    @rule(name=NAMES, some=st.lists(INDEX, max_size=5))
    def get_many(self, name: str, some: list[int]) -> None:
        self.both(
            lambda driver, n: driver.messages.get_many(
                self.ref(name), [self.message(i)[n] for i in some]
            )
        )

    @rule(name=NAMES, message=INDEX, claim=st.none() | INDEX)
    def delete(self, name: str, message: int, claim: int | None) -> None:
        self.both(
            lambda driver, n: driver.messages.delete(
                self.ref(name), self.message(message)[n], claim_id=self.claim(claim)[n]
            )
        )

    @rule(
        name=NAMES,
        some=st.lists(INDEX, min_size=1, max_size=3),
        claims=st.none() | st.lists(INDEX, max_size=2),
    )
    def delete_many(self, name: str, some: list[int], claims: list[int] | None) -> None:
        def call(driver: Storage, n: int) -> Awaitable[None]:
            ids = [self.message(i)[n] for i in some]
            named = None if claims is None else [str(self.claim(i)[n]) for i in claims]
            return driver.messages.delete_many(self.ref(name), ids, claim_ids=named)

        self.both(call)

    @rule(name=NAMES, limit=LIMITS, accept=ACCEPTS)
    def pop(self, name: str, limit: int, accept: MessageFilter | None) -> None:
        self.both(lambda driver, _: driver.messages.pop(self.ref(name), limit, accept=accept))

    @rule(name=NAMES)
    def purge(self, name: str) -> None:
        self.both(lambda driver, _: driver.messages.purge(self.ref(name)))

    @rule(name=NAMES)
    def stats(self, name: str) -> None:
        self.both(lambda driver, _: driver.messages.stats(self.ref(name)))

    @rule(
        name=NAMES,
        terms=TERMS,
        limit=LIMITS,
        dead_letters=st.none() | DEAD_LETTERS,
        accept=ACCEPTS,
    )
    def create_claim(
        self,
        name: str,
        terms: ClaimTerms,
        limit: int,
        dead_letters: DeadLetters | None,
        accept: MessageFilter | None,
    ) -> None:
        if dead_letters is not None and dead_letters.queue == name:
            other = "a" if name == "dead" else "dead"
            dead_letters = dataclasses.replace(dead_letters, queue=other)
        if dead_letters is not None:
            self.made(dead_letters.queue)
        made = self.both(
            lambda driver, _: driver.claims.create(
                self.ref(name), terms, limit, dead_letters=dead_letters, accept=accept
            )
        )
        if made[0] is not None:
            self.claims.append(tuple(claim.id for claim in made))

    @rule(name=NAMES, claim=INDEX)
    def get_claim(self, name: str, claim: int) -> None:
        self.both(lambda driver, n: driver.claims.get(self.ref(name), str(self.claim(claim)[n])))

    @rule(name=NAMES, claim=INDEX, terms=TERMS)
    def renew(self, name: str, claim: int, terms: ClaimTerms) -> None:
        self.both(
            lambda driver, n: driver.claims.renew(self.ref(name), str(self.claim(claim)[n]), terms)
        )

    @rule(name=NAMES, claim=INDEX)
    def release(self, name: str, claim: int) -> None:
        self.both(
            lambda driver, n: driver.claims.release(self.ref(name), str(self.claim(claim)[n]))
        )

    @rule(name=NAMES, subscriber=SUBSCRIBERS, ttl=TTLS)
    def subscribe(self, name: str, subscriber: str, ttl: int) -> None:
        new = NewSubscription(subscriber, ttl, {"n": ttl})
        self.made(name)
        made = [
            self.runner.run(driver.subscriptions.create(self.ref(name), new))
            for driver in self.drivers
        ]
        assert len({is_new for _, is_new in made}) == 1
        met = tuple(one.id for one, _ in made)
        assert made[0][1] is (met not in self.subscriptions)
        if made[0][1]:
            self.subscriptions.append(met)

    @rule(name=NAMES, after=st.none() | INDEX, limit=LIMITS)
    def list_subscriptions(self, name: str, after: int | None, limit: int) -> None:
        self.both(
            lambda driver, n: driver.subscriptions.list(
                self.ref(name),
                after=None if after is None else self.subscription(after)[n],
                limit=limit,
            )
        )

    @rule(name=NAMES, one=INDEX, subscriber=st.none() | SUBSCRIBERS, ttl=st.none() | TTLS)
    def update_subscription(
        self, name: str, one: int, subscriber: str | None, ttl: int | None
    ) -> None:
        change = SubscriptionChange(subscriber, ttl, {"changed": ttl})
        self.both(
            lambda driver, n: driver.subscriptions.update(
                self.ref(name), self.subscription(one)[n], change
            )
        )

    @rule(name=NAMES, one=INDEX, confirmed=st.booleans())
    def confirm(self, name: str, one: int, confirmed: bool) -> None:
        self.both(
            lambda driver, n: driver.subscriptions.confirm(
                self.ref(name), self.subscription(one)[n], confirmed
            )
        )

    @rule(name=NAMES, one=INDEX)
    def unsubscribe(self, name: str, one: int) -> None:
        self.both(
            lambda driver, n: driver.subscriptions.delete(self.ref(name), self.subscription(one)[n])
        )

    @rule(name=NAMES)
    def purge_subscriptions(self, name: str) -> None:
        self.both(lambda driver, _: driver.subscriptions.purge(self.ref(name)))

    @rule(name=NAMES, number=INDEX)
    def create_queue(self, name: str, number: int) -> None:
        self.both(lambda driver, _: driver.queues.create(self.ref(name), {"n": number}))

    @rule(name=NAMES, number=INDEX)
    def update_queue(self, name: str, number: int) -> None:
        self.both(
            lambda driver, _: driver.queues.update(
                self.ref(name), lambda old: {**old, str(number): number}
            )
        )

    @rule(name=NAMES)
    def delete_queue(self, name: str) -> None:
        self.both(lambda driver, _: driver.queues.delete(self.ref(name)))

    @rule(after=st.none() | NAMES, limit=LIMITS, wanted=INDEX)
    def list_queues(self, after: str | None, limit: int, wanted: int) -> None:
        self.both(
            lambda driver, _: driver.queues.list(
                self.project,
                after=after,
                limit=limit,
                accept=lambda queue: wanted > 3 or str(wanted) in queue.metadata,
            )
        )


def test_memory_and_mongodb_agree(mongod: EmbeddedMongod) -> None:
    """Whatever calls are made in whatever order, both drivers give the same answers."""
    Drivers.uri = mongod.uri

    run_state_machine_as_test(
        Drivers,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
