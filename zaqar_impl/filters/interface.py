# SPDX-License-Identifier: Apache-2.0
"""What a message filter is, and what it is told.

The promises to filters:

* A filter sees a message after the one before it in the pipeline: on post in the order of
  ``[storage] message_pipeline``, on delivery in the reverse order. So the first one sees bodies as
  clients do, and the last one as they are stored.
* ``body`` is the JSON value: a dict, list, str, int of any size, float, bool or None. It may be
  changed in place or assigned anew. Every stage and every delivery has a value of its own.
* A body that is the same value afterwards keeps the very bytes that its producer sent. One that is
  not read is not even parsed.
* Other members of a message are for reading. More of them may come; none goes.
* Methods of one filter run concurrently, for messages of many requests, on one event loop: what
  takes long is awaited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from oslo_config import cfg

from zaqar_impl import jsontext
from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.values import Kind

_UNREAD = object()


class Refused(InvalidInput):
    """Raised by a filter on post: the message is not taken, and none that was posted with it.

    The client gets the text, in a 400: say which part of the body breaks which rule.
    """


@dataclass(slots=True, kw_only=True)
class FilteredMessage:
    """What filters are told of every message: the project, the kind and name of the queue or topic,
    the lifetime in seconds, the body."""

    project: str
    kind: Kind
    name: str
    ttl: int
    _text: bytes = field(repr=False)
    _body: Any = field(default=_UNREAD, init=False, repr=False)

    @property
    def body(self) -> Any:
        """The JSON value."""
        if self._body is _UNREAD:
            self._body = jsontext.parse(self._text)
        return self._body

    @body.setter
    def body(self, value: Any) -> None:
        self._body = value

    def outcome(self) -> bytes:
        """The JSON text of the body as the filter left it: of an equal value the old one.

        Raises:
            ValueError, TypeError: the body is no JSON value any more.
            InvalidInput: it is one that no client could have posted.
        """
        if self._body is _UNREAD:
            return self._text
        text = jsontext.written(self._body)
        if text == jsontext.written(jsontext.parse(self._text)):
            return self._text
        jsontext.parse(text)
        return text


@dataclass(slots=True, kw_only=True)
class IncomingMessage(FilteredMessage):
    """A message on its way into a queue or topic.

    ``delay`` is in seconds. ``metadata`` is that of the queue or topic as its owner wrote it: a
    filter may let owners choose there.
    """

    delay: int
    metadata: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class OutgoingMessage(FilteredMessage):
    """A message on its way to a client or subscriber: listed, fetched, claimed, popped or
    notified."""

    id: str
    claim_count: int


class MessageFilter:
    """A stage of the message pipeline; a subclass overrides one of the two methods, or both.

    ``OPTIONS`` are the options that an operator can set in the group ``[filter:NAME]``, where NAME
    is that of the entry point. oslo.config checks them, and ``options`` has their values.

    One instance serves all requests of a process. Its ``__init__``, if it has one, takes
    ``options`` and raises ValueError, with a line for the operator, if it cannot work with them.
    """

    OPTIONS: ClassVar[Sequence[cfg.Opt]] = ()

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    async def on_post(self, message: IncomingMessage) -> None:
        """Change the body of a message that is posted, or refuse it.

        Raises:
            Refused: the message is not wanted. Whatever else is raised is a failure of the filter:
                the client gets a 500, nothing is stored, and the log tells which filter it was.
        """

    async def on_delivery(self, message: OutgoingMessage) -> None:
        """Change the body of a message that is handed out; what is stored stays as it is.

        There is no refusing here: whatever is raised is a failure of the filter. The client gets a
        500 and no message, and the log tells which filter it was.
        """
