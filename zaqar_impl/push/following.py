# SPDX-License-Identifier: Apache-2.0
"""One subscription of one connection."""

import math
from collections.abc import Callable

from zaqar_impl.domain.values import Message, QueueRef, Subscription
from zaqar_impl.push.notices import Notice

#: Takes what a connection is told. It is called on the event loop, and must not block.
Deliver = Callable[[Notice], None]
#: Is told that a subscription has ended otherwise than by its connection.
Ended = Callable[["Following"], None]


class Following:
    """A subscription of a connection, as long as it lives."""

    __slots__ = ("_deliver", "_ended", "after", "expires", "ref", "subscription")

    def __init__(
        self, ref: QueueRef, subscription: Subscription, deliver: Deliver, ended: Ended
    ) -> None:
        self.ref = ref
        self.subscription = subscription
        self.expires = subscription.expires
        #: The last position that it was told of; until it is known, none is later.
        self.after: float = math.inf
        self._deliver = deliver
        self._ended = ended

    def take(self, notice: Notice, last: int) -> None:
        """Deliver what is new to it of a notice, whose last message had the position ``last``."""
        if last <= self.after:
            return
        if not all(map(self._wants, notice.messages)):
            notice = Notice(notice.ref, [each for each in notice.messages if self._wants(each)])
        self.after = last
        if notice.messages:
            self._deliver(notice)

    def end(self) -> None:
        """Tell the connection that this is over."""
        self._ended(self)

    def _wants(self, message: Message) -> bool:
        return message.position > self.after and message.created < self.expires
