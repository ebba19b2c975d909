# SPDX-License-Identifier: Apache-2.0
"""Trying again what pymongo does not try again, or not well, until ``pymongo.timeout`` ends it.

It has a loop for transactions, ``with_transaction``, but the pauses of that grow to half a second,
so that a process could starve beside busier ones; and before pymongo 4.16 it did not pause at all.
A write to many documents it never repeats when the primary is lost.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

#: The longest pause after the first conflict, in seconds: about what a transaction takes. The
#: pauses are random, so that contenders fall out of step, and grow with their number.
FIRST_PAUSE_SECONDS = 0.003
PAUSE_GROWTH = 1.5
LONGEST_PAUSE_SECONDS = 0.1

#: The pause before a write is repeated whose answer was lost, in seconds.
REPEAT_PAUSE_SECONDS = 0.05

# What a server says that is no primary any more, or is going down: the codes that pymongo itself
# takes as a reason to repeat a write to one document.
_PRIMARY_LOST = (91, 189, 10107, 11600, 11602, 13435, 13436)

_INTERRUPTED = 11601

_T = TypeVar("_T")
Work = Callable[[AsyncClientSession], Awaitable[_T]]


async def in_transaction(
    client: AsyncMongoClient[Any], write_concern: WriteConcern, work: Work[_T]
) -> _T:
    """What ``work`` gives, once the transaction that it ran in is committed.

    It is run again, in a new transaction, when another transaction was quicker. Whatever else it
    raises ends the transaction with no effect.
    """
    async with client.start_session() as session:
        for attempt in itertools.count():
            try:
                return await _attempt(session, write_concern, work)
            except PyMongoError as error:
                if error.timeout or not _passes(error):
                    raise
            longest = min(FIRST_PAUSE_SECONDS * PAUSE_GROWTH**attempt, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))
    raise AssertionError("counting never ends")


def _passes(error: PyMongoError) -> bool:
    """Whether the transaction had no effect, and may have one when it is tried again."""
    return (
        error.has_error_label("TransientTransactionError")
        or _is_interrupted(error)
        # Of a server that was just coming up when the connection was made, pymongo goes on to
        # believe that it has no sessions, and says so before it sends anything.
        or type(error) is ConfigurationError
    )


async def _attempt(session: AsyncClientSession, write_concern: WriteConcern, work: Work[_T]) -> _T:
    async with await session.start_transaction(ReadConcern("local"), write_concern):
        result = await work(session)
        while True:
            try:
                await session.commit_transaction()
                return result
            except PyMongoError as error:
                if error.timeout or not _is_unknown(error):
                    raise
            # Asking again is how to learn what has become of it.
            await asyncio.sleep(FIRST_PAUSE_SECONDS)


def _is_unknown(error: PyMongoError) -> bool:
    """Whether the transaction may be committed, or is, but perhaps not by a majority."""
    return (
        error.has_error_label("UnknownTransactionCommitResult")
        or isinstance(error, WriteConcernError)
        or _is_interrupted(error)
    )


def _is_interrupted(error: PyMongoError) -> bool:
    """Whether another process took the transaction for an abandoned one while it was at work."""
    return isinstance(error, OperationFailure) and error.code == _INTERRUPTED


async def repeatedly(write: Callable[[], Awaitable[_T]]) -> _T:
    """What a write to many documents gives; it must be one that may be done twice."""
    while True:
        try:
            return await write()
        except PyMongoError as error:
            if error.timeout or not _is_lost(error):
                raise
        await asyncio.sleep(REPEAT_PAUSE_SECONDS)


def _is_lost(error: PyMongoError) -> bool:
    """Whether the connection or the primary was lost, so that nobody knows what was written."""
    if isinstance(error, BulkWriteError):
        codes = [fault["code"] for fault in (error.details or {}).get("writeErrors", ())]
        return all(code in _PRIMARY_LOST for code in codes)  # none: it was not acknowledged
    return isinstance(error, (ConnectionFailure, WriteConcernError)) or (
        isinstance(error, OperationFailure) and error.code in _PRIMARY_LOST
    )
