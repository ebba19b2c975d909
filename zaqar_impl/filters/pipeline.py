# SPDX-License-Identifier: Apache-2.0
"""Leads messages through the filters. Without filters it touches nothing."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from zaqar_impl.domain.values import Message, Metadata, NewMessage, QueueRef
from zaqar_impl.filters.interface import (
    FilteredMessage,
    IncomingMessage,
    MessageFilter,
    OutgoingMessage,
    Refused,
)


class FilterFailed(Exception):
    """A filter broke its promises; the text names it, the cause is what it raised.

    It has no meaning for clients: they are told that the server failed, and no more.
    """


@dataclass(frozen=True)
class Stage:
    """A filter under the name that the operator knows it by."""

    name: str
    filter: MessageFilter

    def does(self, method: str) -> bool:
        """Whether the filter has this method of its own."""
        return getattr(type(self.filter), method) is not getattr(MessageFilter, method)


class Pipeline:
    """The filters of a deployment, given in the order in which messages pass them on post."""

    def __init__(self, stages: Sequence[Stage] = ()) -> None:
        self._on_post = [stage for stage in stages if stage.does("on_post")]
        self._on_delivery = [stage for stage in reversed(stages) if stage.does("on_delivery")]

    @property
    def delivers(self) -> bool:
        """Whether a filter sees messages on delivery, so that handing one out can fail."""
        return bool(self._on_delivery)

    async def incoming(
        self,
        ref: QueueRef,
        messages: Sequence[NewMessage],
        metadata: Metadata,
    ) -> Sequence[NewMessage]:
        """The messages of one post as they are to be stored.

        Raises:
            Refused: a filter does not want one of them; the text says which one.
            FilterFailed: a filter raised something else, or left a body that is no JSON.
        """
        if not self._on_post:
            return messages
        passed = []
        for index, message in enumerate(messages):
            try:
                body = await self._taken(ref, message, metadata)
            except Refused as refusal:
                raise Refused(f"messages[{index}] is refused: {refusal}") from refusal
            passed.append(replace(message, body=body))
        return passed

    async def outgoing(self, ref: QueueRef, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as they are to be handed out.

        Raises:
            FilterFailed: a filter raised something, or left a body that is no JSON.
        """
        if not self._on_delivery:
            return messages
        return [replace(message, body=await self._given(ref, message)) for message in messages]

    async def _taken(self, ref: QueueRef, message: NewMessage, metadata: Metadata) -> bytes:
        """The body of a message that is posted, after all stages."""
        body = message.body
        for stage in self._on_post:
            told = IncomingMessage(
                **_address(ref),
                ttl=message.ttl,
                delay=message.delay,
                metadata=MappingProxyType(metadata),
                _text=body,
            )
            body = await _through(stage.name, stage.filter.on_post(told), told)
        return body

    async def _given(self, ref: QueueRef, message: Message) -> bytes:
        """The body of a message that is handed out, after all stages."""
        body = message.body
        for stage in self._on_delivery:
            told = OutgoingMessage(
                **_address(ref),
                ttl=message.ttl,
                id=message.id,
                claim_count=message.claim_count,
                _text=body,
            )
            try:
                body = await _through(stage.name, stage.filter.on_delivery(told), told)
            except Refused as refusal:
                raise _failed(stage.name, told) from refusal
        return body


def _address(ref: QueueRef) -> Mapping[str, Any]:
    return {"project": ref.project, "kind": ref.kind, "name": ref.name}


async def _through(name: str, passage: Awaitable[object], told: FilteredMessage) -> bytes:
    """The body after one stage, whose method is awaited here."""
    try:
        if await passage is not None:
            raise TypeError("it gives something back; a filter changes message.body instead")
        return told.outcome()
    except Refused:
        raise
    except Exception as error:
        raise _failed(name, told) from error


def _failed(name: str, told: FilteredMessage) -> FilterFailed:
    way = "posted to" if isinstance(told, IncomingMessage) else "delivered from"
    return FilterFailed(
        f"message filter {name!r} failed on a message {way} {told.kind} {told.name!r} "
        f"of project {told.project!r}"
    )
