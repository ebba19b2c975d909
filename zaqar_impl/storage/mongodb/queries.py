# SPDX-License-Identifier: Apache-2.0
"""What tells in a query which messages are meant, besides their index."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS

from zaqar_impl.storage.mongodb import documents as d


def live(queue: ObjectId, now: DatetimeMS) -> dict[str, Any]:
    """The queue's messages that have not expired."""
    return {d.QUEUE: queue, d.EXPIRES: {"$gt": now}}


def held(now: DatetimeMS) -> dict[str, Any]:
    """By a claim or a delay."""
    return {d.HELD: {"$gt": now}}


def not_held(now: DatetimeMS) -> dict[str, Any]:
    """By neither."""
    return {d.HELD: {"$lte": now}}


def delayed(now: DatetimeMS) -> dict[str, Any]:
    """Whose delay has yet to end."""
    return {d.DELAYED: {"$gt": now}}


def shown(now: DatetimeMS, *, claimed: bool, with_delayed: bool) -> dict[str, Any]:
    """What is left of the messages without those that are claimed, or delayed, if it says so."""
    if claimed:
        return {} if with_delayed else {d.DELAYED: {"$not": {"$gt": now}}}
    return {"$or": [not_held(now), delayed(now)]} if with_delayed else not_held(now)


def among(ids: Sequence[str]) -> dict[str, Any]:
    """Those with these ids."""
    return {d.ID: {"$in": d.object_ids(ids)}}


def overdue(queue: ObjectId, now: DatetimeMS) -> dict[str, Any]:
    """The queue's messages whose hold has run out and was never let go."""
    return {d.QUEUE: queue, d.HELD: {"$gt": d.UNHELD, "$lte": now}}
