# SPDX-License-Identifier: Apache-2.0
"""Message filters: stages of other packages that see each message on its way in and out.

For writers of filters this is the whole interface, and it is kept stable: subclass
:class:`MessageFilter` and register the class under the entry point group ``zaqar_impl.filters``.
An operator puts it to work with ``[storage] message_pipeline``.
"""

from zaqar_impl.domain.values import Kind
from zaqar_impl.filters.interface import (
    IncomingMessage,
    MessageFilter,
    OutgoingMessage,
    Refused,
)

__all__ = ["IncomingMessage", "Kind", "MessageFilter", "OutgoingMessage", "Refused"]
