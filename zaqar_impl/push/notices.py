# SPDX-License-Identifier: Apache-2.0
"""What a connection is told of a queue."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from zaqar_impl.domain.values import Message, QueueRef

_T = TypeVar("_T")


class Notice:
    """Messages of a queue as readers see them, in order. All subscribers of the queue are given
    the same notice."""

    __slots__ = ("_made", "messages", "ref")

    def __init__(self, ref: QueueRef, messages: Sequence[Message]) -> None:
        self.ref = ref
        self.messages = messages
        self._made: dict[str, Any] = {}

    def once(self, key: str, make: Callable[["Notice"], _T]) -> _T:
        """What ``make`` gives of this notice; the first one of a key makes it for all."""
        if key not in self._made:
            self._made[key] = make(self)
        made: _T = self._made[key]
        return made
