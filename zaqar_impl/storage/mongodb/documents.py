# SPDX-License-Identifier: Apache-2.0
"""How queues, messages and subscriptions are laid out in MongoDB: the field names, and the way from
and to domain values.

Bodies, metadata and options are the bytes of their JSON text, so nothing in them has a meaning for
the database. Times are BSON dates, which are whole milliseconds. This module talks to no server.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from zaqar_impl.domain.clock import Clock
from zaqar_impl.domain.stored import Freeze, QueueFrozen
from zaqar_impl.domain.values import (
    Claim,
    ClaimTerms,
    Message,
    NewMessage,
    NewSubscription,
    QueueRef,
    Subscription,
)
from zaqar_impl.storage.interface import PASSED_OVER

Document = dict[str, Any]

ID = "_id"

# A queue. Its ``_id`` is what its messages refer to, so a queue that is created again starts
# afresh.
PROJECT = "project"
NAME = "name"
METADATA = "metadata"
#: A fresh value at each change of the metadata; not a count, which a failover might give out twice.
REVISION = "revision"
#: The last position given out.
HEAD = "head"
#: There while the queue is being moved to or from another store: what would change the queue looks
#: for it first.
FREEZE = "freeze"

# A message. Its ``_id`` is its public id.
QUEUE = "queue"
POSITION = "k"
BODY = "body"
#: The id of the key that the body is sealed with; absent where it is clear.
KEY = "key"
PRODUCER = "producer"
CREATED = "created"
EXPIRES = "expires"
#: The moment until which nobody may claim it, for a claim or a delay holds it. ``UNHELD``, and only
#: that, is in the index next to position: a hold that ran out is put back to it before the next
#: claim looks.
HELD = "held"
#: The end of its delay, for messages that had one. Nothing claims a message before that, so what is
#: held and not delayed is claimed.
DELAYED = "delayed"
#: The claim it is under, or was: it means something only while ``HELD`` lies in the future.
CLAIM = "claim"
CLAIM_ID = "claim.id"
#: Until when the message would have lived without the claim. Only until that is renewed.
CLAIM_BEFORE = "claim.before"
CLAIM_COUNT = "claims"

# A subscription. Its ``_id`` is its public id; ``QUEUE``, ``CREATED`` and ``EXPIRES`` are as in a
# message, and project and name stand in the queue that it refers to.
SUBSCRIBER = "subscriber"
TTL = "ttl"
OPTIONS = "options"
CONFIRMED = "confirmed"
#: Of a subscription that has a lease: the end of its ttl, and that of its lease. ``EXPIRES`` is the
#: earlier one.
ENDS = "ends"
LEASE = "lease"

UNHELD = DatetimeMS(0)

#: MongoDB's 64-bit integers end here; no position is ever greater.
MAX_POSITION = 2**63 - 1

_ID_TEXT = re.compile(r"[0-9a-f]{24}")


def now(clock: Clock) -> DatetimeMS:
    """The time to compare with and to store, in whole milliseconds."""
    return DatetimeMS(round(clock() * 1000))


def later(moment: DatetimeMS, seconds: int) -> DatetimeMS:
    """The moment this many seconds after."""
    return DatetimeMS(int(moment) + seconds * 1000)


def object_id(text: str) -> ObjectId | None:
    """The id behind its public text; None for a text that this driver never gave out."""
    return ObjectId(text) if _ID_TEXT.fullmatch(text) else None


def object_ids(texts: Sequence[str]) -> list[ObjectId]:
    """The ids behind those texts that this driver could have given out."""
    return [known for known in map(object_id, texts) if known is not None]


def named(ref: QueueRef) -> Document:
    """The query for the queue of this name, and a part of its document."""
    return {PROJECT: ref.project, NAME: ref.name}


def freeze_document(freeze: Freeze) -> Document:
    """A freeze as it is stored, and looked for."""
    return {"token": freeze.token, "arriving": freeze.arriving}


def to_freeze(queue: Mapping[str, Any]) -> Freeze | None:
    """How the queue of this document is frozen."""
    found = queue.get(FREEZE)
    return Freeze(found["token"], found["arriving"]) if found else None


def check_open(ref: QueueRef, queue: Mapping[str, Any]) -> None:
    """Return if the queue of this document may be changed.

    Raises:
        QueueFrozen: it is being moved.
    """
    if (freeze := to_freeze(queue)) is not None:
        raise QueueFrozen(ref, freeze)


def message_document(new: NewMessage, producer: str, posted: DatetimeMS) -> Document:
    """A message that has everything but its place: see :func:`placed`."""
    begins = later(posted, new.delay)
    return {
        ID: ObjectId(),
        BODY: new.body,
        PRODUCER: producer,
        CREATED: posted,
        EXPIRES: later(posted, new.ttl),
        CLAIM_COUNT: 0,
        **({KEY: new.key_id} if new.key_id else {}),
        **({HELD: begins, DELAYED: begins} if new.delay else {HELD: UNHELD}),
    }


def placed(document: Document, queue: ObjectId, position: int) -> Document:
    """The message at its place in a queue's log."""
    return {**document, QUEUE: queue, POSITION: Int64(position)}


def to_message(document: Mapping[str, Any], moment: DatetimeMS) -> Message:
    """The message as it is at this moment: under a claim only while that is live."""
    return Message(
        id=str(document[ID]),
        position=int(document[POSITION]),
        body=document[BODY],
        created=seconds(document[CREATED]),
        expires=seconds(document[EXPIRES]),
        claim_id=live_claim(document, moment),
        claim_count=document[CLAIM_COUNT],
        key_id=document.get(KEY),
    )


def live_claim(document: Mapping[str, Any], moment: DatetimeMS) -> str | None:
    """The id of the live claim that the message is under."""
    is_claimed = CLAIM in document and document[HELD] > moment
    return str(document[CLAIM]["id"]) if is_claimed else None


def to_claim(documents: Sequence[Mapping[str, Any]], moment: DatetimeMS) -> Claim | None:
    """The claim whose messages these are; a claim without messages does not exist."""
    if not documents:
        return None
    mark = documents[0][CLAIM]
    return Claim(
        id=str(mark["id"]),
        ttl=mark["ttl"],
        created=seconds(mark["created"]),
        messages=[to_message(document, moment) for document in documents],
    )


def claim_mark(claim: ObjectId, created: DatetimeMS, ttl: int) -> Document:
    """What a claim writes into each of its messages, besides the end of the hold."""
    return {"id": claim, "created": created, "ttl": ttl}


def claiming(claim: ObjectId, moment: DatetimeMS, terms: ClaimTerms) -> Sequence[Document]:
    """The change that puts a message under a claim, and makes it outlive that by the grace."""
    end = later(moment, terms.ttl)
    mark = claim_mark(claim, moment, terms.ttl) | {"before": f"${EXPIRES}"}
    return [
        {
            "$set": {
                HELD: end,
                CLAIM: mark,
                CLAIM_COUNT: {"$add": [f"${CLAIM_COUNT}", 1]},
                EXPIRES: {"$max": [f"${EXPIRES}", later(end, terms.grace)]},
            }
        }
    ]


def claimed(document: Document, claim: ObjectId, moment: DatetimeMS, terms: ClaimTerms) -> Document:
    """The message as :func:`claiming` leaves it."""
    end = later(moment, terms.ttl)
    return {
        **document,
        HELD: end,
        CLAIM: claim_mark(claim, moment, terms.ttl),
        CLAIM_COUNT: document[CLAIM_COUNT] + 1,
        EXPIRES: max(document[EXPIRES], later(end, terms.grace)),
    }


def unclaiming(moment: DatetimeMS) -> Sequence[Document]:
    """The change that makes a claim undone, as :func:`claiming` made it, and passes the message
    over instead."""
    begins = later(moment, PASSED_OVER)
    return [{"$set": {HELD: begins, DELAYED: begins, **_UNCOUNTED}}, {"$unset": CLAIM}]


def undoing() -> Sequence[Document]:
    """The change that makes a claim undone, as :func:`claiming` made it."""
    return [{"$set": {HELD: UNHELD, **_UNCOUNTED}}, {"$unset": CLAIM}]


_UNCOUNTED: Document = {
    CLAIM_COUNT: {"$subtract": [f"${CLAIM_COUNT}", 1]},
    EXPIRES: f"${CLAIM_BEFORE}",
}


def passing_over(moment: DatetimeMS) -> Document:
    """The change that delays a message anew, from this moment, which is under no claim."""
    begins = later(moment, PASSED_OVER)
    return {"$set": {HELD: begins, DELAYED: begins}, "$unset": {CLAIM: ""}}


def subscription_document(new: NewSubscription, queue: ObjectId, made: DatetimeMS) -> Document:
    """A new subscription of a queue."""
    return {
        ID: ObjectId(),
        QUEUE: queue,
        SUBSCRIBER: new.subscriber,
        TTL: Int64(new.ttl),
        OPTIONS: orjson.dumps(new.options),
        CREATED: made,
        CONFIRMED: new.confirmed,
        **_life(later(made, new.ttl), None if new.lease is None else later(made, new.lease)),
    }


def copied_subscription(one: Subscription, queue: ObjectId) -> Document:
    """A subscription that comes from another store."""
    return {
        ID: ObjectId(one.id),
        QUEUE: queue,
        SUBSCRIBER: one.subscriber,
        TTL: Int64(one.ttl),
        OPTIONS: orjson.dumps(one.options),
        CREATED: moment(one.created),
        CONFIRMED: one.confirmed,
        **_life(moment(one.expires), None if one.lease is None else moment(one.lease)),
    }


def _life(ends: DatetimeMS, lease: DatetimeMS | None) -> Document:
    """When a subscription ends."""
    if lease is None:
        return {EXPIRES: ends}
    return {EXPIRES: min(ends, lease), ENDS: ends, LEASE: lease}


def to_subscription(document: Mapping[str, Any]) -> Subscription:
    """The subscription as it is stored."""
    return Subscription(
        id=str(document[ID]),
        subscriber=document[SUBSCRIBER],
        ttl=int(document[TTL]),
        options=orjson.loads(document[OPTIONS]),
        created=seconds(document[CREATED]),
        expires=seconds(document.get(ENDS, document[EXPIRES])),
        confirmed=document[CONFIRMED],
        lease=seconds(document[LEASE]) if LEASE in document else None,
    )


def seconds(moment: DatetimeMS) -> float:
    """A stored time in seconds."""
    return int(moment) / 1000


def moment(seconds: float) -> DatetimeMS:
    """A time in seconds as it is stored."""
    return DatetimeMS(round(seconds * 1000))
