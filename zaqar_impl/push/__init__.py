# SPDX-License-Identifier: Apache-2.0
"""Push: the connections of a process follow queues, whoever posts to them.

It knows nothing of the wire. One :class:`Follower` lives on the process's event loop, with an
opened service::

    async with Follower(service) as follower:
        following = await follower.subscribe(
            QueueRef("p-77", "jobs"),
            connection_id,              # any text of its own; "websocket:<it>" is the subscriber
            deliver=connection.deliver,
            ended=connection.forget,    # it was deleted, it expired, or its queue is gone
            ttl=None,                   # the default of the deployment
            options=None,
        )
        if following is None:
            ...                         # 409: the connection has a subscription of this queue
        following.subscription          # id, ttl, ...

        follower.stop(following)        # when the connection ends, for each of its subscriptions

``deliver`` is called on the event loop with a :class:`Notice`, and must neither block nor await. A
notice is shared by all subscribers of the queue, so what is made of it is made once::

    def deliver(self, notice: Notice) -> None:
        for frame in notice.once("json", json_frames):
            self.buffer.put_nowait(frame)

From another thread, use ``asyncio.run_coroutine_threadsafe(follower.subscribe(...), loop)`` and
``loop.call_soon_threadsafe(follower.stop, following)``.

A subscription is a row like any other, which everybody may list and delete, with a lease that the
follower keeps. What it is told comes from the log, by :meth:`Storage.watch`, so it makes no
difference which process a message was posted through, and nothing is lost that the storage has.
"""

from zaqar_impl.push.follower import LEASE, Follower
from zaqar_impl.push.following import Deliver, Ended, Following
from zaqar_impl.push.notices import Notice

__all__ = ["LEASE", "Deliver", "Ended", "Follower", "Following", "Notice"]
