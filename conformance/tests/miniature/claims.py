# SPDX-License-Identifier: Apache-2.0
"""The operations on claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .messages import Messages
from .reading import Refusal
from .state import Call, Claim, Message, Queue
from .wire import Answer


class Claims(Messages):
    """Claiming, showing, renewing, releasing."""

    claim_ttl = (60, 43200)
    claim_grace = (60, 43200)
    default_claim_ttl = 300
    default_claim_grace = 60
    default_claimed = 10
    most_claimed = 20

    def claim_create(self, call: Call) -> Answer:
        """Claims the oldest messages that are free."""
        limit = self.integer(call.query, "limit", self.default_claimed, 1, self.most_claimed)
        ttl, grace = self.terms(self.object_of(call.request, {}))
        queue = self.find(call)
        free = self.given_out(call, queue, self.candidates(call)[:limit]) if queue else []
        if not free or queue is None:
            return self.nothing_claimed(call)
        claim = Claim(self.new_id(), ttl, self.time, self.time + ttl)
        queue.claims[claim.id] = claim
        for message in free:
            message.claim = claim.id
            message.claims += 1
            self.hold(message, claim, grace)
        shown = [self.shown(call, message) for message in free]
        return Answer(201, {"messages": shown}, {"Location": f"{call.path}/{claim.id}"})

    def given_out(self, call: Call, queue: Queue, free: list[Message]) -> list[Message]:
        """The messages without those that were given out too often, which are moved."""
        spent = [message for message in free if self.is_spent(queue, message)]
        for message in spent:
            self.move(call, queue, message)
        return [message for message in free if message not in spent]

    def is_spent(self, queue: Queue, message: Message) -> bool:
        """Whether a message was given out as often as its queue says, if it says where to then."""
        most = queue.metadata.get("_max_claim_count")
        named = queue.metadata.get("_dead_letter_queue") is not None
        return named and most is not None and message.claims >= most

    def move(self, call: Call, queue: Queue, message: Message) -> None:
        """Puts a message at the end of the dead letter queue."""
        self.remove(call, [message])
        message.position, message.claim, message.begins = self.next_position(), None, 0
        if ttl := queue.metadata.get("_dead_letter_queue_messages_ttl"):
            message.ttl, message.created = ttl, self.time
            message.expires = self.time + ttl
        self.bury(replace(call, queue=queue.metadata["_dead_letter_queue"]), message)

    def bury(self, dead: Call, message: Message) -> None:
        """Puts a message into a queue, which is made if it does not exist."""
        self.insert(self.made(dead), message)

    def nothing_claimed(self, call: Call) -> Answer:
        """The answer where there is nothing to claim."""
        return Answer(204)

    def candidates(self, call: Call) -> list[Message]:
        """What can be claimed, in the order in which it is claimed."""
        return [message for message in self.live(call) if self.is_free(message)]

    def is_free(self, message: Message) -> bool:
        """Whether nobody works on a message that is given out."""
        return not self.is_claimed(message) and not self.is_delayed(message)

    def terms(self, body: dict[str, Any]) -> tuple[int, int]:
        """Lifetime and grace."""
        ttl = body.get("ttl", self.default_claim_ttl)
        grace = body.get("grace", self.default_claim_grace)
        return (
            self.ranged("ttl", ttl, *self.claim_ttl),
            self.ranged("grace", grace, *self.claim_grace),
        )

    def hold(self, message: Message, claim: Claim, grace: int) -> None:
        """Marks a message as claimed and has it outlive claim and grace."""
        message.claim_ends = claim.ends
        if message.expires < claim.ends + grace:
            self.extend(message, claim.ends + grace)

    def extend(self, message: Message, expires: float) -> None:
        """Moves the end of a message."""
        message.expires = expires
        message.ttl = int(expires - message.created)

    # -- show, renew, release

    def claimed_messages(self, call: Call) -> list[Message]:
        """The messages of the claim that is asked for, which is not over."""
        queue = self.find(call)
        claim = queue.claims.get(call.id) if queue else None
        if queue is None or claim is None or not self.is_running(claim):
            raise Refusal(404, "there is no such claim")
        held = [message for message in queue.messages if message.claim == claim.id]
        if not held:
            raise Refusal(404, "the claim has no messages any more")
        return held

    def is_running(self, claim: Claim) -> bool:
        """Whether its time is not over."""
        return self.time < claim.ends

    def running(self, call: Call) -> Claim:
        """The claim that is asked for."""
        queue = self.find(call)
        assert queue is not None
        return queue.claims[call.id]

    def claim_get(self, call: Call) -> Answer:
        """A claim and its messages."""
        held = self.claimed_messages(call)
        claim = self.running(call)
        content = {
            "age": self.age(claim.since),
            "ttl": claim.ttl,
            "href": call.path,
            "messages": [self.shown(call, message) for message in held],
        }
        return Answer(200, content)

    def claim_update(self, call: Call) -> Answer:
        """Gives a claim a new lifetime from now on."""
        ttl, grace = self.terms(self.object_of(call.request))
        held = self.claimed_messages(call)
        claim = self.running(call)
        self.renew(claim, ttl)
        for message in held:
            self.hold(message, claim, grace)
        return Answer(204)

    def renew(self, claim: Claim, ttl: int) -> None:
        """Starts the claim again."""
        claim.ttl, claim.since, claim.ends = ttl, self.time, self.time + ttl

    def claim_delete(self, call: Call) -> Answer:
        """Ends a claim; its messages are free."""
        queue = self.find(call)
        if queue and call.id in queue.claims:
            del queue.claims[call.id]
            for message in queue.messages:
                if message.claim == call.id:
                    self.release(message)
        return Answer(204)

    def release(self, message: Message) -> None:
        """Frees a message."""
        message.claim = None
